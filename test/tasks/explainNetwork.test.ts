import { expect, test } from "vitest";
import { current } from "../../src/data/encoder.ts";
import { uniform } from "../../src/model/initializer.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { networkDocument, networkText } from "../../src/tasks/explainNetwork.ts";

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
    ["hidden.tauM", "4", "trains, at least 0.001"],
    ["hidden.beta", "1, for all", "trains, at least 0.5, at most 2"],
    ["hidden.v.initial", "1, for all", "trains"],
  ]);
  expect(networkDocument(net, current()).parameters.slice(4)).toEqual([
    { name: "hidden.tauM", kind: "neuron", trainable: true, shape: [4], min: 0.001 },
    { name: "hidden.beta", kind: "neuron", trainable: true, shape: [1], min: 0.5, max: 2 },
    { name: "hidden.v.initial", kind: "neuron", trainable: true, shape: [1] },
  ]);
});
