/** Spikes counted in windows: how counts vary, and how those of neurons vary together. */
import { DataError, type Every, requireKnown } from "../base/errors.ts";
import { correlation, mean, variance } from "./moments.ts";
import {
  countsIn,
  requireRoom,
  requireSeconds,
  requireSpikes,
  requireTrain,
  requireTrains,
  type SpikeTrains,
  windowsIn,
} from "./trains.ts";

/**
 * Spikes of each neuron in windows that follow one another from the record's beginning.
 * @param window seconds
 * @returns by neuron, of equal length
 * @throws {DataError} `out-of-range` for a window that is none, or longer than the record
 */
export function spikeCounts(spikes: SpikeTrains, window: number): Float64Array[] {
  requireTrains(spikes);
  const count = windowsIn(spikes, window, "window");
  return spikes.trains.map((train) => countsIn(train, spikes.from, window, count));
}

/**
 * The Fano factor of each neuron: variance (over n - 1) by mean of its counts. 1 on average of a Poisson train; towards CV² in
 * long windows of any renewal process. NaN for a neuron that never fires.
 * @throws {DataError} `out-of-range` unless at least two windows fit into the record
 */
export function fanoFactors(spikes: SpikeTrains, window: number): Float64Array {
  const counts = spikeCounts(spikes, window);
  requireTwo(counts, window);
  return Float64Array.from(counts, (n) => variance(n, 1) / mean(n));
}

/**
 * Pearson's correlation of the counts of each pair of neurons: `[neurons][neurons]`, row by row. NaN where a neuron's counts
 * do not vary, as when it never fires.
 * @throws {DataError} `out-of-range` unless at least two windows fit into the record
 */
export function countCorrelations(spikes: SpikeTrains, window: number): Float64Array {
  const counts = spikeCounts(spikes, window);
  requireTwo(counts, window);
  const n = counts.length;
  const out = new Float64Array(n * n);
  for (let a = 0; a < n; a++)
    for (let b = a; b < n; b++) out[a * n + b] = out[b * n + a] = correlation(counts[a]!, counts[b]!);
  return out;
}

function requireTwo(counts: readonly Float64Array[], window: number): void {
  if (counts.every((n) => n.length >= 2)) return;
  throw new DataError(
    "out-of-range",
    "window",
    `two windows of ${window} s do not fit into the record: nothing varies`,
  );
}

/** Options of `crossCorrelogram` and `autoCorrelogram`: seconds. */
export interface CorrelogramOptions {
  readonly bin: number;
  /** Lags from -longest to longest. */
  readonly longest: number;
}
const CORRELOGRAM = { bin: true, longest: true } as const satisfies Every<CorrelogramOptions>;
/** How often one train fires so long after another. */
export interface Correlogram {
  /** Seconds: the middle of each bin; the one in the middle is 0. */
  readonly lags: Float64Array;
  /** Pairs of spikes. */
  readonly counts: Float64Array;
  /** Pairs that there would be on average if the trains knew nothing of each other: the ends of the record allowed for. */
  readonly expected: Float64Array;
}

/**
 * Counts pairs of spikes by how much later `b` fires than `a`, in bins centred on multiples of their length.
 * @param a number of a neuron, and so is b
 * @throws {DataError} `out-of-range`
 */
export function crossCorrelogram(spikes: SpikeTrains, a: number, b: number, options: CorrelogramOptions): Correlogram {
  return correlogram(spikes, a, b, options, false);
}

/**
 * As `crossCorrelogram` of a train with itself, without each spike's pairing with itself.
 * @throws {DataError} `out-of-range`
 */
export function autoCorrelogram(spikes: SpikeTrains, neuron: number, options: CorrelogramOptions): Correlogram {
  return correlogram(spikes, neuron, neuron, options, true);
}

function correlogram(
  spikes: SpikeTrains,
  a: number,
  b: number,
  options: CorrelogramOptions,
  isSame: boolean,
): Correlogram {
  requireSpikes(spikes);
  requireKnown(isSame ? "autoCorrelogram" : "crossCorrelogram", options, CORRELOGRAM);
  const { trains, from, to } = spikes;
  const { bin, longest } = options;
  requireSeconds("bin", bin);
  requireSeconds("longest", longest);
  const [first, second] = [trainOf(trains, a), trainOf(trains, b)];
  const duration = to - from;
  if (longest >= duration)
    throw new DataError(
      "out-of-range",
      "longest",
      `${longest} s is not shorter than the record, which covers ${duration} s`,
    );
  const half = Math.floor(longest / bin + 1e-9);
  requireRoom("bin", bin, 2 * half + 1);
  const counts = new Float64Array(2 * half + 1);
  const reach = (half + 0.5) * bin;
  let low = 0;
  for (let i = 0; i < first.length; i++) {
    while (low < second.length && second[low]! < first[i]! - reach - bin) low++;
    for (let j = low; j < second.length && second[j]! <= first[i]! + reach; j++) {
      if (isSame && i === j) continue;
      const k = Math.floor((second[j]! - first[i]!) / bin + 0.5 + 1e-9) + half;
      if (k >= 0 && k < counts.length) counts[k]!++;
    }
  }
  const lags = Float64Array.from(counts, (_, k) => (k - half) * bin);
  // Of n spikes each has n - 1 others.
  const pairs = first.length * (isSame ? first.length - 1 : second.length);
  const expected = lags.map((lag) => (pairs * bin * (duration - Math.abs(lag))) / duration ** 2);
  return { lags, counts, expected };
}

function trainOf(trains: readonly Float64Array[], k: number): Float64Array {
  const train = trains[k];
  if (train) requireTrain(`spikes.trains[${k}]`, train);
  if (train) return train;
  throw new DataError("out-of-range", "neuron", `must be from 0 to ${trains.length - 1}, got ${k}`);
}
