import { describe, expect, test } from "vitest";
import { adjointStep } from "../../src/ir/adjoint.ts";
import {
  add,
  call,
  compare,
  convert,
  draw,
  type Expr,
  f32,
  f64,
  mul,
  read,
  select,
  sub,
  unary,
} from "../../src/ir/expr.ts";
import { printExpr } from "../../src/ir/print.ts";
import type { Slot, Step, Store } from "../../src/ir/step.ts";
import { smoothSpikes, triangle } from "../../src/ir/surrogate.ts";
import { verifyStep } from "../../src/ir/verifyStep.ts";
import { mathEvaluator } from "./evaluateMath.ts";
import { lif } from "./lif.ts";

const surrogate = triangle(1);
const adjoint = adjointStep(lif, { wrt: ["v", "i", "alpha"], surrogate });
const element = (name: string, type: Slot["type"] = "f32"): Slot => ({ name, type, space: "element" });

test("the adjoint of a neuron: names, spaces, modes", () => {
  verifyStep(adjoint);
  expect(adjoint.slots.map((s) => `${s.space} ${s.name}`).sort()).toEqual([
    "element d.s",
    "element d.v",
    "element g.i",
    "element g.v",
    "element i",
    "element v",
    "uniform alpha",
    "uniform g.alpha",
    "uniform vTh",
  ]);
  expect(adjoint.stores.map((s) => `${s.mode} ${s.slot}`)).toEqual(["set g.v", "set g.i", "sum g.alpha"]);
});

test("its values are those written by hand", () => {
  // u = α·v + i; δu = δs·h(u − vTh) + (u > vTh ? 0 : δv); δv⁻ = α·δu; δi = δu; δα = Σ v·δu
  const evaluate = mathEvaluator(adjoint.stores.map((s) => s.value));
  const by = (v: number): number[] => evaluate({ alpha: 0.5, v, i: 0.25, vTh: 1, "d.s": 4, "d.v": 3 });
  expect(by(0.5)).toEqual([0.5 * (4 * 0.5 + 3), 4 * 0.5 + 3, 0.5 * (4 * 0.5 + 3)]);
  expect(by(2)).toEqual([0.5 * 4 * 0.75, 4 * 0.75, 2 * 4 * 0.75]);
  expect(by(5)).toEqual([0, 0, 0]); // outside the support, and reset
});

/** A neuron with everything smooth and all steps attached: two states, decays by exp, soft reset, in f64. */
function smoothNeuron(): Step {
  const [v, w, i, tau, b] = ["v", "w", "i", "tau", "b"].map((n) => read("f64", n)) as [Expr, Expr, Expr, Expr, Expr];
  const decay = call("exp", sub(f64(0), call("exp", tau)));
  const u = sub(add(mul(decay, v), mul(i, call("exprel", tau))), w);
  const s = call("sigmoid", mul(f64(3), sub(u, f64(0.5))));
  return {
    name: "smooth",
    slots: [
      ...["v", "w", "i", "s"].map((n) => element(n, "f64")),
      ...["tau", "b"].map((name): Slot => ({ name, type: "f64", space: "uniform" })),
    ],
    stores: [
      { slot: "v", mode: "set", value: sub(u, mul(s, b)) },
      { slot: "w", mode: "set", value: add(mul(w, call("tanh", b)), mul(s, s)) },
      { slot: "s", mode: "set", value: s },
    ],
  };
}

test("backwards through 20 steps equals finite differences of the whole run", () => {
  const step = smoothNeuron();
  const forward = mathEvaluator(step.stores.map((s) => s.value));
  const back = adjointStep(step, { wrt: ["v", "w", "i", "tau", "b"] });
  const backward = mathEvaluator(back.stores.map((s) => s.value));
  const drive = (t: number, first: number): number => (t === 0 ? first : Math.sin(t) + 0.5);
  const run = ({ tau, b, first }: { tau: number; b: number; first: number }) => {
    const states: { v: number; w: number }[] = [{ v: 0.1, w: 0 }];
    let spikes = 0;
    for (let t = 0; t < 20; t++) {
      const [v, w, s] = forward({ ...states[t]!, i: drive(t, first), tau, b }) as [number, number, number];
      states.push({ v, w });
      spikes += s;
    }
    return { states, spikes };
  };
  const at = { tau: -0.7, b: 0.4, first: 0.3 };
  const { states } = run(at);
  const found = { tau: 0, b: 0, first: 0 };
  let [dv, dw] = [0, 0];
  for (let t = 19; t >= 0; t--) {
    const [gv, gw, gi, gTau, gB] = backward({
      ...states[t]!,
      ...at,
      i: drive(t, at.first),
      "d.v": dv,
      "d.w": dw,
      "d.s": 1,
    }) as number[];
    [dv, dw] = [gv!, gw!];
    found.tau += gTau!;
    found.b += gB!;
    if (t === 0) found.first = gi!;
  }
  for (const name of ["tau", "b", "first"] as const) {
    const h = 1e-5;
    const slope = (run({ ...at, [name]: at[name] + h }).spikes - run({ ...at, [name]: at[name] - h }).spikes) / (2 * h);
    expect(Math.abs(found[name] - slope)).toBeLessThan(1e-8); // h²·f''' and 1e-15/h
  }
});

