/** What a report draws: histograms, rates in the bins that a run has counted, intervals, curves that are thinned. */
import { cv, intervals } from "../../analysis/intervals.ts";
import { mean, variance } from "../../analysis/moments.ts";
import { spikeTrains } from "../../analysis/trains.ts";
import type { SpikeTrain } from "./collected.ts";

/** `counts[k]` values lie from `edges[k]` to below `edges[k + 1]`; the last edge is included. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Bins of equal width over all that is finite. */
export function histogram(values: ArrayLike<number>, bins: number, [low, high]: readonly [number, number]): Histogram {
  const counts = new Array<number>(bins).fill(0);
  const width = (high - low) / bins;
  for (let k = 0; k < values.length; k++) {
    const x = values[k]!;
    if (!(x >= low && x <= high)) continue;
    counts[width === 0 ? 0 : Math.min(bins - 1, Math.floor((x - low) / width))]!++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, k) => low + k * width), counts };
}

export interface Range {
  readonly low: number;
  readonly high: number;
}
export function rangeOf(values: ArrayLike<number>): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let k = 0; k < values.length; k++) {
    const x = values[k]!;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return { low, high };
}

/** Mean and standard deviation (of all, not of a sample). Of nothing they are NaN. */
export const moments = (values: ArrayLike<number>): { readonly mean: number; readonly sd: number } => ({
  mean: mean(values),
  sd: Math.sqrt(variance(values, 0)),
});

/** Intervals between spikes of the same neuron. */
export interface Intervals {
  /** Seconds, neuron by neuron. */
  readonly intervals: Float64Array;
  /** Mean over neurons of the coefficient of variation of their intervals; of those with at least `LEAST` of them. */
  readonly cv?: number;
  /** Neurons that it is the mean of. */
  readonly cvNeurons: number;
}
/** A coefficient of variation of fewer intervals says little. */
const LEAST = 5;

/**
 * @param tick seconds
 * @param seconds that the run has covered
 */
export function intervalsOf({ size, ticks, indices }: SpikeTrain, tick: number, seconds: number): Intervals {
  if (ticks.length === 0) return { intervals: new Float64Array(0), cvNeurons: 0 };
  const { trains } = spikeTrains({ ticks, indices }, { size, dt: tick, to: seconds });
  const all = new Float64Array(trains.reduce((n, train) => n + Math.max(0, train.length - 1), 0));
  let end = 0;
  for (const train of trains) {
    all.set(intervals(train), end);
    end += Math.max(0, train.length - 1);
  }
  const cvs = trains.filter((train) => train.length > LEAST).map(cv);
  return { intervals: all, cvNeurons: cvs.length, ...(cvs.length > 0 && { cv: mean(cvs) }) };
}

/** The value below which a share of them lies (the nearest rank). */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/**
 * Spikes a second and neuron in each bin.
 * @param length of all used bins together, in bins: the last may be in part
 */
export const binRates = (bins: Uint32Array, length: number, size: number, binSeconds: number): number[] =>
  Array.from(bins.subarray(0, Math.ceil(length - 1e-9)), (n, k) => n / (size * binSeconds * Math.min(1, length - k)));

/** Counts in `windows` stretches of about equal length. */
export function windowsOf(bins: Uint32Array, used: number, windows: number): number[] {
  const count = Math.max(1, Math.min(windows, used));
  const out = new Array<number>(count).fill(0);
  for (let k = 0; k < bins.length; k++) out[Math.min(count - 1, Math.floor((k * count) / used))]! += bins[k]!;
  return out;
}

/**
 * At most about `most` points of a curve that look the same: of each stretch the least and the greatest, in their order.
 */
export function thinned(
  ticks: Float64Array,
  values: Float64Array,
  most: number,
): { readonly ticks: number[]; readonly values: number[] } {
  if (values.length <= most) return { ticks: Array.from(ticks), values: Array.from(values) };
  const stretches = Math.floor(most / 2);
  const kept: number[] = [];
  for (let s = 0; s < stretches; s++) {
    const [from, to] = [Math.floor((s * values.length) / stretches), Math.floor(((s + 1) * values.length) / stretches)];
    let [low, high] = [from, from];
    for (let k = from; k < to; k++) {
      if (values[k]! < values[low]!) low = k;
      if (values[k]! > values[high]!) high = k;
    }
    kept.push(...(low === high ? [low] : low < high ? [low, high] : [high, low]));
  }
  return { ticks: kept.map((k) => ticks[k]!), values: kept.map((k) => values[k]!) };
}
