import { describe, expect, test } from "vitest";
import { drawBlock, drawWord } from "../../src/base/draws.ts";
import { cos as hostCos, exp as hostExp, log as hostLog } from "../../src/base/elementary.ts";
import { normalOf, uniformF32Of, uniformOf } from "../../src/base/laws.ts";
import { POISSON_LIMIT, poissonTerms } from "../../src/base/poisson.ts";
import { normal, type Place, poisson, randomWord, uniform } from "../../src/base/random.ts";
import { expand, expandExpr } from "../../src/ir/expand.ts";
import { call, constant, convert, draw, type Expr, index, type Law, read } from "../../src/ir/expr.ts";
import { applyLaw, DRAW_SLOTS } from "../../src/ir/random.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { simplify } from "../../src/ir/simplify.ts";
import { nodes, type Slot, type Step } from "../../src/ir/step.ts";
import type { FloatType, Type } from "../../src/ir/types.ts";
import { verifyStep } from "../../src/ir/verifyStep.ts";
import {
  chiSquareExcess,
  counts,
  even,
  KOLMOGOROV_LIMIT,
  kolmogorov,
  momentScores,
  normalCdf,
  poissonExcess,
  poissonMasses,
} from "../base/statistics.ts";
import { compileExpr } from "./compileExpr.ts";

const NAMES = ["drawBlock", "drawWord", "sample", "stepLow", "stepHigh", "seed"];
const STREAM = 77;
type At = (place: Place) => number;
/** The expanded draw as a function of its place, and of `mean` where an argument reads it. */
function drawn(law: Law, type: Type, args: readonly Expr[] = [], mean = NaN): At {
  const f = compileExpr(expandExpr(draw(law, type, STREAM, ...args)), [...NAMES, "mean"]);
  return ({ element, sample = 0, step = 0, seed }) =>
    f(drawBlock(element), drawWord(element), sample, step >>> 0, Math.floor(step / 2 ** 32), seed, mean);
}
const PLACES: readonly Place[] = Array.from({ length: 3000 }, (_, k) => ({
  seed: [0, 1, 0xffffffff][k % 3]!,
  stream: STREAM,
  element: k < 2000 ? k : 2 ** 32 - k,
  sample: k % 7,
  step: k < 1000 ? k : k * 2 ** 33 + 5,
}));

describe("the same numbers as the host", () => {
  test.each<[string, At, At]>([
    ["bits", drawn("bits", "u32"), (p) => randomWord("bits", p)],
    ["uniform f32", drawn("uniform", "f32"), (p) => uniform(p, "f32")],
    ["uniform f64", drawn("uniform", "f64"), (p) => uniform(p)],
    ["normal f64", drawn("normal", "f64"), normal],
    ["poisson f64", drawn("poisson", "f64", [read("f64", "mean")], 3.7), (p) => poisson(p, 3.7)],
  ])("%s", (_name, kernel, host) => {
    for (const place of PLACES) expect(kernel(place)).toBe(host(place));
  });
  test("the functions under them", () => {
    const f = compileExpr(expandExpr(call("exp", read("f64", "x"))), ["x"]);
    const g = compileExpr(expandExpr(call("log", read("f64", "x"))), ["x"]);
    const h = compileExpr(expandExpr(call("cos", read("f64", "x"))), ["x"]);
    for (let x = 0; x < 50; x += 0.0137) expect(hostCos(x)).toBe(h(x));
    for (let k = 0; k < 2 ** 19; k = 2 * k + 1) expect(hostCos((k * Math.PI) / 2)).toBe(h((k * Math.PI) / 2));
    for (let x = -699; x < 700; x += 0.173) expect(hostExp(x)).toBe(f(x));
    for (let x = 1e-300; x < 1e300; x *= 1.9) expect(hostLog(x)).toBe(g(x));
  });
  test("compiled as evaluated", () => {
    for (const [law, type] of [
      ["bits", "u32"],
      ["uniform", "f32"],
      ["normal", "f32"],
      ["normal", "f64"],
    ] as const) {
      const e = expandExpr(draw(law, type, STREAM));
      const leaves: Record<string, number> = { drawBlock: 5, drawWord: 2, sample: 6, stepLow: 7, stepHigh: 8, seed: 9 };
      expect(evaluate(e, (leaf) => leaves[leaf.tag === "read" ? leaf.slot : leaf.of]!)).toBe(
        compileExpr(e, NAMES)(5, 2, 6, 7, 8, 9),
      );
    }
  });
});

