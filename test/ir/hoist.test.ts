import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandExpr } from "../../src/ir/expand.ts";
import {
  add,
  call,
  compare,
  convert,
  draw,
  type Expr,
  f32,
  f64,
  index,
  mul,
  neg,
  read,
  select,
  sub,
} from "../../src/ir/expr.ts";
import { hoist } from "../../src/ir/hoist.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { nodes, readsOf, type Slot, type Step, slotOf } from "../../src/ir/step.ts";
import { verifyStep } from "../../src/ir/verifyStep.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { neuronStep } from "../../src/model/step.ts";

const slot = (name: string, space: Slot["space"] = "element", type: Slot["type"] = "f64"): Slot => ({
  name,
  type,
  space,
});
const [v, tau, k] = [read("f64", "v"), read("f64", "tau"), read("f64", "k")];
/** A step that stores these values. `tau` is uniform, `k` and `v` are per element. */
const stepOf = (...values: readonly Expr[]): Step => ({
  name: "s",
  slots: [slot("v"), slot("k"), slot("tau", "uniform"), ...values.map((e, n) => slot(`out${n}`, "element", e.type))],
  stores: values.map((value, n) => ({ slot: `out${n}`, mode: "set", value })),
});
const fixed = new Set(["tau", "k"]);
const decay = call("exp", mul(f64(-1), tau));

/** The stores of a step, from the values of its slots. */
function run(step: Step | undefined, slots: Readonly<Record<string, number>>): Record<string, number> {
  const memo = new Map<Expr, number>();
  const leaf = (e: Expr): number => (e.tag === "read" ? slots[e.slot]! : 5);
  return Object.fromEntries((step?.stores ?? []).map((s) => [s.slot, evaluate(expandExpr(s.value), leaf, memo)]));
}
const hoistedRun = (
  step: Step,
  names: ReadonlySet<string>,
  slots: Readonly<Record<string, number>>,
): Record<string, number> => {
  const { prepare, prepareElements, main } = hoist(step, names);
  return run(main, { ...slots, ...run(prepare, slots), ...run(prepareElements, slots) });
};

