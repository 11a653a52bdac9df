/** Weights of drawn synapses mean nothing with those of another seed: parameters know theirs. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { inDegree } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { rounded } from "../../src/sim/settled.ts";
import { drawSamples } from "./samples.ts";

const [inputs, steps, classes, count] = [10, 12, 3, 6];
const net = network({
  name: "sparse",
  dt: "1 ms",
  steps,
  inputs: { x: inputNode(inputs) },
  populations: { h: population(8, lif()), out: population(classes, leakyIntegrator()) },
  connections: [
    connect("x", "h", { connectivity: inDegree(4), weight: uniform(0.2, 0.8), trainable: true }),
    connect("h", "out", { port: "i", weight: uniform(-1, 1) }),
  ],
  output: "out",
});
const loss = crossEntropy();
const { batch } = drawSamples({ count, steps, inputs, classes, kind: "events" });
const trainerOf = (seed: number) =>
  createTrainer(net, wasm, { algorithm: bptt(triangle(1)), loss, optimiser: sgd(0), batch: count, seed });

test("an evaluator and an engine take the seed that parameters are of", async () => {
  using trainer = await trainerOf(5);
  const learned = trainer.gradients(batch).loss;
  for (const parameters of [trainer.deployed(), trainer.parameters(), initialParameters(net, 5)]) {
    using evaluator = await createEvaluator(net, wasm, { loss, batch: count, parameters });
    expect(evaluator.evaluate(batch).loss).toBeCloseTo(learned, 6);
    using engine = await createEngine(net, wasm, { parameters });
    using same = await createEngine(net, wasm, { parameters: { ...parameters }, seed: 5 });
    expect(engine.synapses("x>h")).toEqual(same.synapses("x>h"));
  }
});

test("another seed is refused, with the one that fits", async () => {
  using trainer = await trainerOf(5);
  const parameters = trainer.deployed();
  const message = /seed: the parameters are of the synapses of 'x>h' that seed 5 draws, and 6 draws others: give 5/;
  const options = { loss, batch: count, parameters, seed: 6 };
  await expect(createEvaluator(net, wasm, options)).rejects.toThrow(message);
  await expect(createEngine(net, wasm, { parameters, seed: 6 })).rejects.toThrow(message);
  expect(() => createExactEngine(net, { parameters, seed: 6 })).toThrow(message);
  expect(() => rounded(net, parameters, 6)).toThrow(message);
  using other = await trainerOf(6);
  using evaluator = await createEvaluator(net, wasm, { loss, batch: count, parameters: other.deployed() });
  expect(() => evaluator.setParameters(parameters)).toThrow(message);
});
