import { describe, expect, test } from "vitest";
import {
  autoCorrelogram,
  countCorrelations,
  crossCorrelogram,
  fanoFactors,
  spikeCounts,
} from "../../src/analysis/counts.ts";
import { alone, deadTimeTrain, gammaTrain, merged, poissonTrain, regularTrain, together } from "./processes.ts";

describe("Fano factor", () => {
  const [rate, to] = [50, 4000];
  // Of M windows a variance is known to √(2/(M - 1)) of itself, where counts are many enough to be near normal.
  const tolerance = (windows: number): number => 4 * Math.sqrt(2 / (windows - 1));
  test.each([0.2, 1, 4])("Poisson, windows of %f s: 1", (window) => {
    const [f] = fanoFactors(alone(poissonTrain(rate, to, 4), to), window);
    // Below many counts a window the fourth moment adds 1/mean to the 2.
    expect(Math.abs(f! - 1)).toBeLessThan(4 * Math.sqrt((2 + 1 / (rate * window)) / (to / window)));
  });
  test.each([2, 4, 10])("gamma of order %i: 1/k + (1 - 1/k²)/(6 λT) (Cox 1962, Renewal Theory, 4.5)", (k) => {
    const window = 2;
    const [f] = fanoFactors(alone(gammaTrain(k, rate, to, 20 + k), to), window);
    const expected = 1 / k + (1 - 1 / k ** 2) / (6 * rate * window);
    expect(Math.abs(f! / expected - 1)).toBeLessThan(tolerance(to / window));
  });
  test("Poisson with dead time: towards CV² in long windows", () => {
    const [r, d, window] = [100, 0.01, 4];
    const [f] = fanoFactors(alone(deadTimeTrain(r, d, to, 5), to), window);
    expect(Math.abs(f! * (1 + r * d) ** 2 - 1)).toBeLessThan(tolerance(to / window));
  });
  test("two windows of none and two spikes: a variance of 2 (over n - 1) by a mean of 1", () => {
    expect([...fanoFactors(alone(Float64Array.of(1.2, 1.7), 2), 1)]).toEqual([2]);
  });
  test("regular: 0; a neuron that never fires: NaN", () => {
    const spikes = together([regularTrain(0.1, 100), new Float64Array(0)], 100);
    expect([...fanoFactors(spikes, 1)]).toEqual([0, Number.NaN]);
    expect(spikeCounts(spikes, 1)[0]!.every((n) => n === 10)).toBe(true);
  });
  test("refused", () => {
    const spikes = alone(Float64Array.of(0.1), 1);
    expect(() => fanoFactors(spikes, 0.6)).toThrow("window: two windows of 0.6 s do not fit into the record");
    expect(() => fanoFactors(spikes, 1.5)).toThrow("window: 1.5 s is longer than the record, which covers 1 s");
    expect(() => spikeCounts(spikes, -1)).toThrow("window: must be a finite number of seconds above 0, got -1");
  });
});

describe("correlation of counts", () => {
  test("neurons that share a part c of their Poisson input: c", () => {
    const [rate, to, window] = [40, 2000, 0.5];
    for (const c of [0, 0.2, 0.7]) {
      const shared = c > 0 ? poissonTrain(c * rate, to, 60) : new Float64Array(0);
      const own = [61, 62].map((seed) => merged(shared, poissonTrain((1 - c) * rate, to, seed)));
      const r = countCorrelations(together(own, to), window);
      expect(r[0]).toBeCloseTo(1, 12);
      expect(r[1]).toBe(r[2]);
      // Fisher: the coefficient of M pairs is known to (1 - c²)/√M, somewhat more where counts are few (20 here: a tenth).
      expect(Math.abs(r[1]! - c)).toBeLessThan((4.5 * (1 - c * c)) / Math.sqrt(to / window));
    }
  });
  test("a neuron whose counts do not vary has none: NaN", () => {
    const r = countCorrelations(together([regularTrain(0.1, 10), Float64Array.of(1.5, 2.5)], 10), 1);
    expect(r.slice(0, 3)).toEqual(Float64Array.of(Number.NaN, Number.NaN, Number.NaN));
    expect(r[3]).toBeCloseTo(1, 12);
  });
});

