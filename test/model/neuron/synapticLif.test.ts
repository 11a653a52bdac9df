/** LIF neurons by the shape of their synapses: potentials after one spike, and rates, in closed form. */
import { describe, expect, test } from "vitest";
import { ModelError } from "../../../src/base/errors.ts";
import { alphaLif } from "../../../src/model/neuron/alphaLif.ts";
import { cobaLif } from "../../../src/model/neuron/cobaLif.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { secondOrderLif } from "../../../src/model/neuron/secondOrderLif.ts";
import { cell } from "../cell.ts";
import { intervals, rungeKutta } from "./reference.ts";

/** Current and membrane of a neuron that never fires, `t` after a spike of weight 1; times in milliseconds. */
function potential(
  model: ReturnType<typeof alphaLif>,
  dt: number,
  steps: number,
): { t: number; v: number; i: number }[] {
  const constants = new Map(model.parameters.map((p) => [p.name, p.value]));
  const c = cell(model, { dt: dt / 1000, connected: new Set(["x"]), constants });
  c.step({ x: 1 });
  return Array.from({ length: steps }, (_, k) => {
    c.step();
    return { t: (k + 1) * dt, v: c.state.v!, i: c.state.i! };
  });
}

describe("lif", () => {
  // From 0 under a constant current: v > 1 once exp(-t/tau) < 1 - 1/i.
  test.each([1.01, 1.5, 3, 40])("fires at the closed-form interval, tau ln(i/(i - 1)): i = %d", (i) => {
    const c = cell(lif(), { dt: 1e-4, connected: new Set(["i"]) });
    const spikes = Array.from({ length: 5000 }, (_, k) => k).filter(() => c.step({ i }));
    const steps = Math.ceil((20e-3 * Math.log(i / (i - 1))) / 1e-4);
    expect(spikes.length).toBeGreaterThan(3);
    expect(new Set(intervals(spikes))).toEqual(new Set([steps]));
  });
});

describe("alphaLif", () => {
  /** ∫ exp(-(t - s)/tau) e (s/ts) exp(-s/ts) ds/tau. */
  const psp = (tau: number, ts: number, t: number): number => {
    const k = 1 / ts - 1 / tau;
    const grown = k === 0 ? t ** 2 / 2 : (1 - Math.exp(-k * t) * (1 + k * t)) / k ** 2;
    return (Math.E / (tau * ts)) * Math.exp(-t / tau) * grown;
  };
  test.each([
    [10, 2, 0.1],
    [20, 5, 1],
    [3, 8, 0.5],
    [5, 5, 0.5],
  ])("the potential is its closed form: tau = %d, tauSyn = %d, dt = %d ms", (tau, tauSyn, dt) => {
    const course = potential(alphaLif({ tau: `${tau} ms`, tauSyn: `${tauSyn} ms`, vTh: 1e9 }), dt, 400);
    for (const { t, v, i } of course) {
      // Numbers below 1, some ten roundings a step, forgotten within tau/dt = 100 steps or fewer: below 2e-13.
      expect(Math.abs(i - (t / tauSyn) * Math.exp(1 - t / tauSyn))).toBeLessThan(2e-13);
      expect(Math.abs(v - psp(tau, tauSyn, t))).toBeLessThan(2e-13);
    }
  });
  test("the current is highest at tauSyn, and then it is the weight", () => {
    const course = potential(alphaLif({ tauSyn: "3 ms" }), 0.1, 200);
    const peak = course.reduce((a, b) => (b.i > a.i ? b : a));
    expect(peak.t).toBeCloseTo(3, 12);
    expect(peak.i).toBeCloseTo(1, 13);
  });
});

describe("secondOrderLif", () => {
  /** Current: A (exp(-t/td) - exp(-t/tr)), A so that its peak, at ln(td/tr)/(1/tr - 1/td), is 1. */
  const shape = (tr: number, td: number) => {
    const at = Math.log(td / tr) / (1 / tr - 1 / td);
    const scale = 1 / (Math.exp(-at / td) - Math.exp(-at / tr));
    return { at, scale, i: (t: number): number => scale * (Math.exp(-t / td) - Math.exp(-t / tr)) };
  };
  test.each([
    [20, 1, 5, 0.1],
    [10, 0.3, 2, 0.1],
    [15, 4, 2, 0.5], // the roles of rise and decay may be exchanged: the difference is the same
    [10, 2, 100, 1],
  ])("the potential is its closed form: tau = %d, tauRise = %d, tauDecay = %d, dt = %d ms", (tau, tr, td, dt) => {
    const model = secondOrderLif({ tau: `${tau} ms`, tauRise: `${tr} ms`, tauDecay: `${td} ms`, vTh: 1e9 });
    const { scale, i: current } = shape(tr, td);
    const filtered = (ts: number, t: number): number => (ts / (ts - tau)) * (Math.exp(-t / ts) - Math.exp(-t / tau));
    for (const { t, v, i } of potential(model, dt, 400)) {
      // As above; the scale is at most 2 here, and a slow decay remembers 100 steps.
      expect(Math.abs(i - current(t))).toBeLessThan(5e-13);
      expect(Math.abs(v - scale * (filtered(td, t) - filtered(tr, t)))).toBeLessThan(5e-13);
    }
  });
  test("the peak is the weight, where both exponentials say", () => {
    const { at } = shape(1, 5);
    const course = potential(secondOrderLif(), 0.01, 1000);
    const peak = course.reduce((a, b) => (b.i > a.i ? b : a));
    expect(Math.abs(peak.t - at)).toBeLessThan(0.01);
    expect(1 - peak.i).toBeLessThan(0.01 ** 2); // a parabola about its peak, half a step off at most
    expect(peak.i).toBeLessThanOrEqual(1 + 1e-13);
  });
  test("with equal time constants it is the alpha function", () => {
    const alpha = potential(alphaLif({ tau: "20 ms", tauSyn: "4 ms" }), 0.2, 200);
    const both = potential(secondOrderLif({ tauRise: "4 ms", tauDecay: "4 ms" }), 0.2, 200);
    for (const [k, { v }] of both.entries()) expect(Math.abs(v - alpha[k]!.v)).toBeLessThan(1e-14);
  });
});

