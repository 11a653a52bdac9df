/** At which spike rate the spiking network of a comparison would need as much as its twin, by each table that prices both. */
import { energy } from "../energy/account.ts";
import type { Counts } from "../energy/counts.ts";
import type { Range } from "../energy/horowitz.ts";
import { type OwnBreakEven, ownBreakEven } from "../energy/ownBreakEven.ts";
import { type PriceTable, prices } from "../energy/prices.ts";
import { processor } from "../energy/processor.ts";
import { item, short, wrap } from "./text.ts";

export interface BreakEvenLine extends OwnBreakEven {
  readonly table: string;
  readonly twin: string;
}

const TABLES: readonly (readonly [PriceTable, words: string])[] = [
  [prices.f32, "32-bit floats"],
  [prices.int8, "8-bit weights"],
  [processor, "a processor"],
];

/** Empty where nothing can be told: no spikes, or work without a price on either side. */
export const breakEvenLines = (spiking: Counts, twins: readonly Counts[]): BreakEvenLine[] =>
  twins.flatMap((twin) =>
    TABLES.flatMap(([table]) => {
      const found = ownBreakEven(spiking, table, energy(twin, table));
      return found ? [{ table: table.name, twin: twin.name, ...found }] : [];
    }),
  );

export function breakEvenLinesText(lines: readonly BreakEvenLine[], inference: string): string {
  if (lines.length === 0) return "";
  const words = (name: string): string => TABLES.find(([t]) => t.name === name)![1];
  return [
    wrap("By its own counts, with other things as they are, the spiking network would need as much as"),
    ...lines.map(({ table, twin, factor, spikesPerSynapse: crossed, spikeRate: rate }) => {
      if (factor.high <= 0) return item(`${twin}, ${words(table)}: at no rate, it needs more even without a spike.`);
      const synapse = crossed ? `${range(crossed, short)} spikes a synapse ${inference}` : "";
      const neuron = rate ? `${range(rate, (x) => `${short(100 * x)} %`)} of neurons spiking a step` : "";
      return item(`${twin}, ${words(table)}: at ${[synapse, neuron].filter(Boolean).join(", ")}.`);
    }),
  ].join("\n");
}

function range({ low, high }: Range, say: (x: number) => string): string {
  const [a, b] = [Math.max(0, low), high].map((x) => say(Number(x.toPrecision(2))));
  return a === b ? a! : `${a} to ${b}`;
}
