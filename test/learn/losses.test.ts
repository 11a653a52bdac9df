/**
 * Each loss against its published definition, written by hand in double precision (`simulate.ts`), with samples of
 * different length, with segments of time, and on both backends; its slopes against finite differences through a layer
 * that answers by value, where all is smooth.
 */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import {
  crossEntropy,
  crossEntropyEachStep,
  crossEntropyRate,
  distillation,
  firstSpike,
  type Loss,
  lossOf,
  lossOfEachStep,
  meanSquared,
  meanSquaredCount,
  meanSquaredEachStep,
  temporalEfficientTraining,
  vanRossum,
} from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { parseLoss } from "../../src/learn/parseLoss.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import type { Network } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { values } from "../backend/cases.ts";
import { distances, expectNear } from "./near.ts";
import { drawSamples, labelSteps, shortened } from "./samples.ts";
import { type SimulateOptions, simulate } from "./simulate.ts";

const [inputs, steps, classes] = [13, 9, 3];
const lengths = [9, 4, 1, 7, 5];
const count = lengths.length;
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.7 } } as const;
const cell = lif({ tau: "5 ms", reset: "subtract" });
const membranes = sequential(
  [
    input(inputs),
    denseLayer(11, strong),
    neurons(cell, { recurrent: true }),
    denseLayer(classes),
    readout({ tau: "8 ms" }),
  ],
  { steps },
);
const spikes = sequential([input(inputs), denseLayer(14, strong), cell, denseLayer(classes, strong), neurons(cell)], {
  steps,
});

const drawn = shortened(drawSamples({ count, steps, inputs, classes, kind: "events", density: 0.4 }), lengths);
const labelled = labelSteps(drawn, steps, classes);
const next = values(4711);
const numbers = lengths.map(() => Array.from({ length: classes }, () => 4 * next() - 2));
const trains = lengths.map(() =>
  Array.from({ length: steps }, () => Array.from({ length: classes }, () => Number(next() < 0.4))),
);

interface Case {
  readonly loss: Loss;
  readonly net?: Network;
  readonly targets?: NonNullable<SimulateOptions["targets"]>;
  readonly own?: NonNullable<SimulateOptions["own"]>;
  readonly stepLabels?: boolean;
}
const square: Case["own"] = (a, { target }) => [(a - target) ** 2, 2 * (a - target)];
const hinge: Case["own"] = (a, { label, output, step }) => {
  const sign = label === output ? 1 : -1;
  const room = 0.7 - sign * a;
  return [Math.max(0, room) * (1 + step), room > 0 ? -sign * (1 + step) : 0];
};
const HINGE = "max(0, margin - where(output == label, 1, -1)*answer)*(1 + step)";
const cases: Record<string, Case> = {
  "label smoothing": { loss: crossEntropy("mean", { smoothing: 0.1 }) },
  "class weights": { loss: crossEntropy("last", { weights: [0.5, 2, 3] }) },
  "smoothing and weights in each step": {
    loss: crossEntropyEachStep("mean", { smoothing: 0.2, weights: [0.5, 2, 3] }),
    stepLabels: true,
  },
  "temporal efficient training": { loss: temporalEfficientTraining({ lambda: 0.3, membrane: 0.8, smoothing: 0.1 }) },
  "temporal efficient training, labels of steps": {
    loss: temporalEfficientTraining({ lambda: 0.3 }),
    stepLabels: true,
  },
  "wrong classes": { loss: meanSquared("max", 2, -0.5) },
  "wrong classes in each step": { loss: meanSquaredEachStep("mean", 1.5, 0.25), stepLabels: true },
  distillation: { loss: distillation({ temperature: 3, share: 0.7, smoothing: 0.1 }), targets: numbers },
  "own, of numbers": { loss: lossOf("(answer - target)**2", "last"), targets: numbers, own: square },
  "own, of labels and steps": {
    loss: lossOfEachStep(HINGE, "sum", { parameters: { margin: 0.7 } }),
    own: hinge,
    stepLabels: true,
  },
  "cross-entropy of counts": { loss: crossEntropy("count"), net: spikes },
  "cross-entropy of rates": { loss: crossEntropy("rate"), net: spikes },
  "spikes in each step": { loss: crossEntropyRate(), net: spikes },
  "counts of right and wrong classes": { loss: meanSquaredCount(0.8, 0.2), net: spikes },
  "the first spike": { loss: crossEntropy(firstSpike()), net: spikes },
  "the first spike, softer": { loss: crossEntropy(firstSpike(2.5)), net: spikes },
  "the first spike's time": { loss: meanSquared(firstSpike("sample"), 0, -1), net: spikes },
  "given trains": { loss: vanRossum(3e-3), net: spikes, targets: trains },
};
const batchOf = ({ targets, stepLabels }: Case) => ({
  ...(stepLabels ? labelled.batch : drawn.batch),
  ...(targets && { targets: Float64Array.from(targets.flat(2)) }),
});
const options = (loss: Loss, o: Partial<TrainerOptions> = {}): TrainerOptions => ({
  algorithm: bptt(triangle(0.8)),
  loss,
  optimiser: sgd(0.1),
  batch: count,
  chunk: 3,
  seed: 3,
  type: "f64",
  ...o,
});

