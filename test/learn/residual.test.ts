/** Residual blocks of spiking layers with batch normalisation, as `sequential` makes them. */
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { gru } from "../../src/model/gated.ts";
import { uniform } from "../../src/model/initializer.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import {
  batchNormLayer,
  denseLayer,
  input,
  type Layer,
  neurons,
  type ResidualOptions,
  readout,
  residualLayer,
  sequential,
} from "../../src/model/sequential.ts";
import { avgPoolLayer, convLayer, flattenLayer, maxPoolLayer } from "../../src/model/windowLayers.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { expectNear } from "./near.ts";
import { drawSamples } from "./samples.ts";

const THREADED = [1, 2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const b of THREADED) b.dispose();
});
const [inputs, classes, steps, count] = [12, 4, 6, 40];
const spiking = lif({ tau: "5 ms" });
const norm = batchNormLayer({ threshold: 1 });
const deep = (how: NonNullable<ResidualOptions["how"]>) =>
  sequential(
    [
      input(inputs, { signal: "values" }),
      ...[denseLayer(16), norm, spiking],
      residualLayer([denseLayer(24), norm, spiking, denseLayer(16), norm, neurons(spiking, { recurrent: true })], {
        how,
      }),
      residualLayer([denseLayer(10), norm, spiking], { how, shortcut: [denseLayer(10), norm, spiking] }),
      ...[denseLayer(classes), readout()],
    ],
    { steps },
  );

describe("what sequential makes", () => {
  test("a norm between a sum and neurons, without a bias; blocks joined by their spikes", () => {
    const net = deep("add");
    expect(Object.keys(net.populations)).toEqual(["hidden1", "hidden2", "hidden3", "hidden4", "hidden5", "output"]);
    expect(net.transforms.hidden2Norm).toMatchObject({ kind: "batchNorm", gain: 1, of: [{ node: "hidden2Sum" }] });
    expect(net.transforms.residual1).toEqual({
      kind: "sum",
      size: 16,
      of: [
        { node: "hidden3", port: "spike" },
        { node: "hidden1", port: "spike" },
      ],
    });
    expect(net.transforms.residual2).toMatchObject({ of: [{ node: "hidden4" }, { node: "hidden5" }] });
    const named = Object.fromEntries(net.connections.map((c) => [c.name, c]));
    expect(named["input>hidden1Sum"]!.bias).toBeUndefined();
    expect(named["residual2>output"]!.bias).toBeDefined();
    expect(named["residual1>hidden5Sum"]!.trainable).toBe(true);
    expect(named["hidden1Norm>hidden1"]).toMatchObject({ trainable: false, connectivity: { kind: "oneToOne" } });
  });
  test.each<[string, Layer[], string]>([
    ["a block at the end", [residualLayer([denseLayer(4), spiking])], "the last layer is neurons, which answer"],
    [
      "sizes that differ",
      [denseLayer(4), spiking, residualLayer([denseLayer(5), spiking]), denseLayer(2), readout()],
      "residual1: the branch gives 5 values and the shortcut 4: give the shortcut layers of its own (option shortcut)",
    ],
    ["an empty branch", [residualLayer([]), denseLayer(2), readout()], "sequential, layer 2: the branch has no layers"],
    ["a norm without weights", [norm, spiking], "layers 2 and 3 must be denseLayer(...) and neurons"],
    ["a norm without neurons", [denseLayer(2), norm], "layers 2 and 4 must be denseLayer(...) and neurons"],
    [
      "in a block",
      [denseLayer(4), spiking, residualLayer([gru(4), spiking]), denseLayer(2), readout()],
      "sequential, layer 4: layers 2 and 3 must be denseLayer(...) and neurons",
    ],
  ])("refuses %s", (_name, layers, message) => {
    expect(() => sequential([input(inputs), ...layers], { steps })).toThrow(message);
  });
  test("layers are named as they were written; what is no layer is named too", () => {
    const of =
      (...layers: unknown[]) =>
      () =>
        sequential([input(8), ...(layers as Layer[])], { steps });
    expect(of(norm, denseLayer(4), spiking)).toThrow("found batchNormLayer, denseLayer, lif");
    expect(of(denseLayer(4), norm, residualLayer([denseLayer(4), spiking]))).toThrow(
      "found denseLayer, batchNormLayer, residualLayer",
    );
    expect(of(denseLayer(4))).toThrow("found denseLayer, no more");
    expect(of(denseLayer(4), lif)).toThrow("layer 3 must be a layer or a neuron model, got the function lif; call it");
    expect(of(undefined, denseLayer(4))).toThrow("layer 2 must be a layer or a neuron model, got undefined");
    expect(() => sequential([input(8)], undefined as never)).toThrow("sequential.steps: is missing");
  });
  test("pooling in front of blocks and of layers with weights of their own", () => {
    const window = { kernel: 3, padding: 1 };
    const block = residualLayer([convLayer(2, window), spiking]);
    const layers = [convLayer(2, window), spiking, maxPoolLayer(2), block, avgPoolLayer(2), gru(3), denseLayer(2)];
    const net = sequential([input([8, 8]), ...layers, readout()], { steps });
    expect(net.transforms.below1Max).toMatchObject({ kind: "maxPool", of: [{ node: "hidden1", port: "spike" }] });
    expect(net.transforms.residual1).toMatchObject({ of: [{ node: "hidden2" }, { node: "below1Max" }] });
    expect(net.transforms.below2Sum).toMatchObject({ kind: "sum", size: 8 });
    expect(net.populations.hidden2!.shape).toEqual([4, 4, 2]);
    expect(net.connections.filter((c) => c.from.node === "below2Sum").length).toBeGreaterThan(0);
    expect(networkFromJson(JSON.parse(JSON.stringify(networkToJson(net))))).toEqual(net);
  });
});

