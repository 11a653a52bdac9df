/** Quadratic, exponential and adaptive exponential integrate-and-fire: intervals, rheobase, patterns. */
import { describe, expect, test } from "vitest";
import { adex } from "../../../src/model/neuron/adex.ts";
import { eif } from "../../../src/model/neuron/eif.ts";
import { qif } from "../../../src/model/neuron/qif.ts";
import { cell } from "../cell.ts";
import { firing, integral, intervals, rungeKutta, spikeSteps, withMethod } from "./reference.ts";

describe("qif", () => {
  const [tau, vRest, vCrit, vPeak, vReset] = [10e-3, -65e-3, -50e-3, 20e-3, -80e-3];
  const span = vCrit - vRest;
  /** tau v' = (v - mid)²/span + excess: an arc tangent. */
  const interval = (i: number): number => {
    const excess = i - span / 4;
    const root = Math.sqrt(excess * span);
    const mid = (vRest + vCrit) / 2;
    return tau * Math.sqrt(span / excess) * (Math.atan((vPeak - mid) / root) - Math.atan((vReset - mid) / root));
  };
  test("fires at the closed-form interval; near rheobase as the square root of what is above it", async () => {
    const [dt, rheobase] = [1e-5, span / 4];
    const above = [1e-3, 4e-3, 1e-2, 5e-2];
    const found = await firing(
      qif(),
      above.map((x) => rheobase + x),
      dt,
      60_000,
    );
    for (const [k, x] of above.entries()) {
      const steps = intervals(found[k]!);
      expect(steps.length).toBeGreaterThan(1);
      // The grid: a spike comes with the first step whose end is above vPeak. rk2's own error is below one step too.
      for (const s of steps) expect(Math.abs(s * dt - interval(rheobase + x))).toBeLessThan(2 * dt);
    }
    // Far from both ends the arc tangents are pi together: T ~ pi tau sqrt(span/excess).
    expect(interval(rheobase + 1e-9) / (Math.PI * tau * Math.sqrt(span / 1e-9))).toBeCloseTo(1, 3);
  });
  test("below rheobase it rests at the lower root", async () => {
    const i = 0.5 * (span / 4); // approached as exp(-0.7 t/tau)
    const c = cell(qif(), { dt: 1e-4, connected: new Set(["i"]) });
    for (let k = 0; k < 5000; k++) expect(c.step({ i })).toBe(false);
    const mid = (vRest + vCrit) / 2;
    expect(Math.abs(c.state.v! - (mid - Math.sqrt(span ** 2 / 4 - i * span)))).toBeLessThan(1e-15);
  });
  test("near rest it is a leaky integrator with tau", () => {
    const c = cell(qif(), { dt: 1e-5, connected: new Set(["i"]), values: { v: vRest + 1e-9 } });
    for (let k = 0; k < 1000; k++) c.step();
    expect((c.state.v! - vRest) / (1e-9 * Math.exp(-1))).toBeCloseTo(1, 6); // rk2: (h/tau)²/6 · 1000 steps = 2e-7
  });
});

describe("eif", () => {
  const [tau, EL, VT, DeltaT, vPeak, vReset, tRef] = [10e-3, -65e-3, -59.9e-3, 3.48e-3, -30e-3, -68e-3, 1.7e-3];
  const rheobase = VT - EL - DeltaT;
  const slope = (v: number, i: number): number => (EL - v + DeltaT * Math.exp((v - VT) / DeltaT) + i) / tau;
  test("fires at the interval that the integral of 1/v' gives", async () => {
    const dt = 1e-5;
    const currents = [rheobase + 1e-3, rheobase + 1e-2, rheobase + 4e-2];
    const found = await firing(eif(), currents, dt, 40_000);
    for (const [k, i] of currents.entries()) {
      const exact = tRef + integral((v) => 1 / slope(v, i), vReset, vPeak);
      const steps = intervals(found[k]!);
      expect(steps.length).toBeGreaterThan(1);
      for (const s of steps) expect(Math.abs(s * dt - exact)).toBeLessThan(2 * dt);
    }
  });
  test("rheobase is VT - EL - DeltaT: below it rests, where its slope is 0", async () => {
    const currents = [rheobase - 1e-6, rheobase + 1e-6];
    const found = await firing(eif({ tRef: "0 ms" }), currents, 1e-4, 60_000);
    expect(found[0]).toEqual([]);
    // pi tau sqrt(2 DeltaT/1e-6), the passage through a parabola: 2.6 s.
    expect(found[1]!.length).toBeGreaterThan(0);
    expect(Math.abs(found[1]![0]! * 1e-4 - Math.PI * tau * Math.sqrt((2 * DeltaT) / 1e-6))).toBeLessThan(0.2);
  });
  test("a step that overshoots stays finite", () => {
    const c = cell(eif(), { dt: 1e-3, connected: new Set(["i"]) });
    const spikes = Array.from({ length: 200 }, (_, k) => k).filter(() => {
      const fired = c.step({ i: 20e-3 });
      expect(Number.isFinite(c.state.v)).toBe(true);
      return fired;
    });
    expect(spikes.length).toBeGreaterThan(5);
  });
});

