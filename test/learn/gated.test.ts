/**
 * Gradients of gated layers: central differences of the trainer's own loss. They err by h²/6 times the third derivative
 * (below 1e2 here, for gates and weights of order 1) and by the rounding 1e-16·loss/h: with h = 1e-5, below 1e-8.
 */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy, crossEntropyEachStep, type Loss } from "../../src/learn/loss.ts";
import { adam, type Optimiser, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { type GatedLayer, gru, lstm } from "../../src/model/gated.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { denseLayer, input, sequential } from "../../src/model/sequential.ts";
import { expectNear } from "./near.ts";
import { drawSamples, labelSteps, shortened } from "./samples.ts";

const [inputs, steps, classes, h] = [5, 7, 3, 1e-5];

describe.each<[string, GatedLayer[]]>([
  ["GRU", [gru(6)]],
  ["LSTM", [lstm(6)]],
  ["one upon the other", [gru(4), lstm(5)]],
])("%s", (_name, layers) => {
  const trainerOf = (optimiser: Optimiser, loss: Loss = crossEntropy("mean")) =>
    createTrainer(
      sequential([input(inputs, { signal: "values" }), ...layers, denseLayer(classes), linear()], { steps }),
      wasm,
      { algorithm: bptt(), loss, optimiser, batch: 3, chunk: 2, seed: 4, type: "f64" },
    );
  const drawn = drawSamples({ count: 3, steps, inputs, classes, kind: "values", density: 0.8 });
  const ragged = labelSteps(shortened(drawn, [4, steps, 2]), steps, classes);
  const { batch } = drawn;

  test.each([
    ["one label a sample", crossEntropy("mean"), batch],
    ["samples of different lengths, labels of each step", crossEntropyEachStep("mean"), ragged.batch],
  ])("every gradient equals its finite difference: %s", async (_name, loss, batch) => {
    using trainer = await trainerOf(sgd(1), loss);
    trainer.gradients(drawn.batch); // leftovers
    trainer.gradients(batch);
    const [gradients, parameters] = [trainer.gradientBlocks(), trainer.parameters()];
    const lossAt = (w: { [k: number]: number }, k: number, x: number): number => {
      const before = w[k]!;
      w[k] = x;
      trainer.setParameters(parameters);
      w[k] = before;
      return trainer.gradients(batch).loss;
    };
    const differences = Object.fromEntries(
      Object.entries(parameters).map(([name, w]) => [
        name,
        Array.from(w, (x, k) => (lossAt(w, k, x + h) - lossAt(w, k, x - h)) / (2 * h)),
      ]),
    );
    expectNear(gradients, differences, 1e-6);
  });
  test("learns its samples", async () => {
    using trainer = await trainerOf(adam(0.02));
    const losses = Array.from({ length: 200 }, () => trainer.step(batch).loss);
    expect(losses[0]).toBeGreaterThan(0.9);
    expect(losses.at(-1)).toBeLessThan(0.05);
  });
});
