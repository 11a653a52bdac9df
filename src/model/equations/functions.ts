/** The functions and constants of the expression language: how many arguments, and what happens to dimensions. */
import { type Dimension, NAMED, power } from "../../base/dimension.ts";

/**
 * Dimensions of a call. `pure`: numbers without dimension in and out. `same`: all arguments alike, and so the result.
 * `root`: half of the exponents. `sign`: any dimension in, none out. `where`: a condition and two alike. `int`: a number without dimension, or a condition.
 * `timestep`: two alike, and none out.
 */
export type DimensionRule = "pure" | "sign" | "same" | "root" | "where" | "int" | "timestep";
export interface Signature {
  readonly rule: DimensionRule;
  readonly args: number;
  readonly most?: number;
}

const pure: Signature = { rule: "pure", args: 1 };
export const FUNCTIONS = {
  exp: pure,
  log: pure,
  log10: pure,
  expm1: pure,
  log1p: pure,
  exprel: pure,
  sigmoid: pure,
  sin: pure,
  cos: pure,
  tan: pure,
  arcsin: pure,
  arccos: pure,
  arctan: pure,
  sinh: pure,
  cosh: pure,
  tanh: pure,
  floor: pure,
  ceil: pure,
  sign: { rule: "sign", args: 1 },
  int: { rule: "int", args: 1 },
  sqrt: { rule: "root", args: 1 },
  abs: { rule: "same", args: 1 },
  clip: { rule: "same", args: 3 },
  min: { rule: "same", args: 2, most: Infinity },
  max: { rule: "same", args: 2, most: Infinity },
  where: { rule: "where", args: 3 },
  timestep: { rule: "timestep", args: 2 },
  rand: { rule: "pure", args: 0 },
  randn: { rule: "pure", args: 0 },
  poisson: pure,
} as const satisfies Record<string, Signature>;
export type FunctionName = keyof typeof FUNCTIONS;
export const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name);
export const RANDOM: ReadonlySet<string> = new Set<FunctionName>(["rand", "randn", "poisson"]);

export const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ["pi", Math.PI],
  ["e", Math.E],
  ["inf", Infinity],
]);

/** Names that every model has: time at the start of the step, the step itself, whether the neuron may move and fire, and when it last did. */
export const BUILTINS: ReadonlyMap<string, Dimension | "boolean"> = new Map<string, Dimension | "boolean">([
  ["t", NAMED.second!],
  ["dt", NAMED.second!],
  ["not_refractory", "boolean"],
  ["lastspike", NAMED.second!],
]);
/** Names with a meaning unless the model has a variable of that name: a neuron's index, how many there are, and whole steps. */
export const USUAL: ReadonlySet<string> = new Set(["i", "N", "t_in_timesteps"]);
/** White noise of unit variance a second: `xi`, or `xi_name` for independent ones. */
export const isNoise = (name: string): boolean => name === "xi" || name.startsWith("xi_");
export const NOISE_DIMENSION: Dimension = power(NAMED.second!, -0.5);
