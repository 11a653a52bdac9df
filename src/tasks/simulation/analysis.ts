/** What a report draws: histograms, rates in the bins that a run has counted, intervals, curves that are thinned. */
import { mean, variance } from "../../analysis/moments.ts";

/** `counts[k]` values lie from `edges[k]` to below `edges[k + 1]`; the last edge is included. */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Bins of equal width over all that is finite. */
export function histogram(values: ArrayLike<number>, bins: number, ends: readonly [number, number]): Histogram {
  const bars = new Bars(bins, ends);
  for (let k = 0; k < values.length; k++) bars.add(values[k]!, 1);
  return bars.histogram;
}
/** Makes a histogram of values that come many at a time. */
export class Bars {
  readonly #counts: number[];
  readonly #low: number;
  readonly #high: number;
  readonly #width: number;

  constructor(bins: number, [low, high]: readonly [number, number]) {
    this.#counts = new Array<number>(bins).fill(0);
    [this.#low, this.#high, this.#width] = [low, high, (high - low) / bins];
  }
  add(x: number, times: number): void {
    if (!(x >= this.#low && x <= this.#high)) return;
    const bar = this.#width === 0 ? 0 : Math.floor((x - this.#low) / this.#width);
    this.#counts[Math.min(this.#counts.length - 1, bar)]! += times;
  }
  get histogram(): Histogram {
    const edges = Array.from({ length: this.#counts.length + 1 }, (_, k) => this.#low + k * this.#width);
    return { edges, counts: this.#counts };
  }
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

/**
 * Spikes a second and neuron in each bin.
 * @param length of all used bins together, in bins: the last may be in part
 */
export const binRates = (bins: Float64Array, length: number, size: number, binSeconds: number): number[] =>
  Array.from(bins.subarray(0, Math.ceil(length - 1e-9)), (n, k) => n / (size * binSeconds * Math.min(1, length - k)));

/** Counts in `windows` stretches of about equal length. */
export function windowsOf(bins: ArrayLike<number>, used: number, windows: number): number[] {
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
