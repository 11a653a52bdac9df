/**
 * Finite differences. A surrogate gradient is no derivative of the network it trains, so it is compared in two ways:
 *
 * 1. `simulate.ts`, with which every other test here compares our kernels, equals finite differences of itself when its
 *    spikes are smoothed. Its backward code is the same with and without smoothing.
 * 2. Our own kernels train a network whose neurons send the smoothed spike by value, and equal finite differences of
 *    their own loss.
 *
 * Both keep the hard reset: where a neuron is above threshold its membrane is set back. That is constant on either side
 * of the threshold, so differences meet it nowhere else, and the derivative is that of a detached reset.
 *
 * Central differences of step h err by h²/6 times the third derivative (below 1e3 here) and by the rounding 1e-16·loss/h:
 * with h = 1e-5, some 1e-8 and 1e-10.
 */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, boxcar, fastSigmoid, type Surrogate, sigmoid, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import {
  crossEntropy,
  crossEntropyEachStep,
  type Loss,
  meanSquared,
  meanSquaredEachStep,
  softmaxSum,
} from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { rate, rateAbove } from "../../src/learn/regularise.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { expectNear } from "./near.ts";
import { drawSamples, labelSteps, shortened } from "./samples.ts";
import { type SimulateOptions, simulate } from "./simulate.ts";

const [inputs, steps, classes, h] = [6, 8, 3, 1e-5];
const TOLERANCE = 1e-6;

/** The worst error of `gradients` against central differences of `loss`, at every `stride`-th weight, relative to the block. */
function worstDifference(
  parameters: Parameters,
  gradients: Parameters | Record<string, number[]>,
  loss: () => number,
  stride = 13,
): number {
  const errors = Object.entries(parameters).flatMap(([name, weights]) => {
    const scale = Math.max(...Array.from(gradients[name]!, Math.abs));
    expect(scale, name).toBeGreaterThan(0);
    return Array.from({ length: Math.ceil(weights.length / stride) }, (_, i) => {
      const k = i * stride;
      const before = weights[k]!;
      const at = (x: number): number => {
        weights[k] = x;
        return loss();
      };
      const slope = (at(before + h) - at(before - h)) / (2 * h);
      weights[k] = before;
      return Math.abs(slope - gradients[name]![k]!) / scale;
    });
  });
  return Math.max(...errors);
}

const surrogates: Surrogate[] = [triangle(0.8), boxcar(0.7), sigmoid(3), fastSigmoid(4), arctan(2)];
const strong = { weight: { kind: "uniform", low: -0.4, high: 0.9 } } as const;
const resets = ["zero", "subtract"] as const;

test.each(surrogates.flatMap((surrogate) => resets.map((reset) => ({ surrogate, reset, kind: surrogate.kind }))))(
  "the reference, smoothed, equals its finite differences: $kind, $reset reset",
  ({ surrogate, reset }) => {
    const net = sequential(
      [
        input(inputs),
        denseLayer(7, strong),
        neurons(lif({ tau: "5 ms", reset }), { recurrent: true }),
        denseLayer(5, { ...strong, delay: 1 }),
        lif({ tau: "9 ms", refractory: "3 ms", reset }),
        denseLayer(classes),
        readout({ tau: "8 ms" }),
      ],
      { steps },
    );
    const { samples, labels } = drawSamples({ count: 2, steps, inputs, classes, kind: "events" });
    const parameters = initialParameters(net, 5, "f64");
    const options: SimulateOptions = {
      loss: crossEntropy("sum"),
      surrogate,
      smooth: true,
      penalties: [
        { kind: "rate", target: 0.3, strength: 2, population: "hidden1" },
        { kind: "rateAbove", target: 0.05, strength: 3, population: "hidden2" },
      ],
    };
    const run = (gradients: boolean) => simulate(net, parameters, samples, labels, { ...options, gradients });
    expect(worstDifference(parameters, run(true).gradients, () => run(false).loss)).toBeLessThan(TOLERANCE);
  },
);

/** A smoothed LIF neuron: `u` before the reset, and what it sends. */
const SMOOTH = {
  triangle: "0.5 + clip(u - 1, -0.8, 0.8) / 0.8 - clip(u - 1, -0.8, 0.8) * abs(clip(u - 1, -0.8, 0.8)) / 1.28",
  boxcar: "0.5 + clip(u - 1, -0.7, 0.7) / 1.4",
  sigmoid: "sigmoid(3 * (u - 1))",
  "logistic by exp": "1 / (1 + exp(-3 * (u - 1)))",
  fastSigmoid: "(u - 1) / (1 + 4 * abs(u - 1))",
  tanh: "0.5 + 0.5 * tanh(u - 1)",
};
const RESET = { zero: "0", subtract: "u - 1" };
const smoothLif = (send: string, reset: string) =>
  neuron({
    name: "smooth-lif",
    equations: `
    u[t+1] = 0.8 * where(u > 1, ${reset}, u) : 1
    s = ${send} : 1`,
    port: "u",
  });

