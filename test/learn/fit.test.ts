/** The loop over epochs: what it reports, warns of and refuses. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { bptt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { type EpochReport, meanRates, silentLayers, summarise, fit as train } from "../../src/learn/fit.ts";
import { crossEntropy, crossEntropyEachStep, meanSquared, meanSquaredEachStep } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import type { Network } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { batchOf, drawSamples, labelSteps, shortened } from "./samples.ts";

const [inputs, steps, classes, count] = [10, 8, 3, 9];
const net = (first: number, second = 0.4): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(20, { bias: 0, weight: { kind: "uniform", low: 0, high: first } }),
      lif(),
      denseLayer(15, { weight: { kind: "uniform", low: -second / 2, high: second } }),
      lif(),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
const options: TrainerOptions = {
  algorithm: bptt(triangle(1)),
  loss: crossEntropy(),
  optimiser: adam(0.01),
  batch: 4,
  seed: 2,
};
const drawn = drawSamples({ count, steps, inputs, classes, kind: "events" });
/** Nine samples in batches of 4, 4 and 1. */
const cut = (): Batch[] =>
  [0, 4, 8].map((k) => batchOf(drawn.samples.slice(k, k + 4), drawn.labels.slice(k, k + 4), "events"));

test("reports: means over all samples, validation apart, times from the clock given", async () => {
  using trainer = await createTrainer(net(0.5), wasm, {
    ...options,
    optimiser: sgd(0),
    regularisers: [rate(0.2, { strength: 2 })],
  });
  using evaluator = await createEvaluator(net(0.5), wasm, {
    loss: crossEntropy(),
    batch: 5,
    parameters: trainer.deployed(),
  });
  const [seen, done]: [EpochReport[], [number, number][]] = [[], []];
  let clock = 0;
  const reports = train(trainer, {
    epochs: 2,
    batches: cut,
    validate: { evaluator, batches: cut },
    now: () => (clock += 500),
    onEpoch: (r) => seen.push(r),
    onBatch: (...x) => done.push(x),
  });
  expect(reports).toEqual(seen);
  expect(done).toEqual([
    [0, 4],
    [0, 8],
    [0, 9],
    [1, 4],
    [1, 8],
    [1, 9],
  ]);
  const parts = cut().map((b) => ({ n: b.count, ...trainer.gradients(b) }));
  const mean = (of: (p: (typeof parts)[number]) => number): number => parts.reduce((sum, p) => sum + of(p), 0) / count;
  for (const [epoch, r] of reports.entries()) {
    expect(r).toMatchObject({ epoch, samples: count, seconds: 4 * 0.5, warnings: [] }); // 3 batches, and the look for another
    expect(r.loss).toBeCloseTo(
      mean((p) => p.n * p.loss),
      6,
    );
    expect(r.penalty).toBeCloseTo(
      mean((p) => p.n * p.penalty),
      6,
    );
    expect(r.accuracy).toBeCloseTo(
      mean((p) => p.correct),
      12,
    );
    expect(r.validation!.loss).toBeCloseTo(r.loss, 6); // the rate is 0
    expect(r.validation!.accuracy).toBe(r.accuracy);
    expect(r.validation!.predictions.length).toBe(count);
  }
});

test("a summary over several batches is that of one batch", async () => {
  const parameters = initialParameters(net(0.5), 1);
  using evaluator = await createEvaluator(net(0.5), wasm, { loss: crossEntropy(), batch: count, parameters });
  const [parts, whole] = [summarise(evaluator, cut()), summarise(evaluator, [drawn.batch])];
  expect({ ...parts, loss: 0 }).toEqual({ ...whole, loss: 0 });
  expect(parts.loss).toBeCloseTo(whole.loss, 6);
  expect(meanRates(net(0.5), whole)).toEqual({
    hidden1: whole.activity.hidden1!.active! / (count * 20 * steps),
    hidden2: whole.activity.hidden2!.active! / (count * 15 * steps),
  });
});

