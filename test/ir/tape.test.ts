import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adjointStep } from "../../src/ir/adjoint.ts";
import { minimumCut } from "../../src/ir/cut.ts";
import { add, call, compare, draw, type Expr, f32, mul, read, select, spike, sub } from "../../src/ir/expr.ts";
import { printExpr } from "../../src/ir/print.ts";
import { simplify } from "../../src/ir/simplify.ts";
import { readsOf, type Slot, type Step, type Store } from "../../src/ir/step.ts";
import { sigmoid, triangle } from "../../src/ir/surrogate.ts";
import { tapePlan } from "../../src/ir/tape.ts";
import { verifyStep } from "../../src/ir/verifyStep.ts";
import { mathEvaluator } from "./evaluateMath.ts";
import { lif } from "./lif.ts";

const surrogate = triangle(1);
const element = (name: string, type: Slot["type"] = "f32"): Slot => ({ name, type, space: "element" });
const stored = (step: Step, name: string): Expr => step.stores.find((s) => s.slot === name)!.value;
const tapes = (plan: { forward: Step; tape: readonly Slot[] }): string[] =>
  plan.tape.map((s) => `${s.name} ${s.type} = ${printExpr(stored(plan.forward, s.name))}`);

describe("leaky integrate-and-fire with detached hard reset", () => {
  const plan = tapePlan(lif, adjointStep(lif, { wrt: ["v", "i"], surrogate }));
  test("keeps exactly one f32 an element: how far the membrane is from threshold", () => {
    expect(tapes(plan)).toEqual(["tape.0 f32 = ((alpha * v) + i) - vTh"]);
    expect([...readsOf(plan.adjoint)].sort()).toEqual(["alpha", "d.s", "d.v", "tape.0"]);
    verifyStep(plan.forward);
    verifyStep(plan.adjoint);
  });
  test("also where threshold and reset are written as separate comparisons of u", () => {
    const u = add(mul(read("f32", "alpha"), read("f32", "v")), read("f32", "i"));
    const [one, half] = [f32(1), f32(0.5)];
    const step: Step = {
      ...lif,
      name: "other",
      stores: [
        { slot: "s", mode: "set", value: spike(sub(u, one)) },
        { slot: "v", mode: "set", value: select(compare("ge", u, one), half, u) },
      ],
    };
    expect(tapes(tapePlan(step, adjointStep(step, { wrt: ["v", "i"], surrogate })))).toEqual([
      "tape.0 f32 = (alpha * v) + i",
    ]);
  });
  test("a gradient for the leak needs the old voltage too, unless the caller has it", () => {
    const adjoint = adjointStep(lif, { wrt: ["v", "i", "alpha"], surrogate });
    expect(tapes(tapePlan(lif, adjoint))).toEqual(["tape.0 f32 = v", "tape.1 f32 = ((alpha * v) + i) - vTh"]);
    const withV = tapePlan(lif, adjoint, { available: ["v"] });
    expect(tapes(withV)).toEqual(["tape.0 f32 = ((alpha * v) + i) - vTh"]);
    expect(readsOf(withV.adjoint).has("v")).toBe(true);
  });
  test("nothing is kept where all inputs are at hand: they are computed again", () => {
    expect(tapes(tapePlan(lif, adjointStep(lif, { wrt: ["v"], surrogate }), { available: ["v", "i"] }))).toEqual([]);
  });
});

test("draws are kept, never drawn again", () => {
  const x = read("f32", "x");
  const step: Step = {
    name: "noisy",
    slots: [element("x"), element("y")],
    stores: [{ slot: "y", mode: "set", value: mul(x, draw("normal", "f32", 0)) }],
  };
  const plan = tapePlan(step, adjointStep(step, { wrt: ["x"] }), { available: ["x"] });
  expect(tapes(plan)).toEqual(["tape.0 f32 = draw.normal #0()"]);
  expect(printExpr(stored(plan.adjoint, "g.x"))).toBe("d.y * tape.0");
});

test("a uniform slot that the step changes is kept, others are free", () => {
  const k: Slot = { name: "k", type: "f32", space: "uniform" };
  const value = mul(read("f32", "x"), read("f32", "k"));
  const changing: Step = {
    name: "s",
    slots: [element("x"), element("y"), k],
    stores: [
      { slot: "y", mode: "set", value },
      { slot: "k", mode: "sum", value: read("f32", "x") },
    ],
  };
  expect(tapes(tapePlan(changing, adjointStep(changing, { wrt: ["x"], from: ["y"] })))).toEqual(["tape.0 f32 = k"]);
  const fixed = { ...changing, stores: changing.stores.slice(0, 1) };
  expect(tapes(tapePlan(fixed, adjointStep(fixed, { wrt: ["x"] })))).toEqual([]);
});

test("a wide value is cut where it is narrow", () => {
  const x = read("f32", "x");
  const wide = { tag: "convert", type: "f64", a: mul(x, x) } as const;
  const step: Step = {
    name: "s",
    slots: [element("x"), element("y", "f64")],
    stores: [{ slot: "y", mode: "set", value: call("exp", wide) }],
  };
  expect(tapes(tapePlan(step, adjointStep(step, { wrt: ["x"] })))).toEqual(["tape.0 f32 = x"]); // 4 bytes; exp and x would be 12
  expect(tapes(tapePlan(step, { ...step, name: "again" }))).toEqual(["tape.0 f32 = x * x"]); // not exp, which is wide
});

