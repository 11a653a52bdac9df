/** How an array of numbers starts: given, constant, or drawn. Plain data; the draw is keyed by seed and name. */
import { exp, log } from "../base/elementary.ts";
import { ModelError, requireFinite } from "../base/errors.ts";
import { normalOf, normalsOf, uniformOf, uniformsOf } from "../base/laws.ts";
import { LineStream } from "../base/lineStream.ts";
import { fillWords, numberedWords, streamOf } from "../base/random.ts";
import type { SynapseEnds } from "./connectivity/ends.ts";
import { makeOrthonormal, transposed } from "./orthogonal.ts";
import { evaluated } from "./perNeuron.ts";
import { evaluatedPairs } from "./perSynapse.ts";

/** How an array of numbers starts: given, constant, or drawn by the seed and the name of the array. Plain data. */
export type Initializer =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "values"; readonly values: ArrayLike<number> }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  | { readonly kind: "normal"; readonly mean: number; readonly sd: number }
  /** Normal numbers below `low` or above `high` are drawn again, so that none lies outside and none piles up at a bound. */
  | {
      readonly kind: "truncatedNormal";
      readonly mean: number;
      readonly sd: number;
      readonly low: number;
      readonly high?: number;
    }
  /** Normal numbers below `low` or above `high` become `low` or `high`. */
  | {
      readonly kind: "clippedNormal";
      readonly mean: number;
      readonly sd: number;
      readonly low: number;
      readonly high?: number;
    }
  /** `e^x` of a normal number x of mean `mu` and deviation `sigma`: the median is `e^mu`, the mean `e^(mu + sigma²/2)`. */
  | { readonly kind: "logNormal"; readonly mu: number; readonly sigma: number }
  /** Density `e^(-x / mean) / mean`, x >= 0. */
  | { readonly kind: "exponential"; readonly mean: number }
  /** U(±gain / √fan-in), the usual start of linear layers; fan-in is the number of sources. */
  | { readonly kind: "fanIn"; readonly gain: number }
  /** U(±gain · √(6 / (fan-in + fan-out))): Glorot and Bengio 2010, AISTATS, eq. 16. Dense weights only. */
  | { readonly kind: "glorotUniform"; readonly gain: number }
  /**
   * gain times a matrix, evenly distributed among those with orthonormal rows (or columns, where there are more sources
   * than targets): Saxe, McClelland and Ganguli 2014, ICLR. Dense weights only.
   */
  | { readonly kind: "orthogonal"; readonly gain: number }
  /**
   * Of neurons: an expression of the index `i`, the size `N`, `rand()`, `randn()`, and of other numbers of each neuron:
   * `of` names their array (`tauM`, `v.initial`), `from` says what is in it. Texts in a population's options become such.
   */
  | {
      readonly kind: "expression";
      readonly text: string;
      readonly reads: Readonly<Record<string, { readonly of: string; readonly from: Initializer }>>;
    }
  /**
   * Of synapses: an expression of their ends `i` and `j`, of how many there are (`N`, `N_pre`, `N_incoming`, …), `rand()`,
   * `randn()`, and of what the two neurons start with (`x_pre`): `of` names that array, `from` says what is in it. Texts in
   * a connection's options become such.
   */
  | {
      readonly kind: "pairwise";
      readonly text: string;
      readonly sources: number;
      readonly targets: number;
      /** Parameters of the synapse. */
      readonly numbers?: Readonly<Record<string, number>>;
      readonly reads: Readonly<
        Record<string, { readonly of: string; readonly size: number; readonly from: Initializer }>
      >;
    };

