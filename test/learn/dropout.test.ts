/** Dropout. Statistical bounds are 5 standard deviations: a right program fails one such check in two million. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { ANSWERS } from "../../src/learn/lossKernels.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import type { Network } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { expectNear } from "./near.ts";
import { batchOf, drawSamples, watched } from "./samples.ts";
import { simulate } from "./simulate.ts";

const [inputs, hidden, steps, classes, count] = [11, 103, 4, 4, 100];
const strong = { weight: { kind: "uniform", low: -0.2, high: 0.6 } } as const;
const netWith = (dropout: number): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(hidden, strong),
      neurons(lif({ tau: "5 ms" }), { dropout, recurrent: true }),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
const surrogate = triangle(0.8);
const options: TrainerOptions = {
  algorithm: bptt(surrogate),
  loss: crossEntropy(),
  optimiser: sgd(0),
  batch: count,
  chunk: count,
  seed: 1,
};
const drawn = drawSamples({ count, steps, inputs, classes, kind: "events" });

/** The masks of the samples of each update, for weights that do not change. */
async function masksOf(
  dropout: number,
  updates: number,
  o: Partial<TrainerOptions> = {},
  batch = drawn.batch,
): Promise<Uint8Array[][]> {
  const backend = watched();
  using trainer = await createTrainer(netWith(dropout), backend, { ...options, ...o });
  const stride = trainer.lowered.context.stride("hidden");
  return Array.from({ length: updates }, () => {
    trainer.step(batch);
    const masks = backend.loaded.array("hidden.mask");
    return Array.from({ length: batch.count }, (_, s) =>
      Uint8Array.from(masks.subarray(s * stride, s * stride + hidden)),
    );
  });
}
const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / x.length;
const agreement = (a: Uint8Array, b: Uint8Array): number => mean(a.map((x, k) => Number(x === b[k])));
/** Five standard deviations of the mean of n draws that are 1 with probability p. */
const bound = (p: number, n: number): number => 5 * Math.sqrt((p * (1 - p)) / n);

test.each([0.1, 0.5, 0.9])("dropout %f keeps its share, apart for every neuron, sample and update", async (dropout) => {
  const masks = await masksOf(dropout, 4);
  const n = 4 * count * hidden;
  const keep = 1 - dropout;
  expect(Math.abs(mean(masks.flat().flatMap((m) => [...m])) - keep)).toBeLessThan(bound(keep, n));
  const same = keep * keep + dropout * dropout; // two independent draws agree
  const pairs = {
    samples: masks.flatMap((u) => u.slice(1).map((m, s) => agreement(m, u[s]!))),
    updates: masks.slice(1).flatMap((u, k) => u.map((m, s) => agreement(m, masks[k]![s]!))),
    neurons: masks.flat().map((m) => agreement(m.subarray(1), m.subarray(0, -1))),
  };
  for (const [what, found] of Object.entries(pairs))
    expect(Math.abs(mean(found) - same), what).toBeLessThan(bound(same, found.length * (hidden - 1)));
});

const text = (masks: Uint8Array[][]): string => masks.flat().join();

test("masks follow the seed, the update and the sample's number, not its place in the batch", async () => {
  const masks = await masksOf(0.5, 2);
  expect(text(await masksOf(0.5, 2))).toBe(text(masks));
  expect(text(await masksOf(0.5, 2, { seed: 2 }))).not.toBe(text(masks));
  const order = Uint32Array.from({ length: count }, (_, k) => count - 1 - k);
  const turned = await masksOf(0.5, 2, {}, { ...drawn.batch, numbers: order });
  expect(text(turned.map((u) => u.reverse()))).toBe(text(masks));
});

