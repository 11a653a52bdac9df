import { describe, expect, test } from "vitest";
import { type Expr, nodeKey, operands, topological } from "../../src/ir/expr.ts";
import { nodes } from "../../src/ir/step.ts";
import { verifyStep } from "../../src/ir/verifyStep.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel, NeuronSpec } from "../../src/model/neuronModel.ts";
import { refractorySteps } from "../../src/model/phases.ts";
import type { Phase } from "../../src/model/schedule.ts";
import { neuronStep } from "../../src/model/step.ts";
import { BRIAN, type CellOptions, cell, LAYERED } from "./cell.ts";

/** design.md, section 4, unchanged. */
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
const define = (equations: string, more: Partial<NeuronSpec> = {}): NeuronModel =>
  neuron({ name: "cell", equations, ...more });

/** An expression as nested calls. */
function text(e: Expr): string {
  if (e.tag === "const") return String(e.value);
  if (e.tag === "read") return e.slot;
  const name = nodeKey(e, []).split(":")[2]!.replace("()", "") || e.tag;
  return `${name}(${operands(e).map(text).join(", ")})`;
}
const stores = (m: NeuronModel, phases: readonly Phase[], options: Partial<CellOptions> = {}): Record<string, string> =>
  Object.fromEntries(
    neuronStep(m, { type: "f64", dt: 1e-3, phases, ...options }).step.stores.map((s) => [s.slot, text(s.value)]),
  );
const spikesOf = (
  m: NeuronModel,
  options: CellOptions,
  steps: number,
  inputs: Readonly<Record<string, number>> = {},
): number[] => {
  const c = cell(m, options);
  return Array.from({ length: steps }, (_, k) => k).filter(() => c.step(inputs));
};

