import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandExpr } from "../../src/ir/expand.ts";
import {
  abs,
  add,
  and,
  binary,
  bitcast,
  bool,
  call,
  compare,
  constant,
  convert,
  div,
  type Expr,
  f32,
  f64,
  i32,
  type MathFunction,
  max,
  min,
  mul,
  mulHi,
  mulShift,
  neg,
  not,
  or,
  read,
  select,
  shl,
  spike,
  sub,
  u32,
  unary,
  word,
  xor,
} from "../../src/ir/expr.ts";
import { printExpr } from "../../src/ir/print.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { simplify, substitute } from "../../src/ir/simplify.ts";
import { nodes, type Slot, type Step } from "../../src/ir/step.ts";
import { TYPES, type Type } from "../../src/ir/types.ts";
import { verifyStep } from "../../src/ir/verifyStep.ts";
import { randomInputs, randomStep } from "./randomStep.ts";

/** Values of all stores. */
function run(step: Step, inputs: ReadonlyMap<string, number>): number[] {
  const memo = new Map<Expr, number>();
  return step.stores.map((s) => evaluate(s.value, (e) => (e.tag === "index" ? 3 : inputs.get(e.slot)!), memo));
}

test("a simplified step computes the same bits (a NaN equals a NaN)", () => {
  fc.assert(
    fc.property(randomStep, fc.array(randomInputs, { minLength: 4, maxLength: 4 }), (step, inputs) => {
      const simple = simplify(step);
      verifyStep(simple);
      for (const x of inputs) expect(run(simple, x)).toEqual(run(step, x)); // toEqual tells -0 from 0
    }),
    { numRuns: 1500 },
  );
});

test("expanded functions keep their bits", () => {
  const functions: readonly MathFunction[] = ["exp", "log", "sin", "cos", "tanh", "sigmoid", "exprel"];
  fc.assert(
    fc.property(
      fc.constantFrom(...functions),
      fc.constantFrom("f32" as const, "f64" as const),
      fc.double(),
      (fn, type, at) => {
        const arg = read(type, "a");
        const value = expandExpr(mul(call(fn, arg), call("pow", arg, constant(type, 2.5))));
        const out: Slot = { name: "out", type, space: "element" };
        const step: Step = {
          name: "s",
          slots: [{ ...out, name: "a" }, out],
          stores: [{ slot: "out", mode: "set", value }],
        };
        const inputs = new Map([["a", constant(type, at).value]]);
        expect(run(simplify(step), inputs)).toEqual(run(step, inputs));
      },
    ),
    { numRuns: 200 },
  );
});

test("simplifying twice changes nothing", () => {
  fc.assert(
    fc.property(randomStep, (step) => {
      const once = simplify(step);
      const twice = simplify(once);
      expect(twice.stores.map((s) => s.value)).toEqual(once.stores.map((s) => s.value));
      expect(nodes(twice).length).toBe(nodes(once).length);
    }),
    { numRuns: 200 },
  );
});

const slots: readonly Slot[] = TYPES.flatMap((type) =>
  ["x", "y"].map((n): Slot => ({ name: n + type, type, space: "element" })),
);
const x = (type: Type): Expr => read(type, `x${type}`);
const y = (type: Type): Expr => read(type, `y${type}`);
function simple(value: Expr): string {
  const out: Slot = { name: "out", type: value.type, space: "element" };
  return printExpr(
    simplify({ name: "s", slots: [...slots, out], stores: [{ slot: "out", mode: "set", value }] }).stores[0]!.value,
  );
}
const [a, b, i, u, p, q, d] = [x("f32"), y("f32"), x("i32"), x("u32"), x("bool"), y("bool"), x("f64")];
const infinity = f32(Infinity);