const options = { algorithm: bptt(), loss: crossEntropy("mean"), batch: count, seed: 3 } as const;

test.each(["add", "and", "iand"] as const)("gradients of smooth layers equal finite differences: %s", async (how) => {
  const smooth = leakyIntegrator({ tau: "3 ms" });
  const weight = uniform(-1, 1);
  const net = sequential(
    [
      input(inputs, { signal: "values" }),
      ...[denseLayer(5, { weight }), batchNormLayer(), smooth],
      residualLayer([denseLayer(5, { weight }), batchNormLayer({ over: "batch" }), smooth], { how }),
      ...[denseLayer(classes, { weight }), readout()],
    ],
    { steps },
  );
  const { batch } = drawSamples({ count: 7, steps, inputs, classes, kind: "values" });
  using trainer = await createTrainer(net, wasm, { ...options, optimiser: adam(1e-3), batch: 7, type: "f64" });
  trainer.gradients(batch);
  const found = trainer.gradientBlocks();
  // Differences over 2h lose 1e-16 / 1e-5 to rounding and h² to curvature.
  expectNear(found, finiteDifferences(trainer, batch), 3e-8);
});

test("gradients through pooling in front of blocks equal finite differences", async () => {
  const smooth = leakyIntegrator({ tau: "3 ms" });
  const weight = uniform(-1, 1);
  const block = residualLayer([convLayer(2, { kernel: 3, padding: 1, weight }), batchNormLayer(), smooth]);
  const first = [convLayer(2, { kernel: 3, padding: 1, weight }), smooth, avgPoolLayer(2)];
  const net = sequential(
    [
      input([8, 8], { signal: "values" }),
      ...[...first, block, maxPoolLayer(2), block],
      ...[denseLayer(classes, { weight }), readout()],
    ],
    { steps },
  );
  const { batch } = drawSamples({ count: 5, steps, inputs: 64, classes, kind: "values" });
  using trainer = await createTrainer(net, wasm, { ...options, optimiser: adam(1e-3), batch: 5, type: "f64" });
  trainer.gradients(batch);
  expectNear(trainer.gradientBlocks(), finiteDifferences(trainer, batch), 3e-8); // as above
});

