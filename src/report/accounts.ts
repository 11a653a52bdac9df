/** Which accounts a result holds, and what to call their parts. */
import type { AccountDocument, AccountedDocument, CompareDocument, ResultDocument } from "./document.ts";

/** One column of an energy table: a network in one of the ways that it can be counted. */
export interface AccountColumn extends AccountedDocument {
  readonly title: string;
  readonly role: "spiking" | "twin" | "other";
}

const TITLES: Readonly<Record<string, string>> = { zeroSkipping: "twin, zeros skipped" };

/** All that is accounted for: the networks themselves, then variants of them that a document holds beside. */
export function accountColumns(document: ResultDocument): readonly AccountColumn[] {
  if (document.kind !== "compare") {
    const { counts, energy } = document;
    return counts && energy ? [{ title: "this network", role: "spiking", counts, energy }] : [];
  }
  return [...sideColumns(document, "spiking"), ...sideColumns(document, "twin")];
}
function sideColumns(document: CompareDocument, role: "spiking" | "twin"): AccountColumn[] {
  const { counts, energy } = document[role];
  const variants = Object.entries(document[role] as unknown as Readonly<Record<string, unknown>>).flatMap(
    ([key, value]): AccountColumn[] => (isAccounted(value) ? [variant(key, value)] : []),
  );
  return [{ title: role, role, counts, energy }, ...variants];
}
const variant = (key: string, { counts, energy }: AccountedDocument): AccountColumn => ({
  title: TITLES[key] ?? counts.name.replace(/^the /, ""),
  role: "other",
  counts,
  energy,
});
function isAccounted(value: unknown): value is AccountedDocument {
  const { counts, energy } = (value ?? {}) as Partial<AccountedDocument>;
  return typeof counts === "object" && typeof energy === "object";
}

/** Price tables of a result in the order of its accounts, each with the columns that are priced by it. */
export function energyTables(columns: readonly AccountColumn[]): readonly EnergyTable[] {
  const formats = [...new Set(columns.flatMap((c) => Object.keys(c.energy)))];
  return formats.map((format) => {
    const priced = columns.flatMap(({ title, role, energy }) =>
      energy[format] ? [{ title, role, account: energy[format] }] : [],
    );
    return { format, title: FORMATS[format] ?? priced[0]!.account.prices, columns: priced };
  });
}
export interface EnergyTable {
  readonly format: string;
  readonly title: string;
  readonly columns: readonly {
    readonly title: string;
    readonly role: AccountColumn["role"];
    readonly account: AccountDocument;
  }[];
}

const FORMATS: Readonly<Record<string, string>> = { f32: "32-bit floats", int8: "8-bit weights" };
export const formatTitle = (format: string): string => FORMATS[format] ?? format;

const COMPONENTS: Readonly<Record<string, string>> = {
  arithmetic: "arithmetic",
  weightMemory: "memory: weights",
  stateMemory: "memory: state and sums",
  activationMemory: "memory: inputs, events",
  synapses: "synaptic events",
  neurons: "neuron updates",
  transport: "spikes on their way",
  static: "static power",
};
/** Components that any account of a table has, in one order for all. */
export function componentsOf({ columns }: EnergyTable): readonly { readonly key: string; readonly title: string }[] {
  const found = new Set(columns.flatMap((c) => Object.keys(c.account.components)));
  const known = Object.keys(COMPONENTS);
  const keys = [...known.filter((key) => found.has(key)), ...[...found].filter((key) => !known.includes(key))];
  return keys.map((key) => ({ key, title: COMPONENTS[key] ?? key }));
}

const WORKS: Readonly<Record<string, string>> = { otherOperations: "divisions and roots" };
/** A kind of work in words: `neuronUpdates` are neuron updates. */
export const workTitle = (work: string): string =>
  WORKS[work] ?? work.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
