import { describe, expect, test } from "vitest";
import { cv, cv2, intervalHistogram, intervals, lv } from "../../src/analysis/intervals.ts";
import { deadTimeTrain, gammaTrain, poissonTrain, regularTrain } from "./processes.ts";

const [RATE, TO] = [50, 2000];

describe("closed forms", () => {
  test("a regular train varies in no way", () => {
    const train = regularTrain(0.25, 100);
    expect([cv(train), cv2(train), lv(train)]).toEqual([0, 0, 0]);
  });
  test("alternating intervals a and b: CV |a - b|/(a + b), CV2 twice that, LV three times its square", () => {
    const train = Float64Array.from({ length: 401 }, (_, k) => Math.floor(k / 2) * 4 + (k % 2));
    expect(cv(train)).toBeCloseTo(0.5, 12);
    expect(cv2(train)).toBeCloseTo(1, 12);
    expect(lv(train)).toBeCloseTo(0.75, 12);
  });
  // Of n intervals of order k: relative variance of CV is (1 + 1/k)/(2n), by the delta method with kurtosis 3 + 6/k and
  // skewness 2/√k. Neighbours share an interval, so that a mean over n pairs varies at most as that of n/3 free ones; a term of
  // CV2 lies in [0, 2], one of LV in [0, 3], so that they vary by at most 1 and 9/4.
  test.each([1, 2, 4, 10])("a gamma process of order %i (1: Poisson): CV 1/√k, LV 3/(2k + 1)", (k) => {
    const train = gammaTrain(k, RATE, TO, 7 + k);
    const n = train.length;
    expect(Math.abs(cv(train) - 1 / Math.sqrt(k))).toBeLessThan((4 / Math.sqrt(k)) * Math.sqrt((1 + 1 / k) / (2 * n)));
    expect(Math.abs(lv(train) - 3 / (2 * k + 1))).toBeLessThan(4 * Math.sqrt((3 * 9) / (4 * n)));
    if (k === 1) expect(Math.abs(cv2(train) - 1)).toBeLessThan(4 * Math.sqrt(3 / n));
  });
  test("Poisson with dead time: CV 1/(1 + r d), no interval below d, an exponential above it", () => {
    const [r, d] = [100, 0.005];
    const train = deadTimeTrain(r, d, TO, 3);
    const n = train.length - 1;
    expect(cv(train)).toBeCloseTo(1 / (1 + r * d), 1);
    // As above with k = 1 for the part that varies: CV is s/(d + m).
    expect(Math.abs(cv(train) - 1 / (1 + r * d))).toBeLessThan(4 * Math.sqrt(2 / n));
    const { density, edges, beyond } = intervalHistogram([train], 0.001, 0.05);
    for (const [k, p] of density.entries()) {
      const [a, b] = [edges[k]!, edges[k + 1]!];
      const share = b <= d + 1e-9 ? 0 : Math.exp(-r * (a - d)) - Math.exp(-r * (b - d));
      expect(Math.abs(p * 0.001 - share)).toBeLessThan(4.5 * Math.sqrt((share * (1 - share)) / n) + 1e-12); // 50 bins
    }
    expect(Math.abs(beyond / n - Math.exp(-r * (0.05 - d)))).toBeLessThan(4 * Math.sqrt(Math.exp(-r * 0.045) / n));
  });
  test("a rate that drifts raises CV and leaves CV2 and LV near 1", () => {
    const slow = poissonTrain(5, 500, 1);
    const fast = poissonTrain(80, 500, 2).map((t) => t + 500);
    const train = Float64Array.of(...slow, ...fast);
    expect(cv(train)).toBeGreaterThan(2);
    const n = train.length;
    expect(Math.abs(cv2(train) - 1)).toBeLessThan(4 * Math.sqrt(3 / n));
    expect(Math.abs(lv(train) - 1)).toBeLessThan(4 * Math.sqrt(27 / (4 * n)));
  });
});

describe("little or wrong input", () => {
  test("too few spikes have no measure: NaN", () => {
    for (const train of [[], [1], [1, 2]]) for (const measure of [cv, cv2, lv]) expect(measure(train)).toBeNaN();
    expect([...intervals([]), ...intervals([3])]).toEqual([]);
    expect(intervalHistogram([[], [1]], 0.1, 1).density.every(Number.isNaN)).toBe(true);
  });
  test("spikes at one moment", () => {
    expect([...intervals([1, 1, 1])]).toEqual([0, 0]);
    expect([cv2([1, 1, 1]), lv([1, 1, 1])]).toEqual([0, 0]);
  });
  test("refused", () => {
    expect(() => cv([0, 2, 1])).toThrow("train[2]: times must be in order: 1 follows 2");
    expect(() => lv([0, Number.NaN])).toThrow("train[1]: must be a finite time, got NaN");
    expect(() => intervalHistogram([[0, 1]], 0, 1)).toThrow("bin: must be a finite number of seconds above 0, got 0");
    expect(() => intervalHistogram([[0, 1]], 1, 0.5)).toThrow("longest: must be at least one bin of 1 s, got 0.5");
  });
});
