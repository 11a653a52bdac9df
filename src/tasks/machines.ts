/**
 * The same counts on other hardware: a processor, which runs both networks, and chips of spikes, which run the spiking one
 * alone. What a chip needs stands beside what the twin needs elsewhere, each by a table of its own. That is no verdict on
 * spikes: the tables are of other years and processes, and leave out other things.
 */
import { type Account, energy, refusals } from "../energy/account.ts";
import { compareAcross } from "../energy/compare.ts";
import type { Counts } from "../energy/counts.ts";
import type { Range } from "../energy/horowitz.ts";
import { type PriceOptions, prices } from "../energy/prices.ts";
import { processor } from "../energy/processor.ts";
import { type EnergyTable, energyTable, type SideAccount } from "../energy/statement.ts";
import { chips } from "../energy/tables.ts";
import { item, joules, NONE, type Row, short, statedJoules, table, wrap } from "./text.ts";

/** Energy of the spiking network on a chip in units of that of its dense twin elsewhere. */
export interface AcrossTables {
  readonly chip: string;
  /** Name of the table by which the twin was priced. */
  readonly twinBy: string;
  readonly ratio: Range;
  /** Some work on the chip has no price. */
  readonly atLeast: boolean;
  readonly text: string;
}
export interface Machines {
  /** Arithmetic and memory, in floats and in 8 bits; in each table, the sides in the order given. */
  readonly arithmetic: readonly EnergyTable[];
  /** The processor first. */
  readonly tables: readonly EnergyTable[];
  readonly across: readonly AcrossTables[];
}

/** Where the twin is priced: by instructions, and by arithmetic and memory alone. */
const ELSEWHERE = [processor, prices.int8];

/** @param sides the spiking network, and its twin in its executions if there is one */
export function machines(sides: readonly Counts[], options: PriceOptions = {}): Machines {
  const [spiking, twin] = sides as [Counts, Counts | undefined];
  const all = Object.values(chips);
  const able = all.filter((chip) => refusals(spiking, chip).length === 0);
  const twins = twin ? ELSEWHERE.map((t) => ({ name: t.name, account: energy(twin, t) })) : [];
  return {
    arithmetic: Object.values(prices).map((t) => energyTable(t, sides)),
    tables: [processor, ...all].map((t) => energyTable(t, sides, options)),
    across: able.flatMap((chip) => {
      const onChip = energy(spiking, chip, options);
      return onChip.dead ? [] : twins.map(({ name, account }) => across(chip.name, onChip, name, account));
    }),
  };
}

function across(chip: string, onChip: Account, twinBy: string, twin: Account): AcrossTables {
  const { ratio } = compareAcross(onChip, twin);
  const atLeast = onChip.lowerBound;
  const text = `${onChip.name} by "${onChip.prices}" needs ${timesOf(ratio, atLeast)} times the energy of ${twin.name} by "${twin.prices}"`;
  return { chip, twinBy, ratio, atLeast, text };
}
const timesOf = ({ low, high }: Range, atLeast: boolean): string =>
  atLeast ? `≥ ${two(low)}` : `${two(low)} to ${two(high)}`;
const two = (x: number): string => short(Number(x.toPrecision(2)));

const SHORT: Readonly<Record<string, string>> = {
  "the spiking network": "spiking",
  "the dense twin": "twin",
  "the twin that skips zeros": "twin, zeros skipped",
};
/** All tables in one list, for reports that show them alike. */
export const allTables = ({ arithmetic, tables }: Machines): EnergyTable[] => [...arithmetic, ...tables];

/** What a report says of all this. */
export function machinesText({ tables, across }: Omit<Machines, "arithmetic">, inference: string): string {
  const [onProcessor, ...onChips] = tables;
  const rows = onChips.map((t) => [t, t.sides[0]!] as const);
  return [
    table([
      ["energy elsewhere", ...onProcessor!.sides.map(({ side }) => SHORT[side] ?? side)],
      [`${inference}, processor at 45 nm`, ...onProcessor!.sides.map((s) => totalOf(s))],
    ]),
    "",
    table([
      ["spiking, on a chip", "total", "events", "updates", "transport", "static", "time"],
      ...rows.map(([t, side]) => chipRow(nameOf(t), side)),
    ]),
    ...remarks(rows).map(item),
    ...acrossText(across, rows),
  ].join("\n");
}

/** Without its process. */
const nameOf = ({ title }: EnergyTable): string => title.split(",")[0]!;
const totalOf = ({ total }: SideAccount): string => (total ? statedJoules(total.value.typical, total.atLeast) : NONE);
function chipRow(title: string, side: SideAccount): Row {
  const part = (component: string): string => {
    const found = side.parts.find((p) => p.component === component)?.value.typical;
    return found === undefined || found === 0 ? NONE : joules(found);
  };
  const time = side.duration ? lasting(side.duration.seconds.typical) : NONE;
  return [title, totalOf(side), ...["synapses", "neurons", "transport", "static"].map(part), time];
}
const lasting = (s: number): string =>
  s >= 1 ? `${short(s)} s` : s >= 1e-3 ? `${short(s * 1e3)} ms` : `${short(s * 1e6)} µs`;

function remarks(sides: readonly (readonly [EnergyTable, SideAccount])[]): string[] {
  return sides.flatMap(([t, { refused, total, strains }]) => [
    ...(refused ? [`${nameOf(t)} cannot run it: ${refused.join("; ")}.`] : []),
    ...(strains.length ? [`${nameOf(t)}: not as it is. ${strains.join(" ")}`] : []),
    ...(total?.atLeast ? [`${nameOf(t)}: no price for ${total.unpriced.join("; ")}.`] : []),
  ]);
}

function acrossText(found: readonly AcrossTables[], rows: readonly (readonly [EnergyTable, SideAccount])[]): string[] {
  if (found.length === 0) return [];
  const cell = (chip: string, twinBy: string): string => {
    const one = found.find((a) => a.chip === chip && a.twinBy === twinBy);
    return one ? timesOf(one.ratio, one.atLeast) : NONE;
  };
  return [
    "",
    table([
      ["times the dense twin", "on the processor", "by the 8-bit table"],
      ...rows.map(([t]) => [nameOf(t), ...ELSEWHERE.map(({ name }) => cell(t.name, name))]),
    ]),
    ...NO_VERDICT.map(item),
  ];
}
const NO_VERDICT = [
  "A chip of spikes cannot run the twin. These ratios are across tables, with every bound free: of circuits of 14 to 130 nm " +
    "against 45 nm, with the static power of the chip and without that of the other. They rank machines, not networks.",
];

/** Before the tables, for a network that says nothing. */
export const deadText = (dead: boolean): string => (dead ? wrap(DEAD) : "");
const DEAD =
  "The spiking network is dead: not one neuron fired on the test set. Its energies are those of doing nothing, and prove nothing.";
