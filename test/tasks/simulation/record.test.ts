import { expect, test } from "vitest";
import { connect } from "../../../src/model/connection.ts";
import { probability } from "../../../src/model/connectivity.ts";
import { network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { recordPlan } from "../../../src/tasks/simulation/record.ts";

const silent = neuron({ name: "silent", equations: "dx/dt = -x/(1*ms) : 1" });
const net = network({
  dt: "0.1 ms",
  populations: { e: population(100, lif()), quiet: population(2, silent) },
  connections: [connect("e", "e", { name: "own", connectivity: probability(0.1), weight: 0.1, delay: 1 })],
});
const plan = (...texts: string[]) => recordPlan(texts, net);

test("spikes, variables and weights", () => {
  expect(plan()).toEqual({ values: [], synapses: [] });
  expect(plan("e").spikes).toEqual([{ node: "e" }]);
  expect(plan("e.spike[2,0..1]").spikes).toEqual([{ node: "e", neurons: [0, 1, 2] }]);
  expect(plan("weights", "own.w").synapses).toEqual([
    { connection: "own", variable: "w" },
    { connection: "own", variable: "w" },
  ]);
  expect(plan("quiet.x").values).toEqual([{ node: "quiet", variable: "x", neurons: [0, 1], every: 1 }]);
});

test.each<[string, number[]]>([
  ["3", [3]],
  ["0..2", [0, 1, 2]],
  ["0..99/25", [0, 25, 50, 75]],
  ["98..", [98, 99]],
  ["..1", [0, 1]],
  ["5, 3..4, 4", [3, 4, 5]],
])("neurons %s", (text, neurons) => {
  expect(plan(`e.v[${text}]`).values[0]!.neurons).toEqual(neurons);
});

test.each<[string, number]>([
  ["@10", 10],
  ["@1ms", 10],
  ["@0.5 ms", 5],
])("interval %s", (text, every) => {
  expect(plan(`e.v[0]${text}`).values[0]!.every).toBe(every);
});

test("several in one, with commas outside of brackets", () => {
  const { spikes, values } = plan("e.spike[0,1], e.v[2,3]@10, quiet.x");
  expect(spikes).toEqual([{ node: "e", neurons: [0, 1] }]);
  expect(values.map((v) => [v.node, v.neurons.length, v.every])).toEqual([
    ["e", 2, 10],
    ["quiet", 2, 1],
  ]);
});

test.each<[string, string]>([
  ["x.v", "record 'x.v': there is no population or connection 'x'; known: e, own, quiet, weights"],
  ["e.u", "record 'e.u': 'e' has no variable 'u'; known: v"],
  ["quiet.spike", "'quiet' does not spike"],
  ["quiet", "'quiet' does not spike"],
  ["own.x", "synapses of 'own' have no 'x'; known: w"],
  ["own.w[0]", "no brackets, no '@'"],
  ["weights@1ms", "no brackets, no '@'"],
  ["e.spike@1ms", "take no '@'"],
  ["e.v[100]", "'100': 'e' has neurons 0 to 99"],
  ["e.v[5..2]", "'5..2': goes from the smaller number to the larger"],
  ["e.v[50..100]", "'50..100': 'e' has neurons 0 to 99"],
  ["e.v[0..9/0]", "'0..9/0': every n-th neuron needs an n of at least 1"],
  ["e.v[a]", "'a' names no neurons; expected 3, 0..9 or 0..99/10"],
  ["e.v[", "cannot be read; expected something such as"],
  ["e.v@0.15ms", "must be a whole number of steps of 0.0001 s, at least one"],
  ["e.v@0", "must be a whole number of steps"],
  ["e.v@1mV", "expected a quantity in s"],
])("%s is refused: %s", (text, problem) => {
  expect(() => plan(text)).toThrow(problem);
});