/** Every number is `value`. */
export const constantOf = (value: number): Initializer => ({ kind: "constant", value });
/** U(low, high). */
export const uniform = (low: number, high: number): Initializer => ({ kind: "uniform", low, high });
/** N(mean, sd²). */
export const normal = (mean: number, sd: number): Initializer => ({ kind: "normal", mean, sd });
/** For what must stay above a bound, such as time constants: `truncatedNormal(0.02, 0.005, { low: 0.001 })`. */
export const truncatedNormal = (mean: number, sd: number, bounds: { low: number; high?: number }): Initializer => ({
  kind: "truncatedNormal",
  mean,
  sd,
  ...bounds,
});
/** For weights that keep their sign: `clippedNormal(w, 0.1 * w, { low: 0 })`. */
export const clippedNormal = (mean: number, sd: number, bounds: { low: number; high?: number }): Initializer => ({
  kind: "clippedNormal",
  mean,
  sd,
  ...bounds,
});
/** e to the power of a normal number: `mu` and `sigma` are those of the logarithm. */
export const logNormal = (mu: number, sigma: number): Initializer => ({ kind: "logNormal", mu, sigma });
/** Exponential, by its mean. */
export const exponential = (mean: number): Initializer => ({ kind: "exponential", mean });
/** U(±gain / √sources): the usual start of linear layers, and the default of weights, with a gain of 1. */
export const fanIn = (gain = 1): Initializer => ({ kind: "fanIn", gain });
/** U(±gain · √(6 / (sources + targets))), for dense weights (Glorot and Bengio 2010). */
export const glorotUniform = (gain = 1): Initializer => ({ kind: "glorotUniform", gain });
/** gain times a random matrix with orthonormal rows or columns, for dense weights (Saxe et al. 2014). */
export const orthogonal = (gain = 1): Initializer => ({ kind: "orthogonal", gain });

/** A number, an array or an initialiser, as an initialiser. */
export const toInitializer = (x: number | ArrayLike<number> | Initializer): Initializer =>
  typeof x === "number" ? constantOf(x) : "kind" in x ? x : { kind: "values", values: x };

/** @throws {ModelError} `unsupported` for what is each neuron's */
export function requireOfSynapses(from: Initializer, path: string): void {
  if (from.kind === "expression")
    throw new ModelError("unsupported", path, "an expression gives numbers of neurons, and these are of synapses");
}
const MATRIX: ReadonlySet<Initializer["kind"]> = new Set(["glorotUniform", "orthogonal"]);
/** @throws {ModelError} `unsupported` for what fills matrices */
export function requireNoMatrix(from: Initializer, path: string): void {
  if (MATRIX.has(from.kind))
    throw new ModelError("unsupported", path, `${from.kind} starts the weights of dense connections, and nothing else`);
}

export interface Draw {
  /** Names the random stream, so that no two arrays share numbers. */
  readonly name: string;
  readonly seed: number;
  /** Of synapses that are not those of every source with every target: where they begin and end. */
  readonly ends?: () => SynapseEnds;
  /** Sources of the connection, for `fanIn`; the rows of a matrix of weights. */
  readonly fanIn?: number;
}

/**
 * The numbers, in f64, or rounded as they are written into `out`.
 * @throws {ModelError} `shape-mismatch` if values are given and there are not exactly `length`; `not-finite`;
 *   `out-of-range` for bounds that leave no room; `unsupported` for a kind that needs a matrix where there is none
 */
export function initialise(from: Initializer, length: number, draw: Draw): Float64Array;
export function initialise<T extends Float32Array | Float64Array>(
  from: Initializer,
  length: number,
  draw: Draw,
  out: T,
): T;
export function initialise(
  from: Initializer,
  length: number,
  draw: Draw,
  out: Float32Array | Float64Array = new Float64Array(length),
): Float32Array | Float64Array {
  const fill = FILLS[from.kind] as Fill<Initializer> | undefined;
  if (fill) fill(from, length, draw, out);
  else {
    const next = drawing(from, length, draw);
    for (let k = 0; k < length; k++) out[k] = next(k);
  }
  return out;
}

