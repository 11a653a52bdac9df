/**
 * Gradients of many shapes of network, in double precision. Oracle: the naive simulation of `simulate.ts`, which
 * differentiates itself, and whose gradients of a smoothed network equal finite differences (`smoothed.test.ts`).
 */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, boxcar, fastSigmoid, type Surrogate, sigmoid, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy, type Loss, meanSquared } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { pairs } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, type Layer, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { synapse } from "../../src/model/synapse.ts";
import { expectNear } from "./near.ts";
import { drawSamples, type SampleOptions } from "./samples.ts";
import { simulate } from "./simulate.ts";

const [inputs, steps, classes] = [13, 9, 4];
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.7 } } as const;
const cell = lif({ tau: "5 ms", reset: "subtract" });
const layers = (...middle: Layer[]): Layer[] => [
  input(inputs),
  ...middle,
  denseLayer(classes),
  readout({ tau: "8 ms" }),
];
const net = (middle: Layer[], options: Partial<Parameters<typeof sequential>[1]> = {}): Network =>
  sequential(layers(...middle), { steps, ...options });

interface Case {
  readonly net: Network;
  readonly loss?: Loss;
  readonly surrogate?: Surrogate;
  readonly kind?: SampleOptions["kind"];
  readonly count?: number;
  readonly chunk?: number;
}

const recurrentValues = network({
  name: "values",
  dt: "1 ms",
  steps,
  output: "out",
  inputs: { input: inputNode(inputs, { signal: "values" }) },
  populations: {
    a: population(6, leakyIntegrator({ tau: "6 ms" })),
    b: population(7, relu()),
    out: population(classes, leakyIntegrator()),
  },
  connections: [
    connect("input", "a", { bias: 0.1, port: "i", weight: { kind: "uniform", low: -1, high: 1 } }),
    connect("a", "b", { weight: { kind: "uniform", low: -1, high: 1 }, bias: 0.2 }),
    connect("b", "a", { delay: 2 }),
    connect("a", "a", { delay: 1 }),
    connect("b", "out", { delay: 3 }),
    connect("input", "out", { delay: 1 }),
  ],
});
const skipping = network({
  name: "skip",
  dt: "1 ms",
  steps,
  output: "out",
  inputs: { input: inputNode(inputs) },
  populations: {
    a: population(11, cell),
    b: population(9, lif({ tau: "8 ms" })),
    out: population(classes, leakyIntegrator()),
  },
  connections: [
    connect("input", "a", strong),
    connect("input", "b", { ...strong, delay: 3 }),
    connect("a", "b", { ...strong, delay: 2 }),
    connect("b", "a", { delay: 1 }),
    connect("a", "out", { delay: 1, bias: 0.1 }),
    connect("b", "out"),
    connect("a", "out", { name: "membrane", output: "v", delay: 4 }),
  ],
});
/** An input that synapses read too, so that it is given as rows and not as lists. */
const mixed = (constant: boolean): Network =>
  network({
    name: "mixed",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs, { signal: "values", constant }) },
    populations: { a: population(11, cell), out: population(classes, leakyIntegrator()) },
    connections: [
      connect("input", "a", strong),
      connect("a", "out", { bias: 0.1 }),
      connect("input", "out", { connectivity: pairs([0, 1, 5, 5], [1, 1, 0, 3]), weight: 0.7, trainable: false }),
    ],
  });
const perNeuron = (n: number) => ({
  tau: Array.from({ length: n }, (_, k) => 0.003 + k / 1000),
  vTh: Array.from({ length: n }, (_, k) => 0.6 + k / n),
});
const spikingOutput: Layer[] = [
  input(inputs),
  denseLayer(20, strong),
  cell,
  denseLayer(classes, strong),
  neurons(cell, { name: "output" }),
];

