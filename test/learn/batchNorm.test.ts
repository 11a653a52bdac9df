/** Batch normalisation in training. Oracles: finite differences of a whole smooth network, and the closed form by hand. */
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { SparseValueInput } from "../../src/learn/feed.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { inputNode, type Network, type NetworkSpec, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { type BatchNormOptions, batchNorm, residual, softmax, sum } from "../../src/model/transform.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { expectNear } from "./near.ts";
import { drawSamples, shortened, watched } from "./samples.ts";

const THREADED = [1, 2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const b of THREADED) b.dispose();
});

const [inputs, classes, steps, count] = [5, 3, 4, 11];
const drawn = drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.7 });
const { batch } = shortened(drawn, [4, 2, 4, 1, 3, 4, 4, 2, 4, 3, 4]);
const small = drawSamples({ count: 2, steps, inputs, classes, kind: "values", density: 0.7, seed: 5 }).batch;
const add = { weight: 1, connectivity: oneToOne, trainable: false } as const;
const start = { kind: "uniform", low: -1, high: 1 } as const;
const made = (spec: Omit<NetworkSpec, "dt" | "steps" | "inputs" | "output">): Network =>
  network({ dt: "1 ms", steps, inputs: { x: inputNode(inputs, { signal: "values" }) }, output: "out", ...spec });
const leaky = (n: number, tau = "4 ms") => population(n, leakyIntegrator({ tau }));

const normed = (shape: number | readonly number[], options: BatchNormOptions = {}): Network =>
  made({
    name: "normed",
    populations: { a: leaky(6), out: leaky(classes) },
    transforms: { s: sum(6), norm: batchNorm(shape, "s", { gain: 0.8, offset: 0.1, ...options }) },
    connections: [
      connect("x", "s", { weight: start }),
      connect("norm", "a", add),
      connect("a", "out", { weight: start }),
    ],
  });
const networks: Record<string, Network> = {
  "a channel for each number": normed(6),
  "three positions of two channels": normed([3, 2]),
  "statistics of each step": normed(6, { over: "batch" }),
  "statistics of each step, over positions": normed([3, 2], { over: "batch" }),
  "running statistics of two steps": normed(6, { over: "batch", steps: 2 }),
  "two norms one after the other, and beside each other": made({
    name: "deep",
    populations: { a: leaky(6), b: leaky(6, "7 ms"), out: leaky(classes) },
    transforms: {
      s: sum(6),
      first: batchNorm([2, 3], "s"),
      second: batchNorm(6, { node: "a", port: "v" }),
      third: batchNorm([3, 2], "s"),
      soft: softmax(6, "third"),
      both: residual(6, "second", "soft"),
      again: batchNorm([3, 2], "both", { over: "batch", trainable: false }),
    },
    connections: [
      connect("x", "s", { weight: start, bias: 0.2 }),
      connect("a", "s", { weight: 0.3 }),
      connect("first", "b", { weight: start }),
      connect("x", "a", { weight: start }),
      connect("again", "b", add),
      connect("b", "out", { weight: start }),
      connect("b", "b", { delay: 1, weight: start }),
    ],
  }),
  "of the input itself, and late": made({
    name: "late",
    populations: { a: leaky(5), out: leaky(classes) },
    transforms: { norm: batchNorm(5, "x"), s: sum(5, ["norm"]) },
    connections: [
      connect("norm", "a", { weight: start, delay: 1 }),
      connect("norm", "s", { ...add, delay: 2 }),
      connect("a", "s", { weight: start, delay: 1, output: "v" }),
      connect("s", "out", { weight: start }),
    ],
  }),
};

