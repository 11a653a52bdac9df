import { describe, expect, test } from "vitest";
import { alif } from "../../../src/model/neuron/alif.ts";
import { numbers } from "../../sim/run.ts";
import { cell, LAYERED } from "../cell.ts";

interface State {
  m: number;
  b: number;
  s: number;
}
interface Variant {
  /** The trace that raises the threshold in the reset. */
  readonly reset: (old: number, next: number) => number;
  /** In the test. */
  readonly test: (old: number, next: number) => number;
}
const NEW = (_old: number, next: number): number => next;
const OLD = (old: number): number => old;

/** The published statements one by one: b, then B from the new b, then the membrane from that B, then the spike. */
function yin({ m, b, s }: State, input: number, variant: Variant = { reset: NEW, test: NEW }): State {
  const [alpha, rho] = [Math.exp(-1 / 20), Math.exp(-1 / 150)]; // steps of 1 ms
  const next = rho * b + (1 - rho) * s;
  const membrane = m * alpha + (1 - alpha) * input - (0.01 + 1.8 * variant.reset(b, next)) * s;
  return { m: membrane, b: next, s: Number(membrane - (0.01 + 1.8 * variant.test(b, next)) > 0) };
}

const steps = 3000;
const drive = Array.from({ length: steps }, numbers(5)).map((x, t) => 0.6 * x + 0.3 * Math.sin(t / 90) + 0.15);
function course(variant?: Variant): State[] {
  let state: State = { m: 0, b: 0, s: 0 };
  return drive.map((x) => {
    state = yin(state, x, variant);
    return state;
  });
}

describe("alif", () => {
  test.each([
    ["layered", LAYERED],
    [
      "brian",
      [
        ["update", "threshold"],
        ["receive", "reset"],
      ] as const,
    ],
  ])("is the published step in every variable: %s", (_name, groups) => {
    const c = cell(alif(), { dt: 1e-3, connected: new Set(["i"]), groups });
    const expected = course();
    for (const [t, x] of drive.entries()) {
      expect(Number(c.step({ i: x }))).toBe(expected[t]!.s);
      const { v, b, s } = c.state;
      // A dozen roundings of 2^-53 a step on numbers below 1, forgotten with 1/(1 - rho) = 150 steps: below 3e-13.
      expect(Math.abs(v! - expected[t]!.m)).toBeLessThan(3e-13);
      expect(Math.abs(b! - expected[t]!.b)).toBeLessThan(3e-13);
      expect(s).toBe(expected[t]!.s);
    }
    const spikes = expected.filter((e) => e.s === 1).length;
    expect(spikes).toBeGreaterThan(100);
    expect(spikes).toBeLessThan(steps / 2);
  });
  // Any other order of the statements is another neuron, and the drive above tells them apart.
  test.each<[string, Variant]>([
    ["the old trace in the reset", { reset: OLD, test: NEW }],
    ["the old trace in the test", { reset: NEW, test: OLD }],
  ])("differs from: %s", (_name, variant) => {
    const gap = (a: State[], b: State[]): number => Math.max(...a.map((x, t) => Math.abs(x.m - b[t]!.m)));
    expect(gap(course(), course(variant))).toBeGreaterThan(1e-3);
  });
  // b of a neuron that fires once: (1 - rho)·rho^k after k + 1 further steps.
  test("one spike leaves a trace that decays with tauA", () => {
    const c = cell(alif({ tauA: "30 ms", b0: 0.5 }), { dt: 1e-3, connected: new Set(["i"]) });
    expect(c.step({ i: 20 })).toBe(true);
    const rho = Math.exp(-1 / 30);
    for (let k = 0; k < 100; k++) {
      expect(c.step()).toBe(false);
      expect(c.state.b).toBeCloseTo((1 - rho) * rho ** k, 14);
    }
  });
  test("takes values and documents them", () => {
    const { parameters } = alif({ tauM: "5 ms", beta: { value: 0.184, trainable: true } });
    expect(parameters.map((p) => [p.name, p.value, p.trainable, p.doc !== undefined])).toEqual([
      ["tauM", 0.005, false, true],
      ["tauA", 0.15, false, true],
      ["b0", 0.01, false, true],
      ["beta", 0.184, true, true],
    ]);
  });
});
