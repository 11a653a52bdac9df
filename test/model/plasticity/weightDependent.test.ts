/** STDP that depends on the weight: recursions written out, limits, and where weights of unrelated spikes go. */
import { describe, expect, test } from "vitest";
import { multiplicativeStdp } from "../../../src/model/plasticity/multiplicativeStdp.ts";
import { pairStdp } from "../../../src/model/plasticity/pairStdp.ts";
import { powerLawStdp } from "../../../src/model/plasticity/powerLawStdp.ts";
import { arrivals, type Case, dt, ensembleAfter, meanOf, train, weightsAfter } from "./tools.ts";

const CASES = [0.1, 0.5, 0.9].map((w, k): Case => ({ pre: train(k + 1, 50, 5000), post: train(k + 9, 50, 5000), w }));
/** Weights one spike after the other, with the sums over earlier spikes of the other side formed anew each time. */
function recursion(
  c: Case,
  { tauPlus, tauMinus, nearest = false }: { tauPlus: number; tauMinus: number; nearest?: boolean },
  change: (w: number, of: "pre" | "post", trace: number) => number,
): number {
  const all = arrivals(c);
  return all.reduce((w, { of, step }, k) => {
    const tau = of === "pre" ? tauMinus : tauPlus;
    const others = all.slice(0, k).filter((x) => x.of !== of);
    const counted = nearest ? others.slice(-1) : others;
    return change(
      w,
      of,
      counted.reduce((s, x) => s + Math.exp((-(step - x.step) * dt) / tau), 0),
    );
  }, c.w!);
}
/** A hundred events, some roundings each, of weights below 1. */
const TOLERANCE = 100 * 16 * 2 ** -53;

describe("multiplicative depression (van Rossum et al. 2000)", () => {
  const options = { transmit: "ge += w", cPlus: 0.004, cMinus: 0.01, tauPlus: "15 ms", tauMinus: "30 ms", noise: 0 };
  test.each([false, true])("trains, nearest %s: the recursion", async (nearest) => {
    const found = await weightsAfter(multiplicativeStdp({ ...options, pairing: nearest ? "nearest" : "all" }), CASES);
    CASES.forEach((c, k) => {
      const expected = recursion(c, { tauPlus: 0.015, tauMinus: 0.03, nearest }, (w, of, trace) =>
        of === "pre" ? w - 0.01 * w * trace : w + 0.004 * trace,
      );
      expect(Math.abs(found[k]! - expected)).toBeLessThan(TOLERANCE);
      expect(Math.abs(expected - c.w!)).toBeGreaterThan(1e-3);
    });
  });
  test("without a bound, weights of unrelated spikes go to cPlus tauPlus / (cMinus tauMinus)", async () => {
    // Relaxation at 40 Hz twice: 1600 * 0.01 * 0.03 = 0.48 a second; 12 s leave exp(-5.8) of the way.
    const weights = await ensembleAfter(multiplicativeStdp(options), {
      size: 300,
      seconds: 12,
      pre: 40,
      post: 40,
      w: 0.2,
    });
    const { mean, error } = meanOf(weights);
    const rest = (0.004 * 0.015) / (0.01 * 0.03);
    expect(rest).toBeCloseTo(0.2, 12);
    // A pair of one step counts as source before target: half a step of 1 ms of 15 and of 30 ms; weight and trace of a
    // spike are related to the order of cMinus.
    expect(Math.abs(mean - rest)).toBeLessThan(4 * error + rest * (0.5 / 15 + 0.5 / 30 + 0.01));
    const far = await ensembleAfter(multiplicativeStdp(options), { size: 300, seconds: 12, pre: 40, post: 40, w: 1 });
    expect(meanOf(far).mean).toBeCloseTo(rest + 0.8 * Math.exp(-0.48 * 12), 1);
  });
  test("noise: the spread of single steps is its share of the weight", async () => {
    const noisy = multiplicativeStdp({ ...options, noise: 0.05 });
    const cases = Array.from({ length: 2000 }, (): Case => ({ pre: [100], post: [150], w: 0.5 }));
    const { mean, error } = meanOf(await weightsAfter(noisy, cases));
    const window = Math.exp((-50 * dt) / 0.015);
    const spread = 0.05 * 0.5 * window;
    expect(Math.abs(mean - 0.5 - 0.004 * window)).toBeLessThan(4 * error);
    // The relative error of a standard deviation of n draws is 1/sqrt(2n).
    expect(Math.abs(error * Math.sqrt(2000) - spread)).toBeLessThan((4 * spread) / Math.sqrt(4000));
  });
});