/** Numbers that are drawn together; whole blocks of words. */
const PIECE = 1024;
/** The same draws as `drawing` has, piece by piece: one by one each would be a number on the heap. */
function inPieces(
  draws: keyof typeof DRAWS,
  length: number,
  { name, seed }: Draw,
  take: (drawn: Float64Array, at: number) => void,
): void {
  const stream = streamOf(name);
  numberedWords(seed, stream); // looks at the seed
  const [words, drawn] = [new Uint32Array(PIECE), new Float64Array(PIECE)];
  for (let at = 0; at < length; at += PIECE) {
    fillWords(words, at, seed, stream);
    DRAWS[draws](words, drawn);
    take(length - at < PIECE ? drawn.subarray(0, length - at) : drawn, at);
  }
}
const DRAWS = { uniform: uniformsOf, normal: normalsOf } as const;

/** Writes all numbers, by the same operations as the rule of its kind. */
type Fill<T> = (from: T, length: number, draw: Draw, out: Float32Array | Float64Array) => void;
const fillWithin: Fill<Kind<"fanIn" | "glorotUniform">> = (from, length, draw, out) => {
  const limit = limitOf(from, length, draw);
  inPieces("uniform", length, draw, (drawn, at) => {
    for (let k = 0; k < drawn.length; k++) out[at + k] = limit * (2 * drawn[k]! - 1);
  });
};
const FILLS: { readonly [K in Initializer["kind"]]?: Fill<Kind<K>> } = {
  uniform: ({ low, high }, length, draw, out) =>
    inPieces("uniform", length, draw, (drawn, at) => {
      for (let k = 0; k < drawn.length; k++) out[at + k] = low + (high - low) * drawn[k]!;
    }),
  normal: ({ mean, sd }, length, draw, out) =>
    inPieces("normal", length, draw, (drawn, at) => {
      for (let k = 0; k < drawn.length; k++) out[at + k] = mean + sd * drawn[k]!;
    }),
  fanIn: fillWithin,
  glorotUniform: fillWithin,
  orthogonal: (from, length, draw, out) => {
    const matrix = orthonormalOf(from, length, draw);
    for (let k = 0; k < length; k++) out[k] = from.gain * matrix[k]!;
  },
};
function orthonormalOf(from: Kind<"orthogonal">, length: number, draw: Draw): Float64Array {
  const [rows, columns] = shapeOf(from, length, draw);
  const [few, many] = rows <= columns ? [rows, columns] : [columns, rows];
  const q = new Float64Array(length);
  inPieces("normal", length, draw, (drawn, at) => q.set(drawn, at));
  makeOrthonormal(q, few, many);
  return rows <= columns ? q : transposed(q, few, many);
}
/** How far from 0 weights start that follow from the shape of their matrix. */
function limitOf(from: Kind<"fanIn" | "glorotUniform">, length: number, draw: Draw): number {
  if (from.kind === "fanIn") return from.gain / Math.sqrt(draw.fanIn ?? length);
  const [rows, columns] = shapeOf(from, length, draw);
  return from.gain * Math.sqrt(6 / (rows + columns));
}

/**
 * The same numbers one by one, in any order: each is drawn from random numbers of its own.
 * @throws {ModelError} as `initialise`; for bounds that leave no room when a number is asked for
 */
export function drawing(from: Initializer, length: number, draw: Draw): (k: number) => number {
  const rule = RULES[from.kind] as Rule<Initializer>;
  const word = numberedWords(draw.seed, streamOf(draw.name));
  return rule(from, length, {
    ...draw,
    uniform: (k) => uniformOf(word(k)),
    normal: (k) => normalOf(word(k)),
  });
}

/**
 * The number that comes of word k of the stream, for laws that take one word each: it never falls as the word rises, or
 * never rises. Where `truncatedNormal` draws again, it is what was first drawn.
 */
export function lawOf(from: Initializer, name: string): ((word: number) => number) | undefined {
  if (!ONE_WORD.has(from.kind)) return undefined;
  const rule = RULES[from.kind === "truncatedNormal" ? "normal" : from.kind] as Rule<Initializer>;
  return rule(from, 0, { name, seed: 0, uniform: uniformOf, normal: normalOf });
}
const ONE_WORD: ReadonlySet<Initializer["kind"]> = new Set([
  "uniform",
  "normal",
  "truncatedNormal",
  "clippedNormal",
  "logNormal",
  "exponential",
]);