describe("hoist", () => {
  test("moves the largest fixed parts, and says where they lie", () => {
    const { prepare, prepareElements, main } = hoist(stepOf(mul(decay, v), add(mul(decay, k), v)), fixed);
    expect(prepare!.stores.map((s) => s.slot)).toEqual(["const.0"]);
    expect(prepareElements!.stores.map((s) => s.slot)).toEqual(["const.1"]);
    expect([slotOf(main, "const.0").space, slotOf(main, "const.1").space]).toEqual(["uniform", "element"]);
    expect([...readsOf(main)].sort()).toEqual(["const.0", "const.1", "v"]);
    expect([...readsOf(prepare!), ...readsOf(prepareElements!)].sort()).toEqual(["k", "tau", "tau"]);
    expect(nodes(main).filter((e) => e.tag === "call")).toEqual([]);
    for (const s of [prepare!, prepareElements!, main]) verifyStep(s);
  });
  test("a part that is used by itself and inside another is stored once for each use", () => {
    const step = stepOf(mul(decay, v), mul(add(decay, tau), v));
    const { prepare } = hoist(step, fixed);
    expect(prepare!.stores).toHaveLength(2);
    expect(hoistedRun(step, fixed, { v: 3, tau: 0.7, k: 1 })).toEqual(run(step, { v: 3, tau: 0.7, k: 1 }));
  });
  test("what is one operation with a number away from such a part is computed from it", () => {
    const rest = sub(f64(1), decay);
    const step = stepOf(mul(decay, v), mul(rest, v), mul(mul(rest, f64(3)), k));
    const { prepare, main } = hoist(step, fixed);
    expect(prepare!.stores.map((s) => s.value)).toEqual([decay]);
    expect(nodes(main).filter((e) => e.tag === "binary" && e.op === "sub")).toHaveLength(1);
    expect(hoistedRun(step, fixed, { v: 3, tau: 0.7, k: 1 })).toEqual(run(step, { v: 3, tau: 0.7, k: 1 }));
    const alone = hoist(stepOf(mul(rest, v)), fixed);
    expect(alone.prepare!.stores.map((s) => s.value)).toEqual([rest]);
  });
  test("leaves what is as cheap as a load, and what varies", () => {
    const cheap = stepOf(
      add(neg(tau), v),
      add(tau, v),
      mul(add(draw("uniform", "f64", 0), tau), v),
      mul(add(convert("f64", index()), f64(1)), v),
    );
    const { prepare, prepareElements, main } = hoist(cheap, fixed);
    expect([prepare, prepareElements]).toEqual([undefined, undefined]);
    expect(main.stores.map((s) => s.value)).toEqual(cheap.stores.map((s) => s.value));
  });
  test("conditions may be hoisted, and whole stores", () => {
    const step = stepOf(select(compare("gt", tau, k), v, f64(0)), sub(tau, f64(1)));
    const { prepare, prepareElements } = hoist(step, fixed);
    expect(prepareElements!.slots.find((s) => s.name === "const.0")).toEqual(slot("const.0", "element", "bool"));
    expect(prepare!.stores.map((s) => s.slot)).toEqual(["const.1"]);
    expect(hoistedRun(step, fixed, { v: 3, tau: 0.7, k: 0.1 })).toEqual({ out0: 3, out1: 0.7 - 1 });
  });
  test("refuses a slot that the step changes", () => {
    expect(() => hoist({ ...stepOf(v), stores: [{ slot: "tau", mode: "set", value: v }] }, fixed)).toThrow(
      "'tau' is stored, so it is not fixed",
    );
  });

  test("LIF: two multiplications and an addition a step", () => {
    const { step } = neuronStep(lif(), { type: "f32", dt: 1e-3, phases: ["update"], connected: new Set(["i"]) });
    const { prepare, main } = hoist(step, new Set(["tau", "vTh"]));
    expect(
      nodes(main)
        .map((e) => (e.tag === "binary" ? e.op : e.tag))
        .sort(),
    ).toEqual(["add", "mul", "mul", "read", "read", "read", "read"]);
    expect(prepare!.stores).toHaveLength(2);
  });
  const cuba = neuron({
    name: "cuba",
    equations: `
    dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
    dge/dt = -ge / taue : volt
    dgi/dt = -gi / taui : volt`,
    parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-49 mV" },
    spike: "v > -50*mV",
    reset: "v = -60*mV",
    refractory: "5 ms",
  });
  test("CUBA: the same bits in f32 and f64, shared or per neuron", () => {
    const time = fc.double({ min: 1e-3, max: 0.1, noNaN: true }).map(Math.fround);
    const volt = fc.double({ min: -0.08, max: 0.02, noNaN: true }).map(Math.fround);
    const state = fc.record({
      v: volt,
      ge: volt,
      gi: volt,
      El: volt,
      taum: time,
      taue: time,
      taui: time,
      refractory: fc.integer({ min: 0, max: 3 }),
    });
    const parameters = new Set(["taum", "taue", "taui", "El"]);
    for (const type of ["f32", "f64"] as const)
      for (const perNeuron of [new Set<string>(), new Set(["taue"]), parameters]) {
        const { step } = neuronStep(cuba, { type, dt: 1e-4, phases: ["update", "threshold", "reset"], perNeuron });
        fc.assert(
          fc.property(state, (slots) => void expect(hoistedRun(step, parameters, slots)).toEqual(run(step, slots))),
          { numRuns: 10 },
        );
      }
  });
  test("f32 constants stay f32", () => {
    const step = {
      ...stepOf(),
      slots: [slot("v", "element", "f32"), slot("tau", "uniform", "f32"), slot("o", "element", "f32")],
      stores: [{ slot: "o", mode: "set" as const, value: mul(add(read("f32", "tau"), f32(0.1)), read("f32", "v")) }],
    };
    expect(hoist(step, fixed).prepare!.slots.map((s) => s.type)).toEqual(["f32", "f32"]);
  });
});
