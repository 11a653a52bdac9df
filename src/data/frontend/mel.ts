/** Sound as energies of frequency bands over time: what an ear, or a filter bank on a chip, hands on. */

import { cos, exp, log } from "../../base/elementary.ts";
import { type Every, ModelError, requireInteger, requireKnown, requirePositive } from "../../base/errors.ts";
import { realTransform } from "../../base/fourier.ts";
import { shapeOf } from "./signal.ts";

/** Options of `melSpectrogram`. */
export interface MelOptions {
  /** Samples a second. */
  readonly rate: number;
  /** Samples of a frame, a power of 2; each is weighed by a Hann window. */
  readonly frame: number;
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** Bands. */
  readonly bands: number;
  /** Lower edge of the first band, in Hz. Default 0. */
  readonly low?: number;
  /** Upper edge of the last band, in Hz. Default rate/2. */
  readonly high?: number;
  /** What is added to each energy before its logarithm is taken. Default 1e-6. */
  readonly floor?: number;
}
const OPTIONS = {
  ...{ rate: true, frame: true, hop: true, bands: true, low: true, high: true, floor: true },
} as const satisfies Every<MelOptions>;

/** Energies of bands over time. */
export interface MelSpectrogram {
  readonly frames: number;
  readonly bands: number;
  /** Frames a second. */
  readonly rate: number;
  /** Shape [frames][bands]: natural logarithms. */
  readonly values: Float32Array;
}

/** Mel of a frequency in Hz: `1127 ln(1 + f/700)`, 1,000 for 1,000 Hz. O'Shaughnessy 1987; HTK book, eq. 5.13. */
export const melOf = (hz: number): number => MEL * log(1 + hz / 700);
/** The inverse of `melOf`. */
export const hertzOf = (mel: number): number => 700 * (exp(mel / MEL) - 1);
/** 2595 / ln 10. */
const MEL = 1127.010480334437;

/**
 * Logarithms of the energies that triangular bands, evenly spaced in mel, take from the power spectrum of each frame. Only
 * whole frames count. The transform is a library's; the last bits may differ between JavaScript engines.
 *
 * @param samples in any unit, usually from −1 to 1
 * @throws {ModelError} `out-of-range` for an option @throws {DataError} `not-finite`
 * @see Davis and Mermelstein 1980, IEEE Trans. ASSP 28:357, section II
 */
export async function melSpectrogram(samples: ArrayLike<number>, options: MelOptions): Promise<MelSpectrogram> {
  requireKnown("mel", options, OPTIONS);
  const { rate, frame, hop, bands, floor = 1e-6 } = options;
  const filters = melFilters(options);
  requireInteger("mel.hop", hop, 1);
  requirePositive("mel.floor", floor);
  const { steps } = shapeOf({ rate, channels: 1, values: samples });
  const transform = await realTransform();
  const window = Float64Array.from({ length: frame }, (_, n) => 0.5 - 0.5 * cos((2 * Math.PI * n) / frame));
  const frames = steps < frame ? 0 : Math.floor((steps - frame) / hop) + 1;
  const values = new Float32Array(frames * bands);
  const piece = new Float64Array(frame);
  for (let f = 0; f < frames; f++) {
    for (let n = 0; n < frame; n++) piece[n] = window[n]! * samples[f * hop + n]!;
    const [re, im] = transform(piece);
    for (let b = 0; b < bands; b++) {
      const { from, weights } = filters[b]!;
      let energy = floor;
      weights.forEach((w, k) => {
        energy += w * (re[from + k]! ** 2 + im[from + k]! ** 2);
      });
      values[f * bands + b] = log(energy);
    }
  }
  return { frames, bands, rate: rate / hop, values };
}

/** One band: weights of the bins of the power spectrum from `from` on. */
export interface MelFilter {
  readonly from: number;
  readonly weights: Float64Array;
}

/**
 * The bands of `melSpectrogram`: triangles of height 1 over the bins of a frame's spectrum, bin k at k·rate/frame Hz; each
 * rises from its lower neighbour's centre to its own and falls to its upper neighbour's.
 *
 * @throws {ModelError} `out-of-range` for an option, and for a band that lies between two bins and would hear nothing
 */
export function melFilters(options: Omit<MelOptions, "hop">): MelFilter[] {
  requireKnown("mel", options, OPTIONS);
  const { rate, frame, bands, low = 0, high = rate / 2 } = options;
  requirePositive("mel.rate", rate, "samples a second");
  requireInteger("mel.frame", frame, 2, 2 ** 24);
  if (!Number.isInteger(Math.log2(frame)))
    throw new ModelError("out-of-range", "mel.frame", `must be a power of 2, got ${frame}`);
  requireInteger("mel.bands", bands, 1, frame / 2);
  if (!(low >= 0 && low < high && high <= rate / 2))
    throw new ModelError("out-of-range", "mel", `must be 0 <= low < high <= ${rate / 2} Hz, got ${low} and ${high}`);
  const [first, last] = [melOf(low), melOf(high)];
  const edge = (k: number): number => (hertzOf(first + ((last - first) * k) / (bands + 1)) * frame) / rate;
  return Array.from({ length: bands }, (_, b) => {
    const [from, centre, to] = [edge(b), edge(b + 1), edge(b + 2)];
    const start = Math.floor(from) + 1;
    const count = Math.max(0, Math.ceil(to) - start);
    const weights = Float64Array.from({ length: count }, (_, k) => {
      const bin = start + k;
      return bin <= centre ? (bin - from) / (centre - from) : (to - bin) / (to - centre);
    });
    if (!weights.some((w) => w > 0))
      throw new ModelError(
        "out-of-range",
        `mel.bands`,
        `band ${b + 1} of ${bands} lies between two bins of the spectrum; give fewer bands, a longer frame or a higher low`,
      );
    return { from: start, weights };
  });
}
