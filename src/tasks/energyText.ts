/** Energy accounts side by side as text. */
import type { Account, Components } from "../energy/account.ts";
import { WORK_LABELS, type Work } from "../energy/prices.ts";
import { type Energies, FORMATS, type Format } from "./account.ts";
import { item, NONE, percent, type Row, short, statedJoules, table, wrap } from "./text.ts";

/** One column. */
export interface Column {
  readonly title: string;
  readonly energy: Energies;
}

const TITLES: Readonly<Record<Format, string>> = {
  f32: "energy, 32-bit floats",
  int8: "energy, 8-bit weights",
};
const COMPONENTS: readonly (readonly [keyof Components, string])[] = [
  ["arithmetic", "  arithmetic"],
  ["weightMemory", "  memory: weights"],
  ["stateMemory", "  memory: state and sums"],
  ["activationMemory", "  memory: inputs, events"],
];

/** @param inference what the energy is of, in words */
export const energyTables = (columns: readonly Column[], inference: string): string[] =>
  FORMATS.map((f) => energyTable(f, columns, inference));

function energyTable(format: Format, columns: readonly Column[], inference: string): string {
  const accounts = columns.map((c) => c.energy[format]);
  const line = (label: string, value: (a: Account) => number, isTotal = false): Row => [
    label,
    ...accounts.map((a) => (value(a) === 0 ? NONE : statedJoules(value(a), isTotal && a.lowerBound))),
  ];
  return table([
    [TITLES[format], ...columns.map((c) => c.title)],
    line(inference, (a) => a.total.typical, true),
    line("  at least", (a) => a.total.low),
    line("  at most", (a) => a.total.high, true),
    ...unpricedRows(accounts),
    ...COMPONENTS.map(([component, label]) => line(label, (a) => a.components[component]?.typical ?? 0)),
    ...(format === "f32" ? [line("the popular figure", (a) => a.popular.value)] : []),
  ]);
}

/** How much of what is missing in a total. */
function unpricedRows(accounts: readonly Account[]): Row[] {
  const works: Work[] = [...new Set(accounts.flatMap((a) => a.unpriced.map((u) => u.work)))];
  const count = (a: Account, work: Work): number =>
    a.unpriced.filter((u) => u.work === work).reduce((sum, u) => sum + u.count, 0);
  return works.map((work) => [
    `  no price: ${WORK_LABELS[work]}`,
    ...accounts.map((a) => (count(a, work) === 0 ? NONE : short(count(a, work)))),
  ]);
}
/** Where a spiking network stands by published rules of thumb. */
export function breakEvenText({ spikesPerSynapse, spikeRate, breakEven, dead }: Account): string {
  if (dead) return "Published rules of thumb: none is for a network that fires no spike.";
  if (breakEven.length === 0) return "";
  const crossed = spikesPerSynapse === undefined ? "" : `${short(spikesPerSynapse)} spikes a synapse an inference, `;
  return [
    wrap(`Published rules of thumb: here ${crossed}${percent(spikeRate ?? 0)} of neurons spiking a step`),
    ...breakEven.map(({ author, line, text }) => item(`${author}: ${line}: ${text}.`)),
  ].join("\n");
}

/** What stands beside the numbers of an account. */
export const energyNotes = ({ notes, popular, prices }: Account): string[] => [
  `Prices: ${prices} (2014); ranges span what the source leaves open. Each memory is as large as its data.`,
  ...notes,
  `The popular figure: ${popular.label.replace(/^the popular figure: /, "")}.`,
];
