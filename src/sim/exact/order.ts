/** What happens first of events at one moment, as one number that the queue sorts by: kind, then group, then element. */

/** Kinds of events, in the order in which they happen at one moment. */
export const KIND = { recovery: 0, input: 1, arrival: 2, test: 3 } as const;
const PER_KIND = 2 ** 50;
const PER_GROUP = 2 ** 32;
/** All that comes before the tests of neurons is below it. */
export const TEST = KIND.test * PER_KIND;

/** @param group the number of a population, an input or a wire, below 2^18; @param element below 2^32 */
export const orderOf = (kind: number, group: number, element: number): number =>
  kind * PER_KIND + group * PER_GROUP + element;
export const kindOf = (order: number): number => Math.floor(order / PER_KIND);
export const groupOf = (order: number): number => Math.floor(order / PER_GROUP) % (PER_KIND / PER_GROUP);
export const elementOf = (order: number): number => order % PER_GROUP;