/** Naud et al. 2008, table 1, as Brian's example has it (its authors corrected some rows against the figures). */
const PATTERNS = {
  tonic: { C: 200, gL: 10, EL: -70, a: 2, tauW: 30, b: 0, vReset: -58, i: 500 },
  adapting: { C: 200, gL: 12, EL: -70, a: 2, tauW: 300, b: 60, vReset: -58, i: 500 },
  "initial burst": { C: 130, gL: 18, EL: -58, a: 4, tauW: 150, b: 120, vReset: -50, i: 400 },
  "regular bursting": { C: 200, gL: 10, EL: -58, a: 2, tauW: 120, b: 100, vReset: -46, i: 210 },
  "delayed accelerating": { C: 200, gL: 12, EL: -70, a: -10, tauW: 300, b: 0, vReset: -58, i: 300 },
  "delayed regular bursting": { C: 100, gL: 10, EL: -65, a: -10, tauW: 90, b: 30, vReset: -47, i: 110 },
  transient: { C: 100, gL: 10, EL: -65, a: 10, tauW: 90, b: 100, vReset: -47, i: 180 },
} as const;
type Name = keyof typeof PATTERNS;
const NAMES = Object.keys(PATTERNS) as Name[];
const [VT, DeltaT, vPeak] = [-50, 2, 0];
/** In mV, pA, ms, nS, pF. */
const written = ({ C, gL, EL, a, tauW, b, vReset, i }: (typeof PATTERNS)[Name]) => ({
  start: [EL, 0],
  slope: ([v, w]: readonly number[]): number[] => {
    const u = Math.min(v!, vPeak);
    return [(gL * (EL - u) + gL * DeltaT * Math.exp((u - VT) / DeltaT) - w! + i) / C, (a * (u - EL) - w!) / tauW];
  },
  reset: ([v, w]: readonly number[]) => (v! > vPeak ? [vReset, w! + b] : undefined),
});
/** All patterns in one population: each neuron has its own row. */
async function ours(method: "rk2" | "rk4", dt: number, seconds: number): Promise<Record<Name, number[]>> {
  const column = (key: keyof (typeof PATTERNS)[Name], unit: number): number[] =>
    NAMES.map((n) => PATTERNS[n][key] * unit);
  const parameters = {
    ...{ C: column("C", 1e-12), gL: column("gL", 1e-9), EL: column("EL", 1e-3), a: column("a", 1e-9) },
    ...{ tauW: column("tauW", 1e-3), b: column("b", 1e-12), vReset: column("vReset", 1e-3) },
  };
  const model = withMethod(adex({ VT: "-50 mV", DeltaT: "2 mV", vPeak: "0 mV" }), method);
  const initial = { v: column("EL", 1e-3) };
  const found = await firing(model, column("i", 1e-12), dt, Math.round(seconds / dt), { parameters, initial });
  return Object.fromEntries(NAMES.map((n, k) => [n, found[k]!])) as Record<Name, number[]>;
}