test("any step may follow: its own forward reads and plain forward values are kept too", () => {
  const step: Step = {
    name: "s",
    slots: [element("x"), element("z"), element("y")],
    stores: [{ slot: "y", mode: "set", value: mul(read("f32", "x"), read("f32", "x")) }],
  };
  const follow = (value: Expr): Step => ({
    name: "after",
    slots: [...step.slots, element("out")],
    stores: [{ slot: "out", mode: "set", value }],
  });
  const square = tapePlan(step, follow(mul(read("f32", "x"), read("f32", "x"))));
  expect(tapes(square)).toEqual(["tape.0 f32 = x * x"]);
  expect(printExpr(stored(square.adjoint, "out"))).toBe("tape.0");
  expect(tapes(tapePlan(step, follow(mul(read("f32", "z"), f32(3)))))).toEqual(["tape.0 f32 = z"]);
});

test("synaptic steps have no tape", () => {
  const step: Step = { name: "syn", slots: [{ name: "w", type: "f32", space: "synapse" }], stores: [] };
  expect(() => tapePlan(step, step)).toThrow("step syn: a tape is for elements, and 'w' is synapse");
});

test("plan or no plan, the gradients are the same bits", () => {
  const operations: readonly ((a: Expr, b: Expr, c: Expr) => Expr)[] = [
    add,
    sub,
    mul,
    (a) => call("sigmoid", a),
    (a) => call("exp", a),
    (a, b) => spike(sub(a, b)),
    (a, b, c) => select(compare("lt", a, b), b, c),
  ];
  const names = ["v", "i", "alpha"];
  const slots: Slot[] = [element("v"), element("i"), { name: "alpha", type: "f32", space: "uniform" }, element("s")];
  const small = fc.nat(20);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(small, small, small, small), { minLength: 2, maxLength: 12 }),
      fc.subarray(["v", "i"]),
      fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 5, maxLength: 5 }),
      (program, available, x) => {
        const pool: Expr[] = names.map((n) => read("f32", n));
        const at = (k: number): Expr => pool.at(-1 - (k % pool.length))!;
        for (const [o, a, b, c] of program) pool.push(operations[o % operations.length]!(at(a), at(b), at(c)));
        const stores: Store[] = [
          { slot: "v", mode: "set", value: at(0) },
          { slot: "s", mode: "set", value: at(1) },
        ];
        const step: Step = simplify({ name: "random", slots, stores });
        const adjoint = adjointStep(step, { wrt: [...readsOf(step)], surrogate: sigmoid(1) });
        const plan = tapePlan(step, adjoint, { available });
        verifyStep(plan.forward);
        verifyStep(plan.adjoint);
        const reads = { ...Object.fromEntries([...names, "d.v", "d.s"].map((n, k) => [n, x[k]!])) };
        const whole = mathEvaluator(adjoint.stores.map((s) => s.value))(reads);
        const kept = mathEvaluator(plan.tape.map((s) => stored(plan.forward, s.name)))(reads);
        const later: Record<string, number> = {
          ...reads,
          ...Object.fromEntries(plan.tape.map((s, k) => [s.name, kept[k]!])),
        };
        for (const lost of ["v", "i"]) if (!available.includes(lost)) delete later[lost];
        expect(mathEvaluator(plan.adjoint.stores.map((s) => s.value))(later)).toEqual(whole);
        expect(mathEvaluator(step.stores.map((s) => s.value))(reads)).toEqual(
          mathEvaluator(step.stores.map((s) => stored(plan.forward, s.slot)))(reads),
        );
      },
    ),
    { numRuns: 300 },
  );
});

describe("minimum cut", () => {
  const graph = fc.integer({ min: 1, max: 8 }).chain((n) => {
    const vertex = fc.nat(n - 1);
    return fc.record({
      weights: fc.array(fc.constantFrom(4, 8), { minLength: n, maxLength: n }),
      edges: fc.array(fc.tuple(vertex, vertex), { maxLength: 14 }).map((list) => list.filter(([a, b]) => a < b)),
      sources: fc.uniqueArray(vertex, { maxLength: 3 }),
      sinks: fc.uniqueArray(vertex, { maxLength: 3 }),
    });
  });
  type Graph = Parameters<typeof minimumCut>[0];
  const separates = ({ edges, sources, sinks }: Graph, cut: ReadonlySet<number>): boolean => {
    const reached = new Set(sources.filter((v) => !cut.has(v)));
    for (const v of reached) for (const [a, b] of edges) if (a === v && !cut.has(b)) reached.add(b);
    return !sinks.some((v) => reached.has(v));
  };
  const weigh = ({ weights }: Graph, cut: Iterable<number>): number =>
    [...cut].reduce((sum, v) => sum + weights[v]!, 0);

  test("separates, and no lighter set does (all subsets tried)", () => {
    fc.assert(
      fc.property(graph, (g) => {
        const cut = minimumCut(g);
        expect(separates(g, new Set(cut))).toBe(true);
        for (let bits = 0; bits < 2 ** g.weights.length; bits++) {
          const other = g.weights.flatMap((_, v) => ((bits >> v) & 1 ? [v] : []));
          if (weigh(g, other) < weigh(g, cut)) expect(separates(g, new Set(other))).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });
  test("of equal cuts the one nearest to the sinks", () => {
    expect(
      minimumCut({
        weights: [4, 4, 4],
        edges: [
          [0, 1],
          [1, 2],
        ],
        sources: [0],
        sinks: [2],
      }),
    ).toEqual([2]);
    expect(
      minimumCut({
        weights: [4, 4, 8],
        edges: [
          [0, 1],
          [1, 2],
        ],
        sources: [0],
        sinks: [2],
      }),
    ).toEqual([1]);
  });
});
