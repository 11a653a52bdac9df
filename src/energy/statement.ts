/**
 * Accounts as plain data for reports: tables, in each the sides that were priced by it, in each its parts. A total that
 * lacks something is never shown as a number alone: it comes as "at least", with the list of what has no price.
 */
import { type Account, type Components, type EnergyOptions, energy, refusals } from "./account.ts";
import type { Counts } from "./counts.ts";
import type { Grade, Range } from "./horowitz.ts";
import { type Component, type Duration, type PriceTable, WORK_LABELS } from "./prices.ts";

/** An energy in joules an inference. */
export interface Statement {
  readonly value: Range;
  readonly unit: "J";
  /** Some work has no price: the value is a lower bound. */
  readonly atLeast: boolean;
  /** What has no price, in words: the work, whose, and why. */
  readonly unpriced: readonly string[];
}

/** One of the things compared, by one table. */
export interface SideAccount {
  readonly side: string;
  /** Why it cannot run there; then there is no total. */
  readonly refused?: readonly string[];
  readonly total?: Statement;
  readonly parts: readonly { readonly component: Component; readonly label: string; readonly value: Range }[];
  readonly duration?: Duration;
  readonly grades: readonly Grade[];
  /** It fired no spike: the total means nothing. */
  readonly dead: boolean;
  /** What would have to change before it ran there as it is priced; also among the notes. */
  readonly strains: readonly string[];
  readonly notes: readonly string[];
}

/** What one or more networks need by one price table, as reports print it. */
export interface EnergyTable {
  readonly name: string;
  readonly title: string;
  readonly sides: readonly SideAccount[];
  /** What no price of the table pays for. */
  readonly excludes: readonly string[];
}

/** The components in words, as reports name them. */
export const COMPONENT_LABELS: Readonly<Record<Component, string>> = {
  arithmetic: "arithmetic",
  weightMemory: "memory: weights",
  stateMemory: "memory: state and sums",
  activationMemory: "memory: inputs, events",
  synapses: "synaptic events",
  neurons: "neuron updates",
  transport: "spikes on their way",
  static: "static power",
};

/** The total of an account, with what it lacks. */
export const statementOf = ({ total, lowerBound, unpriced }: Account): Statement => ({
  value: total,
  unit: "J",
  atLeast: lowerBound,
  unpriced: unpriced.map(
    ({ work, layers, reason }) => `${WORK_LABELS[work]}${layers ? ` of ${layers.join(", ")}` : ""} (${reason})`,
  ),
});

/** What a table makes of several networks. */
export const energyTable = (table: PriceTable, sides: readonly Counts[], options: EnergyOptions = {}): EnergyTable => ({
  name: table.name,
  title: table.title,
  sides: sides.map((counts) => sideAccount(counts, table, options)),
  excludes: table.excludes,
});

function sideAccount(counts: Counts, table: PriceTable, options: EnergyOptions): SideAccount {
  const refused = refusals(counts, table);
  if (refused.length) return { side: counts.name, refused, parts: [], grades: [], dead: false, strains: [], notes: [] };
  const account = energy(counts, table, options);
  const { components, duration, grades, dead, notes } = account;
  return {
    side: counts.name,
    total: statementOf(account),
    parts: partsOf(components),
    ...(duration && { duration }),
    grades,
    dead,
    strains: table.strains?.(counts) ?? [],
    notes,
  };
}

const partsOf = (components: Components): SideAccount["parts"] =>
  (Object.keys(COMPONENT_LABELS) as Component[]).flatMap((component) => {
    const value = components[component];
    return value ? [{ component, label: COMPONENT_LABELS[component], value }] : [];
  });
