/**
 * The same counts on other hardware: a processor, which runs both networks, and chips of spikes, which run the spiking one
 * alone. What a chip needs stands beside what the twin needs on the processor, each by a table of its own.
 */
import { type Account, energy, refusals } from "../energy/account.ts";
import { compareAcross } from "../energy/compare.ts";
import type { Counts } from "../energy/counts.ts";
import type { PriceOptions } from "../energy/prices.ts";
import { processor } from "../energy/processor.ts";
import { type EnergyTable, energyTable, type SideAccount } from "../energy/statement.ts";
import { chips } from "../energy/tables.ts";
import { item, joules, NONE, type Row, short, statedJoules, table, wrap } from "./text.ts";

export interface Machines {
  /** The processor first; in each, the sides in the order given. */
  readonly tables: readonly EnergyTable[];
  /** The spiking network on a chip against the dense twin on the processor, in words; by name of the chip. */
  readonly verdicts: readonly {
    readonly chip: string;
    readonly winner: "spiking" | "twin" | "undecided";
    readonly text: string;
  }[];
}

/** @param sides the spiking network, and its twin in its executions if there is one */
export function machines(sides: readonly Counts[], options: PriceOptions = {}): Machines {
  const [spiking, twin] = sides;
  const all = Object.values(chips);
  const able = all.filter((chip) => refusals(spiking!, chip).length === 0);
  return {
    tables: [processor, ...all].map((t) => energyTable(t, sides, options)),
    verdicts: twin
      ? able.map((chip) => ({
          chip: chip.name,
          ...verdict(energy(spiking!, chip, options), energy(twin, processor)),
        }))
      : [],
  };
}

const WINNERS = { a: "spiking", b: "twin", undecided: "undecided" } as const;
function verdict(onChip: Account, onProcessor: Account): Omit<Machines["verdicts"][number], "chip"> {
  const { winner, text } = compareAcross(onChip, onProcessor);
  return { winner: WINNERS[winner], text };
}

const SHORT: Readonly<Record<string, string>> = {
  "the spiking network": "spiking",
  "the dense twin": "twin",
  "the twin that skips zeros": "zeros skipped",
};
/** What a report says of all this. */
export function machinesText({ tables, verdicts }: Machines, inference: string): string {
  const [onProcessor, ...onChips] = tables;
  const spiking = onChips.map((t) => [t, t.sides[0]!] as const);
  return [
    table([
      [`${inference} elsewhere`, ...onProcessor!.sides.map(({ side }) => SHORT[side] ?? side)],
      [onProcessor!.title.replace(", 32-bit floating point", ""), ...onProcessor!.sides.map(totalOf)],
    ]),
    "",
    table([
      ["on a chip, spiking", "total", "events", "updates", "transport", "static", "time"],
      ...spiking.map(([t, side]) => chipRow(t.title, side)),
    ]),
    ...remarks(spiking).map(item),
    ...(onProcessor!.sides.length > 1 ? [item(TWIN)] : []),
    ...verdicts.map((v) => item(v.text)),
  ].join("\n");
}
const TWIN =
  "A chip of spikes cannot run the twin, which stays on the processor; the chip's total has static power in it, that of the processor has not.";

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
  return sides.flatMap(([{ title }, { refused, total }]) => [
    ...(refused ? [`${title} does not run it: ${refused.join("; ")}.`] : []),
    ...(total?.atLeast ? [`${title}: no price for ${total.unpriced.join("; ")}.`] : []),
  ]);
}

/** Before the tables, for a network that says nothing. */
export const deadText = (dead: boolean): string =>
  dead
    ? wrap(
        "The spiking network is dead: not one neuron fired on the test set. Its energies are those of doing nothing, and prove nothing.",
      )
    : "";