describe("the shape of a step", () => {
  test("LIF whose current nothing feeds: v' = alpha·v, and nothing else", () => {
    expect(stores(lif(), ["update"])).toEqual({ v: "mul(exp(div(-0.001, tau)), v)" });
  });
  test("LIF with a current: one coefficient for each, that depend on parameters alone", () => {
    expect(stores(lif(), ["update"], { connected: new Set(["i"]) })).toEqual({
      v: "add(mul(exp(div(-0.001, tau)), v), mul(mul(mul(0.001, exprel(div(-0.001, tau))), div(1, tau)), in.i))",
    });
  });
  test("exponential Euler gives one linear equation the same form", () => {
    const m = (method: "exact" | "exponentialEuler") =>
      define("dv/dt = (i - v)/tau : 1\ni : 1 (input)", { method, parameters: { tau: "20 ms" } });
    expect(stores(m("exponentialEuler"), ["update"], { connected: new Set(["i"]) })).toEqual(
      stores(m("exact"), ["update"], { connected: new Set(["i"]) }),
    );
  });
  test("a port takes what arrives; with constants baked in", () => {
    expect(stores(lif(), ["receive"], { connected: new Set(["v"]) })).toEqual({ v: "add(v, in.v)" });
    expect(stores(lif(), ["update"], { constants: new Map([["tau", 0.01]]) })).toEqual({ v: "mul(exp(-0.1), v)" });
  });
  test("the three resets", () => {
    const reset = (m: NeuronModel): string => stores(m, ["threshold", "reset"]).v!;
    expect(reset(lif())).toBe("select(gt(sub(v, vTh), 0), 0, v)");
    expect(reset(lif({ reset: "subtract" }))).toBe("select(gt(sub(v, vTh), 0), sub(v, vTh), v)");
    expect(reset(lif({ reset: { to: -0.1 } }))).toBe("select(gt(sub(v, vTh), 0), vReset, v)");
  });
  test("a reset apart from its threshold reads slot spike", () => {
    const { step, spike } = neuronStep(lif(), { type: "f32", dt: 1e-3, phases: ["receive", "reset"] });
    expect([text(step.stores[0]!.value), spike]).toEqual(["select(gt(spike, 0), 0, v)", undefined]);
    expect(step.slots).toContainEqual({ name: "spike", type: "f32", space: "element" });
  });
  test("integrate-and-fire adds; relu has no state", () => {
    expect(stores(integrateAndFire(), ["update", "receive"], { connected: new Set(["i", "v"]) })).toEqual({
      v: "add(add(v, in.i), in.v)",
    });
    const { step, outputs } = neuronStep(relu(), {
      type: "f32",
      dt: 1e-3,
      phases: ["update", "receive", "threshold", "reset"],
      connected: new Set(["x"]),
    });
    expect([step.stores, text(outputs.get("y")!)]).toEqual([[], "max(in.x, 0)"]);
  });
  test.each([
    ["v > vTh", "spike(sub(v, vTh))", "gt(sub(v, vTh), 0)"],
    ["vTh < v", "spike(sub(v, vTh))", "gt(sub(v, vTh), 0)"],
    ["v > 0", "spike(v)", "gt(v, 0)"],
    ["v > -0.05", "spike(sub(v, -0.05))", "gt(sub(v, -0.05), 0)"],
    ["v >= vTh", "convert(ge(v, vTh))", "ge(v, vTh)"],
    ["v > vTh and t > 1*ms", "convert(and(gt(v, vTh), gt(t, 0.001)))", "and(gt(v, vTh), gt(t, 0.001))"],
  ])("spike: %s", (condition, value, fired) => {
    const m = define("dv/dt = -v/tau : 1", { parameters: { tau: "20 ms", vTh: 1 }, spike: condition });
    const { spike, spikeValue } = neuronStep(m, { type: "f64", dt: 1e-3, phases: ["threshold"] });
    expect([text(spikeValue!), text(spike!)]).toEqual([value, fired]);
  });
  test("slots: states per element, parameters uniform unless asked", () => {
    const { step } = neuronStep(lif({ reset: { to: 0 } }), {
      type: "f32",
      dt: 1e-3,
      phases: LAYERED[0]!,
      connected: new Set(["v"]),
      perNeuron: new Set(["vTh"]),
    });
    expect(Object.fromEntries(step.slots.map((s) => [s.name, `${s.space} ${s.type}`]))).toEqual({
      v: "element f32",
      tau: "uniform f32",
      vTh: "element f32",
      vReset: "uniform f32",
      "in.v": "element f32",
    });
  });
  test.each([cuba, lif({ refractory: "2 ms" }), integrateAndFire(), leakyIntegrator(), relu()])(
    "every step of $name is well-formed, and f32 throughout",
    (m) => {
      const connected = new Set([...m.inputs, ...m.variables].map((x) => x.name));
      for (const phases of [...LAYERED, ...BRIAN]) {
        const { step, spike, spikeValue, outputs } = neuronStep(m, { type: "f32", dt: 1e-4, phases, connected });
        const all = {
          ...step,
          stores: [
            ...step.stores,
            ...[spike, spikeValue, ...outputs.values()].flatMap((value, k) =>
              value ? [{ slot: `x${k}`, mode: "set" as const, value }] : [],
            ),
          ],
        };
        verifyStep({
          ...all,
          slots: [
            ...step.slots,
            ...all.stores
              .slice(step.stores.length)
              .map((s) => ({ name: s.slot, type: s.value.type, space: "element" as const })),
          ],
        });
        expect(nodes(all).filter((e) => e.type === "f64")).toEqual([]);
      }
    },
  );
  test("equal subexpressions of stores, spike and outputs are one object", () => {
    const { step, spikeValue, outputs } = neuronStep(cuba, { type: "f32", dt: 1e-4, phases: ["update", "threshold"] });
    const v = step.stores.find((s) => s.slot === "v")!.value;
    expect(outputs.get("v")).toBe(v);
    expect(topological([spikeValue!])).toContain(v);
  });
  test("unknown ports and parameters are named", () => {
    const options = { type: "f32", dt: 1e-3, phases: ["update"] } as const;
    expect(() => neuronStep(lif(), { ...options, connected: new Set(["u"]) })).toThrow(
      "lif.u: no port called 'u'; known: i, v",
    );
    expect(() => neuronStep(lif(), { ...options, perNeuron: new Set(["v"]) })).toThrow(
      "lif.v: no parameter called 'v'; known: tau, vTh",
    );
    expect(() => neuronStep(lif(), { ...options, dt: 0 })).toThrow("lif.dt: must be a finite number > 0 s, got 0");
  });
});

