import { describe, expect, test } from "vitest";
import { cubaLif } from "../../../src/model/neuron/cubaLif.ts";
import { numbers } from "../../sim/run.ts";
import { cell } from "../cell.ts";

describe("cubaLif", () => {
  /** Membrane a time t after a spike of weight 1. */
  const psp = (tau: number, tauSyn: number, t: number): number =>
    tau === tauSyn
      ? (t / tau) * Math.exp(-t / tau)
      : (tauSyn / (tau - tauSyn)) * (Math.exp(-t / tau) - Math.exp(-t / tauSyn));
  test.each([
    [10, 5, 1],
    [10, 5, 0.1],
    [5, 20, 1],
    [8, 8, 0.5],
  ])("exact: the postsynaptic potential is its closed form, tau = %d, tauSyn = %d, dt = %d ms", (tau, tauSyn, dt) => {
    const model = cubaLif({ tau: `${tau} ms`, tauSyn: `${tauSyn} ms`, vTh: 1e9 });
    const c = cell(model, { dt: dt / 1000, connected: new Set(["i"]) });
    c.step({ i: 1 });
    expect([c.state.v, c.state.i]).toEqual([0, 1]);
    for (let k = 1; k <= 300; k++) {
      c.step();
      // Both sides are numbers below 1, rounded some ten times a step, and errors decay.
      expect(Math.abs(c.state.v! - psp(tau, tauSyn, k * dt))).toBeLessThan(1e-14);
      expect(Math.abs(c.state.i! - Math.exp((-k * dt) / tauSyn))).toBeLessThan(1e-14);
    }
  });
  test("euler: the step of Norse, in every variable", () => {
    const steps = 2000;
    const c = cell(cubaLif({ integration: "euler" }), { dt: 1e-3, connected: new Set(["x"]) });
    let [v, i, spikes] = [0, 0, 0];
    for (const x of Array.from({ length: steps }, numbers(3)).map((r) => 0.8 * r + 0.35)) {
      i += x;
      v += 0.1 * (i - v);
      i *= 0.8;
      const s = v > 1;
      if (s) v = 0;
      spikes += Number(s);
      expect(c.step({ x })).toBe(s);
      // Some ten roundings of 2^-53 a step on numbers below 4, forgotten in ten steps.
      expect(Math.abs(c.state.v! - v)).toBeLessThan(1e-13);
      expect(Math.abs(c.state.i! - i)).toBeLessThan(1e-13);
    }
    expect(spikes).toBeGreaterThan(50);
  });
  test("euler tends to the closed form, error of order dt", () => {
    const worst = [1e-3, 5e-4, 2.5e-4].map((dt) => {
      const c = cell(cubaLif({ integration: "euler", vTh: 1e9 }), { dt, connected: new Set(["x"]) });
      let most = 0;
      for (let k = 1; k * dt <= 0.04; k++) {
        c.step({ x: k === 1 ? 1 : 0 });
        most = Math.max(most, Math.abs(c.state.v! - psp(10, 5, k * dt * 1000)));
      }
      return most;
    });
    for (let k = 1; k < worst.length; k++) expect(Math.log2(worst[k - 1]! / worst[k]!)).toBeCloseTo(1, 0.7);
  });
  test("while refractory the membrane rests and the current decays", () => {
    const c = cell(cubaLif({ refractory: "4 ms" }), { dt: 1e-3, connected: new Set(["i"]) });
    c.step({ i: 50 });
    expect(c.step()).toBe(true);
    const current = c.state.i!;
    for (let k = 0; k < 3; k++) expect([c.step(), c.state.v]).toEqual([false, 0]);
    expect(c.state.i).toBeCloseTo(current * Math.exp(-3 / 5), 12);
    expect(c.step()).toBe(true);
  });
});