describe("exact identities", () => {
  const cases: [string, Expr, string][] = [
    ["x·1", mul(a, f32(1)), "xf32"],
    ["1·x", mul(f32(1), a), "xf32"],
    ["x/1", div(a, f32(1)), "xf32"],
    ["x − 0", sub(a, f32(0)), "xf32"],
    ["x + (−0)", add(a, f32(-0)), "xf32"],
    ["x·(−1)", mul(a, f32(-1)), "-xf32"],
    ["−0 − x", sub(f32(-0), a), "-xf32"],
    ["x + (−y)", add(a, neg(b)), "xf32 - yf32"],
    ["−x + y", add(neg(a), b), "yf32 - xf32"],
    ["x − (−y)", sub(a, neg(b)), "xf32 + yf32"],
    ["−x·−y", mul(neg(a), neg(b)), "xf32 * yf32"],
    ["−x·3", mul(neg(a), f32(3)), "xf32 * -3"],
    ["−(x·3)", neg(mul(a, f32(3))), "xf32 * -3"],
    ["−−x", neg(neg(a)), "xf32"],
    ["|−x|", abs(neg(a)), "abs(xf32)"],
    ["|u|", abs(u), "xu32"],
    ["⌊trunc x⌋", unary("floor", unary("trunc", a)), "trunc(xf32)"],
    ["⌊f64(i)⌋", unary("floor", convert("f64", i)), "f64(xi32)"],
    ["x/8", div(a, f32(8)), "xf32 * 0.125"],
    ["x/−2", div(d, f64(-2)), "xf64 * -0.5"],
    ["min(x, x)", min(a, a), "xf32"],
    ["min(x, ∞)", min(a, infinity), "xf32"],
    ["max(x, −∞)", max(a, f32(-Infinity)), "xf32"],
    ["constants", add(mul(f32(0.1), f32(3)), a), "xf32 + 0.3"],
    ["i − i", sub(i, i), "0"],
    ["i·0", mul(i, i32(0)), "0"],
    ["mulHi(u, 1)", mulHi(u, u32(1)), "0"],
    ["u & ~0", and(u, u32(2 ** 32 - 1)), "xu32"],
    ["i | −1", or(i, i32(-1)), "-1"],
    ["i ^ −1", xor(i, i32(-1)), "!xi32"],
    ["i << 0", shl(i, 0), "xi32"],
    ["p & true", and(bool(true), p), "xbool"],
    ["p | true", or(p, bool(true)), "true"],
    ["!!p", not(not(p)), "xbool"],
    ["!(i < 3)", not(compare("lt", i, i32(3))), "xi32 >= 3"],
    ["!(x == y)", not(compare("eq", a, b)), "xf32 != yf32"],
    ["x < x", compare("lt", a, a), "false"],
    ["i <= i", compare("le", i, i), "true"],
    ["p == false", compare("eq", p, bool(false)), "!xbool"],
    ["spike(x) > ½", compare("gt", spike(a), f32(0.5)), "xf32 > 0"],
    ["spike(x) < ½", compare("lt", spike(a), f32(0.5)), "!(xf32 > 0)"],
    ["spike(x) >= 0", compare("ge", spike(a), f32(0)), "true"],
    ["true ? x : y", select(bool(true), a, b), "xf32"],
    ["p ? x : x", select(p, add(a, b), add(a, b)), "xf32 + yf32"],
    ["!p ? x : y", select(not(p), a, b), "xbool ? yf32 : xf32"],
    ["p ? (p ? x : y) : y", select(p, select(p, a, f32(2)), b), "xbool ? xf32 : yf32"],
    ["p ? q : false", select(p, q, bool(false)), "xbool & ybool"],
    ["p ? true : q", select(p, bool(true), q), "xbool | ybool"],
    ["p ? false : true", select(p, bool(false), bool(true)), "!xbool"],
    ["(p ? x : y) + (p ? y : x)", add(select(p, a, b), select(p, b, a)), "xf32 + yf32"],
    ["f32(f64(x))", convert("f32", convert("f64", a)), "xf32"],
    ["f32(f64(i))", convert("f32", convert("f64", i)), "f32(xi32)"],
    ["bits twice", bitcast("f32", bitcast("u32", bitcast("i32", a))), "xf32"],
    ["i·j >> 0", mulShift(i, y("i32"), 0), "xi32 * yi32"],
  ];
  test.each(cases)("%s", (_name, e, text) => expect(simple(e)).toBe(text));
});