/** The law alone, as a function of its word. */
const lawOf = (law: Law, type: FloatType, ...args: readonly Expr[]): ((word: number) => number) =>
  compileExpr(applyLaw(draw(law, type, 0, ...args), read("u32", "word")), ["word"]) as (word: number) => number;
const WORDS = Array.from({ length: 20_001 }, (_, k) => Math.min(Math.floor((k / 20_000) * 2 ** 32), 2 ** 32 - 1));

describe("laws over all words", () => {
  test("uniform and normal equal the host's in f64, and uniform in f32", () => {
    const [u32, u64, n64] = [lawOf("uniform", "f32"), lawOf("uniform", "f64"), lawOf("normal", "f64")];
    for (const w of WORDS) {
      expect(u32(w)).toBe(uniformF32Of(w));
      expect(u64(w)).toBe(uniformOf(w));
      expect(n64(w)).toBe(normalOf(w));
    }
  });
  test("normal in f32: within 4e-7 relative of the exact quantile, increasing and symmetric", () => {
    const f = lawOf("normal", "f32");
    let [worst, before] = [0, -Infinity];
    for (const w of WORDS) {
      const [z, exact] = [f(w), normalOf(w)];
      // Near the median p is rounded to 2^-25, and dz/dp = √(2π).
      worst = Math.max(worst, (Math.abs(z - exact) - 2.51 * 2 ** -25) / Math.abs(exact));
      expect(z).toBe(-f(2 ** 32 - 1 - w));
      expect(z).toBeGreaterThanOrEqual(before);
      before = z;
    }
    expect(worst).toBeLessThan(4e-7);
    expect(f(0)).toBeCloseTo(-6.338, 3); // the quantile of 2^-33
  });
  test.each([1e-9, 1e-4, 0.3, 1, 5.5, POISSON_LIMIT])(
    "poisson of mean %d: the exact law over all 2^32 words",
    (mean) => {
      const masses = poissonMasses(mean, 80);
      for (const type of ["f32", "f64"] as const) {
        const exactMean = constant(type, mean).value;
        for (const [name, at] of [
          ["constant", constant(type, exactMean)],
          ["variable", read(type, "mean")],
        ] as const) {
          const f = compileExpr(applyLaw(draw("poisson", type, 0, at), read("u32", "word")), ["word", "mean"]);
          for (let k = 1, tail = masses.slice(1).reduceRight((s, p) => s + p, 0); k < 80; tail -= masses[k++]!) {
            // f32: each tail is good to a few 1e-7 of itself; a word to half a grid step, 1/4 for the terms left out.
            const allowed = 0.75 + 1e-4 + (type === "f32" ? Math.max(tail, 0) * 2 ** 32 * 1e-6 + 1 : 0);
            const words = wordsWithAtLeast(k, (w) => f(w, exactMean));
            expect(Math.abs(words - tail * 2 ** 32), `${name} ${type}, P(X >= ${k})`).toBeLessThan(allowed);
          }
        }
      }
    },
  );
  test("a variable mean outside its range gives NaN, a constant one is refused", () => {
    for (const type of ["f32", "f64"] as const) {
      const f = compileExpr(applyLaw(draw("poisson", type, 0, read(type, "mean")), read("u32", "word")), [
        "word",
        "mean",
      ]);
      for (const mean of [-1e-9, 16.001, NaN, Infinity]) expect(f(12345, mean)).toBeNaN();
      for (const w of [0, 5, 2 ** 32 - 1]) expect(f(w, 0)).toBe(0);
      expect(() => lawOf("poisson", type, constant(type, 17))).toThrow(/poisson: the mean must be from 0 to 16/);
    }
  });
});
/** How many words give at least k: counts fall as words rise. */
function wordsWithAtLeast(k: number, count: (word: number) => number): number {
  let [low, high] = [0, 2 ** 32];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (count(middle) >= k) low = middle + 1;
    else high = middle;
  }
  return low;
}

