/** Intervals between a neuron's spikes, and how irregular they are. */
import { DataError } from "../base/errors.ts";
import { requireList } from "./given.ts";
import { mean, variance } from "./moments.ts";
import { requireRoom, requireSeconds, requireTrain, type SpikeTrain } from "./trains.ts";

/**
 * Seconds from each spike to the next: one fewer than spikes, and none of a train of one spike or none.
 * @throws {DataError} `not-finite`, `out-of-range` where times go back
 */
export function intervals(train: SpikeTrain): Float64Array {
  requireTrain("train", train);
  return Float64Array.from({ length: Math.max(0, train.length - 1) }, (_, k) => train[k + 1]! - train[k]!);
}

/** A histogram of intervals. */
export interface IntervalHistogram {
  /** Seconds: bin k goes from `edges[k]` up to but without `edges[k + 1]`. */
  readonly edges: Float64Array;
  readonly counts: Float64Array;
  /** Counts as a density: a second's share of all intervals, those beyond the last bin among them. NaN without intervals. */
  readonly density: Float64Array;
  /** Intervals beyond the last bin. */
  readonly beyond: number;
}

/**
 * Counts intervals of one or more trains in bins from 0 up to `longest`.
 * @param trains of neurons whose intervals are pooled
 * @param bin seconds
 * @throws {DataError} `out-of-range`, `not-finite`
 */
export function intervalHistogram(trains: readonly SpikeTrain[], bin: number, longest: number): IntervalHistogram {
  requireList("trains", trains, "trains");
  requireSeconds("bin", bin);
  requireSeconds("longest", longest);
  if (longest < bin)
    throw new DataError("out-of-range", "longest", `must be at least one bin of ${bin} s, got ${longest}`);
  const bins = Math.round(longest / bin);
  requireRoom("bin", bin, bins);
  const counts = new Float64Array(bins);
  let [beyond, total] = [0, 0];
  for (const train of trains)
    for (const interval of intervals(train)) {
      const k = Math.floor(interval / bin + 1e-9);
      if (k < bins) counts[k]!++;
      else beyond++;
      total++;
    }
  return {
    edges: Float64Array.from({ length: bins + 1 }, (_, k) => k * bin),
    counts,
    density: counts.map((n) => n / (total * bin)),
    beyond,
  };
}

/**
 * The coefficient of variation: standard deviation of the intervals (over n) by their mean. 0 of a regular train, 1 on average
 * of a Poisson train, 1/√k of a gamma process of order k. NaN with fewer than two intervals.
 * @throws {DataError} `not-finite`, `out-of-range`
 */
export function cv(train: SpikeTrain): number {
  const isi = intervals(train);
  return isi.length < 2 ? Number.NaN : Math.sqrt(variance(isi, 0)) / mean(isi);
}

/**
 * Mean of `2 |I' - I| / (I' + I)` over neighbouring intervals: as `cv`, and blind to slow changes of the rate. 1 on average of a
 * Poisson train. NaN with fewer than two intervals.
 * @see Holt, Softky, Koch, Douglas 1996, J. Neurophysiol. 75:1806
 * @throws {DataError} `not-finite`, `out-of-range`
 */
export const cv2 = (train: SpikeTrain): number => mean(ofNeighbours(train, (a, b) => (2 * Math.abs(b - a)) / (a + b)));

/**
 * Local variation: the mean of `3 (I - I')² / (I + I')²` over neighbouring intervals. 1 on average of a Poisson train,
 * 3/(2k + 1) of a gamma process of order k. NaN with fewer than two intervals.
 * @see Shinomoto, Shima, Tanji 2003, Neural Comput. 15:2823
 * @throws {DataError} `not-finite`, `out-of-range`
 */
export const lv = (train: SpikeTrain): number => mean(ofNeighbours(train, (a, b) => 3 * ((a - b) / (a + b)) ** 2));

/** Two spikes at one moment twice over are as regular as can be. */
function ofNeighbours(train: SpikeTrain, measure: (a: number, b: number) => number): Float64Array {
  const isi = intervals(train);
  return Float64Array.from({ length: Math.max(0, isi.length - 1) }, (_, k) =>
    isi[k]! + isi[k + 1]! === 0 ? 0 : measure(isi[k]!, isi[k + 1]!),
  );
}