function smoothNetwork(send: string, reset: string): Network {
  const model = smoothLif(send, reset);
  return network({
    name: "smooth",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(7, model),
      b: population(5, model, { initial: { u: 0.6 } }),
      out: population(classes, leakyIntegrator({ tau: "8 ms" })),
    },
    connections: [
      connect("input", "a", { ...strong, bias: 0.1 }),
      connect("a", "a", { output: "s", delay: 1 }),
      connect("a", "b", { ...strong, output: "s", delay: 2 }),
      connect("b", "a", { output: "s", delay: 1 }),
      connect("b", "a", { name: "membrane", output: "u", delay: 3 }),
      connect("b", "out", { output: "s", bias: 0 }),
    ],
  });
}

test.each(Object.entries(SMOOTH).flatMap(([name, send]) => resets.map((reset) => ({ name, send, reset }))))(
  "our kernels, smoothed by value, equal their finite differences: $name, $reset reset",
  async ({ send, reset }) => {
    const net = smoothNetwork(send, RESET[reset]);
    const { batch } = drawSamples({ count: 3, steps, inputs, classes, kind: "events" });
    using trainer = await createTrainer(net, wasm, {
      algorithm: bptt(),
      loss: meanSquared("mean", 2),
      optimiser: sgd(1),
      batch: 3,
      chunk: 2,
      seed: 4,
      type: "f64",
    });
    trainer.gradients(batch);
    const [gradients, parameters] = [trainer.gradientBlocks(), trainer.parameters()];
    const loss = (): number => {
      trainer.setParameters(parameters);
      return trainer.gradients(batch).loss;
    };
    expect(worstDifference(parameters, gradients, loss, 3)).toBeLessThan(TOLERANCE);
  },
);

const losses: Record<string, Loss> = {
  "summed softmaxes": crossEntropy(softmaxSum(2)),
  "summed softmaxes, squared": meanSquared(softmaxSum(), 3),
  "each step, summed": crossEntropyEachStep("sum"),
  "each step, mean": crossEntropyEachStep("mean"),
  "each step, squared": meanSquaredEachStep("mean", 2),
};
const algorithms = [bptt(), bptt(triangle(1), { checkpoint: 3 })];
test.each(
  Object.entries(losses).flatMap(([name, loss]) => algorithms.map((a) => ({ name, loss, algorithm: a, ...a }))),
)("so they do for samples of different lengths: $name, checkpoint $checkpoint", async ({ loss, algorithm }) => {
  const net = smoothNetwork(SMOOTH.sigmoid, RESET.subtract);
  const lengths = [steps, 3, 6];
  const ragged = shortened(drawSamples({ count: 3, steps, inputs, classes, kind: "events" }), lengths);
  const { batch } = "each" in loss ? labelSteps(ragged, steps, classes) : ragged;
  using trainer = await createTrainer(net, wasm, {
    algorithm,
    loss,
    optimiser: sgd(1),
    batch: 3,
    chunk: 2,
    seed: 4,
    type: "f64",
  });
  trainer.gradients(batch);
  const [gradients, parameters] = [trainer.gradientBlocks(), trainer.parameters()];
  const at = (): number => {
    trainer.setParameters(parameters);
    return trainer.gradients(batch).loss;
  };
  expect(worstDifference(parameters, gradients, at, 3)).toBeLessThan(TOLERANCE);
});

test("regularisers add their gradients to those of the loss, as the reference says", async () => {
  const net = sequential(
    [
      input(inputs),
      denseLayer(9, strong),
      neurons(lif({ tau: "5 ms" }), { recurrent: true }),
      denseLayer(8, strong),
      lif({ tau: "9 ms" }),
      denseLayer(classes, strong),
      neurons(lif(), { name: "output" }),
    ],
    { steps },
  );
  const { batch, samples, labels } = drawSamples({ count: 5, steps, inputs, classes, kind: "events", density: 0.5 });
  const regularisers = [
    rate(0.2, { strength: 3 }),
    rateAbove(0.1, { strength: 5, populations: ["hidden2", "output"] }),
  ];
  const penalties = [
    ...["hidden1", "hidden2", "output"].map(
      (population) => ({ kind: "rate", target: 0.2, strength: 3, population }) as const,
    ),
    ...["hidden2", "output"].map(
      (population) => ({ kind: "rateAbove", target: 0.1, strength: 5, population }) as const,
    ),
  ];
  for (const loss of [crossEntropy("count"), crossEntropy("mean")]) {
    using trainer = await createTrainer(net, wasm, {
      algorithm: bptt(triangle(0.8)),
      loss,
      optimiser: sgd(1),
      regularisers,
      batch: 5,
      chunk: 3,
      seed: 4,
      type: "f64",
    });
    const found = trainer.gradients(batch);
    const expected = simulate(net, trainer.parameters(), samples, labels, {
      loss,
      surrogate: triangle(0.8),
      penalties,
    });
    const plain = simulate(net, trainer.parameters(), samples, labels, { loss, surrogate: triangle(0.8) });
    expect(found.loss).toBeCloseTo(plain.loss, 12);
    expect(found.loss + found.penalty).toBeCloseTo(expected.loss, 12);
    expect(found.penalty).toBeGreaterThan(0.1);
    expectNear(trainer.gradientBlocks(), expected.gradients, 1e-12);
  }
});
