/**
 * What is asked of each function: where arguments are drawn, and the bounds that the macro's table states. The same
 * cases with more draws give those tables (`largest`).
 */
import { type RandomStream, randomStream, streamOf } from "../../src/base/random.ts";
import { expandExpr } from "../../src/ir/expand.ts";
import { call, type MathFunction, read } from "../../src/ir/expr.ts";
import type { FloatType } from "../../src/ir/types.ts";
import { compileExpr } from "./compileExpr.ts";
import { type Big, fromNumber, pow, REFERENCE, round, ulps } from "./reference.ts";

type Draw = (random: RandomStream, type: FloatType) => readonly number[];
export interface MathCase {
  readonly fn: MathFunction;
  readonly draw: Draw;
  /** Arguments that are easy to get wrong. */
  readonly edges: readonly (readonly number[])[];
  /** Largest error allowed, in units of the last place of the exact value. */
  readonly bound: Readonly<Record<FloatType, number>>;
}

/** Random bits and sign, exponent from `low` to `high`, each equally likely. */
const spread = (random: RandomStream, low: number, high: number): number => {
  const size = (1 + random.uniform() + random.uniform() * 2 ** -32) * 2 ** (low + random.below(high - low + 1));
  return random.uniform() < 0.5 ? -size : size;
};
const LOWEST = { f32: -149, f64: -1074 } as const;
const HIGHEST = { f32: 127, f64: 1023 } as const;

const both = (xs: readonly number[]): number[][] => xs.flatMap((x) => [[x], [-x]]);
const around = (x: number): number[] => [
  x * (1 - 2 ** -52),
  x * (1 - 2 ** -24),
  x,
  x * (1 + 2 ** -24),
  x * (1 + 2 ** -52),
];
const EXTREME = [0, 2 ** -149, 2 ** -126, 2 ** -1074, 2 ** -1022, 1e-30, 1e-8];
const growing: Draw = (random, type) => [spread(random, -40, type === "f32" ? 6 : 9)];
const growth = [
  88.722839, 88.7228394, 87.3365, 103.97, 103.98, 709.782712893384, 709.78, 708.4, 745.13, 745.14, 93.2, 716.2,
];
const steps = [0.5, 1, 1.5, 2, 3, 7, 64, 127].map((k) => k * Math.LN2);

const wave: Draw = (random) => {
  if (random.uniform() < 0.4) return [spread(random, -30, 19)];
  const quarter = (random.below(667543) * Math.PI) / 2; // next to a zero or an extremum
  return [random.uniform() < 0.5 ? quarter : quarter + spread(random, -30, -1)];
};
const waves = [2 ** 20, 2 ** 20 - 0.5, Math.PI / 4, Math.PI / 2, Math.PI, 355, 710, 104348, 1e-10];

/** y such that `x^y` is anywhere up to just beyond the range of the type. */
const powers: Draw = (random, type) => {
  const range = 1.05 * HIGHEST[type];
  const shapes = [
    () => Math.abs(spread(random, Math.floor(LOWEST[type] / 2), HIGHEST[type])),
    () => Math.abs(spread(random, -2, 1)),
    () => 1 + spread(random, type === "f32" ? -22 : -50, -2),
  ];
  const x = rounded(type, shapes[random.below(3)]!()) || 2;
  const limit = Math.min(range / Math.abs(Math.log2(x)), 2 ** 64);
  return [x, random.uniform() < 0.3 ? spread(random, -3, 2) : (2 * random.uniform() - 1) * limit];
};
export const rounded = (type: FloatType, x: number): number => (type === "f32" ? Math.fround(x) : x);

export const CASES: readonly MathCase[] = [
  { fn: "exp", draw: growing, edges: both([...EXTREME, ...growth, ...steps]), bound: { f32: 1.54, f64: 1.4 } },
  { fn: "exprel", draw: growing, edges: both([...EXTREME, ...growth, ...steps]), bound: { f32: 1.89, f64: 1.8 } },
  {
    fn: "log",
    draw: (random, type) => [
      Math.abs(random.uniform() < 0.5 ? spread(random, LOWEST[type], HIGHEST[type]) : 1 + spread(random, -45, -1)),
    ],
    edges: [...EXTREME.slice(1), ...around(1), ...around(Math.SQRT1_2), 2, 10, 1e30, 3.4e38].map((x) => [x]),
    bound: { f32: 0.84, f64: 0.8 },
  },
  {
    fn: "tanh",
    draw: (random) => [spread(random, -40, 5)],
    edges: both([...EXTREME, 0.55, 9, 9.02, 19, 19.07, 100]),
    bound: { f32: 1.68, f64: 1.6 },
  },
  { fn: "sigmoid", draw: growing, edges: both([...EXTREME, ...growth, ...steps]), bound: { f32: 2, f64: 2 } },
  { fn: "sin", draw: wave, edges: both([...EXTREME, ...waves]), bound: { f32: 1.63, f64: 1.5 } },
  { fn: "cos", draw: wave, edges: both([...EXTREME, ...waves]), bound: { f32: 1.63, f64: 1.5 } },
  {
    fn: "pow",
    draw: powers,
    edges: [
      [2, 127],
      [2, -149],
      [2, -1074],
      [10, 38],
      [10, -45],
      [10, 308],
      [3, 5],
      [0.5, 0.5],
      [1e-40, 0.3],
      [1 + 2 ** -23, 7.4e8],
      [1 - 2 ** -24, -1.4e9],
      [1 + 2 ** -52, 3.1e18],
    ],
    bound: { f32: 1.8, f64: 2 },
  },
];

const referenceOf = (fn: MathFunction, args: readonly Big[]): Big =>
  fn === "pow" ? pow(args[0]!, args[1]!) : REFERENCE[fn](args[0]!);

const PARAMETERS = ["x", "y"];
export const parametersOf = (fn: MathFunction): string[] => PARAMETERS.slice(0, fn === "pow" ? 2 : 1);
export const expanded = (fn: MathFunction, type: FloatType) =>
  expandExpr(call(fn, ...parametersOf(fn).map((name) => read(type, name))));

/** Edges, then random arguments, rounded to the type. */
export function* argumentsOf(c: MathCase, type: FloatType, count: number, seed: number): Generator<number[]> {
  const random = randomStream(seed, streamOf(`${c.fn}.${type}`));
  for (const edge of c.edges) yield edge.map((x) => rounded(type, x));
  for (let k = 0; k < count; k++) yield c.draw(random, type).map((x) => rounded(type, x));
}

const inDomain = (fn: MathFunction, [x]: readonly number[]): boolean =>
  (fn !== "log" && fn !== "pow") || (x! > 0 && x! < Infinity);

export interface Largest {
  readonly error: number;
  readonly distance: number;
  readonly at: readonly number[];
}
/** Largest error, and largest distance from the correctly rounded value, in units of its last place. */
export function largest(c: MathCase, type: FloatType, count: number, seed = 1): Largest {
  const f = compileExpr(expanded(c.fn, type), parametersOf(c.fn));
  let [error, distance, at]: [number, number, readonly number[]] = [0, 0, []];
  for (const args of argumentsOf(c, type, count, seed)) {
    if (!inDomain(c.fn, args)) continue; // after rounding to f32
    const exact = referenceOf(c.fn, args.map(fromNumber));
    const value = f(...args);
    const e = ulps(type, value, exact);
    if (e > error) [error, at] = [e, args];
    distance = Math.max(distance, Number.isFinite(value) ? ulps(type, value, fromNumber(round(type, exact))) : 0);
  }
  return { error, distance, at };
}
