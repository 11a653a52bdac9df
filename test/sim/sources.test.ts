/** Inputs that fire by themselves: how often, how independently, and the same however time is cut. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { stepSource } from "../../src/sim/clockedSource.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { arraySource, poissonSource, regularSource, type SpikeSource } from "../../src/sim/spikeSource.ts";
import { numbers, run } from "./run.ts";

/** Fires with each spike that arrives. */
const relay = neuron({ name: "relay", equations: "v : 1", spike: "v > 0.5", reset: "v = 0", port: "v" });
const relayed = (size: number, delay = 0) =>
  network({
    dt: "1 ms",
    inputs: { x: inputNode(size) },
    populations: { r: population(size, relay) },
    connections: [connect("x", "r", { connectivity: oneToOne, weight: 1, delay })],
  });

describe("Poisson", () => {
  const [size, steps, p] = [50, 20_000, 0.02];
  const source = stepSource(poissonSource(20), { name: "x", seed: 3, size, dt: 1e-3 });
  const all = source(0, 0, steps);
  test("each element fires as often as its rate says, with the spread of independent trials", () => {
    const counts = new Float64Array(size);
    for (const i of all.indices) counts[i]!++;
    const [mean, variance] = [steps * p, steps * p * (1 - p)];
    // 50 counts: the sum within 5 of its standard deviations, and the sum of squares within 5 of those of chi-square.
    expect(Math.abs(all.indices.length - size * mean)).toBeLessThan(5 * Math.sqrt(size * variance));
    const chi = counts.reduce((sum, n) => sum + (n - mean) ** 2 / variance, 0);
    expect(Math.abs(chi - size)).toBeLessThan(5 * Math.sqrt(2 * size));
  });
  test("gaps are geometric: no memory", () => {
    const last = new Int32Array(size).fill(-1);
    const gaps = new Float64Array(4);
    let total = 0;
    all.steps.forEach((step, k) => {
      const i = all.indices[k]!;
      if (last[i]! >= 0) {
        const gap = step - last[i]! - 1;
        if (gap < gaps.length) gaps[gap]!++;
        total++;
      }
      last[i] = step;
    });
    gaps.forEach((n, gap) => {
      const q = p * (1 - p) ** gap;
      expect(Math.abs(n - total * q)).toBeLessThan(5 * Math.sqrt(total * q));
    });
  });
  test("rates of their own: those with twice the rate fire twice as often, and 0 never", () => {
    const rates = [0, 10, 20, 1000];
    const own = stepSource(poissonSource(rates), { name: "y", seed: 3, size: 4, dt: 1e-3 })(0, 0, steps);
    const counts = rates.map((_, i) => own.indices.filter((k) => k === i).length);
    expect(counts[0]).toBe(0);
    expect(counts[3]).toBe(steps); // certain in every step
    for (const i of [1, 2]) {
      const q = rates[i]! * 1e-3;
      expect(Math.abs(counts[i]! - steps * q)).toBeLessThan(5 * Math.sqrt(steps * q));
    }
  });
  test("in order of step and element; however steps are asked for, the same", () => {
    const keys = [...all.steps].map((s, k) => s * size + all.indices[k]!);
    expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
    const again = stepSource(poissonSource(20), { name: "x", seed: 3, size, dt: 1e-3 });
    const parts = [0, 1, 255, 256, 700, 701, 5_000].map((from, k, cuts) => again(0, from, cuts[k + 1] ?? steps));
    expect(parts.flatMap((x) => [...x.steps])).toEqual([...all.steps]);
    expect(parts.flatMap((x) => [...x.indices])).toEqual([...all.indices]);
  });
  test("trials, seeds and names have spikes of their own", () => {
    const digest = (name: string, seed: number, trial: number) =>
      stepSource(poissonSource(20), { name, seed, size, dt: 1e-3 })(trial, 0, 500).steps.join();
    expect(new Set([digest("x", 3, 0), digest("x", 3, 1), digest("x", 4, 0), digest("z", 3, 0)]).size).toBe(4);
  });
});

test("regular: in the step that the time falls into", () => {
  const at = (source: SpikeSource, dt: number, to: number) =>
    [...stepSource(source, { name: "x", seed: 0, size: 2, dt })(0, 0, to).steps].filter((_, k) => k % 2 === 0);
  expect(at(regularSource("3 ms"), 1e-3, 10)).toEqual([3, 6, 9]);
  expect(at(regularSource(0.3e-3, 0), 1e-4, 10)).toEqual([0, 3, 6, 9]);
  expect(at(regularSource("2.5 ms", "1 ms"), 1e-3, 12)).toEqual([1, 3, 6, 8, 11]);
});

