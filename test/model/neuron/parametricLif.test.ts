import { describe, expect, test } from "vitest";
import { ModelError } from "../../../src/base/errors.ts";
import { parametricLif } from "../../../src/model/neuron/parametricLif.ts";
import { cell } from "../cell.ts";

describe("parametricLif", () => {
  /** V = x (1 - (1 - 1/tau)^t): the geometric series of v += (x - v)/tau. */
  test.each([1.25, 2, 20])("below threshold it is a geometric series: tau = %d", (tau) => {
    const c = cell(parametricLif({ tau }), { dt: 1e-3, connected: new Set(["i"]) });
    for (let t = 1; t <= 100; t++) {
      expect(c.step({ i: 0.9 })).toBe(false);
      expect(Math.abs(c.state.v! - 0.9 * (1 - (1 - 1 / tau) ** t))).toBeLessThan(1e-14);
    }
  });
  /** From 0 it is above 1 once (1 - 1/tau)^t < 1 - 1/x. */
  test("fires at the closed-form interval, and resets", () => {
    const c = cell(parametricLif({ tau: 10 }), { dt: 1e-3, connected: new Set(["i"]) });
    const interval = Math.ceil(Math.log(1 - 1 / 1.5) / Math.log(0.9));
    const spikes = Array.from({ length: 110 }, (_, t) => t + 1).filter(() => c.step({ i: 1.5 }));
    expect(spikes).toEqual(Array.from({ length: Math.floor(110 / interval) }, (_, k) => (k + 1) * interval));
  });
  test("any w is a time constant above one step", () => {
    for (const w of [-30, -1, 0, 3, 30]) {
      const c = cell(parametricLif(), { dt: 1e-3, connected: new Set(["i"]), values: { w, v: 0.5 } });
      c.step({ i: 0.9 });
      expect(c.state.v).toBeGreaterThanOrEqual(0.5);
      expect(c.state.v).toBeLessThanOrEqual(0.9);
    }
  });
  test.each([1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses tau = %d", (tau) => {
    expect(() => parametricLif({ tau })).toThrow(ModelError);
    expect(() => parametricLif({ tau })).toThrow(/^parametric-lif\.tau: must be a finite number of steps > 1/);
  });
});
