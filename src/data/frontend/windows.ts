/** Windows of a series, and what they are described by: movements of muscles and limbs. */
import { DataError, type Every, requireInteger, requireKnown } from "../../base/errors.ts";
import type { Series } from "../sets/series.ts";

/** Options of `windowsOf`. */
export interface WindowOptions {
  /** Samples of a window. */
  readonly length: number;
  /** Samples from one window to the next. */
  readonly hop: number;
  /**
   * Samples at least between a window and any change of the label before or after it: what a person does lags behind what
   * is asked. Default 0. A window that holds two labels is left out always.
   */
  readonly margin?: number;
}
const OPTIONS = { length: true, hop: true, margin: true } as const satisfies Every<WindowOptions>;

/** Windows of one recording that have one label each. */
export interface Windows {
  readonly count: number;
  readonly length: number;
  readonly channels: number;
  /** Shape [count]: the first sample of each. */
  readonly starts: Uint32Array;
  /** Shape [count]. */
  readonly labels: Uint8Array;
  /** Shape [count][length][channels]. */
  readonly values: Float32Array;
}

/** Cuts a series into windows of one label. @throws {ModelError} `out-of-range` for an option */
export function windowsOf(series: Series, options: WindowOptions): Windows {
  requireKnown("windows", options, OPTIONS);
  const { length, hop, margin = 0 } = options;
  requireInteger("windows.length", length, 1);
  requireInteger("windows.hop", hop, 1);
  requireInteger("windows.margin", margin, 0);
  const { steps, values, labels } = series;
  const channels = series.channels.length;
  const since = stepsSinceChange(labels);
  const starts: number[] = [];
  for (let from = 0; from + length <= steps; from += hop) {
    const last = Math.min(steps - 1, from + length - 1 + margin);
    if (last - from + 1 + Math.min(margin, from) <= since[last]!) starts.push(from);
  }
  const out = new Float32Array(starts.length * length * channels);
  starts.forEach((from, k) => {
    out.set(values.subarray(from * channels, (from + length) * channels), k * length * channels);
  });
  return {
    ...{ count: starts.length, length, channels, starts: Uint32Array.from(starts) },
    labels: Uint8Array.from(starts, (from) => labels[from]!),
    values: out,
  };
}

/** For each step how many steps in a row, it included, have had its label. */
function stepsSinceChange(labels: Uint8Array): Uint32Array {
  const since = new Uint32Array(labels.length);
  labels.forEach((label, k) => {
    since[k] = k > 0 && labels[k - 1] === label ? since[k - 1]! + 1 : 1;
  });
  return since;
}

/** What a window of one channel is described by. */
type Feature = (x: Float64Array) => number;

/**
 * Features of muscles in the time domain, of samples x_1 … x_N less their mean: mean absolute value `Σ|x|/N`, root mean
 * square, waveform length `Σ|x_k - x_(k-1)|`, zero crossings and changes of the slope's sign (both counted).
 *
 * @see Hudgins, Parker and Scott 1993, IEEE Trans. Biomed. Eng. 40:82, section III
 */
const EMG: Readonly<Record<string, Feature>> = {
  "mean absolute": (x) => sum(x, Math.abs) / x.length,
  "root mean square": (x) => Math.sqrt(sum(x, (v) => v * v) / x.length),
  "waveform length": (x) => count(x, 1, (k) => Math.abs(x[k]! - x[k - 1]!)),
  "zero crossings": (x) => count(x, 1, (k) => Number(x[k]! * x[k - 1]! < 0)),
  "slope changes": (x) => count(x, 2, (k) => Number((x[k]! - x[k - 1]!) * (x[k - 1]! - x[k - 2]!) < 0)),
};

/**
 * Features of movement: mean, standard deviation, least, largest, and the mean absolute change from sample to sample.
 *
 * @see Anguita et al. 2013, ESANN, section 3
 */
const IMU: Readonly<Record<string, Feature>> = {
  mean: (x) => sum(x, (v) => v) / x.length,
  "standard deviation": (x) => Math.sqrt(sum(centred(x), (v) => v * v) / x.length),
  least: (x) => x.reduce((a, b) => Math.min(a, b)),
  largest: (x) => x.reduce((a, b) => Math.max(a, b)),
  "mean change": (x) => count(x, 1, (k) => Math.abs(x[k]! - x[k - 1]!)) / Math.max(1, x.length - 1),
};

/** Descriptions of windows. */
export interface WindowFeatures {
  /** Names, a channel's one after the other. */
  readonly names: readonly string[];
  /** Shape [count][channels · features]. */
  readonly values: Float32Array;
}

/** Mean absolute value, root mean square, waveform length, zero crossings and slope changes of each channel of each window. */
export const emgFeatures = (windows: Windows): WindowFeatures => featuresOf(windows, EMG, centred);
/** Mean, standard deviation, least, largest and mean absolute change of each channel of each window. */
export const imuFeatures = (windows: Windows): WindowFeatures => featuresOf(windows, IMU, (x) => x);

function featuresOf(
  { count: windows, length, channels, values }: Windows,
  table: Readonly<Record<string, Feature>>,
  before: (x: Float64Array) => Float64Array,
): WindowFeatures {
  const kinds = Object.entries(table);
  const out = new Float32Array(windows * channels * kinds.length);
  const names = Array.from({ length: channels }, (_, c) => kinds.map(([name]) => `${name} ${c + 1}`)).flat();
  let at = 0;
  for (let w = 0; w < windows; w++)
    for (let c = 0; c < channels; c++) {
      const x = before(Float64Array.from({ length }, (_, k) => values[(w * length + k) * channels + c]!));
      for (const [, feature] of kinds) out[at++] = feature(x);
    }
  return { names, values: out };
}

/** How features are brought to mean 0 and standard deviation 1; those that never change only to mean 0. */
export interface Standard {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}
/** Mean and standard deviation of each column. @param values shape [count][size], of the training samples @throws {DataError} `shape-mismatch` without samples */
export function standardOf(values: ArrayLike<number>, size: number): Standard {
  const rows = values.length / size;
  if (!(Number.isInteger(rows) && rows >= 1))
    throw new DataError("shape-mismatch", "standardOf", `${values.length} values are no rows of ${size}`);
  const column = (c: number): Float64Array => Float64Array.from({ length: rows }, (_, r) => values[r * size + c]!);
  const mean = Float64Array.from({ length: size }, (_, c) => IMU.mean!(column(c)));
  const deviation = Float64Array.from({ length: size }, (_, c) => IMU["standard deviation"]!(column(c)) || 1);
  return { mean, deviation };
}
/** Each column less its mean, over its standard deviation. */
export const standardised = (values: ArrayLike<number>, { mean, deviation }: Standard): Float32Array =>
  Float32Array.from(values, (x, k) => (x - mean[k % mean.length]!) / deviation[k % mean.length]!);

const sum = (x: Float64Array, f: (v: number) => number): number => x.reduce((total, v) => total + f(v), 0);
const count = (x: Float64Array, from: number, f: (k: number) => number): number => {
  let total = 0;
  for (let k = from; k < x.length; k++) total += f(k);
  return total;
};
function centred(x: Float64Array): Float64Array {
  const mean = sum(x, (v) => v) / x.length;
  return x.map((v) => v - mean);
}
