/** Oracles: closed forms, and definitions written out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  binRates,
  histogram,
  intervalsOf,
  moments,
  quantile,
  rangeOf,
  thinned,
  windowsOf,
} from "../../../src/tasks/simulation/analysis.ts";

const train = (size: number, spikes: readonly (readonly [tick: number, neuron: number])[]) => ({
  node: "e",
  size,
  ticks: Float64Array.from(spikes, (s) => s[0]),
  indices: Uint32Array.from(spikes, (s) => s[1]),
});

test("regular neurons have a CV of 0, and one interval that occurs", () => {
  const spikes = Array.from({ length: 300 }, (_, k) => [10 * k + (k % 3), k % 3] as const);
  const { intervals, cv, cvNeurons } = intervalsOf(train(4, spikes), 1e-3, 3);
  expect(intervals.length).toBe(297);
  for (const x of intervals) expect(x).toBeCloseTo(0.03, 12);
  expect(cv).toBeCloseTo(0, 6);
  expect(cvNeurons).toBe(3);
});

test("two intervals in turn, a and b: CV = |a - b| / (a + b)", () => {
  const spikes = Array.from({ length: 2001 }, (_, k) => [10 * (k >> 1) + (k % 2 ? 2 : 0), 0] as const);
  expect(intervalsOf(train(1, spikes), 1, 10_001).cv).toBeCloseTo(6 / 10, 3); // 2 and 8
});

test("a Poisson process has a CV of 1", () => {
  let x = 1;
  const random = () => (x = (x * 48271) % 2147483647) / 2147483647;
  let t = 0;
  const spikes = Array.from({ length: 20_000 }, () => [(t -= Math.log(random())), 0] as const);
  const { cv, intervals } = intervalsOf(train(1, spikes), 1, t + 1);
  // The CV's standard error is about 1/√n for exponential intervals; five of them.
  expect(Math.abs(cv! - 1)).toBeLessThan(5 / Math.sqrt(20_000));
  expect(Math.abs(moments(intervals).mean - 1)).toBeLessThan(5 / Math.sqrt(20_000));
});

test("too few intervals have no CV", () => {
  expect(
    intervalsOf(
      train(2, [
        [0, 0],
        [3, 0],
        [5, 0],
      ]),
      1,
      6,
    ),
  ).toEqual({
    intervals: Float64Array.of(3, 2),
    cvNeurons: 0,
  });
});

test("a histogram loses nothing within its ends", () => {
  const numbers = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 30 }), (values, bins) => {
      const { low, high } = rangeOf(values);
      const { edges, counts } = histogram(values, bins, [low, high]);
      expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length);
      expect([edges[0]! - low, edges.length]).toEqual([0, bins + 1]);
    }),
  );
  expect(histogram([0, 1, 2, 3, 4], 2, [0, 4]).counts).toEqual([2, 3]);
  expect(histogram([0, 1, 9], 2, [0, 4]).counts).toEqual([2, 0]);
});

test("moments and quantiles", () => {
  expect(moments([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, sd: 2 });
  expect(moments([])).toEqual({ mean: Number.NaN, sd: Number.NaN });
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(3);
  expect(quantile([3, 1, 2, 4], 1)).toBe(4);
});

test("windows hold all spikes, whatever their number", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      (bins, windows) => {
        const out = windowsOf(Uint32Array.from(bins), bins.length, windows);
        expect(out.length).toBe(Math.min(windows, bins.length));
        expect(out.reduce((a, b) => a + b, 0)).toBe(bins.reduce((a, b) => a + b, 0));
      },
    ),
  );
  expect(binRates(Uint32Array.of(4, 8, 99), 2, 4, 0.5)).toEqual([2, 4]);
  expect(binRates(Uint32Array.of(4, 2, 0), 1.25, 4, 0.5)).toEqual([2, 4]);
});

test("a thinned curve keeps its extremes and its order", () => {
  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 500 });
  fc.assert(
    fc.property(values, (xs) => {
      const all = Float64Array.from(xs);
      const kept = thinned(
        Float64Array.from(xs, (_, k) => k),
        all,
        40,
      );
      expect(kept.values.length).toBeLessThanOrEqual(40);
      expect(rangeOf(kept.values)).toEqual(rangeOf(all));
      kept.ticks.forEach((t, k) => {
        expect(kept.values[k]).toBe(all[t]);
        if (k > 0) expect(t).toBeGreaterThan(kept.ticks[k - 1]!);
      });
    }),
  );
});
