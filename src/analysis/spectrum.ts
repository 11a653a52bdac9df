/**
 * Power spectra by Welch's method: the signal in segments, each tapered and transformed, their powers averaged.
 *
 * @see Welch 1967, IEEE Trans. Audio Electroacoust. 15:70
 */
import { DataError, type Every, requireKnown } from "../base/errors.ts";
import { type RealTransform, realTransform } from "../base/fourier.ts";
import { requireList } from "./given.ts";
import { mean } from "./moments.ts";
import { requireNeurons } from "./rate.ts";
import { countsIn, requireSeconds, requireTrains, type SpikeTrains, windowsIn } from "./trains.ts";

/** Tapers: Hann's, which keeps strong frequencies from leaking far, or none. */
const TAPERS = {
  hann: (k: number, n: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / n),
  none: () => 1,
} as const satisfies Readonly<Record<string, (k: number, n: number) => number>>;
/** Names of the tapers. */
export type TaperName = keyof typeof TAPERS;

/** Options of spectra. */
export interface SpectrumOptions {
  /**
   * Samples of a segment: a power of 2. Frequencies are 1/(segment · dt) apart. Default: the greatest of which eight fit into the
   * record, each half over the one before.
   */
  readonly segment?: number;
  /** Default `hann`. */
  readonly taper?: TaperName;
  /** Whether segments begin half a segment apart (default), or follow one another. */
  readonly overlap?: boolean;
}

const OPTIONS = { segment: true, taper: true, overlap: true } as const satisfies Every<SpectrumOptions>;

/** A spectrum. */
export interface Spectrum {
  /** Hz: from 0 to half the sampling rate. */
  readonly frequencies: Float64Array;
  readonly power: Float64Array;
  /** Segments that were averaged: of so many the power's relative error is about 1/√segments. */
  readonly segments: number;
}

/**
 * The power spectral density of a variable, one-sided: its sum times the distance of the frequencies is the variance. Each
 * segment's mean is taken away first.
 *
 * @param values evenly spaced, finite
 * @param dt seconds from one to the next
 * @returns power in the value's unit squared, by Hz
 * @throws {DataError} `not-finite`; `out-of-range` for a segment longer than the record, or no power of 2
 */
export async function powerSpectrum(
  values: ArrayLike<number>,
  dt: number,
  options: SpectrumOptions = {},
): Promise<Spectrum> {
  requireList("values", values);
  const plan = await segmentsOf(values.length, dt, options);
  requireNumbers("values", values);
  const power = new Float64Array(plan.bins);
  plan.each(values, (re, im) => {
    for (let k = 0; k < plan.bins; k++) power[k]! += re[k]! ** 2 + im[k]! ** 2;
  });
  return { ...plan.spectrum, power: power.map((p, k) => p * plan.oneSided(k)) };
}

/**
 * The power spectral density of spike trains, averaged over the neurons: that of Σ δ(t - t_k), two-sided, so that a Poisson
 * train has its rate at every frequency above 0, and any renewal train CV² times its rate towards 0.
 *
 * Spikes are counted in bins first. Frequencies well below half of 1/bin are told rightly; nearer to it a bin's length blurs them
 * by sin²(πf bin)/(πf bin)², and what lies above is folded back.
 *
 * @param bin seconds
 * @returns power in spikes squared, by second (1/s, or Hz)
 * @throws {DataError} `out-of-range` for a segment longer than the record; `shape-mismatch` without neurons
 */
export async function spikeSpectrum(
  spikes: SpikeTrains,
  bin: number,
  options: SpectrumOptions = {},
): Promise<Spectrum> {
  requireTrains(spikes);
  requireNeurons(spikes.trains);
  const count = windowsIn(spikes, bin, "bin");
  const plan = await segmentsOf(count, bin, options);
  const power = new Float64Array(plan.bins);
  for (const train of spikes.trains)
    plan.each(
      countsIn(train, spikes.from, bin, count).map((n) => n / bin),
      (re, im) => {
        for (let k = 0; k < plan.bins; k++) power[k]! += re[k]! ** 2 + im[k]! ** 2;
      },
    );
  const scale = plan.twoSided / spikes.trains.length;
  return { ...plan.spectrum, power: power.map((p) => p * scale) };
}

/** How much two signals have to do with each other, frequency by frequency. */
export interface Coherence {
  readonly frequencies: Float64Array;
  /** |S_xy|² / (S_xx S_yy): from 0, nothing in common, to 1, one follows from the other. NaN where one has no power. */
  readonly coherence: Float64Array;
  /** Segments that were averaged. Signals with nothing in common have 1/segments on average. */
  readonly segments: number;
}