describe("LIF under constant current", () => {
  const [tau, dt] = [20e-3, 1e-4];
  // T = tau ln(i/(i - vTh)) (Gerstner et al. 2014, sec. 1.3); the grid rounds it up to a step.
  test.each([1.05, 1.2, 1.7, 3, 40])("i = %f: the first spike and every interval", (i) => {
    const period = Math.ceil((tau * Math.log(i / (i - 1))) / dt);
    const spikes = spikesOf(lif(), { dt, connected: new Set(["i"]) }, Math.min(4 * period + 2, 1500), { i });
    expect(spikes[0]).toBe(period - 1);
    for (let k = 1; k < spikes.length; k++) expect(spikes[k]! - spikes[k - 1]!).toBe(period);
  });
  test("at or below the rheobase it never fires, and a voltage at the threshold does not", () => {
    expect(spikesOf(lif(), { dt: 1e-3, connected: new Set(["i"]) }, 1000, { i: 0.999 })).toEqual([]);
    const c = cell(lif(), { dt, groups: [["threshold", "reset"]], values: { v: 1 } });
    expect([c.step(), c.state.v]).toEqual([false, 1]);
  });
});

describe("the refractory period", () => {
  // Brian 2.1 and later: not_refractory = timestep(t - lastspike, dt) >= timestep(refractory, dt), timestep(x, dt) = int((x + 1e-3 dt)/dt)
  // (brian2/groups/neurongroup.py, core/functions.py): with 5 ms at 0.1 ms, steps k+1 … k+49 are refractory.
  test("whole steps of a duration", () => {
    expect([5e-3, 2.2e-3, 0.25e-3, 0.2989e-3, 0.3e-3, 0.1e-3, 0.01e-3, 0].map((d) => refractorySteps(d, 1e-4))).toEqual(
      [50, 22, 2, 2, 3, 1, 1, 1],
    );
  });
  test.each([
    ["layered", LAYERED],
    ["brian", BRIAN],
  ])("5 ms at 0.1 ms, flooded (%s): a spike every 50 steps", (_name, groups) => {
    const m = define("dv/dt = (i - v)/tau : 1 (unless refractory)\ni : 1 (input)", {
      parameters: { tau: "20 ms" },
      spike: "v > 1",
      reset: "v = 0",
      refractory: "5 ms",
    });
    expect(spikesOf(m, { dt: 1e-4, groups, connected: new Set(["i"]) }, 160, { i: 1e4 })).toEqual([0, 50, 100, 150]);
    expect(
      spikesOf(m, { dt: 1e-4, groups, connected: new Set(["i"]), spikeStepCounts: false }, 160, { i: 1e4 }),
    ).toEqual([0, 51, 102, 153]);
  });
  test("a duration of no steps or one lets the neuron fire in every step", () => {
    for (const refractory of ["0*ms", "0.1 ms"]) {
      const m = define("v[t+1] = 2 : 1", { spike: "v > 1", reset: "v = 0", refractory });
      expect(spikesOf(m, { dt: 1e-4 }, 4)).toEqual([0, 1, 2, 3]);
    }
  });
  test("the threshold is not tested while refractory, even where v may move", () => {
    const m = define("v[t+1] = 2 : 1", { spike: "v > 1", reset: "v = 0", refractory: "3 ms" });
    expect(spikesOf(m, { dt: 1e-3 }, 8)).toEqual([0, 3, 6]);
    expect(
      spikesOf(define("v[t+1] = 2 : 1", { spike: "v >= 1 and True", refractory: "3 ms" }), { dt: 1e-3 }, 8),
    ).toEqual([0, 3, 6]);
  });
  test("CUBA: v stands at its reset for 49 updates while ge goes on decaying", () => {
    const c = cell(cuba, { dt: 1e-4, groups: BRIAN, values: { v: -0.049, ge: 0.01, gi: 0 } });
    expect([c.step(), c.state.v]).toEqual([true, -0.06]);
    const ge = c.state.ge!;
    for (let k = 1; k < 50; k++) {
      expect([c.step(), c.state.v]).toEqual([false, -0.06]);
      expect(Math.abs(c.state.ge! / (ge * Math.exp((-k * 1e-4) / 5e-3)) - 1)).toBeLessThan(k * 2 ** -51);
    }
    c.step();
    expect(c.state.v).toBeGreaterThan(-0.06);
  });
  test("a clamped variable refuses input, also in the step of the spike (Brian); another takes it", () => {
    const m = define("dv/dt = -v/tau : 1 (unless refractory)\ndw/dt = -w/tau : 1", {
      parameters: { tau: "20 ms" },
      spike: "v > 1",
      reset: "v = 0",
      refractory: "0.3 ms",
    });
    const c = cell(m, { dt: 1e-4, groups: BRIAN, connected: new Set(["v", "w"]), values: { v: 2, w: 0 } });
    const seen = Array.from({ length: 4 }, () => [c.step({ v: 0.5, w: 1 }), c.state.v! > 0.4]);
    expect(seen).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [false, true],
    ]);
    expect(c.state.w).toBeGreaterThan(3.9);
  });
  test("what sees a clamped variable sees it stand still", () => {
    const m = define("dy/dt = -y/tau : 1 (unless refractory)\ndx/dt = (y - x)/tau : 1", {
      parameters: { tau: "1 ms" },
      spike: "y > 1",
      refractory: "1 second",
      initial: { y: 2 },
    });
    const c = cell(m, { dt: 1e-3, values: { refractory: 0, y: 2 * Math.E } });
    expect(c.step()).toBe(true); // y is 2 now; x rose with it
    c.state.x = 0;
    c.step();
    expect([c.state.y! / 2, c.state.x! / (2 * (1 - Math.exp(-1)))].map((r) => Math.abs(r - 1) < 1e-14)).toEqual([
      true,
      true,
    ]);
  });
  test("a duration that parameters give, also per neuron", () => {
    const m = define("v[t+1] = 2 : 1", { parameters: { tref: "3 ms" }, spike: "v > 1", refractory: "tref" });
    expect(spikesOf(m, { dt: 1e-3 }, 8)).toEqual([0, 3, 6]);
    expect(spikesOf(m, { dt: 1e-3, spikeStepCounts: false }, 9)).toEqual([0, 4, 8]);
    expect(spikesOf(m, { dt: 1e-3, perNeuron: new Set(["tref"]), values: { tref: 2.2e-3 } }, 6)).toEqual([0, 2, 4]);
    expect(spikesOf(m, { dt: 1e-3, perNeuron: new Set(["tref"]), values: { tref: 0 } }, 3)).toEqual([0, 1, 2]);
    expect(spikesOf(m, { dt: 1e-4, values: { tref: 3e-4 } }, 7)).toEqual([0, 3, 6]); // 3e-4/1e-4 is just below 3
  });
  test("a condition: refractory while it holds after a spike", () => {
    // v climbs to 3, falls to 0 and climbs again; it fires once a climb, not once a step above 1
    const m = define("v[t+1] = (v + 1) % 4 : 1", { spike: "v > 1", refractory: "v > 1" });
    expect(spikesOf(m, { dt: 1e-3 }, 12)).toEqual([1, 5, 9]);
    expect(spikesOf(define("v[t+1] = (v + 1) % 4 : 1", { spike: "v > 1" }), { dt: 1e-3 }, 8)).toEqual([1, 2, 5, 6]);
    // it leads nobody into the refractory state
    expect(
      spikesOf(define("v[t+1] = (v + 1) % 4 : 1", { spike: "v > 2", refractory: "v > 1" }), { dt: 1e-3 }, 8),
    ).toEqual([2, 6]);
  });
  test("a difference equation is clamped too", () => {
    const c = cell(integrateAndFire({ refractory: "3 ms" }), { dt: 1e-3, connected: new Set(["i"]) });
    expect(Array.from({ length: 6 }, () => [c.step({ i: 0.6 }), c.state.v])).toEqual([
      [false, 0.6],
      [true, 0],
      [false, 0],
      [false, 0],
      [false, 0.6],
      [true, 0],
    ]);
  });
  test("the differentiable spike is zero while refractory, and so is its derivative", () => {
    const { spike, spikeValue } = neuronStep(lif({ refractory: "3 ms" }), {
      type: "f64",
      dt: 1e-3,
      phases: ["threshold"],
    });
    expect([text(spikeValue!), text(spike!)]).toEqual([
      "select(eq(refractory, 0), spike(sub(v, vTh)), 0)",
      "and(eq(refractory, 0), gt(sub(v, vTh), 0))",
    ]);
  });
  test("not_refractory is a name", () => {
    const m = define("n[t+1] = n + int(not_refractory) : 1\nv[t+1] = 2 : 1", { spike: "v > 1", refractory: "3 ms" });
    const c = cell(m, { dt: 1e-3 });
    for (let k = 0; k < 7; k++) c.step();
    expect(c.state.n).toBe(3); // steps 0, 3, 6
    const free = define("n[t+1] = n + int(not_refractory) : 1");
    expect(stores(free, ["update"])).toEqual({ n: "add(n, 1)" });
  });
});

