import { describe, expect, test } from "vitest";
import { expandExpr } from "../../src/ir/expand.ts";
import { compare, constant, f64, mul, read, spike } from "../../src/ir/expr.ts";
import {
  arctan,
  boxcar,
  fastSigmoid,
  gaussian,
  multiGaussian,
  type Surrogate,
  sigmoid,
  smoothSpikes,
  surrogateDerivative,
  surrogateMass,
  surrogateSmooth,
  surrogateSupport,
  triangle,
} from "../../src/ir/surrogate.ts";
import { isFloat, TYPES } from "../../src/ir/types.ts";
import { evaluateMath, mathEvaluator } from "./evaluateMath.ts";

const ALL: readonly Surrogate[] = [
  triangle(1),
  triangle(0.3),
  boxcar(0.5),
  boxcar(2),
  sigmoid(25),
  sigmoid(1),
  arctan(2),
  fastSigmoid(25),
  fastSigmoid(1),
  gaussian(0.5),
  multiGaussian(),
  multiGaussian({ sigma: 0.3 }),
  triangle(0.5, 0.3),
];
const named = ALL.map((s) => [JSON.stringify(s), s] as const);
const u = read("f64", "u");
const derivative = (s: Surrogate) => {
  const evaluate = mathEvaluator([surrogateDerivative(s, u)]);
  return (x: number): number => evaluate({ u: x })[0]!;
};

/** Midpoint sums over (−1, 1) of f(x/(1 − |x|))·dx/du: the whole line, with tails of order u⁻² made finite. */
function integral(f: (u: number) => number, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const x = -1 + (2 * (k + 0.5)) / n;
    sum += f(x / (1 - Math.abs(x))) / (1 - Math.abs(x)) ** 2;
  }
  return (sum * 2) / n;
}

// The midpoint rule errs by h²/24·∫|f''|; the jumps of boxcar by h/2·1/(2w)·(1 + w)² each: 5e-5 at most here.
test.each(named)("%s integrates to its mass", (_name, s) =>
  expect(Math.abs(integral(derivative(s), 50_000) - surrogateMass(s))).toBeLessThan(1e-4),
);

test("masses are what the definitions say", () => {
  expect(ALL.map(surrogateMass).map((m) => Number(m.toPrecision(12)))).toEqual([
    1, 1, 1, 1, 1, 1, 1, 0.08, 2, 1, 0.425, 0.425, 0.3,
  ]);
});

describe.each(named.filter(([, s]) => surrogateSmooth(s, u)))("smooth form of %s", (_name, s) => {
  const smooth = mathEvaluator([surrogateSmooth(s, u)!]);
  const at = (x: number): number => smooth({ u: x })[0]!;
  const d = derivative(s);
  test("its slope is the surrogate", () => {
    const h = 1e-5;
    // Central differences err by h²/6·|f'''|, at most 6k² (fast sigmoid) or k³/8 (sigmoid), and by rounding, 1e-16/h.
    const k = "slope" in s ? s.slope : 0;
    const tolerance = (h * h * Math.max(6 * k ** 2, k ** 3 / 8)) / 6 + 1e-10;
    for (let x = -3.0123; x < 3; x += 0.0371)
      expect(Math.abs((at(x + h) - at(x - h)) / (2 * h) - d(x))).toBeLessThan(tolerance);
  });
  test("it is odd about u = 0", () => {
    for (const x of [0.1, 0.9, 5]) expect(at(x) + at(-x)).toBeCloseTo(2 * at(0), 12);
  });
});

test("triangle, boxcar and sigmoid become the step they stand for", () => {
  for (const s of [triangle(0.5), boxcar(0.5), sigmoid(40)])
    expect(
      evaluateMath([surrogateSmooth(s, f64(-1))!, surrogateSmooth(s, f64(0))!, surrogateSmooth(s, f64(1))!], {}).map(
        (y) => Math.round(y * 1e12) / 1e12,
      ),
    ).toEqual([0, 0.5, 1]);
});

test.each(named)("%s: outside its support it is exactly zero, in f32 and f64", (_name, s) => {
  const support = surrogateSupport(s);
  for (const type of TYPES.filter(isFloat)) {
    const at = (x: number): number => evaluateMath([surrogateDerivative(s, constant(type, x))], {})[0]!;
    expect(surrogateDerivative(s, constant(type, 0)).type).toBe(type);
    if (Number.isFinite(support)) expect([-support, support, 2 * support, 1e30].map(at)).toEqual([0, 0, 0, 0]);
    expect(at(0.99 * Math.min(support, 1))).not.toBe(0);
  }
});

test.each(named)("%s: expanded into f32 it is the f64 formula to f32's accuracy", (_name, s) => {
  const x = read("f32", "u");
  const narrow = mathEvaluator([expandExpr(surrogateDerivative(s, x))]);
  const wide = derivative(s);
  // The argument of exp or the square carries an error of some 2⁻²⁴ per unit, relative to values that fall with it.
  for (let at = -1.5; at < 1.5; at += 0.01) {
    const u = Math.fround(at);
    const tolerance = 2 ** -24 * (8 * Math.abs(wide(u)) + 4 * wide(0));
    if (Math.abs(Math.abs(u) - surrogateSupport(s)) > 1e-6)
      expect(Math.abs(narrow({ u })[0]! - wide(u))).toBeLessThan(tolerance);
  }
});

test("peaks and values as published", () => {
  const at = (s: Surrogate, x: number): number => derivative(s)(x);
  expect(at(triangle(2), 1)).toBe(0.25);
  expect(at(triangle(2, 0.5), 1)).toBe(0.125);
  expect(at(boxcar(2), -1)).toBe(0.25);
  expect(at(sigmoid(25), 0)).toBe(25 / 4);
  expect(at(arctan(2), 1)).toBeCloseTo(1 / (1 + Math.PI ** 2), 15); // snnTorch: α/2/(1 + (π/2·α·u)²)
  expect(at(fastSigmoid(25), -1)).toBe(1 / 26 ** 2); // snnTorch: 1/(slope·|u| + 1)²
  const g = (x: number, m: number, d: number): number =>
    Math.exp(-0.5 * ((x - m) / d) ** 2) / (d * Math.sqrt(2 * Math.PI));
  for (const x of [0, 0.4, -2])
    expect(at(multiGaussian(), x)).toBeCloseTo(
      0.5 * (1.15 * g(x, 0, 0.5) - 0.15 * g(x, 0.5, 3) - 0.15 * g(x, -0.5, 3)),
      15,
    );
});

test("a surrogate is plain data, and its numbers are checked", () => {
  for (const s of ALL) {
    const again = JSON.parse(JSON.stringify(s)) as Surrogate;
    expect(derivative(again)(0.123)).toBe(derivative(s)(0.123));
  }
  expect(() => triangle(0)).toThrow("triangle.width: must be a finite number > 0, got 0");
  expect(() => multiGaussian({ spread: NaN })).toThrow("multiGaussian.spread");
});

test("smoothSpikes replaces spikes and nothing else", () => {
  const [value] = smoothSpikes([mul(spike(u), u)], boxcar(1));
  expect(evaluateMath([value!], { u: 0.5 })).toEqual([0.375]);
  expect(smoothSpikes([compare("gt", u, f64(0))], arctan(2))[0]!.tag).toBe("compare");
  expect(() => smoothSpikes([spike(u)], arctan(2))).toThrow("surrogate arctan has no smooth form");
});