test("gradients of a block of convolutions, with a shortcut of 1x1, equal finite differences", async () => {
  const smooth = leakyIntegrator({ tau: "3 ms" });
  const weight = uniform(-1, 1);
  const window = { kernel: 3, padding: 1, weight };
  const net = sequential(
    [
      input([8, 8, 1], { signal: "values" }),
      ...[convLayer(2, window), maxPoolLayer(2), batchNormLayer(), smooth],
      residualLayer(
        [
          ...[convLayer(3, window), batchNormLayer(), smooth],
          ...[maxPoolLayer(2), convLayer(2, window), batchNormLayer({ threshold: 1, alpha: Math.SQRT1_2 }), smooth],
        ],
        {
          shortcut: [
            convLayer(2, { kernel: 1, stride: 2, weight }),
            batchNormLayer({ threshold: 1, alpha: Math.SQRT1_2 }),
            smooth,
          ],
        },
      ),
      ...[flattenLayer(), denseLayer(classes, { weight }), readout()],
    ],
    { steps: 3 },
  );
  const { batch } = drawSamples({ count: 5, steps: 3, inputs: 64, classes, kind: "values", density: 0.8 });
  using trainer = await createTrainer(net, wasm, { ...options, optimiser: adam(1e-3), batch: 5, type: "f64" });
  trainer.gradients(batch);
  const found = trainer.gradientBlocks();
  // Differences over 2h lose 1e-16 / 1e-5 to rounding and h² to curvature.
  expectNear(found, finiteDifferences(trainer, batch), 1e-7);
});

test.each(["add", "and", "iand"] as const)("learns, and answers alike with running statistics: %s", async (how) => {
  const net = deep(how);
  const { batch } = drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.5 });
  const run = async (backend: Backend, updates: number) => {
    using trainer = await createTrainer(net, backend, {
      ...options,
      optimiser: adam(0.02),
      regularisers: [rate(0.2, { strength: 0.1 })],
    });
    const losses = Array.from({ length: updates }, () => trainer.step(batch).loss);
    const parameters = trainer.deployed();
    using evaluator = await createEvaluator(net, backend, { loss: options.loss, batch: count, parameters });
    const { loss, activity } = evaluator.evaluate(batch);
    return { losses, parameters, loss, activity };
  };
  const { losses, loss, activity } = await run(wasm, 60);
  expect(losses.at(-1)).toBeLessThan(0.25 * losses[0]!);
  expect(loss).toBeLessThan(0.5 * losses[0]!); // of statistics that lag behind
  expect(activity.hidden1!.active).toBeGreaterThan(0);
  const few = await Promise.all(THREADED.map((b) => run(b, 3)));
  for (const r of few) expect(r).toEqual(few[0]);
});

test("spiking convolutions with norms and maxima: interpreter, wasm, 1, 2, 3 and 8 threads: the same bits", async () => {
  const conv = (channels: number): Layer[] => [
    convLayer(channels, { kernel: 3, padding: 1 }),
    norm,
    lif({ tau: "2 ms" }),
  ];
  const net = sequential(
    [
      input([8, 8, 2], { signal: "values", constant: true }),
      ...[...conv(6), ...conv(6), maxPoolLayer(2)],
      ...[...conv(7), residualLayer(conv(7), { how: "add" }), ...conv(5), maxPoolLayer(2)],
      ...[flattenLayer(), denseLayer(classes), readout()],
    ],
    { steps: 3 },
  );
  const { batch } = drawSamples({ count: 5, steps: 3, inputs: 128, classes, kind: "constant", density: 0.8 });
  const trained = async (backend: Backend) => {
    using trainer = await createTrainer(net, backend, { ...options, optimiser: adam(0.01), batch: 5 });
    const losses = [1, 2].map(() => trainer.step(batch).loss);
    const parameters = trainer.parameters();
    using evaluator = await createEvaluator(net, backend, { loss: options.loss, batch: 5, parameters });
    return { losses, parameters, answers: evaluator.evaluate(batch) };
  };
  const expected = await trained(interpret);
  expect(expected.answers.activity.hidden1!.active).toBeGreaterThan(0);
  for (const backend of THREADED) expect(await trained(backend)).toEqual(expected);
});