describe("correlograms", () => {
  const [rate, to, bin] = [30, 1000, 0.002];
  test("a train that follows another by 10 ms: all its pairs at that lag, chance everywhere else", () => {
    const a = poissonTrain(rate, to, 70);
    const b = a.map((t) => t + 0.01).filter((t) => t < to);
    const { lags, counts, expected } = crossCorrelogram(together([a, b], to), 0, 1, { bin, longest: 0.04 });
    expect(lags.length).toBe(41);
    const peak = lags.findIndex((lag) => Math.abs(lag - 0.01) < 1e-9);
    for (const [k, n] of counts.entries()) {
      const more = k === peak ? b.length : 0;
      expect(Math.abs(n - expected[k]! - more)).toBeLessThan(
        5 * Math.sqrt(expected[k]! * (1 + (4 * rate * bin) / 1)) + 1,
      );
    }
    // The other way round it is the mirror image.
    const back = crossCorrelogram(together([a, b], to), 1, 0, { bin, longest: 0.04 });
    expect([...back.counts].reverse()).toEqual([...counts]);
  });
  test("by every pair of spikes, one by one", () => {
    const [a, b] = [poissonTrain(20, 5, 71), poissonTrain(30, 5, 72)];
    const { counts } = crossCorrelogram(together([a, b], 5), 0, 1, { bin: 0.01, longest: 0.1 });
    const slow = new Float64Array(21);
    for (const t of a)
      for (const u of b) {
        const k = Math.floor((u - t) / 0.01 + 0.5) + 10;
        if (k >= 0 && k < 21) slow[k]!++;
      }
    expect(counts).toEqual(slow);
  });
  test("of a train with dead time: nothing within it, symmetric, and the renewal density after it", () => {
    const [r, d] = [60, 0.008];
    const train = deadTimeTrain(r, d, to, 73);
    const { lags, counts } = autoCorrelogram(alone(train, to), 0, { bin, longest: 0.03 });
    expect([...counts].reverse()).toEqual([...counts]);
    const within = counts.filter((_, k) => Math.abs(lags[k]!) < d - bin / 2);
    expect(within.every((n) => n === 0)).toBe(true);
    // From d to 2 d only the first spike after can have come: density r e^(-r (t - d)).
    for (const [k, lag] of lags.entries()) {
      if (lag < d + bin / 2 || lag > 2 * d - bin) continue;
      const share = Math.exp(-r * (lag - bin / 2 - d)) - Math.exp(-r * (lag + bin / 2 - d));
      expect(Math.abs(counts[k]! - train.length * share)).toBeLessThan(4 * Math.sqrt(train.length * share));
    }
  });
  test("a Poisson train's own: chance, without each spike's pairing with itself", () => {
    const { counts, expected } = autoCorrelogram(alone(poissonTrain(rate, to, 74), to), 0, { bin, longest: 0.02 });
    for (const [k, n] of counts.entries())
      expect(Math.abs(n - expected[k]!)).toBeLessThan(4.5 * Math.sqrt(2 * expected[k]!));
  });
  test("chance: each of 3 spikes with 2 others, or with 2 of another neuron, over the time in which both are recorded", () => {
    const spikes = together([Float64Array.of(0.1, 0.2, 0.7), Float64Array.of(0.5, 0.6)], 2);
    for (const found of [
      autoCorrelogram(spikes, 0, { bin: 0.01, longest: 0.5 }),
      crossCorrelogram(spikes, 0, 1, { bin: 0.01, longest: 0.5 }),
    ])
      for (const [k, lag] of found.lags.entries())
        expect(found.expected[k]).toBeCloseTo((6 * 0.01 * (2 - Math.abs(lag))) / 2 ** 2, 12);
  });
  test("of silence: nothing", () => {
    const { counts, expected } = autoCorrelogram(alone(new Float64Array(0), 1), 0, { bin: 0.01, longest: 0.1 });
    expect([...counts, ...expected].every((n) => n === 0)).toBe(true);
  });
  test("refused", () => {
    const spikes = alone(Float64Array.of(0.1), 1);
    expect(() => autoCorrelogram(spikes, 1, { bin: 0.1, longest: 0.5 })).toThrow("neuron: must be from 0 to 0, got 1");
    expect(() => autoCorrelogram(spikes, 0, { bin: 0.1, longest: 1 })).toThrow(
      "longest: 1 s is not shorter than the record",
    );
  });
});
