import { describe, expect, test } from "vitest";
import { expand, expandExpr } from "../../src/ir/expand.ts";
import { call, type Expr, f32, f64, type MathFunction, read, topological } from "../../src/ir/expr.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { simplify } from "../../src/ir/simplify.ts";
import { nodes } from "../../src/ir/step.ts";
import type { FloatType } from "../../src/ir/types.ts";
import { compileExpr } from "./compileExpr.ts";
import { argumentsOf, CASES, expanded, largest, parametersOf, rounded } from "./mathCases.ts";

const FLOATS: readonly FloatType[] = ["f32", "f64"];
const EACH = CASES.flatMap((c) => FLOATS.map((type) => [c.fn, type, c] as const));

test.each(EACH)("%s in %s against 200-bit arithmetic", (_fn, type, c) => {
  const { error, distance, at } = largest(c, type, 8000);
  expect(error, `at ${at}`).toBeLessThanOrEqual(c.bound[type]);
  expect(distance).toBeLessThanOrEqual(2);
});

/** Dense: the f64 functions of the engine are good to 2^-50, enough to judge f32 to a thousandth of an ulp. */
const DOUBLE: Readonly<Record<Exclude<MathFunction, "pow">, (x: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  exprel: (x) => (x === 0 ? 1 : Math.expm1(x) / x),
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
};
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);
/** The unit of the last place of a finite f32 of this size. */
function unit(x: number): number {
  float[0] = Math.abs(x);
  return 2 ** (Math.max(word[0]! >>> 23, 1) - 150);
}
test.each(Object.entries(DOUBLE) as [keyof typeof DOUBLE, (x: number) => number][])(
  "%s over all of f32",
  (fn, exact) => {
    const f = compileExpr(expanded(fn, "f32"), ["x"]);
    const { bound } = CASES.find((c) => c.fn === fn)!;
    const range = fn === "sin" || fn === "cos" ? 2 ** 20 : Number.POSITIVE_INFINITY;
    for (let bits = 0; bits < 2 ** 32; bits += 10_007) {
      word[0] = bits;
      const x = float[0]!;
      if (!(Math.abs(x) <= range)) continue;
      const [y, e] = [f(x), exact(x)];
      if (Math.abs(e) < 3.4028235e38 && !(Math.abs(y - e) <= bound.f32 * unit(e)))
        expect.fail(`${fn}(${x}) = ${y}, not ${e}`);
      if (Number.isNaN(e) !== Number.isNaN(y) || (Math.abs(e) > 3.4028236e38 && y !== Math.sign(e) * Infinity))
        expect.fail(`${fn}(${x}) = ${y}, not ${e}`);
    }
  },
);

const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;
/** C99, annex F.9; `exprel` and `sigmoid` by continuity. */
const SPECIAL: Readonly<Record<MathFunction, readonly (readonly number[])[]>> = {
  exp: [
    [0, 1],
    [-0, 1],
    [INF, INF],
    [-INF, 0],
    [NAN, NAN],
    [1e30, INF],
    [-1e30, 0],
  ],
  log: [
    [1, 0],
    [0, -INF],
    [-0, -INF],
    [INF, INF],
    [-1, NAN],
    [-1e-40, NAN],
    [-INF, NAN],
    [NAN, NAN],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [INF, 1],
    [-INF, -1],
    [1e30, 1],
    [-50, -1],
    [NAN, NAN],
  ],
  sigmoid: [
    [0, 0.5],
    [-0, 0.5],
    [INF, 1],
    [-INF, 0],
    [1e30, 1],
    [-1e30, 0],
    [NAN, NAN],
  ],
  exprel: [
    [0, 1],
    [-0, 1],
    [INF, INF],
    [-INF, 0],
    [1e30, INF],
    [-(2 ** 90), 2 ** -90],
    [NAN, NAN],
  ],
  sin: [
    [0, 0],
    [-0, -0],
    [INF, NAN],
    [-INF, NAN],
    [NAN, NAN],
  ],
  cos: [
    [0, 1],
    [-0, 1],
    [INF, NAN],
    [-INF, NAN],
    [NAN, NAN],
  ],
  pow: [
    [0, 3, 0],
    [-0, 3, -0],
    [0, 2.5, 0],
    [-0, 2.5, 0],
    [-0, 2, 0],
    [0, -3, INF],
    [-0, -3, -INF],
    [-0, -2, INF],
    [0, -0.5, INF],
    [-0, -0.5, INF],
    [0, INF, 0],
    [-0, INF, 0],
    [0, -INF, INF],
    [INF, 2, INF],
    [INF, -2, 0],
    [INF, 1e-30, INF],
    [-INF, 3, -INF],
    [-INF, 2, INF],
    [-INF, 2.5, INF],
    [-INF, -3, -0],
    [-INF, -2, 0],
    [-INF, -0.5, 0],
    [-1, INF, 1],
    [-1, -INF, 1],
    [1, NAN, 1],
    [1, INF, 1],
    [NAN, 0, 1],
    [NAN, -0, 1],
    [INF, 0, 1],
    [0, 0, 1],
    [-8, 1 / 3, NAN],
    [-8, 3, -512],
    [-8, 2, 64],
    [-2, -1, -0.5],
    [-2, -2, 0.25],
    [0.5, INF, 0],
    [0.5, -INF, INF],
    [2, INF, INF],
    [2, -INF, 0],
    [-0.5, INF, 0],
    [-2, INF, INF],
    [NAN, 1, NAN],
    [2, NAN, NAN],
    [0, NAN, NAN],
    [INF, NAN, NAN],
    [-3, 2 ** 24, INF],
    [1e-30, 1, 1e-30],
    [-1, 2 ** 60, 1],
    [-1, 16777215, -1],
  ],
};
const NAMES = Object.keys(SPECIAL) as MathFunction[];
describe.each(FLOATS)("special values in %s", (type) => {
  test.each(NAMES)("%s", (fn) => {
    const f = compileExpr(expanded(fn, type), parametersOf(fn));
    for (const row of SPECIAL[fn]) {
      const args = row.slice(0, -1).map((x) => rounded(type, x));
      expect(f(...args), `${fn}(${args})`).toBe(rounded(type, row.at(-1)!));
    }
  });
});

