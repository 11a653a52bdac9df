import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradients } from "../../src/ir/differentiate.ts";
import {
  abs,
  add,
  bitcast,
  call,
  compare,
  constant,
  convert,
  div,
  draw,
  type Expr,
  f32,
  f64,
  i32,
  max,
  min,
  mul,
  neg,
  read,
  select,
  spike,
  sqrt,
  sub,
  unary,
} from "../../src/ir/expr.ts";
import { fastSigmoid, type Surrogate, sigmoid, smoothSpikes, triangle } from "../../src/ir/surrogate.ts";
import { mathEvaluator } from "./evaluateMath.ts";

const NAMES = ["a", "b", "c", "d"] as const;
const LEAVES: readonly Expr[] = NAMES.map((n) => read("f64", n));
const bounded = (e: Expr): Expr => call("tanh", e);
const positive = (e: Expr): Expr => add(mul(e, e), f64(0.5));

/** Smooth operations whose values stay moderate, and piecewise smooth ones. */
const OPERATIONS: readonly ((a: Expr, b: Expr, c: Expr) => Expr)[] = [
  (a, b) => add(a, b),
  (a, b) => sub(a, b),
  (a, b) => mul(bounded(a), b),
  (a, b) => div(a, positive(b)),
  neg,
  (a) => sqrt(positive(a)),
  (a) => call("exp", bounded(a)),
  (a) => call("log", positive(a)),
  (a) => call("sin", a),
  (a) => call("cos", a),
  (a) => call("tanh", a),
  (a) => call("sigmoid", a),
  (a, b) => call("pow", positive(bounded(a)), bounded(b)),
  (a) => call("exprel", bounded(a)),
  (a) => call("exprel", mul(bounded(a), f64(5))),
  (a, b) => min(a, b),
  (a, b) => max(a, b),
  abs,
  (a, b, c) => select(compare("lt", a, b), b, c),
];
type Instruction = readonly [operation: number, a: number, b: number, c: number];
function build(
  instructions: readonly Instruction[],
  operations: readonly ((a: Expr, b: Expr, c: Expr) => Expr)[],
): Expr {
  const pool = [...LEAVES, f64(0.7)];
  const at = (k: number): Expr => pool.at(-1 - (k % pool.length))!;
  for (const [o, a, b, c] of instructions) pool.push(operations[o % operations.length]!(at(a), at(b), at(c)));
  return pool.at(-1)!;
}
const small = fc.nat(40);
const instructions = fc.array(fc.tuple(small, small, small, small), { minLength: 1, maxLength: 14, size: "max" });
/** Not symmetric, so that random programs seldom meet a kink exactly. */
const point = fc
  .array(fc.integer({ min: -2000, max: 2000 }), { minLength: 4, maxLength: 4 })
  .map((xs) => Object.fromEntries(NAMES.map((n, k) => [n, (xs[k]! + 0.1234 + 0.1 * k) / 1000])));

/**
 * Central difference by Richardson extrapolation, and how far to trust it: the two step sizes disagree by what is left
 * of the error, or because a kink lies between (then the difference says nothing).
 */
function difference(f: (x: number) => number, x: number): { slope: number; doubt: number } {
  const d = (h: number): number => (f(x + h) - f(x - h)) / (2 * h);
  const [coarse, fine] = [d(2e-4), d(1e-4)];
  return { slope: (4 * fine - coarse) / 3, doubt: Math.abs(fine - coarse) };
}
function expectSlope(analytic: number, f: (x: number) => number, x: number): void {
  const { slope, doubt } = difference(f, x);
  const scale = 1 + Math.abs(f(x)) + Math.abs(slope);
  if (!(doubt < 1e-3 * scale)) return; // at a kink
  expect(Math.abs(analytic - slope)).toBeLessThan(1e-10 * scale + doubt);
}

test("gradients equal finite differences for random programs", () => {
  fc.assert(
    fc.property(instructions, point, (program, x) => {
      const value = build(program, OPERATIONS);
      const slopes = gradients([{ value, seed: f64(1) }], LEAVES, undefined);
      const [forward, backward] = [mathEvaluator([value]), mathEvaluator(slopes.map((g) => g ?? f64(0)))];
      const found = backward(x);
      NAMES.forEach((n, k) => expectSlope(found[k]!, (y) => forward({ ...x, [n]: y })[0]!, x[n]!));
    }),
    { numRuns: 600 },
  );
});

test.each([sigmoid(3), fastSigmoid(2), triangle(1)] as Surrogate[])(
  "the surrogate gradient is the true one of the smoothed program: %o",
  (surrogate) => {
    const operations = [...OPERATIONS.slice(0, 13), spike, (a: Expr, b: Expr): Expr => mul(spike(sub(a, f64(0.3))), b)];
    fc.assert(
      fc.property(instructions, point, (program, x) => {
        const value = build(program, operations);
        const slopes = gradients([{ value, seed: f64(1) }], LEAVES, surrogate);
        const smooth = smoothSpikes([value, ...slopes.map((g) => g ?? f64(0))], surrogate);
        const [forward, backward] = [mathEvaluator(smooth.slice(0, 1)), mathEvaluator(smooth.slice(1))];
        const found = backward(x);
        NAMES.forEach((n, k) => expectSlope(found[k]!, (y) => forward({ ...x, [n]: y })[0]!, x[n]!));
      }),
      { numRuns: 200 },
    );
  },
);

const [a, b] = LEAVES as readonly [Expr, Expr, Expr, Expr];
const slope = (value: Expr, at: Record<string, number>, wrt: Expr = a): number | undefined => {
  const [g] = gradients([{ value, seed: constant(value.type, 1) }], [wrt], triangle(1));
  return g && mathEvaluator([g])(at)[0];
};

