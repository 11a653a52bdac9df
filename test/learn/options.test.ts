/** JavaScript checks no types: what evaluates and trains refuses options that it does not know, and says what it cannot train. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { ModelError } from "../../src/base/errors.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import {
  adam,
  adamax,
  bptt,
  createEvaluator,
  createTrainer,
  crossEntropy,
  crossEntropyEachStep,
  crossEntropyRising,
  distillation,
  eprop,
  fit as fitted,
  rate,
  rateAbove,
  sgd,
  type Trainer,
  temporalEfficientTraining,
} from "../../src/learn/index.ts";
import { denseLayer, input, lif, readout, sequential, uniform } from "../../src/model/index.ts";
import { refusesSlips, type Slip } from "../base/slips.ts";

const withDelay = (delay: "2 ms" | object) =>
  sequential([input(2), denseLayer(3, { delay, bias: false } as object), lif(), denseLayer(2), readout({})], {
    steps: 4,
  });
const trainer = (delay: "2 ms" | object) =>
  createTrainer(withDelay(delay), wasm, {
    algorithm: eprop(triangle(1)),
    loss: crossEntropy("mean"),
    optimiser: adam(1e-3),
    batch: 2,
  } as never);

describe("createEvaluator", () => {
  test("no backend", async () => {
    const options = { loss: crossEntropy("mean"), batch: 2, parameters: {} };
    await expect(createEvaluator(withDelay("2 ms"), "wasm" as never, options)).rejects.toThrow("backend: must be wasm");
  });
  test("an option that is none", async () => {
    const options = { loss: crossEntropy("mean"), batch: 2, parameters: {}, dtype: "f64" };
    const act = createEvaluator(withDelay("2 ms"), wasm, options as never);
    await expect(act).rejects.toThrow(/^evaluator.dtype: unknown property; known: .*; did you mean 'type'\?$/);
  });
});

describe("createTrainer", () => {
  const given = { algorithm: bptt(triangle(1)), loss: crossEntropy(), optimiser: adam(1e-3), batch: 2 };
  test.each<[string, unknown[], string]>([
    ["no options", [wasm], "trainer: takes its options as an object"],
    ["no backend", ["wasm", given], "backend: must be wasm, threadedWasm(2) or interpret, got 'wasm'"],
    [
      "no regulariser",
      [wasm, { ...given, regularisers: [{}] }],
      "regularisers[0]: must be what rate() or rateAbove() gives",
    ],
  ])("%s", async (_name, more, words) => {
    const make = createTrainer as (...x: unknown[]) => Promise<unknown>;
    await expect(make(withDelay("2 ms"), ...more)).rejects.toThrow(words);
  });
});

describe("fit", () => {
  const evaluator = { setParameters() {}, evaluate() {} };
  const batches = () => [];
  test.each([
    ["a slip", { epochs: 1, batches, onEpohc() {} }, "fit.onEpohc: unknown property; known: "],
    ["no epochs", { batches }, "fit.epochs: is missing"],
    ["no batches", { epochs: 1 }, "fit.batches: is missing: (epoch) => batches of that epoch"],
    [
      "a list",
      { epochs: 1, batches: [] },
      "fit.batches: must be a function, (epoch) => batches of that epoch, got a list",
    ],
    ["an evaluator alone", { epochs: 1, batches, validate: evaluator }, "fit.validate.setParameters: unknown property"],
    ["no evaluator", { epochs: 1, batches, validate: { batches } }, "fit.validate.evaluator.evaluate: is missing"],
    [
      "a list to validate",
      { epochs: 1, batches, validate: { evaluator, batches: [] } },
      "fit.validate.batches: must be",
    ],
  ])("%s", (_name, options, message) => {
    const act = () => fitted({} as never, options as never);
    expect(act).toThrow(ModelError);
    expect(act).toThrow(message);
  });
});

describe("e-prop and delays", () => {
  test.each([
    ["that learn", { trainable: true, max: "3 ms" }, "delay: e-prop trains weights and biases, no delays: use bptt"],
    ["of each synapse", uniform(1e-3, 3e-3), "delay: e-prop trains connections whose synapses have one delay"],
  ])("%s are named", async (_name, delay, message) => {
    await expect(trainer(delay)).rejects.toThrow(message);
  });
  test("one delay for all is trained around", async () => {
    ((await trainer("2 ms")) as unknown as Trainer).dispose();
  });
});

const SLIPS: readonly Slip[] = [
  ["adam", (o) => adam(1e-3, o), "avrage", "average"],
  ["adamax", (o) => adamax(1e-3, o), "epsilom", "epsilon"],
  ["sgd", (o) => sgd(1e-3, o), "momentun", "momentum"],
  ["rate", (o) => rate(0.1, { strength: 1, ...o }), "population", "populations"],
  ["rateAbove", (o) => rateAbove(0.1, { strength: 1, ...o }), "population", "populations"],
  ["crossEntropy", (o) => crossEntropy("mean", o), "smooting", "smoothing"],
  ["crossEntropyEachStep", (o) => crossEntropyEachStep("mean", o), "weigths", "weights"],
  ["crossEntropyRising", (o) => crossEntropyRising(o), "priro", "prior"],
  ["temporalEfficientTraining", (o) => temporalEfficientTraining(o), "lamda", "lambda"],
  ["distillation", (o) => distillation(o), "temprature", "temperature"],
];
refusesSlips(SLIPS);