describe("adex", () => {
  test("rk4: spike for spike the equations written out, in the same steps", async () => {
    const found = await ours("rk4", 1e-4, 0.5);
    for (const name of NAMES) {
      const expected = spikeSteps(written(PATTERNS[name]), 0.1, 5000);
      expect({ [name]: found[name] }).toEqual({ [name]: expected });
      expect(expected.length).toBeGreaterThan(name === "transient" ? 0 : 3);
    }
  });
  test("by default, rk2: the same spikes as in steps ten times shorter, to a hundredth of their times", async () => {
    const [coarse, fine] = [await ours("rk2", 2e-5, 0.5), await ours("rk4", 2e-6, 0.5)];
    for (const name of NAMES) {
      const [a, b] = [coarse[name]!.map((k) => (k + 1) * 2e-5), fine[name]!.map((k) => (k + 1) * 2e-6)];
      // A spike is seen up to one step of 20 us late, and what follows starts late; intervals are 1 to 200 ms.
      const n = Math.min(a.length, b.length);
      expect(Math.abs(a.length - b.length)).toBeLessThanOrEqual(1);
      for (let k = 0; k < n; k++) expect(Math.abs(a[k]! - b[k]!)).toBeLessThan(0.01 * b[k]!);
    }
  });
  test("the patterns are what they are called", async () => {
    const spikes = await ours("rk2", 1e-4, 0.6);
    const gaps = (name: Name): number[] => intervals(spikes[name]!);
    const spread = (x: readonly number[]): number => Math.max(...x) / Math.min(...x);
    expect(spread(gaps("tonic").slice(2))).toBeLessThan(1.05);
    expect(gaps("adapting").every((g, k, all) => k === 0 || g >= all[k - 1]! - 1)).toBe(true);
    expect(spread(gaps("adapting"))).toBeGreaterThan(2);
    expect(gaps("initial burst")[0]! * 3).toBeLessThan(gaps("initial burst").at(-1)!);
    expect(spread(gaps("initial burst").slice(-4))).toBeLessThan(1.2);
    // After a first burst, pairs: short and long intervals take turns.
    const bursting = gaps("regular bursting").slice(4);
    expect(bursting.length).toBeGreaterThan(4);
    for (let k = 1; k < bursting.length; k++) expect(spread(bursting.slice(k - 1, k + 1))).toBeGreaterThan(3);
    expect(gaps("delayed accelerating").every((g, k, all) => k === 0 || g <= all[k - 1]! + 1)).toBe(true);
    expect(spikes["delayed accelerating"]![0]).toBeGreaterThan(330); // twice the membrane's time constant
    const late = spikes.transient!.at(-1)!;
    expect(late).toBeLessThan(1500);
  });
  // Touboul and Brette 2008: without adaptation to the membrane it fires above gL (VT - EL - DeltaT).
  test("rheobase without a", async () => {
    const rheobase = 30e-9 * (-50.4e-3 + 70.6e-3 - 2e-3);
    const found = await firing(adex({ a: "0 nS", b: "0 nA" }), [rheobase - 1e-12, rheobase + 1e-12], 1e-4, 20_000);
    expect(found[0]).toEqual([]);
    expect(found[1]!.length).toBeGreaterThan(0);
  });
  test("w, after a spike from a step that overshoots, is what fine steps leave", () => {
    const left = (dt: number): number => {
      const c = cell(adex(), { dt, connected: new Set(["i"]) });
      let k = 0;
      while (!c.step({ i: 2e-9 })) expect(k++).toBeLessThan(1e5);
      return c.state.w!;
    };
    // 80.5 pA by the spike; before it, adaptation to the membrane is below 4 nS · 90 mV.
    expect(Math.abs(left(1e-4) - left(1e-6))).toBeLessThan(1e-12);
  });
  test("order 2 below threshold", () => {
    const at = { ...PATTERNS.adapting, i: 100 };
    const { slope, start } = written(at as unknown as (typeof PATTERNS)["adapting"]);
    let x: readonly number[] = start;
    for (let k = 0; k < 2000; k++) x = rungeKutta(slope, x, 0, 0.02);
    const error = (parts: number): number => {
      const model = adex({
        ...{ C: "200 pF", gL: "12 nS", EL: "-70 mV", VT: "-50 mV", a: "2 nS", tauW: "300 ms" },
        ...{ vPeak: "0 mV" },
      });
      const c = cell(model, { dt: 40e-3 / parts, connected: new Set(["i"]) });
      for (let k = 0; k < parts; k++) c.step({ i: 100e-12 });
      return Math.abs(c.state.v! * 1000 - x[0]!);
    };
    const errors = [20, 40, 80].map(error);
    for (const k of [1, 2]) expect(Math.abs(Math.log2(errors[k - 1]! / errors[k]!) - 2)).toBeLessThan(0.1);
  });
});
