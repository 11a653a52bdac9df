import { describe, expect, test } from "vitest";
import { binnedRate, meanRates, psth, smoothedRate } from "../../src/analysis/rate.ts";
import { oneTrain, spikeTrains } from "../../src/analysis/trains.ts";
import { alone, poissonTrain, regularTrain, together } from "./processes.ts";

describe("trains of a recording", () => {
  const steps = Uint32Array.of(0, 5, 5, 12, 20);
  const indices = Uint32Array.of(1, 0, 1, 1, 0);
  test("steps of the clocked engine, ticks of a series, times of the exact one", () => {
    const expected = {
      trains: [Float64Array.of(0.005, 0.02), Float64Array.of(0, 0.005, 0.012), new Float64Array(0)],
      from: 0,
      to: 0.03,
    };
    const options = { size: 3, to: 0.03 };
    expect(spikeTrains({ steps, indices }, { ...options, dt: 1e-3 })).toEqual(expected);
    expect(
      spikeTrains({ ticks: Float64Array.from(steps), indices, samples: new Uint32Array(5) }, { ...options, dt: 1e-3 }),
    ).toEqual(expected);
    expect(spikeTrains({ times: Float64Array.from(steps, (k) => k * 1e-3), indices }, options)).toEqual(expected);
  });
  test("a stretch of the record, one of several trials", () => {
    const cut = spikeTrains({ steps, indices }, { size: 2, dt: 1e-3, from: 0.005, to: 0.02 });
    expect(cut.trains.map((t) => [...t])).toEqual([[0.005], [0.005, 0.012]]);
    const samples = Uint32Array.of(0, 0, 1, 1, 1);
    const second = spikeTrains({ steps, indices, samples }, { size: 2, dt: 1e-3, to: 1, sample: 1 });
    expect(second.trains.map((t) => [...t])).toEqual([[0.02], [0.005, 0.012]]);
  });
  test.each([
    [{ steps, indices }, { size: 2, to: 1 }, "dt: is needed"],
    [{ indices }, { size: 2, to: 1 }, "spikes: needs steps, ticks or times"],
    [{ steps, indices: [1] }, { size: 2, to: 1, dt: 1 }, "spikes: 5 times for 1 indices"],
    [{ steps, indices }, { size: 1, to: 1, dt: 1 }, "spikes.indices[0]: must be from 0 to 0, got 1"],
    [{ times: [Number.NaN], indices: [0] }, { size: 1, to: 1 }, "spikes[0]: its time must be finite, got NaN"],
    [{ steps, indices }, { size: 2, to: 0, dt: 1 }, "trains: must cover some finite time, got 0 to 0 s"],
  ])("refused: %o %o", (spikes, options, message) => {
    expect(() => spikeTrains(spikes, options)).toThrow(message);
  });
  test("a train out of order, or of what is no time", () => {
    expect(() => oneTrain([1, 0.5], 0, 2)).toThrow("train[1]: times must be in order: 0.5 follows 1");
    expect(() => oneTrain([Number.POSITIVE_INFINITY], 0, 2)).toThrow("train[0]: must be a finite time, got Infinity");
  });
});