test("beyond 2^20 sin and cos stay in [-1, 1]", () => {
  for (const fn of ["sin", "cos"] as const)
    for (const type of FLOATS) {
      const f = compileExpr(expanded(fn, type), ["x"]);
      for (let x = 2 ** 20; x < 3e38; x *= 1.7) expect(Math.abs(f(rounded(type, x)))).toBeLessThanOrEqual(1);
    }
});

test("pow with a constant whole exponent is a product, to the same bound", () => {
  for (const type of FLOATS)
    for (const y of [-2, -1, 0, 1, 2, 3, 4]) {
      const e = expandExpr(call("pow", read(type, "x"), type === "f32" ? f32(y) : f64(y)));
      expect(topological([e]).length).toBeLessThan(6);
      const [short, general] = [compileExpr(e, ["x"]), compileExpr(expanded("pow", type), ["x", "y"])];
      for (const x of [-INF, -3, -0.1, -0, 0, 1e-20, 0.3, 1, 1.7, 1e9, 1e15, INF]) {
        const [a, b] = [short(rounded(type, x)), general(rounded(type, x), y)];
        if (Number.isFinite(b) && b !== 0)
          expect(Math.abs(a / b - 1), `${x}^${y}`).toBeLessThan(type === "f32" ? 2 ** -21 : 2 ** -50);
        else expect(a, `${x}^${y}`).toBe(b);
      }
    }
});

test.each(EACH)("%s in %s: the compiled form of these tests equals evaluate", (fn, type, c) => {
  const e = expanded(fn, type);
  const names = parametersOf(fn);
  const f = compileExpr(e, names);
  const specials = SPECIAL[fn].map((row) => row.slice(0, -1).map((x) => rounded(type, x)));
  for (const args of [...specials, ...argumentsOf(c, type, 100, 2)])
    expect(
      evaluate(e, (leaf) => args[names.indexOf((leaf as Expr & { tag: "read" }).slot)]!),
      `${args}`,
    ).toBe(f(...args));
});

test("nothing is left to expand, and a shared argument stays shared", () => {
  const x = read("f32", "x");
  const inner = call("exp", x);
  const slot = (name: string) => ({ name, type: "f32", space: "element" }) as const;
  const step = expand({
    name: "twice",
    slots: [slot("x"), slot("y"), slot("z")],
    stores: [
      { slot: "y", mode: "set", value: inner },
      { slot: "z", mode: "set", value: call("pow", inner, call("tanh", inner)) },
    ],
  });
  const all = topological(step.stores.map((s) => s.value));
  expect(all.filter((e) => e.tag === "call")).toEqual([]);
  expect(all).toContain(step.stores[0]!.value);
  expect(topological([step.stores[1]!.value])).toContain(step.stores[0]!.value);
  expect(step.slots.map((s) => s.name)).toEqual(["x", "y", "z"]);
});

/** What a backend executes: no leaves, no change of view. */
const FREE: ReadonlySet<string> = new Set(["const", "read", "bitcast"]);
test("the numbers of operations that the macros state", () => {
  const operations = (fn: MathFunction, type: FloatType): number => {
    const slots = [...parametersOf(fn), "out"].map((name) => ({ name, type, space: "element" }) as const);
    const step = simplify({ name: fn, slots, stores: [{ slot: "out", mode: "set", value: expanded(fn, type) }] });
    return nodes(step).filter((e) => !FREE.has(e.tag)).length;
  };
  expect(Object.fromEntries(NAMES.map((fn) => [fn, FLOATS.map((type) => operations(fn, type))]))).toEqual({
    exp: [26, 40],
    exprel: [32, 46],
    log: [37, 46],
    tanh: [34, 50],
    sigmoid: [32, 45],
    sin: [60, 70],
    cos: [58, 64],
    pow: [125, 162],
  });
});
