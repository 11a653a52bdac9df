/** Regularisers of rates: what they do to a network. Their gradients are checked in `smoothed.test.ts`. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { meanRates } from "../../src/learn/fit.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { type Regulariser, rate, rateAbove } from "../../src/learn/regularise.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { drawSamples } from "./samples.ts";

const [inputs, steps, classes, count] = [15, 20, 3, 16];
const net = sequential(
  [
    input(inputs),
    denseLayer(30, { weight: { kind: "uniform", low: -0.3, high: 0.5 } }),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { name: "a" }),
    denseLayer(30, { weight: { kind: "uniform", low: -0.3, high: 0.4 } }),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { name: "b" }),
    denseLayer(classes),
    readout(),
  ],
  { steps },
);
const { batch } = drawSamples({ count, steps, inputs, classes, kind: "events" });

async function ratesAfter(regularisers: readonly Regulariser[], updates = 300): Promise<Record<string, number>> {
  using trainer = await createTrainer(net, wasm, {
    algorithm: bptt(arctan(2)),
    loss: crossEntropy(),
    optimiser: adam(0.003),
    regularisers,
    batch: count,
    seed: 2,
  });
  for (let k = 0; k < updates; k++) trainer.step(batch);
  using evaluator = await createEvaluator(net, wasm, {
    loss: crossEntropy(),
    batch: count,
    parameters: trainer.deployed(),
  });
  return meanRates(net, evaluator.evaluate(batch));
}

test("training draws the rates to the target, from above and from below", async () => {
  const start = await ratesAfter([], 0);
  for (const node of ["a", "b"]) expect(Math.abs(start[node]! - 0.3), node).toBeLessThan(0.19); // between the targets
  for (const target of [0.1, 0.5]) {
    const end = await ratesAfter([rate(target, { strength: 20 })]);
    for (const node of ["a", "b"]) expect(Math.abs(end[node]! - target), `${node} to ${target}`).toBeLessThan(0.03);
  }
});

test("an upper bound lowers what is above it, and leaves a population that is not named alone", async () => {
  const free = await ratesAfter([]);
  const held = await ratesAfter([rateAbove(0.1, { strength: 20, populations: ["a"] })]);
  expect(free.a).toBeGreaterThan(0.15);
  expect(held.a).toBeLessThan(0.11);
  const loose = await ratesAfter([rateAbove(1, { strength: 20 })]);
  expect(loose).toEqual(free);
});

test("the penalty is what the formula says of the rates of each sample and neuron", async () => {
  const half = sequential(
    [
      input(2),
      denseLayer(3, { weight: [2, 0, 2, 0, 0, 0], bias: [0, 0, 0] }),
      neurons(lif(), { name: "a" }),
      denseLayer(classes),
      readout(),
    ],
    { steps: 4 },
  );
  // Input 0 fires in steps 0 and 2: neurons 0 and 2 fire each time, neuron 1 never. Rates 1/2, 0, 1/2.
  const one = {
    count: 1,
    labels: [0],
    input: { kind: "events", list: Uint32Array.of(0, 0), ends: Int32Array.of(0, 1, 1, 2, 2) },
  } as const;
  const penalty = async (r: Regulariser): Promise<number> => {
    using trainer = await createTrainer(half, wasm, {
      algorithm: bptt(),
      loss: crossEntropy(),
      optimiser: adam(0),
      regularisers: [r],
      batch: 1,
      type: "f64",
    });
    return trainer.step(one).penalty;
  };
  expect(await penalty(rate(0.2, { strength: 3 }))).toBeCloseTo((3 * (0.3 ** 2 + 0.2 ** 2 + 0.3 ** 2)) / 3, 14);
  expect(await penalty(rateAbove(0.2, { strength: 3 }))).toBeCloseTo((3 * 2 * 0.3 ** 2) / 3, 14);
});

test.each([
  [
    "an unknown population",
    () => [rate(0.1, { strength: 1, populations: ["c"] })],
    /regularisers\[0\].populations: no population called 'c'/,
  ],
  [
    "a population that does not spike",
    () => [rate(0.1, { strength: 1, populations: ["output"] })],
    /'output' does not spike/,
  ],
  ["strength 0", () => [rate(0.1, { strength: 0 })], /rate.strength: must be a finite number > 0/],
  ["a target that is no number", () => [rateAbove(Number.NaN, { strength: 1 })], /rateAbove.target/],
])("%s is refused", async (_name, make, message) => {
  await expect((async () => ratesAfter(make(), 0))()).rejects.toThrow(message);
});