test.each(Object.entries(cases))("%s: loss, gradients and answers are those of the definition", async (_, c) => {
  const { loss, net = membranes, stepLabels, targets, own } = c;
  const ways: Partial<TrainerOptions>[] = [{}, { algorithm: bptt(triangle(0.8), { checkpoint: 4 }) }];
  for (const o of ways) {
    using trainer = await createTrainer(net, wasm, options(loss, o));
    const parameters = trainer.parameters();
    using evaluator = await createEvaluator(net, wasm, { loss, batch: count, parameters, type: "f64" });
    const [found, answered] = [trainer.gradients(batchOf(c)), evaluator.evaluate(batchOf(c))];
    const expected = simulate(net, parameters, drawn.samples, drawn.labels, {
      loss,
      surrogate: triangle(0.8),
      ...(stepLabels && { stepLabels: labelled.stepLabels }),
      ...(targets && { targets }),
      ...(own && { own }),
    });
    expect(found.loss).toBeCloseTo(expected.loss, 11);
    expect(answered.loss).toBeCloseTo(expected.loss, 11);
    expectNear(trainer.gradientBlocks(), expected.gradients, 1e-12); // a few hundred roundings of 1e-16
    const best = expected.answers.map((a) => a.indexOf(Math.max(...a)));
    expect([...answered.predictions].filter((p) => p >= 0)).toEqual(best);
  }
});

test.each(Object.entries(cases))("%s: the interpreter gives the same bits", async (_, c) => {
  const results = [];
  for (const backend of [wasm, interpret]) {
    using trainer = await createTrainer(c.net ?? membranes, backend, options(c.loss, { type: "f32" }));
    results.push([trainer.step(batchOf(c)), trainer.parameters()]);
  }
  expect(results[0]).toEqual(results[1]);
});

test.each(Object.entries(cases))("%s: what went into a file comes out", (_, { loss }) => {
  expect(parseLoss(JSON.parse(JSON.stringify(loss)))).toEqual(loss);
});

/** A readout alone: the loss is smooth in the weights, so that finite differences see the slopes. */
test.each(Object.entries(cases).filter(([, c]) => !c.net && !("pooling" in c.loss && c.loss.pooling === "max")))(
  "%s: slopes are those of finite differences",
  async (_, c) => {
    const net = sequential([input(inputs), denseLayer(classes), readout({ tau: "8 ms" })], { steps });
    using trainer = await createTrainer(net, wasm, options(c.loss));
    trainer.gradients(batchOf(c));
    const [slopes, at] = [trainer.gradientBlocks(), trainer.parameters()];
    const h = 1e-5;
    const measured = Object.fromEntries(
      Object.entries(at).map(([name, w]) => [
        name,
        Array.from(w, (_, k) => {
          const lossAt = (d: number): number => {
            trainer.setParameters({ ...at, [name]: Float64Array.from(w, (x, i) => (i === k ? x + d : x)) });
            return trainer.gradients(batchOf(c)).loss;
          };
          return (lossAt(h) - lossAt(-h)) / (2 * h);
        }),
      ]),
    );
    for (const d of Object.values(distances(slopes, measured))) expect(d).toBeLessThan(1e-6); // h², and 1e-16 / h
  },
);

describe("a user's own loss that cannot be", () => {
  test.each([
    ["(answer - wanted)**2", "unknown name 'wanted'; known: answer, label, output, outputs, step, target"],
    ["floor(answer)*target", "'floor(answer)' jumps with 'answer' and is flat between, so its derivative is 0"],
    ["int(answer > 1)*label", "jumps with 'answer'"],
    ["target*label", "'target*label' does not change with 'answer'"],
    ["where(answer > 0, 1, 2)*target", "does not change with 'answer'"],
    ["answer*rand()*target", "'rand' is random"],
    ["answer**2", "compares with nothing: it must read 'label' or 'target'"],
    ["answer*target*step", "'step' is known to lossOfEachStep alone"],
    ["answer*target + 3*", "line 1"],
    ["answer > target", "a loss needs"],
  ])("%s", (equation, problem) => {
    expect(() => lossOf(equation)).toThrow(problem);
    expect(parseLoss({ kind: "expression", equation, pooling: "mean" })).toBeUndefined();
  });
});

test.each([
  [() => crossEntropy("mean", { smoothing: 1 }), "crossEntropy.smoothing: must be from 0 to below 1, got 1"],
  [() => crossEntropy("mean", { weights: [1, -1] }), "crossEntropy.weights"],
  [() => distillation({ temperature: 0 }), "distillation.temperature: must be above 0, got 0"],
  [() => distillation({ share: 2 }), "distillation.share: must be from 0 to 1, got 2"],
  [() => temporalEfficientTraining({ lambda: -1 }), "temporalEfficientTraining.lambda"],
  [() => firstSpike(0), "firstSpike.unit"],
  [() => vanRossum(0), "vanRossum.tau"],
  [() => vanRossum("5 mV"), "vanRossum.tau"],
] as const)("options out of range: %s", (make, problem) => {
  expect(make).toThrow(problem);
});

test("class weights that do not fit the classes", async () => {
  const loss = crossEntropy("mean", { weights: [1, 2] });
  await expect(createTrainer(membranes, wasm, options(loss))).rejects.toThrow("2 weights for 3 classes");
});

test.each(["count", "first", "trains"] as const)("a network learns by its spikes: %s", async (how) => {
  const loss = { count: meanSquaredCount(0.6, 0.1), first: crossEntropy(firstSpike()), trains: vanRossum(3e-3) }[how];
  const o = options(loss, { optimiser: adam(1e-2), type: "f32", algorithm: bptt(triangle(1)) });
  using trainer = await createTrainer(spikes, wasm, o);
  const batch = { ...drawn.batch, targets: Float64Array.from(trains.flat(2)) };
  const first = trainer.gradients(batch).loss;
  for (let k = 0; k < 150; k++) trainer.step(batch);
  expect(trainer.gradients(batch).loss).toBeLessThan(first / 2);
});
test("the time constant of van Rossum's distance is a duration, or seconds", () => {
  expect(vanRossum("5 ms")).toEqual(vanRossum(5e-3));
});