test("several outputs add up, weighted by their seeds", () => {
  const [g] = gradients(
    [
      { value: mul(a, b), seed: f64(2) },
      { value: add(a, a), seed: f64(10) },
    ],
    [a],
    undefined,
  );
  expect(mathEvaluator([g!])({ a: 5, b: 3 })).toEqual([26]);
});

test("reads of one slot are one variable, whatever nodes they are", () => {
  expect(slope(mul(read("f64", "a"), read("f64", "a")), { a: 3 })).toBe(6);
});

test("gradients with respect to inner values", () => {
  const inner = mul(a, a);
  const [g] = gradients([{ value: mul(inner, inner), seed: f64(1) }], [inner], undefined);
  expect(mathEvaluator([g!])({ a: 3 })).toEqual([18]);
});

describe("what has no derivative is undefined, not zero times something", () => {
  const i = read("i32", "i");
  const cases: [string, Expr][] = [
    ["another variable", b],
    ["a constant", f64(2)],
    ["floor", unary("floor", a)],
    ["a comparison", select(compare("gt", a, f64(0)), b, f64(1))],
    ["rounding to an integer", convert("f64", add(convert("i32", a), i))],
    ["a draw", draw("normal", "f64", 0)],
    ["the mean of a draw", draw("poisson", "f64", 0, a)],
  ];
  test.each(cases)("%s", (_name, e) => expect(slope(e, {})).toBeUndefined());
});

describe("conventions", () => {
  test("a reset by select is detached; by multiplication it is not", () => {
    const fired = spike(sub(a, f64(1)));
    const at = { a: 0.75 }; // triangle(1) at u = −0.25: 0.75
    expect(slope(select(compare("gt", fired, f64(0)), f64(0), a), at)).toBe(1);
    expect(slope(mul(a, sub(f64(1), fired)), at)).toBe(1 - 0.75 * 0.75);
  });
  test("the branch not taken gets nothing", () => {
    const choice = select(compare("gt", a, f64(1)), call("log", a), mul(a, f64(3)));
    expect(slope(choice, { a: 2 })).toBe(0.5);
    expect(slope(choice, { a: 0.5 })).toBe(3);
  });
  test("but zero times an infinite slope is NaN, unless the argument is guarded", () => {
    const positive = compare("gt", a, f64(0));
    expect(slope(select(positive, call("log", a), f64(0)), { a: 0 })).toBeNaN();
    expect(slope(select(positive, call("log", select(positive, a, f64(1))), f64(0)), { a: 0 })).toBe(0);
  });
  test("kinks: |a| rises at 0; of equal operands the first counts", () => {
    expect(slope(abs(a), { a: 0 })).toBe(1);
    expect(slope(min(a, b), { a: 2, b: 2 })).toBe(1);
    expect(slope(min(b, a), { a: 2, b: 2 })).toBe(0);
    expect(slope(max(a, b), { a: 2, b: 2 })).toBe(1);
    expect(slope(max(b, a), { a: 2, b: 2 })).toBe(0);
  });
  test("pow at 0: the slope in the exponent is 0", () => {
    expect(slope(call("pow", b, a), { a: 2, b: 0 })).toBe(0);
    expect(slope(call("pow", a, b), { a: 0, b: 2 })).toBe(0);
  });
  test("a gradient has the type of its variable", () => {
    const x = read("f32", "x");
    const [g] = gradients([{ value: mul(convert("f64", x), f64(3)), seed: f64(1) }], [x], undefined);
    expect(g!.type).toBe("f32");
  });
});

test("the slope of exprel is accurate on both sides of the series' edge", () => {
  // Reference: ∫₀¹ t·eˣᵗ dt by Gauss-Legendre with 10 points (error far below 1e-16 for |x| <= 2).
  const [nodes, weights] = [
    [0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717],
    [0.2955242247147529, 0.2692667193099964, 0.219086362515982, 0.1494513491505806, 0.0666713443086881],
  ] as const;
  const reference = (x: number): number =>
    [-1, 1]
      .flatMap((s) =>
        nodes.map((n, k) => {
          const t = (1 + s * n) / 2;
          return (weights[k]! / 2) * t * Math.exp(x * t);
        }),
      )
      .reduce((p, q) => p + q);
  for (const x of [-2, -1.0001, -1, -0.9999, -0.3, -1e-9, 0, 1e-9, 1e-3, 0.5, 0.9999, 1, 1.0001, 2])
    expect(Math.abs(slope(call("exprel", a), { a: x })! / reference(x) - 1)).toBeLessThan(2e-15);
  const x = read("f32", "x");
  const [g] = gradients([{ value: call("exprel", x), seed: f32(1) }], [x], undefined);
  for (const at of [-0.99, -0.5, 0, 0.01, 0.99].map(Math.fround))
    expect(Math.abs(mathEvaluator([g!])({ x: at })[0]! / reference(at) - 1)).toBeLessThan(3 * 2 ** -24);
});

test("errors name the reason", () => {
  expect(() => gradients([{ value: spike(a), seed: f64(1) }], [a], undefined)).toThrow("spike: no surrogate was given");
  const x = read("f32", "x");
  const bits = bitcast("f32", add(bitcast("i32", x), i32(1)));
  expect(() => gradients([{ value: bits, seed: f32(1) }], [x], undefined)).toThrow(
    "bitcast: bit patterns have no derivative; differentiate before expanding",
  );
  expect(gradients([{ value: bits, seed: f32(1) }], [read("f32", "y")], undefined)).toEqual([undefined]);
});