describe("array", () => {
  const times = [[0.0031, 0.0002, 0.007], [], new Float64Array([0.003, 0.0007])];
  const source = () => stepSource(arraySource(times), { name: "x", seed: 0, size: 3, dt: 1e-4 });
  test("each spike in the step that its time falls into, in order of step and element", () => {
    const found = (trial: number, from: number, to: number) => {
      const { steps, indices } = source()(trial, from, to);
      return { steps: [...steps], indices: [...indices] };
    };
    expect(found(0, 0, 71)).toEqual({ steps: [2, 7, 30, 31, 70], indices: [0, 2, 2, 0, 0] });
    expect(found(5, 7, 31)).toEqual({ steps: [7, 30], indices: [2, 2] }); // of every trial the same
    expect(found(0, 32, 70)).toEqual({ steps: [], indices: [] });
  });
  test("in the engine, of any times: the steps that dividing by dt gives, however time is cut", async () => {
    const random = numbers(4);
    const own = Array.from({ length: 5 }, () =>
      [...new Set(Array.from({ length: 30 }, () => Math.floor((random() + 0.5) * 300)))].map((k) => (k + 0.5) * 1e-3),
    );
    const sources = { x: arraySource(own) };
    const { spikes } = await run(relayed(5), 300, { sources });
    for (const [i, t] of own.entries())
      expect([...spikes.r!.steps].filter((_, k) => spikes.r!.indices[k] === i)).toEqual(
        t.map((x) => Math.floor(x * 1e3)).sort((a, b) => a - b),
      );
    using cut = await createEngine(relayed(5), wasm, { sources, block: 7 });
    for (const n of [1, 99, 200]) cut.run(n);
    using whole = await createEngine(relayed(5), wasm, { sources });
    expect(cut.digest).toBe(whole.run(300).digest);
  });
});

describe("in the engine", () => {
  const sources = { x: poissonSource(50) };
  test("both backends hear the same, of each trial", async () => {
    const { spikes } = await run(relayed(20), 300, { sources, samples: 3, seed: 8 });
    const expected = [0, 1, 2].map(
      (s) => stepSource(sources.x, { name: "x", seed: 8, size: 20, dt: 1e-3 })(s, 0, 300).steps.length,
    );
    expect([0, 1, 2].map((s) => spikes.r!.samples.filter((x) => x === s).length)).toEqual(expected);
  });
  test("delayed, in runs and blocks of any length, and after a snapshot", async () => {
    const net = relayed(20, 3);
    using whole = await createEngine(net, wasm, { sources, seed: 8 });
    const expected = whole.run(400);
    const late = stepSource(sources.x, { name: "x", seed: 8, size: 20, dt: 1e-3 })(0, 0, 397);
    expect([...expected.spikes.r!.steps]).toEqual([...late.steps].map((s) => s + 3));
    using cut = await createEngine(net, wasm, { sources, seed: 8, block: 7 });
    cut.run(100);
    cut.run(1);
    using other = await createEngine(net, wasm, { sources, seed: 8, block: 7 });
    other.restore(cut.snapshot());
    other.run(299);
    expect(other.digest).toBe(expected.digest);
  });
});

describe("refused", () => {
  const engine = (source: object, name = "x") =>
    createEngine(relayed(2), wasm, { sources: { [name]: source as SpikeSource } });
  test.each<[string, () => Promise<unknown>, string, string]>([
    ["an input that there is none of", () => engine(poissonSource(1), "y"), "unknown-name", "sources.y"],
    ["a kind that there is none of", () => engine({ kind: "bursts" }), "unknown-name", "sources.x"],
    ["more than a spike a step", () => engine(poissonSource(1001)), "out-of-range", "sources.x.rate"],
    ["rates of another number of elements", () => engine(poissonSource([1, 2, 3])), "shape-mismatch", "sources.x.rate"],
    ["a rate below 0", () => engine(poissonSource(-1)), "out-of-range", "sources.x.rate"],
    ["a rate that is no number", () => engine(poissonSource(Number.NaN)), "out-of-range", "sources.x.rate"],
    ["lists for another number of elements", () => engine(arraySource([[1]])), "shape-mismatch", "sources.x.times"],
    ["a time before the start", () => engine(arraySource([[], [0, -1]])), "out-of-range", "sources.x.times[1][1]"],
    [
      "a time that is no number",
      () => engine(arraySource([[Number.NaN], []])),
      "out-of-range",
      "sources.x.times[0][0]",
    ],
    ["two in one step", () => engine(arraySource([[0.0109, 0.5, 0.0101], []])), "out-of-range", "sources.x.times[0]"],
    ["an interval of nothing", () => engine(regularSource(0)), "out-of-range", "sources.x.interval"],
  ])("%s", async (_what, make, code, path) => {
    await expect(make()).rejects.toThrow(expect.objectContaining({ code, path }));
  });
  test("spikes for an input that has a source", async () => {
    using e = await createEngine(relayed(2), wasm, { sources: { x: poissonSource(1) } });
    expect(() => e.run(5, { x: { steps: [0], indices: [0] } })).toThrow(
      expect.objectContaining({ code: "unsupported", path: "inputs.x" }),
    );
  });
});
