/** Spikes by their times: of runs that have no steps in common. */
import type { SpikeParting } from "./divergence.ts";

/** Spike k: neuron `indices[k]` at `times[k]` s, in ascending order. */
export interface TimedSpikes {
  readonly times: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
}
type ByPopulation = Readonly<Record<string, TimedSpikes>>;

/**
 * The first spike that has no counterpart within a tolerance: the k-th spike of a neuron on one side is that of the other.
 * @param tolerance seconds
 * @param end seconds; what is as near to it as the tolerance may have its counterpart beyond
 */
export function firstSpikeApart(
  a: ByPopulation,
  b: ByPopulation,
  tolerance: number,
  end: number,
): SpikeParting | undefined {
  let first: (SpikeParting & { readonly time: number }) | undefined;
  for (const population of Object.keys(a)) {
    const [own, other] = [trains(a[population]!), trains(b[population] ?? { times: [], indices: [] })];
    for (const neuron of new Set([...own.keys(), ...other.keys()])) {
      const apart = apartIn(own.get(neuron) ?? [], other.get(neuron) ?? [], tolerance, end);
      if (apart && (!first || apart.time < first.time)) first = { population, neuron, ...apart };
    }
  }
  if (!first) return undefined;
  const { time: _, ...spike } = first;
  return spike;
}

function trains({ times, indices }: TimedSpikes): Map<number, number[]> {
  const out = new Map<number, number[]>();
  for (let k = 0; k < times.length; k++) {
    const own = out.get(indices[k]!);
    if (own) own.push(times[k]!);
    else out.set(indices[k]!, [times[k]!]);
  }
  return out;
}

function apartIn(
  a: readonly number[],
  b: readonly number[],
  tolerance: number,
  end: number,
): (Pick<SpikeParting, "a" | "b" | "number"> & { time: number }) | undefined {
  for (let k = 0; k < Math.max(a.length, b.length); k++) {
    const [x, y] = [a[k], b[k]];
    if (x !== undefined && y !== undefined && Math.abs(x - y) <= tolerance) continue;
    const time = Math.min(x ?? Number.POSITIVE_INFINITY, y ?? Number.POSITIVE_INFINITY);
    if (time >= end - tolerance) return undefined;
    return { ...(x !== undefined && { a: x }), ...(y !== undefined && { b: y }), number: k, time };
  }
  return undefined;
}