describe("rates", () => {
  test("of regular trains: one by the interval, in every bin", () => {
    const trains = together([regularTrain(0.01, 2), regularTrain(0.02, 2), new Float64Array(0)], 2);
    expect([...meanRates(trains)]).toEqual([100, 50, 0]);
    const { times, rates } = binnedRate(trains, 0.1);
    expect([...times].slice(0, 2).map((t) => Math.round(1000 * t))).toEqual([50, 150]);
    for (const r of rates) expect(r).toBeCloseTo(50, 9);
  });
  test("bins from multiples of a step: a spike at a border belongs to the bin that begins there, whatever rounding says", () => {
    const steps = Array.from({ length: 100 }, (_, k) => 3 * k);
    const spikes = spikeTrains({ steps, indices: steps.map(() => 0) }, { size: 1, dt: 1e-4, to: 0.03 });
    expect([...binnedRate(spikes, 3e-4).rates].map((r) => Math.round(r * 3e-4))).toEqual(steps.map(() => 1));
  });
  test("of a Poisson train: mean within four standard errors, and counts of bins that add up", () => {
    const [rate, to] = [40, 500];
    const spikes = alone(poissonTrain(rate, to, 1), to);
    expect(Math.abs(meanRates(spikes)[0]! - rate)).toBeLessThan(4 * Math.sqrt(rate / to));
    const sum = binnedRate(spikes, 0.5).rates.reduce((a, b) => a + b, 0) * 0.5;
    expect(Math.round(sum)).toBe(spikes.trains[0]!.length);
  });
  test.each([
    ["gaussian", (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)],
    ["exponential", (x: number) => (x < 0 ? 0 : Math.exp(-x))],
    ["alpha", (x: number) => (x < 0 ? 0 : x * Math.exp(-x))],
    ["boxcar", (x: number) => (x >= -0.5 && x < 0.5 ? 1 : 0)],
  ] as const)("one spike smoothed by %s: the kernel, of area 1", (kernel, density) => {
    const [width, step, at] = [0.02, 1e-3, 1.0003];
    const { times, rates } = smoothedRate(alone(Float64Array.of(at), 3), { kernel, width, step });
    for (const [k, t] of times.entries()) expect(rates[k]!).toBeCloseTo(density((t - at) / width) / width, 6);
    // The sum is the integral up to what the jump of a kernel makes of a step: a step's worth at most.
    expect(Math.abs(rates.reduce((a, b) => a + b, 0) * step - 1)).toBeLessThan(step / width + 1e-9);
  });
  test("around events: a cell that fires 12 ms after each, and a regular background", () => {
    const events = Array.from({ length: 50 }, (_, k) => 0.1 + 0.2 * k);
    const locked = Float64Array.from(events, (e) => e + 0.0125);
    const h = psth(together([locked, regularTrain(0.2, 10.2)], 10.2), events, {
      before: 0.02,
      after: 0.05,
      bin: 0.005,
    });
    expect(h.events).toBe(50);
    expect([...h.times].map((t) => Math.round(t * 1e4))).toEqual(Array.from({ length: 14 }, (_, k) => -175 + 50 * k));
    const expected = h.times.map((t) => (Math.abs(t - 0.0125) < 1e-9 ? 1 / (2 * 0.005) : 0));
    for (const [k, r] of h.rates.entries()) expect(r).toBeCloseTo(expected[k]!, 9);
  });
  test("events too near to the ends do not count; without any the rates are NaN", () => {
    const h = psth(alone(Float64Array.of(0.5), 1), [0.01, 0.5, 0.99], { before: 0.05, after: 0.05, bin: 0.05 });
    expect([h.events, ...h.rates]).toEqual([1, 0, 20]);
    const none = psth(alone(Float64Array.of(0.5), 1), [], { before: 0.05, after: 0.05, bin: 0.05 });
    expect([none.events, ...none.rates]).toEqual([0, Number.NaN, Number.NaN]);
  });
  test("refused", () => {
    const spikes = alone(Float64Array.of(0.5), 1);
    expect(() => binnedRate(spikes, 2)).toThrow("bin: 2 s is longer than the record, which covers 1 s");
    expect(() => binnedRate(spikes, 0)).toThrow("bin: must be a finite number of seconds above 0, got 0");
    expect(() => binnedRate(spikes, Number.NaN)).toThrow("bin: must be a finite number of seconds above 0, got NaN");
    expect(() => binnedRate(together([], 1), 0.1)).toThrow("trains: there are no neurons");
    expect(() => smoothedRate(spikes, { width: -1, step: 0.1 })).toThrow("width: must be a finite number");
    expect(() => smoothedRate(spikes, { kernel: "box" as never, width: 1, step: 0.1 })).toThrow(
      "kernel: unknown kernel 'box'; known: gaussian, exponential, alpha, boxcar",
    );
    expect(() => psth(spikes, [Number.NaN], { before: 0.1, after: 0.1, bin: 0.1 })).toThrow("events[0]");
  });
});