describe("power of the weight (Gütig et al. 2003)", () => {
  const of = (mu: number, more = {}) =>
    powerLawStdp({
      transmit: "ge += w",
      mu,
      lambda: 0.02,
      alpha: 1.1,
      tauPlus: "15 ms",
      tauMinus: "30 ms",
      wMax: 2,
      ...more,
    });
  const bounded = (w: number): number => Math.min(2, Math.max(0, w));
  test.each([0, 0.02, 0.3, 1])("mu = %d, trains: the recursion", async (mu) => {
    const found = await weightsAfter(of(mu), CASES);
    CASES.forEach((c, k) => {
      const expected = recursion(c, { tauPlus: 0.015, tauMinus: 0.03 }, (w, end, trace) =>
        bounded(end === "pre" ? w - 2 * 0.02 * 1.1 * (w / 2) ** mu * trace : w + 2 * 0.02 * (1 - w / 2) ** mu * trace),
      );
      // The power is rounded to an ulp or two more.
      expect(Math.abs(found[k]! - expected)).toBeLessThan(4 * TOLERANCE);
    });
  });
  test("mu = 0 is additive pair STDP, and stops at the bounds", async () => {
    const additive = pairStdp({
      transmit: "ge += w",
      aPlus: 0.02,
      aMinus: 0.022,
      tauPlus: "15 ms",
      tauMinus: "30 ms",
      wMax: 2,
    });
    const [one, other] = [await weightsAfter(of(0), CASES), await weightsAfter(additive, CASES)];
    one.forEach((w, k) => expect(Math.abs(w - other[k]!)).toBeLessThan(TOLERANCE));
    const up: Case = { pre: [10, 20, 30], post: [11, 21, 31], w: 1.99 };
    const down: Case = { post: [10, 20, 30], pre: [20, 30, 40], w: 0.01 };
    expect(await weightsAfter(of(0, { lambda: 0.3 }), [up, down])).toEqual([2, 0]);
  });
  test("mu = 1 comes no nearer to a bound than in proportion", async () => {
    const up: Case = { pre: [10], post: [11], w: 1.99 };
    const [w] = await weightsAfter(of(1), [up]);
    expect(w).toBeCloseTo(2 - 0.01 * (1 - 0.02 * Math.exp(-1e-4 / 0.015)), 14);
  });
  test.each([1, 0.3, 0.1])("mu = %d: weights of unrelated spikes go to wMax / (1 + alpha^(1/mu))", async (mu) => {
    const rule = powerLawStdp({ transmit: "ge += w", mu, lambda: 0.01, alpha: 1.05, wMax: 2 });
    // Of tau = 20 ms and 50 Hz twice, the slowest relaxes at 0.01 * 50 a second times mu/u*^(1 - mu) > 0.1: 40 s.
    const rest = 2 / (1 + 1.05 ** (1 / mu));
    const { mean, error } = meanOf(await ensembleAfter(rule, { size: 200, seconds: 40, pre: 50, post: 50, w: 1 }));
    // A pair in one step counts as source before target: half of a step in 20 ms for each side, which is a change of alpha
    // by 5 percent; the mean of the power is not that of the mean, to the order of the variance.
    const shifted = 2 / (1 + ((1.05 * (1 - 0.5 / 20)) / (1 + 0.5 / 20)) ** (1 / mu));
    const variance = (error * Math.sqrt(200)) ** 2;
    expect(Math.abs(mean - shifted)).toBeLessThan(4 * error + variance + 0.01);
    expect(rest).toBeLessThan(1);
  });
});