const cases: Record<string, Case> = {
  "two hidden layers": { net: net([denseLayer(17, strong), cell, denseLayer(15, strong), lif({ tau: "9 ms" })]) },
  "two hidden layers, both recurrent": {
    net: net([
      denseLayer(17, strong),
      neurons(cell, { recurrent: true }),
      denseLayer(15, strong),
      neurons(cell, { recurrent: true }),
    ]),
  },
  "delays of 2 and 1 between layers": {
    net: net([denseLayer(17, { ...strong, delay: 1 }), cell, denseLayer(15, { ...strong, delay: 2 }), cell]),
  },
  "a recurrent layer in schedule nest": {
    net: sequential(
      [
        input(inputs),
        denseLayer(17, { ...strong, delay: 1 }),
        neurons(cell, { recurrent: true }),
        denseLayer(classes, { delay: 2 }),
        readout(),
      ],
      { steps, schedule: "nest" },
    ),
  },
  "two layers in schedule loihi": {
    net: net(
      [denseLayer(17, strong), neurons(cell, { recurrent: true }), denseLayer(15, { ...strong, delay: 1 }), cell],
      { schedule: "loihi" },
    ),
  },
  "a cycle of two layers, delays, skipping connections, a membrane by value": { net: skipping },
  "refractory periods": { net: net([denseLayer(17, strong), lif({ tau: "5 ms", refractory: "3 ms" })]) },
  "integrate and fire without leak": {
    net: net([denseLayer(17, strong), integrateAndFire({ vTh: 1.5, reset: "subtract" })]),
  },
  "currents into port i": {
    net: net([denseLayer(17, { weight: { kind: "uniform", low: -1, high: 4 }, port: "i" }), cell]),
  },
  "spikes counted": { net: sequential(spikingOutput, { steps }), loss: crossEntropy("count") },
  "spikes counted, squared error": { net: sequential(spikingOutput, { steps }), loss: meanSquared("count", 5) },
  "spikes counted in a recurrent answer": {
    net: sequential([input(inputs), denseLayer(classes, strong), neurons(cell, { name: "output", recurrent: true })], {
      steps,
    }),
    loss: crossEntropy("count"),
  },
  "squared error of the mean": { net: net([denseLayer(17, strong), cell]), loss: meanSquared("mean", 2) },
  "squared error of the maximum": { net: net([denseLayer(17, strong), cell]), loss: meanSquared("max") },
  "the last membrane of neurons that fire": { net: sequential(spikingOutput, { steps }), loss: crossEntropy("last") },
  "constant values as lists": {
    net: sequential(
      [
        input(inputs, { signal: "values", constant: true }),
        denseLayer(17, strong),
        cell,
        denseLayer(classes),
        readout(),
      ],
      { steps },
    ),
    kind: "constant",
  },
  "constant values in schedule loihi": {
    net: sequential(
      [
        input(inputs, { signal: "values", constant: true }),
        denseLayer(17, strong),
        cell,
        denseLayer(classes),
        readout(),
      ],
      { steps, schedule: "loihi" },
    ),
    kind: "constant",
  },
  "values that change": {
    net: sequential(
      [input(inputs, { signal: "values" }), denseLayer(17, strong), cell, denseLayer(classes), readout()],
      { steps },
    ),
    kind: "values",
  },
  "values that change, delayed": {
    net: sequential(
      [
        input(inputs, { signal: "values" }),
        denseLayer(17, { ...strong, delay: 2 }),
        cell,
        denseLayer(classes),
        readout(),
      ],
      { steps },
    ),
    kind: "values",
  },
  "values around a cycle": { net: recurrentValues, kind: "values" },
  "constant values as rows": { net: mixed(true), kind: "constant" },
  "changing values as rows": { net: mixed(false), kind: "values" },
  "time constants and thresholds of each neuron's own": {
    net: net([denseLayer(17, strong), neurons(cell, { parameters: perNeuron(17), recurrent: true })]),
  },
  "the maximum of an answer that never changes: the first step takes it": {
    net: sequential([input(inputs, { signal: "values", constant: true }), denseLayer(classes), linear()], { steps }),
    kind: "constant",
    loss: crossEntropy("max"),
  },
  boxcar: { net: net([denseLayer(17, strong), cell, denseLayer(15, strong), cell]), surrogate: boxcar(0.4) },
  sigmoid: { net: net([denseLayer(17, strong), cell]), surrogate: sigmoid(4) },
  "fast sigmoid": { net: net([denseLayer(17, strong), lif({ tau: "5 ms" })]), surrogate: fastSigmoid(25) },
  arctan: { net: net([denseLayer(17, strong), cell]), surrogate: arctan(2) },
  "chunks of one": { net: net([denseLayer(17, strong), neurons(cell, { recurrent: true })]), chunk: 1, count: 3 },
  "one step": { net: net([denseLayer(17, strong), cell], { steps: 1 }) },
};

/** The others run on one backend: that both agree in every bit is checked elsewhere (`training.test.ts`). */
const INTERPRETED: ReadonlySet<string> = new Set([
  "two hidden layers, both recurrent",
  "a cycle of two layers, delays, skipping connections, a membrane by value",
  "values around a cycle",
  "constant values as lists",
]);

test.each(Object.entries(cases))(
  "%s",
  async (name, {
    net,
    loss = crossEntropy("sum"),
    surrogate = triangle(0.8),
    kind = "events",
    count = 7,
    chunk = 4,
  }) => {
    const { samples, labels, batch } = drawSamples({ count, steps: net.steps!, inputs, classes, kind });
    for (const backend of INTERPRETED.has(name) ? [wasm, interpret] : [wasm]) {
      using trainer = await createTrainer(net, backend, {
        algorithm: bptt(surrogate),
        loss,
        optimiser: sgd(0.1),
        batch: count,
        chunk,
        seed: 3,
        type: "f64",
      });
      const found = trainer.gradients(batch);
      const expected = simulate(net, trainer.parameters(), samples, labels, { loss, surrogate });
      for (const [node, p] of Object.entries(net.populations))
        if (p.model.spike) expect(expected.active[node], node).toBeGreaterThan(0.02 * count * net.steps! * p.size); // the silent prove nothing
      expect(found.loss).toBeCloseTo(expected.loss, 12);
      expectNear(trainer.gradientBlocks(), expected.gradients, 1e-12); // a few hundred roundings of 1e-16
    }
  },
);

const refusals: Record<string, [() => Network, string]> = {
  "a schedule of two groups": [
    () => net([denseLayer(5), cell], { schedule: "brian" }),
    "schedule brian: training needs a schedule with one group of phases",
  ],
  "a threshold without a distance": [
    () => net([denseLayer(5), neuron({ ...cell.spec, spike: "v >= vTh" })]),
    "hidden: a surrogate needs a spike condition of the form",
  ],
  "synapses with pathways": [
    () =>
      network({
        dt: 1,
        steps: 2,
        output: "out",
        inputs: { input: inputNode(2) },
        populations: { a: population(2, cell), out: population(2, leakyIntegrator()) },
        connections: [
          connect("input", "a"),
          connect("a", "out", { connectivity: pairs([0], [1]), synapse: synapse({ name: "s", onPre: "i_post += w" }) }),
        ],
      }),
    "connection a>out: synapses with equations or pathways of their own have no adjoint",
  ],
};
test.each(Object.entries(refusals))("%s: refused by name", async (_name, [make, message]) => {
  const made = createTrainer(make(), wasm, { algorithm: bptt(), loss: crossEntropy(), optimiser: sgd(0.1), batch: 2 });
  await expect(made).rejects.toThrow(message);
});