test("gradients are those of the network without the neurons that are not heard; these get none", async () => {
  const backend = watched();
  const net = netWith(0.6);
  const few = batchOf(drawn.samples.slice(0, 3), drawn.labels.slice(0, 3), "events");
  using trainer = await createTrainer(net, backend, { ...options, type: "f64" });
  const { loss } = trainer.gradients(few);
  const stride = trainer.lowered.context.stride("hidden");
  const masks = [0, 1, 2].map((s) => backend.loaded.array("hidden.mask").slice(s * stride, s * stride + hidden));
  const expected = simulate(net, trainer.parameters(), drawn.samples.slice(0, 3), drawn.labels, {
    loss: crossEntropy(),
    surrogate,
    masks: { hidden: masks },
  });
  expect(loss).toBeCloseTo(expected.loss, 12);
  const found = trainer.gradientBlocks();
  expectNear(found, expected.gradients, 1e-12);
  const silent = Array.from({ length: hidden }, (_, j) => j).filter((j) => masks.every((m) => m[j] === 0));
  expect(silent.length).toBeGreaterThan(10);
  for (const j of silent) {
    expect(found["hidden>output.weight"]!.slice(j * classes, (j + 1) * classes).every((g) => g === 0)).toBe(true);
    expect(
      Array.from({ length: inputs }, (_, i) => found["input>hidden.weight"]![i * hidden + j]).every((g) => g === 0),
    ).toBe(true);
  }
});

test("weights start as drawn, larger by 1/keep, and are deployed as drawn", async () => {
  const net = netWith(0.75);
  using trainer = await createTrainer(net, wasm, options);
  const drawn = initialParameters(net, 1);
  const [training, deployed] = [trainer.parameters(), trainer.deployed()];
  for (const name of Object.keys(drawn)) {
    const larger = name.startsWith("hidden>") && name.endsWith("weight") ? 4 : 1; // a power of two: exact
    expect(training[name], name).toEqual(drawn[name]!.map((w) => w * larger));
    expect(deployed[name], name).toEqual(drawn[name]);
  }
});

test("the mean answer over many masks is that of the deployed network", async () => {
  const samples = 2000;
  const net = sequential(
    [
      input(inputs, { signal: "values", constant: true }),
      denseLayer(60),
      neurons(relu(), { dropout: 0.5 }),
      denseLayer(classes),
      linear(),
    ],
    { steps: 1 },
  );
  const one = drawSamples({ count: 1, steps: 1, inputs, classes, kind: "constant", density: 0.8 });
  const batch = batchOf(
    Array.from({ length: samples }, () => one.samples[0]!),
    new Int32Array(samples),
    "constant",
  );
  const backend = watched();
  using trainer = await createTrainer(net, backend, { ...options, batch: samples, chunk: 4 });
  trainer.gradients(batch);
  const answers = backend.loaded.array(ANSWERS).slice(0, samples * classes);
  const watching = watched();
  using evaluator = await createEvaluator(net, watching, {
    loss: crossEntropy(),
    batch: 1,
    parameters: trainer.deployed(),
  });
  evaluator.evaluate(one.batch);
  for (let c = 0; c < classes; c++) {
    const own = Array.from({ length: samples }, (_, s) => answers[s * classes + c]!);
    const spread = Math.sqrt(mean(own.map((x) => (x - mean(own)) ** 2)));
    expect(spread).toBeGreaterThan(0.05);
    expect(Math.abs(mean(own) - watching.loaded.array(ANSWERS)[c]!)).toBeLessThan((5 * spread) / Math.sqrt(samples));
  }
});

test("nothing is dropped when evaluating", async () => {
  const parameters = initialParameters(netWith(0), 7);
  const evaluations = [];
  for (const dropout of [0, 0.5]) {
    using evaluator = await createEvaluator(netWith(dropout), wasm, { loss: crossEntropy(), batch: count, parameters });
    evaluations.push(evaluator.evaluate(drawn.batch));
  }
  expect(evaluations[1]).toEqual(evaluations[0]);
  expect(evaluations[0]!.activity.hidden!.active).toBeGreaterThan(1000);
});

test("dropout of the answer is refused", async () => {
  const net = sequential([input(inputs), denseLayer(classes), neurons(lif(), { dropout: 0.5, name: "output" })], {
    steps,
  });
  await expect(createTrainer(net, wasm, options)).rejects.toThrow(
    "output.dropout: the population that answers must be heard",
  );
});
