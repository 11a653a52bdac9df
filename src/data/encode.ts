/**
 * Filling a batch with encoded samples: lists of active inputs, by sample and step, in arrays that are used again.
 *
 * Spikes by chance are drawn from a counter made of seed, epoch, sample, feature and step, so that neither the order of
 * the samples nor the size of the batch nor the number of steps changes them.
 */
import { DataError, requireInteger } from "../base/errors.ts";
import { streamOf } from "../base/random.ts";
import { type Examples, featureScale } from "./dataset.ts";
import { type Current, type EventEncoder, ruleOf, type Stream } from "./encoder.ts";
import { patternsOf, wordsOf } from "./patterns.ts";

/** Spikes by sample and step: those of (s, t) are `list[ends[s·T + t] … ends[s·T + t + 1])`, ascending. */
export interface EventBatch {
  list: Uint32Array;
  /** Length at least samples · steps + 1; `ends[0]` is 0. */
  ends: Uint32Array;
}

/** Non-zero features by sample: those of s are `list[ends[s] … ends[s + 1])`, ascending, with their values. */
export interface ValueBatch {
  list: Uint32Array;
  values: Float32Array;
  /** Length at least samples + 1; `ends[0]` is 0. */
  ends: Uint32Array;
}

/** An empty batch of spikes, for `encodeEvents` to fill. */
export const eventBatch = (): EventBatch => ({ list: new Uint32Array(0), ends: new Uint32Array(1) });
/** An empty batch of values, for `encodeValues` to fill. */
export const valueBatch = (): ValueBatch => ({
  list: new Uint32Array(0),
  values: new Float32Array(0),
  ends: new Uint32Array(1),
});

/** Options of `encodeEvents`. */
export interface EncodeOptions {
  readonly steps: number;
  readonly seed?: number;
  /** Draws other spikes of the same features, epoch by epoch. */
  readonly epoch?: number;
  /** What keys the draws of each sample: its number in the whole set, where the examples are a part of one; by default its index. */
  readonly numbers?: ArrayLike<number>;
}

/**
 * Encodes the examples at `indices` as spikes into `out`, whose arrays are replaced by larger ones when too small.
 *
 * @throws {ModelError} `out-of-range` for an option or a parameter of the encoder
 * @throws {DataError} `out-of-range` for an index, or for a feature that is not in [0, 1] (NaN included)
 */
export function encodeEvents(
  encoder: EventEncoder,
  examples: Examples,
  indices: ArrayLike<number>,
  options: EncodeOptions,
  out: EventBatch,
): void {
  const { steps, seed = 0, epoch = 0, numbers = indices } = options;
  requireInteger("steps", steps, 1);
  requireInteger("seed", seed, 0, 2 ** 32 - 1);
  requireInteger("epoch", epoch, 0, 2 ** 32 - 1);
  const sample = sampleSpikes(encoder, examples, options);
  out.ends = atLeast(out.ends, indices.length * steps + 1);
  out.ends[0] = 0;
  let total = 0;
  for (let s = 0; s < indices.length; s++) {
    const active = sample.load(requireIndex(examples, indices, s), numbers[s]!);
    const spikes = countSteps(sample, active, out.ends, s * steps);
    out.list = atLeast(out.list, total + spikes);
    placeSpikes(sample, active, out, s * steps);
    total += spikes;
  }
}

/** One sample at a time: its active features, and the steps at which each spikes. */
interface SampleSpikes {
  readonly size: number;
  readonly words: number;
  readonly features: Uint32Array;
  /** Shape [words][size], in the order of `features`; no bit beyond the last step. */
  readonly masks: Int32Array;
  /** Scratch, one entry a step. */
  readonly counts: Int32Array;
  /** Fills features and masks for an example, with the number that keys its draws, and returns how many features are active. */
  load(index: number, number: number): number;
}

function sampleSpikes(
  encoder: EventEncoder,
  examples: Examples,
  { steps, seed = 0, epoch = 0 }: EncodeOptions,
): SampleSpikes {
  const { size } = examples;
  const words = wordsOf(steps);
  const features = new Uint32Array(size);
  const active = { features, codes: new Uint32Array(size), count: 0 };
  const masks = new Int32Array(words * size);
  const codes = codesOf(examples);
  const key = { seed, stream: streamOf("data.encode"), epoch };
  const patterns = patternsOf(ruleOf(encoder, steps), codes.count, steps, key);
  if (codes.fixed) patterns.tabulate(codes.fixed);
  const load = (index: number, number: number): number => {
    if (!codes.fixed) patterns.tabulate(unitFeatures(examples, index));
    const from = codes.fixed ? index * size : 0;
    active.count = 0;
    for (let p = 0; p < size; p++) {
      const code = codes.list[from + p]!;
      if (patterns.silent[code]) continue;
      features[active.count] = p;
      active.codes[active.count++] = code;
    }
    patterns.fill(masks, size, active, number);
    return active.count;
  };
  return { size, words, features, masks, counts: new Int32Array(steps), load };
}

/** A grey level is its own code; plain numbers are coded by their place in the sample. */
function codesOf({ features, size }: Examples): {
  count: number;
  list: Uint8Array | Uint32Array;
  fixed?: Float64Array;
} {
  if (features instanceof Uint8Array)
    return { count: 256, list: features, fixed: Float64Array.from({ length: 256 }, (_, level) => level / 255) };
  return { count: size, list: Uint32Array.from({ length: size }, (_, place) => place) };
}

