/** Oracles: closed forms, and definitions written out. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { binRates, histogram, moments, rangeOf, thinned, windowsOf } from "../../../src/tasks/simulation/analysis.ts";

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

test("moments", () => {
  expect(moments([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, sd: 2 });
  expect(moments([])).toEqual({ mean: Number.NaN, sd: Number.NaN });
});

test("windows hold all spikes, whatever their number", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      (bins, windows) => {
        const out = windowsOf(Float64Array.from(bins), bins.length, windows);
        expect(out.length).toBe(Math.min(windows, bins.length));
        expect(out.reduce((a, b) => a + b, 0)).toBe(bins.reduce((a, b) => a + b, 0));
      },
    ),
  );
  expect(binRates(Float64Array.of(4, 8, 99), 2, 4, 0.5)).toEqual([2, 4]);
  expect(binRates(Float64Array.of(4, 2, 0), 1.25, 4, 0.5)).toEqual([2, 4]);
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
