/** What a reader must know beside the numbers, in whole sentences. */
import { isSpiking } from "./breakeven.ts";
import type { Counts } from "./counts.ts";
import { type Duration, type PriceTable, WORK_LABELS, type Work } from "./prices.ts";

export function notes(
  counts: Counts,
  table: PriceTable,
  unpriced: readonly { work: Work; reason: string; layers?: readonly string[] }[],
  duration?: Duration,
): string[] {
  return [
    ...(duration ? [`Time of an inference: ${duration.text}.`] : []),
    ...(table.notes?.(counts) ?? []),
    ...(table.strains?.(counts) ?? []),
    ...analogLayers(counts),
    ...equalPrecision(counts),
    ...silent(counts),
    ...unpriced.map(
      ({ work, reason, layers }) =>
        `${[WORK_LABELS[work], ...(layers ? [`of ${layers.join(", ")}`] : [])].join(" ")}: no price (${reason}); the total is a lower bound.`,
    ),
    `Not in any price: ${table.excludes.join("; ")}.`,
  ];
}

function analogLayers(counts: Counts): string[] {
  if (!isSpiking(counts)) return [];
  return counts.layers
    .filter((layer) => layer.macs > 0)
    .map(
      (layer) =>
        `${layer.name} is fed analog values: ${round(layer.macs)} multiplications an inference, ${round(layer.macs / layer.synapses)} for each that a twin needs at most.`,
    );
}

/** T binary steps can tell T + 1 levels apart, so a fair twin may use as many bits as that takes (Yan et al. 2024). */
export const equalBits = (steps: number): number => Math.ceil(Math.log2(steps + 1));

function equalPrecision(counts: Counts): string[] {
  if (!isSpiking(counts) || counts.steps === 1) return []; // one step of a stream carries what its state does
  return [
    `${counts.steps} steps carry at most ${counts.steps + 1} levels: a twin of equal precision has ${equalBits(counts.steps)}-bit activations.`,
  ];
}

function silent(counts: Counts): string[] {
  const dead = counts.layers.filter((layer) => layer.spiking && layer.spikes === 0).map((layer) => layer.name);
  return dead.length ? [`No spikes at all from ${dead.join(", ")}: the energy of a dead network proves nothing.`] : [];
}

const round = (x: number): string => String(Number(x.toPrecision(3)));