/**
 * Magnitude-squared coherence of two variables (or of binned rates).
 * @param dt seconds from one value to the next
 * @throws {DataError} `shape-mismatch` for different lengths; `not-finite`; `out-of-range` where fewer than two segments fit:
 *   one alone is always coherent
 */
export async function coherence(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  dt: number,
  options: SpectrumOptions = {},
): Promise<Coherence> {
  requireList("xs", xs);
  requireList("ys", ys);
  if (xs.length !== ys.length)
    throw new DataError(
      "shape-mismatch",
      "coherence",
      `needs two signals of one length, got ${xs.length} and ${ys.length}`,
    );
  const plan = await segmentsOf(xs.length, dt, options);
  if (plan.spectrum.segments < 2)
    throw new DataError("out-of-range", "segment", "two segments at least must fit: one alone is always coherent");
  requireNumbers("xs", xs);
  requireNumbers("ys", ys);
  requireNumbers("ys", ys);
  const transformed: (readonly [Float64Array, Float64Array])[] = [];
  plan.each(xs, (re, im) => transformed.push([re.slice(), im.slice()]));
  const [xx, yy, real, imaginary] = Array.from({ length: 4 }, () => new Float64Array(plan.bins)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let segment = 0;
  plan.each(ys, (c, d) => {
    const [a, b] = transformed[segment++]!;
    for (let k = 0; k < plan.bins; k++) {
      xx[k]! += a[k]! ** 2 + b[k]! ** 2;
      yy[k]! += c[k]! ** 2 + d[k]! ** 2;
      real[k]! += a[k]! * c[k]! + b[k]! * d[k]!;
      imaginary[k]! += b[k]! * c[k]! - a[k]! * d[k]!;
    }
  });
  const { frequencies, segments } = plan.spectrum;
  return { frequencies, coherence: xx.map((x, k) => (real[k]! ** 2 + imaginary[k]! ** 2) / (x * yy[k]!)), segments };
}

interface Plan {
  readonly bins: number;
  readonly spectrum: Omit<Spectrum, "power">;
  /** What a sum of squares over all segments is multiplied by. */
  readonly twoSided: number;
  oneSided(k: number): number;
  each(values: ArrayLike<number>, use: (re: Float64Array, im: Float64Array) => void): void;
}

async function segmentsOf(length: number, dt: number, options: SpectrumOptions): Promise<Plan> {
  requireKnown("spectrum", options, OPTIONS);
  const { segment = defaultSegment(length), taper = "hann", overlap = true } = options;
  requireSeconds("dt", dt);
  if (!(Number.isInteger(segment) && segment >= 2 && (segment & (segment - 1)) === 0))
    throw new DataError("out-of-range", "segment", `must be a power of 2, at least 2, got ${segment}`);
  if (segment > length)
    throw new DataError("out-of-range", "segment", `${segment} samples are more than the record's ${length}`);
  if (!Object.hasOwn(TAPERS, taper))
    throw new DataError("unknown-name", "taper", `unknown taper '${taper}'; known: ${Object.keys(TAPERS).join(", ")}`);
  const transform = await realTransform();
  const hop = overlap ? segment / 2 : segment;
  const segments = Math.floor((length - segment) / hop) + 1;
  const weights = Float64Array.from({ length: segment }, (_, k) => TAPERS[taper](k, segment));
  const squares = weights.reduce((sum, w) => sum + w * w, 0);
  const half = segment / 2;
  const twoSided = dt / (squares * segments);
  return {
    bins: half + 1,
    spectrum: { frequencies: Float64Array.from({ length: half + 1 }, (_, k) => k / (segment * dt)), segments },
    twoSided,
    oneSided: (k) => (k === 0 || k === half ? twoSided : 2 * twoSided),
    each: (values, use) => {
      for (let s = 0; s < segments; s++) use(...transformed(values, s * hop, weights, transform));
    },
  };
}

function transformed(
  values: ArrayLike<number>,
  from: number,
  weights: Float64Array,
  transform: RealTransform,
): readonly [Float64Array, Float64Array] {
  const part = weights.map((_, k) => values[from + k]!);
  const m = mean(part);
  return transform(part.map((x, k) => (x - m) * weights[k]!));
}

const defaultSegment = (length: number): number => 2 ** Math.max(1, Math.floor(Math.log2(Math.max(1, length / 4.5))));

function requireNumbers(path: string, values: ArrayLike<number>): void {
  for (let k = 0; k < values.length; k++)
    if (!Number.isFinite(values[k]))
      throw new DataError("not-finite", `${path}[${k}]`, `must be finite, got ${values[k]}`);
}