test("the surrogate gradient of a spiking step is the true one of the smoothed step", () => {
  const soft: Step = {
    ...lif,
    stores: lif.stores
      .filter((s) => s.mode === "set")
      .map((s) => ({ ...s, value: smoothSpikes([s.value], surrogate)[0]! })),
  };
  const smooth = adjointStep(soft, { wrt: ["i"] });
  const spiking = adjointStep(lif, { wrt: ["i"], surrogate });
  const values = mathEvaluator([smooth.stores[0]!.value, spiking.stores[0]!.value]);
  for (let v = -3; v < 5; v += 0.173) {
    const [a, b] = values({ v, i: 0.1, alpha: 0.9, vTh: 1, "d.s": 2, "d.v": -1 });
    expect(Math.abs(a! - b!)).toBeLessThan(1e-6); // f32
  }
});

describe("stores of other modes", () => {
  const x = read("f32", "x");
  const total: Slot = { name: "total", type: "f32", space: "uniform" };
  const step = (stores: readonly Store[]): Step => ({
    name: "s",
    slots: [element("x"), element("y"), total, element("flag", "bool")],
    stores,
  });
  const values = (s: Step): string[] => s.stores.map((t) => `${t.mode} ${t.slot} = ${printExpr(t.value)}`);

  test("sum: every element receives the adjoint of the sum", () => {
    expect(values(adjointStep(step([{ slot: "total", mode: "sum", value: mul(x, x) }]), { wrt: ["x"] }))).toEqual([
      "set g.x = (d.total * x) + (d.total * x)",
    ]);
  });
  test("add: the old value is part of the new one", () => {
    expect(values(adjointStep(step([{ slot: "y", mode: "add", value: mul(x, f32(3)) }]), { wrt: ["x", "y"] }))).toEqual(
      ["set g.x = d.y * 3", "set g.y = d.y"],
    );
    const both = step([{ slot: "y", mode: "add", value: mul(read("f32", "y"), f32(3)) }]);
    expect(values(adjointStep(both, { wrt: ["y"] }))).toEqual(["set g.y = d.y + (d.y * 3)"]);
    expect(() => adjointStep(step([{ slot: "total", mode: "sum", value: x }]), { wrt: ["total"] })).toThrow(
      "no gradient for 'total', which is uniform and added to",
    );
  });
  test("max is refused; bool stores have no adjoint", () => {
    expect(() => adjointStep(step([{ slot: "total", mode: "max", value: x }]), { wrt: ["x"] })).toThrow(
      "step s: no adjoint for 'max' of 'total'",
    );
    expect(
      values(adjointStep(step([{ slot: "flag", mode: "set", value: compare("gt", x, f32(0)) }]), { wrt: ["x"] })),
    ).toEqual(["set g.x = 0"]);
    expect(() => adjointStep(step([]), { wrt: ["flag"] })).toThrow("no gradient for 'flag', which is bool");
  });
  test("from chooses the stores that count", () => {
    const two = step([
      { slot: "x", mode: "set", value: mul(x, f32(2)) },
      { slot: "y", mode: "set", value: mul(x, f32(3)) },
    ]);
    expect(values(adjointStep(two, { wrt: ["x"], from: ["y"] }))).toEqual(["set g.x = d.y * 3"]);
  });
  test("synapses: ends share by addition", () => {
    const slots: Slot[] = [
      { name: "w", type: "f32", space: "synapse" },
      { name: "a", type: "f32", space: "pre" },
      { name: "b", type: "f32", space: "post" },
      { name: "k", type: "f32", space: "uniform" },
    ];
    const synaptic: Step = {
      name: "syn",
      slots,
      stores: [{ slot: "b", mode: "add", value: mul(mul(read("f32", "w"), read("f32", "k")), read("f32", "a")) }],
    };
    const back = adjointStep(synaptic, { wrt: ["w", "a", "k"] });
    verifyStep(back);
    expect(values(back)).toEqual(["set g.w = (d.b * a) * k", "add g.a = d.b * (w * k)", "add g.k = (d.b * a) * w"]);
  });
});

test("a random draw is a constant, rounding stops the gradient", () => {
  const x = read("f32", "x");
  const noisy = add(mul(x, draw("normal", "f32", 1)), add(unary("floor", x), convert("f32", convert("i32", x))));
  const step: Step = {
    name: "s",
    slots: [element("x"), element("y")],
    stores: [{ slot: "y", mode: "set", value: select(compare("gt", x, f32(0)), noisy, x) }],
  };
  const back = adjointStep(step, { wrt: ["x"] });
  expect(printExpr(back.stores[0]!.value)).toBe("((x > 0) ? 0 : d.y) + (((x > 0) ? d.y : 0) * draw.normal #1())");
});
