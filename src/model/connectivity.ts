/**
 * Which source meets which target, as plain data; `connectivity/` says what each kind means. Dense weights lie
 * `[source][target]`; anything else becomes rows of synapses.
 *
 * Words as NEST has them: an autapse joins a neuron to itself, so there are some only where a population is connected to
 * itself; multapses are several synapses of one pair.
 */
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
    };

export type ConnectivityOf<K extends Connectivity["kind"]> = Extract<Connectivity, { kind: K }>;

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
/**
 * Every pair of source and target independently with probability `p`, 0 to 1, drawn by the seed. `autapses: false`
 * leaves out pairs of a neuron and itself, where a population is joined to itself.
 */
export const probability = (p: number, { autapses = true }: Autapses = {}): Connectivity => ({
  kind: "probability",
  p,
  autapses,
});
/** Every target has `degree` synapses from sources drawn evenly (NEST: `fixed_indegree`). */
export const inDegree = (degree: number, { autapses = true, multapses = true }: Multapses = {}): Connectivity => ({
  kind: "inDegree",
  degree,
  autapses,
  multapses,
});
/** Every source has `degree` synapses to targets drawn evenly (NEST: `fixed_outdegree`). */
export const outDegree = (degree: number, { autapses = true, multapses = true }: Multapses = {}): Connectivity => ({
  kind: "outDegree",
  degree,
  autapses,
  multapses,
});
/** So many synapses, each of a pair drawn evenly (NEST: `fixed_total_number`). */
export const totalNumber = (total: number, { autapses = true }: Autapses = {}): Connectivity => ({
  kind: "totalNumber",
  total,
  autapses,
});

/** Where sources and targets are, and how the probability falls with their distance. */
export interface DistanceOptions extends Autapses {
  readonly source: Positions;
  readonly target: Positions;
  readonly profile: Profile;
  /** At distance 0; default 1. */
  readonly p?: number;
  readonly period?: readonly number[];
}
/** Every pair independently with probability `p · profile(distance)`. */
export const distanceDependent = ({ p = 1, autapses = true, ...space }: DistanceOptions): Connectivity => ({
  kind: "distance",
  ...space,
  p,
  autapses,
});

/** With what probability pairs are joined, and the positions that the expressions name. */
export interface ConditionOptions {
  /** A number or an expression; default 1. What is above 1 is always, what is below 0 never. */
  readonly p?: number | string;
  readonly source?: Positions;
  readonly target?: Positions;
}
/** Every pair of source `i` and target `j` for which the expression holds, as `"abs(i - j) <= 2 and i != j"` (Brian: `connect(condition)`). */
export const condition = (text: string, { p = 1, ...positions }: ConditionOptions = {}): Connectivity => ({
  kind: "condition",
  condition: text,
  p: String(p),
  ...positions,
});
