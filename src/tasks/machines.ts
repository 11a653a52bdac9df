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
import { type EnergyTable, energyTable } from "../energy/statement.ts";
import { chips } from "../energy/tables.ts";
import { short } from "../report/numbers.ts";

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

/** All tables in one list, for reports that show them alike. */
export const allTables = ({ arithmetic, tables }: Machines): EnergyTable[] => [...arithmetic, ...tables];
