/** At which spike rate the spiking network of a comparison would need as much as its twin, by each table that prices both. */
import { energy } from "../energy/account.ts";
import type { Counts } from "../energy/counts.ts";
import { type OwnBreakEven, ownBreakEven } from "../energy/ownBreakEven.ts";
import { type PriceTable, prices } from "../energy/prices.ts";
import { processor } from "../energy/processor.ts";

export interface BreakEvenLine extends OwnBreakEven {
  readonly table: string;
  readonly twin: string;
}

const TABLES: readonly PriceTable[] = [prices.f32, prices.int8, processor];

/** Empty where nothing can be told: no spikes, or work without a price on either side. */
export const breakEvenLines = (spiking: Counts, twins: readonly Counts[]): BreakEvenLine[] =>
  twins.flatMap((twin) =>
    TABLES.flatMap((table) => {
      const found = ownBreakEven(spiking, table, energy(twin, table));
      return found ? [{ table: table.name, twin: twin.name, ...found }] : [];
    }),
  );
