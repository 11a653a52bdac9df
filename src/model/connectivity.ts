/**
 * Which source meets which target, as plain data; `connectivity/` says what each kind means. Dense weights lie
 * `[source][target]`; anything else becomes rows of synapses.
 *
 * Words as NEST has them: an autapse joins a neuron to itself, so there are some only where a population is connected to
 * itself; multapses are several synapses of one pair.
 */
import { type Every, listNames, ModelError, requireKnown } from "../base/errors.ts";
import type { Positions, Profile } from "./connectivity/space.ts";

/** Which source meets which target. Plain data. */
export type Connectivity =
  | { readonly kind: "dense" }
  | { readonly kind: "oneToOne" }
  | { readonly kind: "pairs"; readonly source: ArrayLike<number>; readonly target: ArrayLike<number> }
  /** Every pair independently with probability `p` (NEST: `pairwise_bernoulli`). */
  | { readonly kind: "probability"; readonly p: number; readonly autapses: boolean }
  /** Every target has `degree` synapses from sources drawn evenly (NEST: `fixed_indegree`). */
  | { readonly kind: "inDegree"; readonly degree: number; readonly autapses: boolean; readonly multapses: boolean }
  /** Every source has `degree` synapses to targets drawn evenly (NEST: `fixed_outdegree`). */
  | { readonly kind: "outDegree"; readonly degree: number; readonly autapses: boolean; readonly multapses: boolean }
  /** So many synapses, each of a pair drawn evenly: multapses are possible (NEST: `fixed_total_number`). */
  | { readonly kind: "totalNumber"; readonly total: number; readonly autapses: boolean }
  /** Every pair independently with probability `p · profile(distance)`. */
  | {
      readonly kind: "distance";
      readonly source: Positions;
      readonly target: Positions;
      readonly profile: Profile;
      readonly p: number;
      /** Lengths after which space repeats itself, one a dimension. */
      readonly period?: readonly number[];
      readonly autapses: boolean;
    }
  /**
   * Every pair for which `condition` holds, independently with probability `p` (Brian: `connect(condition, p=…)`). Both
   * are expressions in `i`, `j`, `N_pre`, `N_post`, and with positions `x_pre`, `y_post` and so on.
   */
  | {
      readonly kind: "condition";
      readonly condition: string;
      readonly p: string;
      readonly source?: Positions;
      readonly target?: Positions;
    }
  /**
   * Windows of weights that move over the source, the same weights everywhere (LeCun et al. 1989). Each list has one number
   * a dimension. With `maxPool` the target takes the largest of what neighbouring windows sum.
   */
  | ({ readonly kind: "convolution"; readonly dilation: readonly number[]; readonly groups: number } & WindowNumbers & {
        readonly maxPool?: WindowNumbers;
      })
  /** The average or the sum of what a window sees, channel by channel: nothing trains. */
  | ({ readonly kind: "pooling"; readonly over: "average" | "sum" } & WindowNumbers);

/** How windows lie, one number a dimension: their size, the steps between them, and what is added around the source. */
export interface WindowNumbers {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}

export type ConnectivityOf<K extends Connectivity["kind"]> = Extract<Connectivity, { kind: K }>;
/** What moves windows over shapes. */
export type Windowed = ConnectivityOf<"convolution" | "pooling">;

/** Every source meets every target: a matrix of weights `[source][target]`. The default. */
export const dense: Connectivity = { kind: "dense" };
/** Source k meets target k alone; both have the same size. */
export const oneToOne: Connectivity = { kind: "oneToOne" };
/** Synapse k runs from `source[k]` to `target[k]`. */
export const pairs = (source: ArrayLike<number>, target: ArrayLike<number>): Connectivity => ({
  kind: "pairs",
  source,
  target,
});

interface Autapses {
  /** Default true. */
  readonly autapses?: boolean;
}
interface Multapses extends Autapses {
  /** Default true. */
  readonly multapses?: boolean;
}
const AUTAPSES = { autapses: true } as const satisfies Every<Autapses>;
const MULTAPSES = { ...AUTAPSES, multapses: true } as const satisfies Every<Multapses>;