describe("statements, types and order", () => {
  test("later statements of a reset see earlier ones", () => {
    const m = (reset: string) =>
      cell(define("v : 1\nw : 1", { spike: "v > 1", reset }), { dt: 1e-3, values: { v: 3, w: 10 } });
    const resetTo = (reset: string) => {
      const c = m(reset);
      c.step();
      return [c.state.v, c.state.w];
    };
    expect([resetTo("v = 0; w += v"), resetTo("w += v; v = 0"), resetTo("v -= 1; v *= 4\nw /= v")]).toEqual([
      [0, 10],
      [0, 13],
      [8, 1.25],
    ]);
  });
  test("difference equations see the values before the step", () => {
    const c = cell(define("a[t+1] = b : 1\nb[t+1] = a : 1"), { dt: 1e-3, values: { a: 1, b: 2 } });
    c.step();
    expect([c.state.a, c.state.b]).toEqual([2, 1]);
  });
  test("a subexpression of states is that of the values after the step", () => {
    const { outputs } = neuronStep(define("a[t+1] = a + 1 : 1\ntwice = 2*a : 1"), {
      type: "f64",
      dt: 1e-3,
      phases: ["update"],
    });
    expect(text(outputs.get("twice")!)).toBe("mul(2, add(a, 1))");
  });
  test("integers count in i32 beyond 2^24, booleans flip", () => {
    const m = define(
      "n[t+1] = n + 1 : integer\nhalf[t+1] = n/2 : integer\non[t+1] = not on and n > 2 : boolean\nv : 1",
      { spike: "on", reset: "v += n" },
    );
    const { step } = neuronStep(m, { type: "f32", dt: 1e-3, phases: ["update"] });
    expect(step.slots.filter((s) => s.name !== "v").map((s) => [s.name, s.type])).toEqual([
      ["n", "i32"],
      ["half", "i32"],
      ["on", "bool"],
    ]);
    const c = cell(m, { type: "f32", dt: 1e-3, values: { n: 2 ** 24 + 1 } });
    expect([c.step(), c.state.n, c.state.on]).toEqual([true, 2 ** 24 + 2, 1]);
    expect([c.step(), c.state.n, c.state.on]).toEqual([false, 2 ** 24 + 3, 0]);
  });
  // One delta input of 2 in step 0 onto v, threshold 1: who fires when, by hand.
  test("order of phases: layered fires at once and resets; Brian fires a step later", () => {
    const m = integrateAndFire();
    const trace = (groups: readonly (readonly Phase[])[]) => {
      const c = cell(m, { dt: 1e-3, groups, connected: new Set(["v"]) });
      return [2, 0, 0].map((v) => [c.step({ v }), c.state.v]);
    };
    expect(trace(LAYERED)).toEqual([
      [true, 0],
      [false, 0],
      [false, 0],
    ]);
    expect(trace(BRIAN)).toEqual([
      [false, 2],
      [true, 0],
      [false, 0],
    ]);
    expect(trace([["receive", "update", "threshold", "reset"]])).toEqual([
      [true, 0],
      [false, 0],
      [false, 0],
    ]);
    expect(trace([["threshold", "reset", "update", "receive"]])).toEqual([
      [false, 2],
      [true, 0],
      [false, 0],
    ]);
  });
  test("random draws: a stream each, one for each name of noise, from the first on", () => {
    const m = define("dv/dt = (rand() + randn() + poisson(3))/second + (xi + xi_2 + xi)*second**-0.5 : 1");
    const streams = (firstStream: number) =>
      nodes(neuronStep(m, { type: "f32", dt: 1e-3, phases: ["update"], firstStream }).step).flatMap((e) =>
        e.tag === "draw" ? [`${e.law} ${e.stream} ${e.type}`] : [],
      );
    expect(streams(0).sort()).toEqual([
      "normal 1 f32",
      "normal 3 f32",
      "normal 4 f32",
      "poisson 2 f32",
      "uniform 0 f32",
    ]);
    expect(streams(10).sort()).toEqual([
      "normal 11 f32",
      "normal 13 f32",
      "normal 14 f32",
      "poisson 12 f32",
      "uniform 10 f32",
    ]);
  });
});