describe("samples of kernels", () => {
  const N = 30_000;
  const sample = (at: At, along: "element" | "step"): number[] =>
    Array.from({ length: N }, (_, k) => at({ seed: 4, stream: STREAM, element: 1, [along]: k }));
  test.each(["element", "step"] as const)("along %s", (along) => {
    expect(
      chiSquareExcess(
        counts(
          sample(drawn("bits", "u32"), along).map((w) => w >>> 24),
          256,
        ),
        even(N, 256),
      ),
    ).toBeLessThan(0);
    expect(kolmogorov(sample(drawn("uniform", "f32"), along), (x) => x)).toBeLessThan(KOLMOGOROV_LIMIT);
    const normals = sample(drawn("normal", "f32"), along);
    expect(kolmogorov(normals, normalCdf)).toBeLessThan(KOLMOGOROV_LIMIT);
    for (const score of momentScores(normals)) expect(Math.abs(score)).toBeLessThan(4);
    for (const mean of [0.05, 2, 16])
      expect(poissonExcess(sample(drawn("poisson", "f32", [constant("f32", mean)]), along), mean)).toBeLessThan(0);
  });
  test("laws at one place share no word", () => {
    const laws = [drawn("uniform", "f64"), drawn("normal", "f64"), drawn("poisson", "f64", [constant("f64", 16)])].map(
      (at) => sample(at, "element"),
    );
    const bits = sample(drawn("bits", "u32"), "element");
    for (const [k, a] of [...laws, bits].entries())
      for (const b of [...laws, bits].slice(k + 1)) expect(Math.abs(correlation(a, b)) * Math.sqrt(N)).toBeLessThan(4);
  });
  function correlation(a: readonly number[], b: readonly number[]): number {
    const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((s, v, k) => s + v * y[k]!, 0);
    const [p, q] = [centred(a), centred(b)];
    return dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
  }
  function centred(x: readonly number[]): number[] {
    const mean = x.reduce((s, v) => s + v, 0) / x.length;
    return x.map((v) => v - mean);
  }
});

describe("steps", () => {
  const slot = (name: string, type: Type = "f32", space: Slot["space"] = "element"): Slot => ({ name, type, space });
  const step = (value: Expr, ...slots: Slot[]): Step => ({
    name: "noisy",
    slots: [slot("out", value.type), ...slots],
    stores: [{ slot: "out", mode: "set", value }],
  });
  const DRAW = draw("normal", "f32", 3);

  test("draws bring their slots, once", () => {
    const expanded = expand(step(DRAW, slot("seed", "u32", "uniform")));
    expect(expanded.slots.map((s) => s.name)).toEqual(["out", "seed", "sample", "stepLow", "stepHigh"]);
    expect(expanded.slots.slice(1)).toEqual(expect.arrayContaining(Object.values(DRAW_SLOTS)));
    verifyStep(expanded);
    verifyStep(simplify(expanded));
  });
  test("a slot of that name and another kind is an error, unless nothing is drawn", () => {
    for (const bad of [slot("sample", "f32", "uniform"), slot("sample", "u32", "element")])
      expect(() => expand(step(DRAW, bad))).toThrow(
        `step noisy: slot 'sample' (${bad.space} ${bad.type}) is needed by a random draw as uniform u32`,
      );
    expect(expand(step(read("f32", "sample"), slot("sample"))).slots.map((s) => s.name)).toEqual(["out", "sample"]);
  });
  test("synaptic steps tell draws apart by the synapse", () => {
    const synaptic = { ...step(DRAW), slots: [slot("out", "f32", "synapse")] };
    const indices = nodes(expand(synaptic)).filter((e) => e.tag === "index");
    expect(new Set(indices.map((e) => e.of))).toEqual(new Set(["synapse"]));
    verifyStep(expand(synaptic));
  });
  test("the same draw is made once; another law or stream needs blocks of its own", () => {
    const size = (...laws: Expr[]): number =>
      nodes(
        simplify(
          expand({
            ...step(DRAW),
            slots: laws.map((e, k) => slot(`o${k}`, e.type)),
            stores: laws.map((value, k) => ({ slot: `o${k}`, mode: "set", value })),
          }),
        ),
      ).length;
    const one = size(DRAW);
    expect(size(DRAW, DRAW)).toBe(one);
    expect(size(DRAW, draw("uniform", "f32", 3)) - one).toBeGreaterThan(60);
    expect(size(DRAW, draw("uniform", "f32", 4)) - one).toBeGreaterThan(60);
  });
  test("counts may be converted and indices used besides", () => {
    const e = convert("i32", draw("poisson", "f32", 1, constant("f32", 0.1)));
    verifyStep(expand(step(e)));
    verifyStep(expand(step(convert("f32", index()))));
    expect(poissonTerms(0.1)).toBeLessThan(10);
  });
});