/**
 * Every pair of source and target independently with probability `p`, 0 to 1, drawn by the seed. `autapses: false`
 * leaves out pairs of a neuron and itself, where a population is joined to itself.
 */
export function probability(p: number, options: Autapses = {}): Connectivity {
  requireKnown("probability", options, AUTAPSES);
  const { autapses = true } = options;
  return { kind: "probability", p, autapses };
}
/** Every target has `degree` synapses from sources drawn evenly (NEST: `fixed_indegree`). */
export function inDegree(degree: number, options: Multapses = {}): Connectivity {
  requireKnown("inDegree", options, MULTAPSES);
  const { autapses = true, multapses = true } = options;
  return { kind: "inDegree", degree, autapses, multapses };
}
/** Every source has `degree` synapses to targets drawn evenly (NEST: `fixed_outdegree`). */
export function outDegree(degree: number, options: Multapses = {}): Connectivity {
  requireKnown("outDegree", options, MULTAPSES);
  const { autapses = true, multapses = true } = options;
  return { kind: "outDegree", degree, autapses, multapses };
}
/** So many synapses, each of a pair drawn evenly (NEST: `fixed_total_number`). */
export function totalNumber(total: number, options: Autapses = {}): Connectivity {
  requireKnown("totalNumber", options, AUTAPSES);
  const { autapses = true } = options;
  return { kind: "totalNumber", total, autapses };
}

/** Where sources and targets are, and how the probability falls with their distance. */
export interface DistanceOptions extends Autapses {
  readonly source: Positions;
  readonly target: Positions;
  readonly profile: Profile;
  /** At distance 0; default 1. */
  readonly p?: number;
  readonly period?: readonly number[];
}
const DISTANCE = {
  ...{ source: true, target: true, profile: true, p: true, period: true, ...AUTAPSES },
} as const satisfies Every<DistanceOptions>;
/** Every pair independently with probability `p · profile(distance)`. */
export function distanceDependent(options: DistanceOptions): Connectivity {
  requireKnown("distanceDependent", options, DISTANCE);
  const { p = 1, autapses = true, ...space } = options;
  return { kind: "distance", ...space, p, autapses };
}

/** With what probability pairs are joined, and the positions that the expressions name. */
export interface ConditionOptions {
  /** A number or an expression; default 1. What is above 1 is always, what is below 0 never. */
  readonly p?: number | string;
  readonly source?: Positions;
  readonly target?: Positions;
}
const CONDITION = { p: true, source: true, target: true } as const satisfies Every<ConditionOptions>;
/** Every pair of source `i` and target `j` for which the expression holds, as `"abs(i - j) <= 2 and i != j"` (Brian: `connect(condition)`). */
export function condition(text: string, options: ConditionOptions = {}): Connectivity {
  requireKnown("condition", options, CONDITION);
  const { p = 1, ...positions } = options;
  return { kind: "condition", condition: text, p: String(p), ...positions };
}

/** A number for all dimensions, or one for each. */
export type PerDimension = number | readonly number[];
/** Windows without weights of their own. */
export interface PoolOptions {
  /** Default: the size of the window, so that windows lie side by side. */
  readonly stride?: PerDimension;
  /** Places that see nothing, on each side; default 0. */
  readonly padding?: PerDimension;
}
/** How windows lie; what is one number is so along both dimensions. */
export interface ConvolutionOptions {
  /** Size of the window: 5, or [height, width]. */
  readonly kernel: PerDimension;
  /** Default 1. */
  readonly stride?: PerDimension;
  /** Zeros on each side; default 0. */
  readonly padding?: PerDimension;
  /** Distance of a window's places; default 1. */
  readonly dilation?: PerDimension;
  /** Runs of channels that know nothing of each other; default 1. With as many as there are channels each has its own window. */
  readonly groups?: number;
  /** The target takes the largest sum of windows of this size. */
  readonly maxPool?: PerDimension | ({ readonly kernel: PerDimension } & PoolOptions);
}

const POOL = { stride: true, padding: true } as const satisfies Every<PoolOptions>;
const POOL_OF = { kernel: true, ...POOL } as const;
const CONVOLUTION = {
  ...{ kernel: true, stride: true, padding: true, dilation: true, groups: true, maxPool: true },
} as const satisfies Every<ConvolutionOptions>;

