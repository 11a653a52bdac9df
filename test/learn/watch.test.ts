/** What a trainer tells of its learning: counts against other ways to count, norms against the arrays themselves. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { bptt, eprop, ottt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { fit as train } from "../../src/learn/fit.ts";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { denseLayer, input, neurons, readout, residualLayer, sequential } from "../../src/model/sequential.ts";
import { convLayer, maxPoolLayer } from "../../src/model/windowLayers.ts";
import { drawSamples } from "./samples.ts";

const [inputs, steps, classes, count] = [12, 18, 3, 10];
const net = sequential(
  [
    input(inputs),
    denseLayer(21, { weight: { kind: "uniform", low: -0.3, high: 0.5 } }),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { name: "a", recurrent: true }),
    denseLayer(9, { weight: { kind: "uniform", low: -0.3, high: 0.4 } }),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { name: "b" }),
    denseLayer(classes),
    readout(),
  ],
  { steps },
);
const { batch } = drawSamples({ count, steps, inputs, classes, kind: "events" });
const OPTIONS: TrainerOptions = {
  algorithm: bptt(triangle(1)),
  loss: crossEntropy(),
  optimiser: adam(0.01),
  batch: count,
  seed: 3,
  watch: true,
};

describe("a trainer that watches", () => {
  test("learns the same bits as one that does not", async () => {
    using watching = await createTrainer(net, wasm, OPTIONS);
    using plain = await createTrainer(net, wasm, { ...OPTIONS, watch: false });
    for (let k = 0; k < 3; k++) expect(watching.step(batch)).toEqual(plain.step(batch));
    expect(watching.parameters()).toEqual(plain.parameters());
    expect(() => plain.watched()).toThrow(/watch: true/);
  });

  test("counts the spikes that an evaluation counts, sample by sample the same", async () => {
    using trainer = await createTrainer(net, wasm, OPTIONS);
    using evaluator = await createEvaluator(net, wasm, {
      loss: crossEntropy(),
      batch: count,
      parameters: trainer.deployed(),
    });
    trainer.step(batch);
    const { layers, updates } = trainer.watched();
    const { activity } = evaluator.evaluate(batch);
    expect(updates).toBe(1);
    expect(Object.keys(layers)).toEqual(["a", "b"]);
    for (const node of ["a", "b"]) {
      const { rate, neurons: n } = layers[node]!;
      expect(activity[node]!.active).toBeGreaterThan(0);
      expect(rate * n * count * steps).toBeCloseTo(activity[node]!.active!, 6);
    }
  });

  test("tells norms of gradients and changes as the arrays have them, and begins anew at each look", async () => {
    using trainer = await createTrainer(net, wasm, OPTIONS);
    for (let look = 0; look < 2; look++) {
      const before = trainer.parameters();
      const sums: Record<string, number> = {};
      for (let k = 0; k < 3; k++) {
        trainer.step(batch);
        for (const [name, g] of Object.entries(trainer.gradientBlocks()))
          sums[name] = (sums[name] ?? 0) + [...g].reduce((s, x) => s + x * x, 0);
      }
      const now = trainer.parameters();
      const { parameters } = trainer.watched();
      for (const name of Object.keys(now)) {
        const difference = Math.hypot(...[...now[name]!].map((x, k) => x - before[name]![k]!));
        const { gradient, change } = parameters[name]!;
        expect(gradient / Math.sqrt(sums[name]! / 3)).toBeCloseTo(1, 12);
        expect(change).toBeCloseTo(difference / Math.hypot(...before[name]!), 12);
      }
    }
    const { updates, layers } = trainer.watched();
    expect([updates, layers.a!.rate]).toEqual([0, 0]);
  });

  test("counts the same on any number of threads, with checkpoints in time, and in the interpreter", async () => {
    const of = async (options: Partial<TrainerOptions>, backend: Backend = wasm) => {
      using trainer = await createTrainer(net, backend, { ...OPTIONS, chunk: 1, ...options });
      trainer.step(batch);
      return trainer.watched().layers;
    };
    const plain = await of({});
    expect(plain.a!.support).toBeGreaterThan(0);
    expect(plain.a!.support).toBeLessThan(1);
    for (const threads of [2, 3, 8]) {
      using backend = threadedWasm(threads);
      expect(await of({}, backend)).toEqual(plain);
    }
    expect(await of({ algorithm: bptt(triangle(1), { checkpoint: 5 }) })).toEqual(plain);
    expect(await of({ algorithm: truncatedBptt(triangle(1), { segment: 5 }) })).toEqual(plain);
    expect(await of({}, interpret)).toEqual(plain);
  });

  test.each([
    ["e-prop", eprop(triangle(1), { segment: 5 })],
    ["e-prop, random feedback", eprop(triangle(1), { feedback: "random" })],
    ["OTTT", ottt(triangle(1))],
  ])("counts with %s what it counts with BPTT: the steps forwards are the same", async (_name, algorithm) => {
    const layers = async (loss: TrainerOptions["loss"], own: TrainerOptions["algorithm"], backend: Backend = wasm) => {
      using trainer = await createTrainer(one, backend, { ...OPTIONS, loss, algorithm: own });
      trainer.step("pooling" in loss ? batch : eachStep);
      return trainer.watched().layers;
    };
    const one = sequential(
      [
        input(inputs),
        denseLayer(21),
        neurons(lif({ reset: "subtract" }), { name: "a" }),
        denseLayer(classes),
        linear(),
      ],
      { steps },
    );
    const labels = Array.from({ length: count * steps }, (_, k) => k % classes);
    const eachStep = { ...batch, labelled: "steps", labels } as const;
    for (const loss of [crossEntropy(), crossEntropyEachStep()]) {
      const expected = await layers(loss, bptt(triangle(1)));
      expect(expected.a!.support).toBeLessThan(1);
      expect(await layers(loss, algorithm)).toEqual(expected);
      expect(await layers(loss, algorithm, interpret)).toEqual(expected);
    }
  });
});

describe("counts by hand", () => {
  /** Input 0 fires in steps 0 and 2. Weights 2 always fire, 0 never, 0.7 comes within 0.5 of the threshold without firing. */
  const small = sequential(
    [
      input(1),
      denseLayer(3, { weight: [2, 0, 0.7], bias: false }),
      neurons(lif({ tau: "1000 s" }), { name: "a" }),
      denseLayer(classes),
      readout(),
    ],
    { steps: 2 },
  );
  const one = {
    count: 1,
    input: { kind: "events", list: Uint32Array.of(0, 0), ends: Uint32Array.of(0, 1, 2) },
    labels: [0],
  } as const;
  const watched = async (surrogate: Parameters<typeof bptt>[0]) => {
    using trainer = await createTrainer(small, wasm, { ...OPTIONS, batch: 1, algorithm: bptt(surrogate) });
    trainer.step(one);
    return trainer.watched().layers.a!;
  };

  test("of dead and saturated neurons, and of the support", async () => {
    // Neuron 0: v = 2 and 2, each a spike, 1 above the threshold. Neuron 1: 0. Neuron 2: 0.7, then 1.4 and a spike.
    const { rate, dead, saturated, neurons: n, support } = await watched(triangle(1, 0.5));
    expect([rate * n * 2, dead, saturated, n]).toEqual([3, 1, 1, 3]);
    expect(support * n * 2).toBeCloseTo(2, 12); // neuron 2 twice: 0.3 below, 0.4 above
  });
  test("of the support of neurons that transforms alone hear", async () => {
    const pixels = [input([1, 3, 1]), convLayer(1, { kernel: 1, weight: [0.7], bias: false })] as const;
    const cells = neurons(lif({ tau: "1000 s" }), { name: "a" });
    const others = [denseLayer(3, { weight: 0, bias: false }), lif()];
    const nets = {
      maxima: [...pixels, cells, maxPoolLayer([1, 3])],
      residual: [...pixels, cells, residualLayer(others)],
      joined: [...pixels, cells, residualLayer(others, { how: "and" })],
    };
    // Pixels 0 and 2 fire in both steps, pixel 1 in neither: v is 0.7 and 1.4, within 0.5 of the threshold, and 0.
    const two = {
      count: 1,
      input: { kind: "events", list: Uint32Array.of(0, 2, 0, 2), ends: Uint32Array.of(0, 2, 4) },
      labels: [0],
    } as const;
    for (const [what, layers] of Object.entries(nets))
      for (const backend of [wasm, interpret])
        for (const algorithm of [bptt(triangle(1, 0.5)), bptt(triangle(1, 0.5), { checkpoint: 1 })]) {
          const options = { ...OPTIONS, batch: 1, algorithm };
          const small = sequential([...layers, denseLayer(classes), readout()], { steps: 2 });
          using trainer = await createTrainer(small, backend, options);
          using plain = await createTrainer(small, backend, { ...options, watch: false });
          expect(trainer.step(two), what).toEqual(plain.step(two));
          expect(trainer.watched().layers.a!.support * 3 * 2, what).toBeCloseTo(4, 12);
        }
  });
  test("a surrogate without an end supports every neuron", async () => {
    expect((await watched(arctan(2))).support).toBe(1);
  });
});

test("fit reports what was watched in each epoch", async () => {
  using trainer = await createTrainer(net, wasm, OPTIONS);
  const reports = train(trainer, { epochs: 2, batches: () => [batch, batch] });
  expect(reports.map((r) => r.watch!.updates)).toEqual([2, 2]);
  using plain = await createTrainer(net, wasm, { ...OPTIONS, watch: false });
  expect(train(plain, { epochs: 1, batches: () => [batch] })[0]).not.toHaveProperty("watch");
});
