/**
 * Counter-based random numbers: every draw is a pure function of where it is made, so the same on one thread or
 * eight, on one machine or ten.
 *
 * Words come in blocks of four from Philox4x32-10: key = (seed, stream), counter = (block, sample, step low, step high).
 * An element draws one word of a block (`draws.ts`), and laws have keys of their own, so that laws at one place are
 * independent; the same law at the same place is the same draw, and two draws of one step need two streams. Kernels draw
 * the same numbers (`ir/random.ts`).
 */
import { type CountLaw, countOf } from "./countLaw.ts";
import {
  COUNT_CHUNK,
  COUNT_GROUP,
  COUNT_REST,
  COUNT_WORDS,
  drawBlock,
  drawWord,
  LAW_KEY,
  pieceBlock,
  pieceHalf,
} from "./draws.ts";
import { ModelError, requireInteger } from "./errors.ts";
import { normalOf, uniformF32Of, uniformOf } from "./laws.ts";
import { PHILOX, philoxInto } from "./philox.ts";
import { POISSON_LIMIT, poissonLarge, poissonOf } from "./poisson.ts";
import { nextWord } from "./xoshiro.ts";

export type Words = readonly [number, number, number, number];

/** Philox4x32: four random words of a counter and a key. */
export function philox4x32(counter: Words, key: readonly [number, number], rounds: number = PHILOX.rounds): Words {
  const out = new Uint32Array(4);
  philoxInto(out, ...counter, ...key, rounds);
  return [out[0]!, out[1]!, out[2]!, out[3]!];
}

/** Where a draw is made. */
export interface Place {
  readonly seed: number;
  readonly stream: number;
  readonly element: number;
  readonly sample?: number;
  /** Integer step, up to 2^53. */
  readonly step?: number;
}
/** The word that a law draws at a place. */
export function randomWord(law: keyof typeof LAW_KEY, place: Place): number {
  if (law !== "poisson") return wordAt(law, place, drawBlock(place.element), PHILOX.rounds);
  const [piece, rest] = (["poisson", "poissonRest"] as const).map((key) => pieceOf(key, place)) as [number, number];
  return piece * 2 ** 16 + rest;
}
function wordAt(law: keyof typeof LAW_KEY, place: Place, block: number, rounds: number): number {
  const { seed, stream, element, sample = 0, step = 0 } = place;
  const counter: Words = [block, sample, step >>> 0, Math.floor(step / 2 ** 32)];
  return philox4x32(counter, [seed, (stream ^ LAW_KEY[law]) >>> 0], rounds)[drawWord(element)]!;
}
/** 16 bits, as Poisson counts take them. */
function pieceOf(law: keyof typeof LAW_KEY, place: Place): number {
  const word = wordAt(law, place, pieceBlock(place.element), PHILOX.fewRounds);
  return pieceHalf(place.element) ? word >>> 16 : word & 0xffff;
}
/** The words of elements `[from, to)` that a law of counts draws by for the t-th time (`draws.ts`). */
export function countWords(place: Omit<Place, "element">, time: number, from: number, to: number): Uint32Array {
  const { seed, stream, sample = 0, step = 0 } = place;
  const philox = (law: "count" | "countRest", block: number): Words => {
    const counter: Words = [block >>> 0, sample, step >>> 0, Math.floor(step / 2 ** 32)];
    return philox4x32(counter, [seed, (stream ^ LAW_KEY[law]) >>> 0], PHILOX.fewRounds);
  };
  const out = new Uint32Array(to - from);
  for (let chunk = Math.floor(from / COUNT_CHUNK); chunk * COUNT_CHUNK < to; chunk++) {
    const states = [0, 1, 2, 3].map((lane) => Uint32Array.from(philox("count", 16 * chunk + 4 * time + lane)));
    const next = (): Uint8Array => new Uint8Array(Uint32Array.from(states, nextWord).buffer);
    const end = Math.min(to, (chunk + 1) * COUNT_CHUNK);
    for (let first = chunk * COUNT_CHUNK; first < end; first += COUNT_GROUP) {
      const [low, high, halves] = Array.from({ length: COUNT_WORDS }, next) as [Uint8Array, Uint8Array, Uint8Array];
      for (let e = Math.max(from, first); e < Math.min(to, first + COUNT_GROUP); e++) {
        const [at, isHigh] = [e % 16, e % COUNT_GROUP >= 16];
        const column = isHigh ? halves[at]! >>> 4 : halves[at]! & 15;
        const byte = (isHigh ? high : low)[at]! ^ 0x80;
        const rest = philox("countRest", e)[time]! >>> (32 - COUNT_REST);
        out[e - from] = ((column << 28) | (byte << COUNT_REST) | rest) >>> 0;
      }
    }
  }
  return out;
}
/** What a law gives to elements `[from, to)` for the t-th time; a count is the sum over its times. */
export function countsOf(
  place: Omit<Place, "element">,
  law: CountLaw,
  time: number,
  from: number,
  to: number,
): Uint32Array {
  return countWords(place, time, from, to).map((word) => countOf(law, word));
}
/** In (0, 1): as kernels draw it in f64, or in f32. */
export function uniform(place: Place, type: "f32" | "f64" = "f64"): number {
  return (type === "f32" ? uniformF32Of : uniformOf)(randomWord("uniform", place));
}
/** Standard normal, as kernels draw it in f64. */
export const normal = (place: Place): number => normalOf(randomWord("normal", place));
/** Poisson count of a mean from 0 to 16, as kernels draw it in f64. */
export const poisson = (place: Place, mean: number): number => poissonOf(randomWord("poisson", place), mean);