type Kind<K extends Initializer["kind"]> = Extract<Initializer, { kind: K }>;
interface Numbered extends Draw {
  /** In (0, 1). */
  readonly uniform: (k: number) => number;
  readonly normal: (k: number) => number;
}
type Rule<T> = (from: T, length: number, draw: Numbered) => (k: number) => number;

const within =
  (limit: number, uniform: Numbered["uniform"]): ((k: number) => number) =>
  (k) =>
    limit * (2 * uniform(k) - 1);

const RULES: { readonly [K in Initializer["kind"]]: Rule<Kind<K>> } = {
  constant: ({ value }, _length, { name }) => {
    requireFinite(name, [value]);
    return () => value;
  },
  values: ({ values }, length, { name }) => {
    if (values.length !== length)
      throw new ModelError("shape-mismatch", name, `needs ${length} values, got ${values.length}`);
    requireFinite(name, values);
    return (k) => values[k]!;
  },
  uniform:
    ({ low, high }, _length, { uniform }) =>
    (k) =>
      low + (high - low) * uniform(k),
  normal:
    ({ mean, sd }, _length, { normal }) =>
    (k) =>
      mean + sd * normal(k),
  truncatedNormal: (from, _length, { name, seed, normal }) => {
    const { mean, sd, low, high = Number.POSITIVE_INFINITY } = from;
    const draws = new LineStream(seed, streamOf(name));
    return (k) => {
      const first = mean + sd * normal(k);
      if (first >= low && first <= high) return first;
      draws.begin(k);
      return inside(from, name, draws);
    };
  },
  clippedNormal: ({ mean, sd, low, high = Number.POSITIVE_INFINITY }, _length, { name, normal }) => {
    if (!(low <= high))
      throw new ModelError("out-of-range", name, `low must not be above high, got ${low} and ${high}`);
    return (k) => Math.min(high, Math.max(low, mean + sd * normal(k)));
  },
  logNormal: ({ mu, sigma }, _length, { name, normal }) => {
    // Normal numbers reach 6.3, and `exp` and numbers e^700.
    if (!(Math.abs(mu) + 6.4 * Math.abs(sigma) <= 700))
      throw new ModelError("out-of-range", name, `e^(mu ± 6.4 sigma) must be a number, got mu ${mu}, sigma ${sigma}`);
    return (k) => exp(mu + sigma * normal(k));
  },
  exponential:
    ({ mean }, _length, { uniform }) =>
    (k) =>
      -mean * log(uniform(k)),
  fanIn: (from, length, draw) => within(limitOf(from, length, draw), draw.uniform),
  glorotUniform: (from, length, draw) => within(limitOf(from, length, draw), draw.uniform),
  orthogonal: (from, length, draw) => {
    const matrix = orthonormalOf(from, length, draw);
    return (k) => from.gain * matrix[k]!;
  },
  expression: (from, length, draw) => evaluated(from, length, draw, drawing),
  pairwise: (from, _length, draw) => evaluatedPairs(from, draw, drawing),
};

/** Draws in a row that may fall outside: bounds that hold one normal number in a thousand fail once in 20,000 numbers. */
const MOST_DRAWS = 10_000;
function inside(
  { mean, sd, low, high = Number.POSITIVE_INFINITY }: Kind<"truncatedNormal">,
  name: string,
  draws: LineStream,
): number {
  for (let k = 0; k < MOST_DRAWS; k++) {
    const x = mean + sd * normalOf(draws.word());
    if (x >= low && x <= high) return x;
  }
  throw new ModelError(
    "out-of-range",
    name,
    `${MOST_DRAWS} normal numbers of mean ${mean} and deviation ${sd} all fell outside ${low} to ${high}`,
  );
}

/** Sources and targets. */
function shapeOf({ kind }: Initializer, length: number, { name, fanIn }: Draw): readonly [number, number] {
  if (fanIn !== undefined && Number.isInteger(length / fanIn)) return [fanIn, length / fanIn];
  throw new ModelError("unsupported", name, `${kind} starts the weights of dense connections, and nothing else`);
}