describe.each(Object.entries(networks))("%s", (_name, net) => {
  const options = {
    algorithm: bptt(),
    loss: crossEntropy("mean"),
    optimiser: sgd(0.1),
    batch: count,
    seed: 3,
  } as const;
  test("gradients equal finite differences", async () => {
    using trainer = await createTrainer(net, wasm, { ...options, type: "f64" });
    trainer.gradients(batch);
    const found = trainer.gradientBlocks();
    // Differences over 2h lose 1e-16 / 1e-5 to rounding and h² to curvature.
    expectNear(found, finiteDifferences(trainer, batch), 3e-8);
  });
  test("interpreter, wasm, 1, 2, 3 and 8 threads: the same bits", async () => {
    const trained = async (backend: Backend) => {
      using trainer = await createTrainer(net, backend, { ...options, optimiser: adam(1e-2) });
      for (let k = 0; k < 3; k++) trainer.step(k === 1 ? small : batch);
      return trainer.parameters();
    };
    const expected = await trained(interpret);
    for (const backend of THREADED) expect(await trained(backend)).toEqual(expected);
  });
});

test("the error at what is normalised is that of the closed form", async () => {
  const [rows, positions, channels] = [8, 3, 2];
  const size = positions * channels;
  const net = network({
    ...{ dt: "1 ms", steps: rows, output: "out" },
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: { a: leaky(size), out: leaky(classes) },
    transforms: { s: sum(size), norm: batchNorm([positions, channels], "s", { gain: 0.8, epsilon: 0.01 }) },
    connections: [
      connect("x", "s", { weight: start, bias: 0.3 }),
      connect("norm", "a", add),
      connect("a", "out", { weight: start }),
    ],
  });
  const backend = watched();
  using trainer = await createTrainer(net, backend, {
    ...{ algorithm: bptt(), loss: crossEntropy("mean"), optimiser: sgd(0.1), batch: 1, seed: 3, type: "f64" },
  });
  trainer.gradients(drawSamples({ count: 1, steps: rows, inputs, classes, kind: "values", density: 0.7 }).batch);
  const [x, y, dy, dx] = ["s.out.value", "norm.out.value", "a.delta.v", "s.delta.value"].map((name) => {
    const all = backend.loaded.array(name);
    return Array.from({ length: rows * size }, (_, k) => all[k]!); // six numbers are whole vectors
  }) as [number[], number[], number[], number[]];
  const n = rows * positions;
  const blocks = trainer.gradientBlocks();
  for (let c = 0; c < channels; c++) {
    const of = (values: readonly number[]): number[] => values.filter((_, k) => k % channels === c);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / n;
    const [xs, dys] = [of(x), of(dy)];
    const m = mean(xs);
    const deviation = Math.sqrt(mean(xs.map((v) => (v - m) ** 2)) + 0.01);
    const hat = xs.map((v) => (v - m) / deviation);
    const along = mean(hat.map((h, k) => h * dys[k]!));
    of(y).forEach((v, k) => expect(v).toBeCloseTo(0.8 * hat[k]!, 13));
    // Ioffe & Szegedy 2015, section 3, with the derivatives by mean and variance put in.
    of(dx).forEach((v, k) => expect(v).toBeCloseTo((0.8 / deviation) * (dys[k]! - mean(dys) - hat[k]! * along), 15));
    expect(blocks["norm.gain"]![c]).toBeCloseTo(along * n, 13);
    expect(blocks["norm.offset"]![c]).toBeCloseTo(mean(dys) * n, 13);
  }
  // What is added to all numbers of a channel is taken away again.
  expect(Math.max(...of2(blocks["x>s.bias"]!, channels))).toBeLessThan(1e-15);
});
const of2 = (values: ArrayLike<number>, channels: number): number[] =>
  Array.from({ length: channels }, (_, c) =>
    Math.abs(Array.from(values).reduce((a, v, k) => a + (k % channels === c ? v : 0), 0)),
  );