describe("functions, against Math", () => {
  const value = (expression: string, x: number, y = 0): number => {
    const m = define(`x[t+1] = x : 1\ny[t+1] = y : 1\nz[t+1] = ${expression} : 1`);
    const c = cell(m, { dt: 1e-3, values: { x, y } });
    c.step();
    return c.state.z!;
  };
  const mod = (a: number, b: number): number => a - b * Math.floor(a / b);
  test.each<[string, (x: number, y: number) => number]>([
    ["exp(x)", Math.exp],
    ["log(abs(x))", (x) => Math.log(Math.abs(x))],
    ["log10(abs(x))", (x) => Math.log10(Math.abs(x))],
    ["expm1(x)", Math.expm1],
    ["exprel(x)", (x) => Math.expm1(x) / x],
    ["sigmoid(x)", (x) => 1 / (1 + Math.exp(-x))],
    ["sin(x)", Math.sin],
    ["cos(x)", Math.cos],
    ["tan(x)", Math.tan],
    ["sinh(x)", Math.sinh],
    ["cosh(x)", Math.cosh],
    ["tanh(x)", Math.tanh],
    ["floor(x)", Math.floor],
    ["ceil(x)", Math.ceil],
    ["sign(x)", Math.sign],
    ["int(x)", Math.trunc],
    ["int(x > y)", (x, y) => Number(x > y)],
    ["sqrt(abs(x))", (x) => Math.sqrt(Math.abs(x))],
    ["clip(x, -1, y)", (x, y) => Math.min(Math.max(x, -1), y)],
    ["clip(x, 0, inf)", (x) => Math.max(x, 0)],
    ["min(x, y, 0.1)", (x, y) => Math.min(x, y, 0.1)],
    ["max(x, y)", Math.max],
    ["where(x > y and not x > 2, x, -y)", (x, y) => (x > y && !(x > 2) ? x : -y)],
    ["where(x < y or x > 2, 1, 0)", (x, y) => Number(x < y || x > 2)],
    ["clip(x, -1, 1)", (x) => Math.min(Math.max(x, -1), 1)],
    ["where(True or x > 0, x, y)", (x) => x],
    ["where(x > 0 or False, x, y)", (x, y) => (x > 0 ? x : y)],
    ["where(True and x > 0, x, y)", (x, y) => (x > 0 ? x : y)],
    ["100000*100000*x", (x) => 1e10 * x],
    ["x % y", mod],
    ["x // y", (x, y) => Math.floor(x / y)],
    ["x**2", (x) => x * x],
    ["x**3", (x) => x ** 3],
    ["x**-2", (x) => x ** -2],
    ["abs(x)**0.5", (x) => Math.sqrt(Math.abs(x))],
    ["abs(x)**1.5", (x) => Math.abs(x) ** 1.5],
    ["abs(x)**y", (x, y) => Math.abs(x) ** y],
    ["abs(x)**-0.5", (x) => Math.abs(x) ** -0.5],
    ["x**0", () => 1],
    ["e**x*pi", (x) => Math.E ** x * Math.PI],
    ["-x - -y", (x, y) => -x + y],
    ["3*mV/mV*x", (x) => 3 * x],
    ["dt/ms*x", (x) => x],
  ])("%s", (expression, f) => {
    for (const [x, y] of [
      [0.3, 0.7],
      [-1.2, 0.4],
      [2.5, 1.5],
      [-2.5, -0.6],
    ] as const) {
      const expected = f(x, y);
      // functions by a macro of below 1 ulp, at most four of them; cosh and the like add two exponentials
      expect(Math.abs(value(expression, x, y) - expected)).toBeLessThanOrEqual(8 * 2 ** -53 * Math.abs(expected));
    }
  });
  test("exprel and expm1 at 0", () => expect([value("exprel(x)", 0), value("expm1(x)", 0)]).toEqual([1, 0]));
});
