import { expect, test } from "vitest";
import { NAMED, quotient } from "../../src/base/dimension.ts";
import { bernoulli, current, type Encoder, latency, poisson, rate } from "../../src/data/encoder.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne, probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { networkDocument, networkText } from "../../src/tasks/explainNetwork.ts";
import { quantityText } from "../../src/tasks/explainQuantity.ts";

test("every array of parameters: its shape, whether it trains, and within which bounds", () => {
  const trainable = { tauM: "neuron", beta: "layer", "v.initial": "layer" } as const;
  const own = { parameters: { tauM: uniform(0.01, 0.02) }, trainable };
  const net = sequential(
    [input(3), denseLayer(4), neurons(alif({ beta: { value: 1, min: 0.5, max: 2 } }), own), denseLayer(2), readout()],
    { steps: 5 },
  );
  const lines = networkText(net, current()).split("\n");
  const first = lines.findIndex((l) => l.startsWith("parameters"));
  expect(lines.slice(first, first + 8).map((l) => l.trim().split(/ {2,}/))).toEqual([
    ["parameters", "shape", "training"],
    ["input>hidden.weight", "3 x 4", "trains"],
    ["input>hidden.bias", "4", "trains"],
    ["hidden>output.weight", "4 x 2", "trains"],
    ["hidden>output.bias", "2", "trains"],
    ["hidden.tauM", "4", "trains, at least 1 ms"],
    ["hidden.beta", "1, for all", "trains, at least 0.5, at most 2"],
    ["hidden.v.initial", "1, for all", "trains"],
  ]);
  expect(networkDocument(net, current()).parameters.slice(4)).toEqual([
    { name: "hidden.tauM", kind: "neuron", trainable: true, shape: [4], min: 0.001 },
    { name: "hidden.beta", kind: "neuron", trainable: true, shape: [1], min: 0.5, max: 2 },
    { name: "hidden.v.initial", kind: "neuron", trainable: true, shape: [1] },
  ]);
});

test("what narrow weights may lose", () => {
  const net = network({
    dt: "1 ms",
    schedule: "nest",
    populations: { a: population(3, lif()) },
    connections: [
      connect("a", "a", { connectivity: probability(1), weight: uniform(-1, 1.27), delay: 1, storage: "i8" }),
    ],
  });
  const text = networkText(net, current()).replaceAll(/\s+/g, " ");
  expect(text).toMatch(
    /weights uniform\(-1, 1.27\) stored as i8 of 0\.0(1|0999999\d*), each off by at most 0\.00(5|4999999\d*), delay 1 step/,
  );
});

test("that synapses are not stored", () => {
  const own = { connectivity: probability(0.1), weight: uniform(-1, 1), delay: 2, procedural: true };
  const net = network({ dt: "1 ms", populations: { a: population(3, lif()) }, connections: [connect("a", "a", own)] });
  const text = networkText(net, current()).replaceAll(/\s+/g, " ");
  expect(text).toContain("weights uniform(-1, 1), delay 2 steps, drawn again for each spike");
});

const { volt, second, siemens, metre } = NAMED;
test.each([
  [0.01, second, "10 ms"],
  [1, second, "1 s"],
  [0, second, "0 s"],
  [-0.065, volt, "-65 mV"],
  [0.0001, second, "100 µs"],
  [3e-11, siemens, "30 pS"],
  [1e-20, siemens, "1e-20 S"],
  [1200, quotient(siemens!, metre!), "1200 siemens/metre"],
  [1.5, quotient(metre!, metre!), "1.5"],
])("%d in its unit: %s", (value, dimension, text) => {
  expect(quantityText(value, dimension!)).toBe(text);
});

test.each<[Encoder, string]>([
  [latency(), "one spike, the larger the feature the earlier, none below 0.01"],
  [latency({ tau: 5, steps: 8 }), "none below 0.01, with a time constant of 5 steps, within the first 8 steps"],
  [rate(0.5), "evenly spaced spikes, in a share of steps that is 0.5 times the feature"],
  [bernoulli(2), "spikes by chance, in a step with probability 2 times the feature"],
  [poisson(3), "spikes by chance, on average 3 times the feature in a step"],
  [current(1, { levels: 4 }), "a constant current of 1 times the feature, rounded to 4 parts of 1"],
])("what enters, in words: %j", (encoder, words) => {
  const net = sequential([input(3), denseLayer(4), neurons(alif()), denseLayer(2), readout()], { steps: 5 });
  const text = networkText(net, encoder);
  expect(text.replace(/\s+/g, " ")).toContain(words);
  expect(text).not.toMatch(/[{}"]/);
  expect(text).toContain("5 steps of 1 ms");
  expect(text).toMatch(/^ {2}tauM = [\d.]+ ms$/m);
});

test("sparse connections and delays that learn: what trains of them", () => {
  const net = network({
    dt: "1 ms",
    steps: 5,
    output: "b",
    inputs: { x: inputNode(4) },
    populations: { a: population(4, lif()), b: population(2, lif()) },
    connections: [
      connect("x", "a", { connectivity: oneToOne, weight: 0.5 }),
      connect("a", "b", {
        weight: uniform(0, 1),
        trainable: false,
        delay: { trainable: true, max: 6, start: "2 ms", interpolation: "gaussian" },
      }),
    ],
  });
  const text = networkText(net, current());
  expect(text.replaceAll(/\s+/g, " ")).toContain(
    "delays that learn (gaussian) from 0 to 6 steps, at first constant(0.002) s",
  );
  const lines = text.split("\n");
  const first = lines.findIndex((l) => l.startsWith("parameters"));
  expect(lines.slice(first + 1, first + 5).map((l) => l.trim().split(/ {2,}/))).toEqual([
    ["x>a.weight", "1, for all", "trains"],
    ["a>b.weight", "4 x 2", "stays"],
    ["a>b.delay", "4 x 2", "trains, at least 0 s, at most 6 ms"],
    ["a>b.delay.width", "1", "set by the trainer"],
  ]);
});