/**
 * The number of a named stream: FNV-1a, 32 bits, of the name in UTF-8 (Fowler, Noll, Vo). Two names share a stream by
 * accident with probability 2^-32.
 */
export function streamOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Numbers one after the other, for the host: the blocks of one (seed, stream), at steps that no simulation reaches. */
export interface RandomStream {
  /** The next word. */
  bits(): number;
  /** In (0, 1), on a grid of 2^-32. */
  uniform(): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** A whole number from 0 to n - 1, each equally likely; n up to 2^53. */
  below(n: number): number;
  /** Of any mean >= 0. */
  poisson(mean: number): number;
  fillUniform(out: Float32Array | Float64Array, low?: number, high?: number): void;
  fillNormal(out: Float32Array | Float64Array, mean?: number, sd?: number): void;
}
export const HOST_STEP = 2 ** 32 - 1;

/**
 * Word k of a stream, for any k from 0 on; one after the other is the fastest.
 * @throws {ModelError} `out-of-range` unless `seed` is an integer from 0 to 2^32 - 1
 */
export function numberedWords(seed: number, stream: number): (k: number) => number {
  requireInteger("seed", seed, 0, 2 ** 32 - 1);
  let held = -1;
  const words = new Uint32Array(4);
  return (k) => {
    const block = Math.floor(k / 4);
    if (block !== held) philoxInto(words, block >>> 0, Math.floor(block / 2 ** 32), 0, HOST_STEP, seed, stream);
    held = block;
    return words[k - 4 * block]!;
  };
}

/** Words from `first` on, a multiple of 4, into an array of whole blocks: many at a time, and nothing is allocated. */
export function fillWords(out: Uint32Array, first: number, seed: number, stream: number): void {
  const words = new Uint32Array(4);
  for (let k = 0; k < out.length; k += 4) {
    const block = (first + k) / 4;
    philoxInto(words, block >>> 0, Math.floor(block / 2 ** 32), 0, HOST_STEP, seed, stream);
    for (let j = 0; j < 4; j++) out[k + j] = words[j]!;
  }
}

/** @throws {ModelError} `out-of-range` unless `seed` is an integer from 0 to 2^32 - 1 */
export function randomStream(seed: number, stream: number): RandomStream {
  const word = numberedWords(seed, stream);
  let used = 0;
  const bits = (): number => word(used++);
  const uniform = (): number => uniformOf(bits());
  const normal = (): number => normalOf(bits());
  return {
    bits,
    uniform,
    normal,
    below: (n) => below(n, bits),
    poisson: (mean) => poissonCount(mean, bits),
    fillUniform: (out, low = 0, high = 1) => fill(out, () => low + (high - low) * uniform()),
    fillNormal: (out, mean = 0, sd = 1) => fill(out, () => mean + sd * normal()),
  };
}
function fill(out: Float32Array | Float64Array, draw: () => number): void {
  for (let k = 0; k < out.length; k++) out[k] = draw();
}

function poissonCount(mean: number, bits: () => number): number {
  if (!(mean >= 0 && mean < Number.POSITIVE_INFINITY))
    throw new ModelError("out-of-range", "mean", `must be finite and >= 0, got ${mean}`);
  return mean <= POISSON_LIMIT ? poissonOf(bits(), mean) : poissonLarge(mean, () => uniformOf(bits()));
}

/** Words (of 32 or 53 bits) above the last whole multiple of n are drawn again, so that every remainder is equally likely. */
function below(n: number, bits: () => number): number {
  requireInteger("n", n, 1, 2 ** 53 - 1);
  const range = n <= 2 ** 32 ? 2 ** 32 : 2 ** 53;
  const limit = range - (range % n);
  for (;;) {
    const word = range === 2 ** 32 ? bits() : (bits() >>> 11) * 2 ** 32 + bits();
    if (word < limit) return word % n;
  }
}

export interface StreamOptions {
  readonly seed: number;
  readonly stream: number;
}
/** The numbers 0 to n - 1 in random order, every order equally likely (Fisher and Yates; Durstenfeld 1964, algorithm 235). */
export function permutation(n: number, { seed, stream }: StreamOptions): Uint32Array {
  const random = randomStream(seed, stream);
  const order = Uint32Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) {
    const j = random.below(k + 1);
    [order[k], order[j]] = [order[j]!, order[k]!];
  }
  return order;
}