test("samples of different lengths, and labels of each step: shares of steps, rates of the steps there were", async () => {
  const loss = crossEntropyEachStep("mean");
  using trainer = await createTrainer(net(0.5), wasm, { ...options, loss, optimiser: sgd(0) });
  using evaluator = await createEvaluator(net(0.5), wasm, { loss, batch: 5, parameters: trainer.deployed() });
  const lengths = [8, 3, 5, 1, 8, 2, 7, 4, 6];
  const ragged = (): Batch[] =>
    cut().map((b, k) => {
      const part = { samples: drawn.samples.slice(4 * k, 4 * k + 4), labels: drawn.labels, batch: b };
      return labelSteps(shortened(part, lengths.slice(4 * k, 4 * k + 4)), steps, classes, k + 1).batch;
    });
  const [report] = train(trainer, { epochs: 1, batches: ragged, validate: { evaluator, batches: ragged } });
  const parts = ragged().map((b) => ({ n: b.count, ...trainer.gradients(b) }));
  const [right, asked] = [parts.reduce((n, p) => n + p.correct, 0), parts.reduce((n, p) => n + p.counted, 0)];
  expect(asked).toBeLessThan(44);
  expect(report!.accuracy).toBe(right / asked);
  const { validation } = report!;
  expect(validation).toMatchObject({ samples: count, steps: 44, counted: asked, accuracy: right / asked });
  expect(validation!.predictions.length).toBe(count * steps);
  expect(validation!.confusion.reduce((a, b) => a + b, 0)).toBe(asked);
  expect([0, 4, 8].reduce((n, k) => n + validation!.confusion[k]!, 0)).toBe(right);
  expect(meanRates(net(0.5), validation!).hidden1).toBe(validation!.activity.hidden1!.active! / (44 * 20));
  const none = (): Batch[] => ragged().map((b) => ({ ...b, labels: new Int32Array(b.count * steps).fill(-1) }));
  expect(() => train(trainer, { epochs: 1, batches: none })).toThrow("epoch 1: no step of any sample has a label");
  expect(() => summarise(evaluator, none())).toThrow("evaluation: no step of any sample has a label");
});

test.each([
  [
    "dead",
    net(1e-4),
    /layer 'hidden1' fires 0.0 times a neuron and step: it is as good as dead; .* larger initial weights/,
  ],
  [
    "saturated",
    net(50),
    /layer 'hidden1' fires 0.9\d times a neuron and step: it is saturated; .* smaller initial weights/,
  ],
] as const)("a warning names a layer that is %s", async (_what, network, message) => {
  using trainer = await createTrainer(network, wasm, { ...options, optimiser: sgd(0) });
  using evaluator = await createEvaluator(network, wasm, {
    loss: crossEntropy(),
    batch: 4,
    parameters: trainer.deployed(),
  });
  const [report] = train(trainer, { epochs: 1, batches: cut, validate: { evaluator, batches: cut } });
  expect(report!.warnings[0]).toMatch(message);
  using watching = await createTrainer(network, wasm, { ...options, optimiser: sgd(0), watch: true });
  const [watched] = train(watching, { epochs: 1, batches: cut });
  expect(watched!.warnings).toEqual(report!.warnings); // the same samples, the same weights
  using plain = await createTrainer(network, wasm, { ...options, optimiser: sgd(0) });
  const [alone] = train(plain, { epochs: 1, batches: cut });
  expect(alone!.warnings).toEqual(report!.warnings);
});

test("layers that answer by value are never called dead", () => {
  const twin = sequential(
    [input(inputs, { signal: "values", constant: true }), denseLayer(5), relu(), denseLayer(classes), readout()],
    { steps: 1 },
  );
  expect(silentLayers(twin, { steps: 10, activity: { hidden: { active: 0 }, output: {} } })).toEqual([]);
});