function unitFeatures({ features, size }: Examples, index: number): ArrayLike<number> {
  const values = features.subarray(index * size, (index + 1) * size);
  for (let p = 0; p < size; p++)
    if (!(values[p]! >= 0 && values[p]! <= 1))
      throw new DataError(
        "out-of-range",
        `features[${index}][${p}]`,
        `must be from 0 to 1 to be encoded as spikes, got ${values[p]}`,
      );
  return values;
}

/*
 * A counting sort of the sample's spikes by step. The masks are walked bit by bit, lowest first, twice.
 */

/** Ends of the sample's steps from the number of spikes in each; `ends[row]` is where the sample starts. */
function countSteps(
  { masks, counts, words, size }: SampleSpikes,
  active: number,
  ends: Uint32Array,
  row: number,
): number {
  counts.fill(0);
  for (let w = 0; w < words; w++)
    for (let k = 0; k < active; k++)
      for (let mask = masks[w * size + k]!; mask !== 0; mask &= mask - 1) counts[(w << 5) + lowestBit(mask)]!++;
  for (let t = 0; t < counts.length; t++) ends[row + t + 1] = ends[row + t]! + counts[t]!;
  return ends[row + counts.length]! - ends[row]!;
}

/** Writes each spike at the next place of its step; features come in ascending order, and so do the lists. */
function placeSpikes(
  { features, masks, counts: next, words, size }: SampleSpikes,
  active: number,
  { list, ends }: EventBatch,
  row: number,
): void {
  for (let t = 0; t < next.length; t++) next[t] = ends[row + t]!;
  for (let w = 0; w < words; w++)
    for (let k = 0; k < active; k++)
      for (let mask = masks[w * size + k]!; mask !== 0; mask &= mask - 1)
        list[next[(w << 5) + lowestBit(mask)]!++] = features[k]!;
}

const lowestBit = (mask: number): number => 31 - Math.clz32(mask & -mask);

/**
 * Lists the non-zero features of the examples at `indices`, rounded to levels if so asked, times the gain, into `out`.
 *
 * @throws {ModelError} `out-of-range` for a number of levels
 * @throws {DataError} `out-of-range` for an index; `not-finite` for a NaN or infinite feature
 */
export function encodeValues(
  { gain = 1, levels }: Current,
  examples: Examples,
  indices: ArrayLike<number>,
  out: ValueBatch,
): void {
  if (levels !== undefined) requireInteger("encoder.levels", levels, 1);
  const { features, size } = examples;
  const unit = featureScale(features);
  const scale = gain * unit;
  out.list = atLeast(out.list, indices.length * size);
  out.values = atLeast(out.values, indices.length * size);
  out.ends = atLeast(out.ends, indices.length + 1);
  out.ends[0] = 0;
  let at = 0;
  for (let s = 0; s < indices.length; s++) {
    const from = requireIndex(examples, indices, s) * size;
    for (let p = 0; p < size; p++) {
      const x = features[from + p]!;
      if (x === 0) continue;
      if (!Number.isFinite(x))
        throw new DataError("not-finite", `features[${from / size}][${p}]`, `must be finite, got ${x}`);
      const value = levels === undefined ? x * scale : (gain * Math.floor(x * unit * levels + 0.5)) / levels;
      if (levels !== undefined && value === 0) continue;
      out.list[at] = p;
      out.values[at++] = value;
    }
    out.ends[s + 1] = at;
  }
}

/**
 * Lists the non-zero values of each step of the examples at `indices`, times the gain, into `out`, whose `ends` then has an
 * entry for each sample and step.
 *
 * @param steps how many there are in an example
 * @throws {ModelError} `out-of-range` for a width @throws {DataError} `shape-mismatch` unless examples are so many rows;
 * `out-of-range` for an index; `not-finite` for a NaN or infinite value
 */
export function encodeStream(
  { width, gain = 1 }: Stream,
  examples: Examples,
  indices: ArrayLike<number>,
  steps: number,
  out: ValueBatch,
): void {
  requireInteger("encoder.width", width, 1);
  const { features, size } = examples;
  if (size !== width * steps)
    throw new DataError("shape-mismatch", "features", `${size} an example are not ${steps} steps of ${width}`);
  const scale = gain * featureScale(features);
  out.list = atLeast(out.list, indices.length * size);
  out.values = atLeast(out.values, indices.length * size);
  out.ends = atLeast(out.ends, indices.length * steps + 1);
  out.ends[0] = 0;
  let at = 0;
  for (let s = 0; s < indices.length; s++) {
    const from = requireIndex(examples, indices, s) * size;
    for (let k = 0; k < size; k++) {
      const x = features[from + k]!;
      if (!Number.isFinite(x))
        throw new DataError("not-finite", `features[${from / size}][${k}]`, `must be finite, got ${x}`);
      if (x !== 0) {
        out.list[at] = k % width;
        out.values[at++] = x * scale;
      }
      if ((k + 1) % width === 0) out.ends[s * steps + (k + 1) / width] = at;
    }
  }
}

function requireIndex({ count }: Examples, indices: ArrayLike<number>, s: number): number {
  const index = indices[s]!;
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new DataError("out-of-range", `indices[${s}]`, `must be an integer from 0 to ${count - 1}, got ${index}`);
}

/** The array, or a copy with room for `length` entries and more to come. */
function atLeast<A extends Uint32Array | Float32Array>(array: A, length: number): A {
  if (array.length >= length) return array;
  const larger = new (array.constructor as new (length: number) => A)(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}