describe("running statistics", () => {
  const net = made({
    name: "running",
    populations: { out: leaky(classes) },
    transforms: { norm: batchNorm(inputs, "x", { momentum: 0.25, epsilon: 0.02 }) },
    connections: [connect("norm", "out", { weight: start, bias: 0.1 })],
  });
  const options = {
    algorithm: bptt(),
    loss: crossEntropy("mean"),
    optimiser: sgd(0.3),
    batch: count,
    seed: 3,
  } as const;
  const batches = [1, 2, 3].map((seed) =>
    shortened(
      drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.7, seed }),
      [4, 2, 4, 1, 3, 4, 4, 2, 4, 3, 4],
    ),
  );

  test("are those of the batches, the unbiased variance", async () => {
    using trainer = await createTrainer(net, wasm, { ...options, type: "f64" });
    for (const { batch } of batches) trainer.step(batch);
    const parameters = trainer.parameters();
    for (let c = 0; c < inputs; c++) {
      let [mean, variance] = [0, 1];
      for (const { samples } of batches) {
        const values = samples.flatMap((rows) => rows.map((row) => row[c]!));
        const m = values.reduce((a, b) => a + b, 0) / values.length;
        const v = values.reduce((a, b) => a + (b - m) ** 2, 0) / (values.length - 1);
        mean = 0.75 * mean + 0.25 * m;
        variance = 0.75 * variance + 0.25 * v;
      }
      expect(parameters["norm.mean"]![c]).toBeCloseTo(mean, 14);
      expect(parameters["norm.variance"]![c]).toBeCloseTo(variance, 14);
    }
  });

  test("later steps share those of the last that has its own, step by step", async () => {
    const own = batchNorm(inputs, "x", { over: "batch", steps: 2, momentum: 0.25 });
    using trainer = await createTrainer({ ...net, transforms: { norm: own } }, wasm, { ...options, type: "f64" });
    for (const { batch } of batches) trainer.step(batch);
    const parameters = trainer.parameters();
    for (let c = 0; c < inputs; c++) {
      const [mean, variance] = [
        [0, 0],
        [1, 1],
      ];
      for (const { samples } of batches)
        for (let t = 0; t < steps; t++) {
          const values = samples.flatMap((rows) => (t < rows.length ? [rows[t]![c]!] : []));
          const [m, row] = [values.reduce((a, b) => a + b, 0) / values.length, Math.min(t, 1)];
          const v = values.reduce((a, b) => a + (b - m) ** 2, 0) / (values.length - 1);
          mean[row] = 0.75 * mean[row]! + 0.25 * m;
          variance[row] = 0.75 * variance[row]! + 0.25 * v;
        }
      for (let row = 0; row < 2; row++) {
        expect(parameters["norm.mean"]![row * inputs + c]).toBeCloseTo(mean[row]!, 14);
        expect(parameters["norm.variance"]![row * inputs + c]).toBeCloseTo(variance[row]!, 14);
      }
    }
    expect(parameters["norm.mean"]!.length).toBe(2 * inputs);
  });

  test("evaluation is that of a network whose weights have them", async () => {
    using trainer = await createTrainer(net, wasm, { ...options, type: "f64" });
    for (const { batch } of batches) trainer.step(batch);
    const p = trainer.deployed();
    const folded = made({
      name: "folded",
      populations: { out: leaky(classes) },
      connections: [connect("x", "out", { weight: start, bias: 0 })],
    });
    const weight = Float64Array.from(p["norm>out.weight"]!);
    const bias = Float64Array.from(p["norm>out.bias"]!);
    for (let i = 0; i < inputs; i++) {
      const scale = p["norm.gain"]![i]! / Math.sqrt(p["norm.variance"]![i]! + 0.02);
      for (let o = 0; o < classes; o++) {
        bias[o]! += (p["norm.offset"]![i]! - p["norm.mean"]![i]! * scale) * weight[i * classes + o]!;
        weight[i * classes + o]! *= scale;
      }
    }
    const loss = async (of: Network, parameters: Parameters): Promise<number> => {
      using evaluator = await createEvaluator(of, wasm, { loss: options.loss, batch: count, parameters, type: "f64" });
      return evaluator.evaluate(batches[0]!.batch).loss;
    };
    expect(await loss(net, p)).toBeCloseTo(await loss(folded, { "x>out.weight": weight, "x>out.bias": bias }), 13);
  });

  test("go on from a snapshot bit for bit", async () => {
    using one = await createTrainer(net, wasm, options);
    using other = await createTrainer(net, wasm, { ...options, seed: 9 });
    one.step(batches[0]!.batch);
    other.restore(structuredClone(one.snapshot()));
    for (const { batch } of batches) expect(other.step(batch)).toEqual(one.step(batch));
    expect(other.parameters()).toEqual(one.parameters());
  });
});