test("nothing to train on, or to evaluate", async () => {
  using trainer = await createTrainer(net(0.5), wasm, options);
  using evaluator = await createEvaluator(net(0.5), wasm, {
    loss: crossEntropy(),
    batch: 4,
    parameters: trainer.deployed(),
  });
  expect(() => train(trainer, { epochs: 3, batches: (epoch) => (epoch === 1 ? [] : cut()) })).toThrow(
    "epoch 2: there is nothing to train on",
  );
  expect(() => train(trainer, { epochs: 1, batches: cut, validate: { evaluator, batches: () => [] } })).toThrow(
    "there are no samples to evaluate",
  );
  expect(() => train(trainer, { epochs: -1, batches: cut })).toThrow("fit.epochs");
});

/** In f32 a membrane overflows at 3.4e38. The third sample of the second batch carries the only event. */
test("a loss that is not finite: the update, the layer and the sample are named", async () => {
  const still = drawn.samples[0]!.map((row) => row.map(() => 0));
  const loud = still.map((row) => row.map((_, i) => Number(i < 2)));
  const quiet = (n: number): Batch =>
    batchOf(
      Array.from({ length: n }, () => still),
      new Int32Array(n),
      "events",
    );
  const bad = batchOf([still, still, loud, still], new Int32Array(4), "events");
  const base = sequential(
    [
      input(inputs),
      denseLayer(20, { weight: 1, bias: 0 }),
      lif(),
      denseLayer(6, { weight: 1e38, bias: 0 }),
      lif(),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
  for (const [network, layer] of [
    [base, "hidden2"],
    [
      {
        ...base,
        connections: base.connections.map((c) =>
          c.name === "input>hidden1" ? { ...c, weight: { kind: "constant", value: 3e38 } as const } : c,
        ),
      },
      "hidden1",
    ],
  ] as const) {
    const own = { ...options, loss: meanSquared("sum"), optimiser: sgd(0) };
    using trainer = await createTrainer(network, wasm, own);
    const output = trainer.parameters();
    trainer.setParameters({ ...output, "hidden2>output.weight": output["hidden2>output.weight"]!.map(() => 3e38) });
    using segmented = await createTrainer(network, wasm, { ...own, algorithm: bptt(triangle(1), { checkpoint: 2 }) });
    segmented.setParameters(trainer.parameters());
    for (const t of [trainer, segmented]) {
      const run = () => train(t, { epochs: 1, batches: () => [quiet(4), bad] });
      expect(run).toThrow(expect.objectContaining({ code: "not-finite", path: "update 2" }));
      expect(run).toThrow(
        new RegExp(`the loss became (Infinity|NaN): layer '${layer}' is not finite in sample 2 of the batch`),
      );
    }
    using evaluator = await createEvaluator(network, wasm, {
      loss: meanSquared("sum"),
      batch: 4,
      parameters: trainer.deployed(),
    });
    expect(() => evaluator.evaluate(bad)).toThrow(`layer '${layer}' is not finite in sample 2 of the batch`);
    // With a loss of each step no answers are kept, and behind the end of a short sample lies what the bad one left.
    const parameters = trainer.deployed();
    const eachStep = meanSquaredEachStep("sum");
    for (const algorithm of [options.algorithm, truncatedBptt(triangle(1), { segment: 2 })])
      for (const chunk of [1, 4]) {
        using short = await createTrainer(network, wasm, { ...options, algorithm, chunk, parameters, loss: eachStep });
        expect(() => short.step({ ...bad, lengths: [2, 1, steps, 3] })).toThrow(
          `layer '${layer}' is not finite in sample 2 of the batch`,
        );
      }
  }
});

test("weights that a step has broken are named, at the next step or at the end of the epoch", async () => {
  using trainer = await createTrainer(net(0.5), wasm, { ...options, algorithm: bptt(arctan(2)), optimiser: sgd(1e38) });
  expect(() => train(trainer, { epochs: 1, batches: () => cut().slice(0, 2) })).toThrow(
    /update 2: the loss became (NaN|Infinity): (layer 'hidden\d'|\S+) is not finite/,
  );
  using other = await createTrainer(net(0.5), wasm, { ...options, optimiser: sgd(() => Number.NaN) });
  expect(() => train(other, { epochs: 1, batches: () => cut().slice(0, 1) })).toThrow(
    "update 1: input>hidden1.weight is not finite; try a lower rate",
  );
});