describe("what looks like an identity and is not", () => {
  const cases: [string, Expr][] = [
    ["x + 0 turns −0 into 0", add(a, f32(0))],
    ["x − (−0) as well", sub(a, f32(-0))],
    ["0 − x is not −x at 0", sub(f32(0), a)],
    ["(p ? x : y) + (q ? y : x)", add(select(p, a, b), select(q, b, a))],
    ["(p ? x : y) − (p ? y : x)", sub(select(p, a, b), select(p, b, a))],
    ["x·0 is NaN at infinity", mul(a, f32(0))],
    ["x − x is NaN at infinity", sub(a, a)],
    ["x/3: the reciprocal is rounded", div(a, f32(3))],
    ["x/2^127: the reciprocal is subnormal", div(a, f32(2 ** 127))],
    ["x/0", div(a, f32(0))],
    ["!(x < y) holds for NaN", not(compare("lt", a, b))],
    ["x == x fails for NaN", compare("eq", a, a)],
    ["⌊f64(x)⌋ still rounds", unary("floor", convert("f64", a))],
    ["f64(f32(x)) rounds", convert("f64", convert("f32", d))],
    ["i32(f32(i)) rounds", convert("i32", convert("f32", i))],
    ["min(∞, x) is ∞ for NaN", min(infinity, a)],
    ["u32(i32(f)) saturates twice", convert("u32", convert("i32", d))],
    ["bits through f32 may lose a NaN's", bitcast("i32", bitcast("f32", u))],
    ["saturating product", mulShift(i, i, 0, { overflow: "saturate" })],
    ["bits of a NaN constant", word("high", f64(NaN))],
  ];
  test.each(cases)("%s", (_name, e) => expect(simple(e)).toBe(printExpr(e)));
});

test("equal values become one node, and slots that nothing uses are dropped", () => {
  const twice = add(mul(read("f32", "xf32"), read("f32", "yf32")), mul(read("f32", "xf32"), read("f32", "yf32")));
  const step = simplify({
    name: "s",
    slots: [...slots, { name: "out", type: "f32", space: "element" }],
    stores: [{ slot: "out", mode: "set", value: twice }],
  });
  expect(nodes(step).length).toBe(4);
  expect(step.slots.map((s) => s.name)).toEqual(["xf32", "yf32", "out"]);
});

test("substitute puts constants in place of uniform slots", () => {
  const step: Step = {
    name: "leak",
    slots: [
      { name: "v", type: "f32", space: "element" },
      { name: "alpha", type: "f32", space: "uniform" },
    ],
    stores: [{ slot: "v", mode: "set", value: mul(read("f32", "v"), read("f32", "alpha")) }],
  };
  const fixed = simplify(substitute(step, { alpha: 1 }));
  expect(printExpr(fixed.stores[0]!.value)).toBe("v");
  expect(fixed.slots.map((s) => s.name)).toEqual(["v"]);
  expect(substitute(step, { alpha: 0.1 }).stores[0]!.value).toEqual(mul(read("f32", "v"), constant("f32", 0.1)));
  expect(() => substitute(step, { v: 1 })).toThrow("cannot fix 'v', which is element");
  expect(() => substitute(step, { beta: 1 })).toThrow("no slot 'beta'");
  const counting: Step = { ...step, stores: [{ slot: "alpha", mode: "sum", value: read("f32", "v") }] };
  expect(() => substitute(counting, { alpha: 1 })).toThrow("which the step stores");
});

test("constants are folded in their own type", () => {
  expect(simple(mul(f32(16777217), f32(1)))).toBe("16777216");
  expect(simple(binary("mul", i32(65536), i32(65536)))).toBe("0");
});

test("a difference from a constant compares with 0 as its terms do with each other, for whatever number", () => {
  const least = 2 ** -149;
  const special = [0, -0, least, -least, 2 ** -126, 1, -1, 3.4e38, -3.4e38, Number.POSITIVE_INFINITY, Number.NaN];
  const numbers = [...special, Number.NEGATIVE_INFINITY, Math.fround(0.1), Math.fround(0.1) + 2 ** -27];
  const x = read("f32", "xf32");
  for (const op of ["lt", "le", "gt", "ge", "eq", "ne"] as const)
    for (const limit of numbers)
      for (const e of [compare(op, sub(x, f32(limit)), f32(0)), compare(op, add(x, f32(limit)), f32(-0))]) {
        const step: Step = { name: "s", slots, stores: [{ slot: "xf32", mode: "set", value: e }] };
        const simple = simplify(step);
        for (const value of numbers.map(Math.fround)) {
          const at = new Map([["xf32", value]]);
          expect(run(simple, at), `${value} ${op} ${limit}`).toEqual(run(step, at));
        }
      }
  expect(simple(compare("gt", sub(x, f32(0.5)), f32(0)))).toBe(printExpr(compare("gt", x, f32(0.5))));
});