describe("refused", () => {
  const options = { loss: crossEntropy("mean"), optimiser: sgd(0.1), batch: 2 } as const;
  test.each<[string, Network, Partial<TrainerOptions>, string]>([
    [
      "one sample of one step",
      { ...normed(6), steps: 1 },
      { batch: 1 },
      "trainer.batch: batch normalisation needs more than",
    ],
    [
      "one sample, each step by itself",
      normed(6, { over: "batch" }),
      { batch: 1 },
      "trainer.batch: batch normalisation needs",
    ],
    [
      "segments of time",
      normed(6),
      { algorithm: bptt(undefined, { checkpoint: 2 }) },
      "algorithm: batch normalisation needs all",
    ],
    ["chunks", normed(6), { chunk: 2 }, "trainer.chunk: batch normalisation keeps all samples"],
  ])("%s", async (_name, net, more, message) => {
    await expect(createTrainer(net, wasm, { algorithm: bptt(), ...options, ...more })).rejects.toThrow(message);
  });
  test("a last batch of one number", async () => {
    using trainer = await createTrainer({ ...normed(6), steps: 1 }, wasm, { algorithm: bptt(), ...options });
    const one = drawSamples({ count: 1, steps: 1, inputs, classes, kind: "values" }).batch;
    expect(() => trainer.step(one)).toThrow("batch: batch normalisation needs more than one sample of one step");
  });
  test("numbers that are too large, where no sample can be tried alone", async () => {
    const net = normed(6, { over: "batch" });
    using trainer = await createTrainer(net, wasm, { algorithm: bptt(), ...options, batch: count });
    const input = batch.input as SparseValueInput;
    const values = input.values.map((x) => 2.8e38 * x); // two are more than f32 has
    const step = (): unknown => trainer.step({ ...batch, input: { ...input, values } });
    expect(step).toThrow("an answer is not finite, and samples share their statistics; try smaller weights or inputs");
  });
  test.each<[() => unknown, string]>([
    [
      () => batchNorm(4, "x", { over: "time" as "batch" }),
      "batchNorm.over: must be 'batch-and-time' or 'batch', got 'time'",
    ],
    [() => batchNorm(4, "x", { steps: 2 }), "batchNorm.steps: goes with over: 'batch'"],
    [
      () => batchNorm(4, "x", { over: "batch", steps: 0 }),
      "batchNorm.steps: must be an integer from 1 to 2147483648, got 0",
    ],
    [() => batchNorm(4, "x", { momentum: 0 }), "batchNorm.momentum: must be above 0 and up to 1, got 0"],
    [() => batchNorm(4, "x", { epsilon: 0 }), "batchNorm.epsilon: must be a finite number > 0, got 0"],
    [() => batchNorm(4, "x", { alpha: 2 }), "batchNorm.alpha: goes with 'threshold'"],
    [() => batchNorm(4, "x", { gain: 2, threshold: 1 }), "batchNorm.gain: is alpha times 'threshold' already"],
    [() => residual(4, "x", "y", "or" as "and"), "residual: must join by 'add', 'and' or 'iand', got 'or'"],
  ])("options %#", (make, message) => {
    expect(make).toThrow(message);
  });
});

test("threshold-dependent: the gain starts as alpha times the threshold", () => {
  expect(batchNorm(4, "x", { threshold: 0.5, alpha: Math.SQRT1_2 }).gain).toBe(0.5 * Math.SQRT1_2);
  expect(batchNorm([2, 2, 8], "x", { threshold: 0.5 })).toMatchObject({ gain: 0.5, channels: 8, size: 32 });
});