describe("cobaLif", () => {
  const [C, gL, EL, Ee, Ei] = [200e-12, 10e-9, -60e-3, 0, -80e-3];
  const forEver = { taue: "1e15 s", taui: "1e15 s" };
  test("under conductances that stand still: rest and time constant", () => {
    const [ge, gi] = [2e-9, 5e-9];
    const c = cell(cobaLif({ ...forEver, vTh: "1 V" }), { dt: 1e-3, connected: new Set(), values: { ge, gi } });
    const g = gL + ge + gi;
    const rest = (gL * EL + ge * Ee + gi * Ei) / g;
    for (let k = 1; k <= 200; k++) {
      c.step();
      // Roundings of 2^-53 · 80 mV a step, forgotten in C/g = 12 steps; conductances lose 1e-18 of themselves a step.
      expect(Math.abs(c.state.v! - (rest + (EL - rest) * Math.exp((-k * 1e-3 * g) / C)))).toBeLessThan(2e-15);
    }
  });
  test("and the interval: tRef + C/g ln((rest - vReset)/(rest - vTh))", () => {
    const ge = 6e-9;
    const g = gL + ge;
    const rest = (gL * EL) / g;
    const c = cell(cobaLif(forEver), { dt: 1e-5, connected: new Set(), values: { ge } });
    const spikes = Array.from({ length: 20_000 }, (_, k) => k).filter(() => c.step());
    const free = Math.ceil(((C / g) * Math.log((rest + 60e-3) / (rest + 50e-3))) / 1e-5);
    expect(spikes.length).toBeGreaterThan(4);
    // A spike ends its step: 500 steps of rest are those that follow, of which the last moves again.
    for (const steps of intervals(spikes)) expect(Math.abs(steps - (500 + free))).toBeLessThanOrEqual(1);
  });
  test("spikes that arrive: order 1 to what Runge-Kutta finds", () => {
    const slope = ([v, ge, gi]: readonly number[]) => [
      (gL * (EL - v!) + ge! * (Ee - v!) + gi! * (Ei - v!)) / C,
      -ge! / 5e-3,
      -gi! / 10e-3,
    ];
    let x = [EL, 6e-9, 67e-9];
    for (let k = 0; k < 4000; k++) x = rungeKutta(slope, x, 0, 5e-6);
    const error = (parts: number): number => {
      const values = { ge: 6e-9, gi: 67e-9 };
      const c = cell(cobaLif(), { dt: 20e-3 / parts, connected: new Set(), values });
      for (let k = 0; k < parts; k++) c.step();
      return Math.abs(c.state.v! - x[0]!);
    };
    const errors = [200, 400, 800].map(error);
    for (const k of [1, 2]) expect(Math.abs(Math.log2(errors[k - 1]! / errors[k]!) - 1)).toBeLessThan(0.05);
  });
  test("weights are conductances: jumps of ge, the port where none is named, and of gi", () => {
    expect(cobaLif().port).toBe("ge");
    const c = cell(cobaLif(), { dt: 1e-4, connected: new Set(["ge", "gi"]) });
    c.step({ ge: 6e-9, gi: 67e-9 });
    expect([c.state.ge, c.state.gi, c.state.v]).toEqual([6e-9, 67e-9, EL]);
  });
  test.each<[string, () => unknown, string, string]>([
    ["a parameter that is none", () => cobaLif({ El: "1 mV" } as object), "unknown-name", "coba-lif.parameters.El"],
    ["another dimension", () => cobaLif({ C: "1 nS" }), "unit-mismatch", "coba-lif.equations"],
    ["a capacitance of nothing", () => cobaLif({ C: "0 pF" }), "out-of-range", "coba-lif.parameters.C"],
    ["a leak below nothing", () => cobaLif({ gL: "-1 nS" }), "out-of-range", "coba-lif.parameters.gL"],
    [
      "a time constant below 0",
      () => cobaLif({ taue: { value: -5, unit: "ms" } }),
      "out-of-range",
      "coba-lif.parameters.taue",
    ],
  ])("refuses %s", (_what, make, code, path) => {
    expect(make).toThrow(ModelError);
    expect(make).toThrow(expect.objectContaining({ code, path }));
  });
  test("a value may say more than its number", () => {
    const { parameters } = cobaLif({ vTh: { value: -52, unit: "mV", trainable: true } });
    expect(parameters.find((p) => p.name === "vTh")).toMatchObject({
      value: -0.052,
      trainable: true,
      doc: "threshold",
    });
  });
});