/** @throws {ModelError} `unknown-name`, `type-mismatch` */
export function requirePool(path: string, kernel: unknown, options: PoolOptions): void {
  requirePerDimension(`${path}.kernel`, kernel);
  requireKnown(path, options, POOL);
  for (const [name, x] of Object.entries(options)) requirePerDimension(`${path}.${name}`, x);
}
/** @throws {ModelError} `type-mismatch` for what is no number and no list; how large it may be is asked where it is used */
export function requirePerDimension(path: string, x: unknown): void {
  if (x === undefined || typeof x === "number" || Array.isArray(x)) return;
  const found = typeof x === "object" && x !== null ? `an object with ${listNames(Object.keys(x))}` : String(x);
  throw new ModelError("type-mismatch", path, `must be a number, or a list of one a dimension, got ${found}`);
}
const numbersOf = (x: PerDimension, dimensions: number): readonly number[] =>
  Array.isArray(x) ? [...x] : new Array<number>(dimensions).fill(x as number);
export const poolNumbers = (kernel: PerDimension, o: PoolOptions, dimensions: number): WindowNumbers => ({
  kernel: numbersOf(kernel, dimensions),
  stride: numbersOf(o.stride ?? kernel, dimensions),
  padding: numbersOf(o.padding ?? 0, dimensions),
});
export function convolutionIn(dimensions: number, o: ConvolutionOptions): ConnectivityOf<"convolution"> {
  const { kernel, stride = 1, padding = 0, dilation = 1, groups = 1, maxPool } = o;
  for (const [name, x] of Object.entries({ kernel, stride, padding, dilation }))
    requirePerDimension(`convolution.${name}`, x);
  if (typeof maxPool === "object" && "kernel" in maxPool) requireKnown("convolution.maxPool", maxPool, POOL_OF);
  const pool = typeof maxPool === "object" && "kernel" in maxPool ? maxPool : maxPool && { kernel: maxPool };
  return {
    kind: "convolution",
    kernel: numbersOf(kernel, dimensions),
    stride: numbersOf(stride, dimensions),
    padding: numbersOf(padding, dimensions),
    dilation: numbersOf(dilation, dimensions),
    groups,
    ...(pool && { maxPool: poolNumbers(pool.kernel, pool, dimensions) }),
  };
}

/**
 * Windows over nodes of shape [height, width, channels] (or [height, width], of one channel). The target has
 * floor((n + 2·padding - dilation·(kernel - 1) - 1) / stride) + 1 rows and columns, and as many channels as its shape says.
 * Weights are `[position in the window][source channel of the group][target channel]`, biases one a target channel.
 */
export function convolution(options: ConvolutionOptions): Connectivity {
  requireKnown("convolution", options, CONVOLUTION);
  return convolutionIn(2, options);
}
/** The same over [length, channels], or [length]. */
export function convolution1d(options: ConvolutionOptions): Connectivity {
  requireKnown("convolution1d", options, CONVOLUTION);
  return convolutionIn(1, options);
}
/** The mean of each window over [height, width, channels]; places beyond the border count as zeros. */
export function averagePooling(kernel: PerDimension, options: PoolOptions = {}): Connectivity {
  requirePool("averagePooling", kernel, options);
  return { kind: "pooling", over: "average", ...poolNumbers(kernel, options, 2) };
}
/** The sum of each window over [height, width, channels]. */
export function sumPooling(kernel: PerDimension, options: PoolOptions = {}): Connectivity {
  requirePool("sumPooling", kernel, options);
  return { kind: "pooling", over: "sum", ...poolNumbers(kernel, options, 2) };
}
/** The mean of each window over [length, channels]. */
export function averagePooling1d(kernel: number, options: PoolOptions = {}): Connectivity {
  requirePool("averagePooling1d", kernel, options);
  return { kind: "pooling", over: "average", ...poolNumbers(kernel, options, 1) };
}
/** The sum of each window over [length, channels]. */
export function sumPooling1d(kernel: number, options: PoolOptions = {}): Connectivity {
  requirePool("sumPooling1d", kernel, options);
  return { kind: "pooling", over: "sum", ...poolNumbers(kernel, options, 1) };
}
