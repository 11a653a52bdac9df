import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { decodeHdf5, type Tree } from "../../src/io/hdf5.ts";
import { nirProjection } from "../../src/io/nirProjection.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronSpec } from "../../src/model/neuronModel.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { softmax } from "../../src/model/transform.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { dataFolder, hasData } from "../data/shared.ts";
import { type NirGraph, readGraph, runGraph } from "./nirGraph.ts";

function project(net: Network, parameters = initialParameters(net, 1, "f64")): NirGraph {
  const projected = nirProjection(net, parameters);
  if (typeof projected === "string") throw new Error(projected);
  return readGraph(projected);
}
/** Dimensionless cells with a leak towards `El`, driven through `port`. */
const cell = (more: Partial<NeuronSpec>): NeuronSpec => ({
  name: "cell",
  equations: "dv/dt = (El - v + R*i) / tau : 1\ni : 1 (input)",
  parameters: { tau: "10 ms", El: 0.1, R: 3, th: 0.4, low: -0.2 },
  spike: "v > th",
  reset: "v = low",
  ...more,
});

describe("layout", () => {
  test("nodes, their arrays and shapes, and edges", () => {
    const net = sequential([input(3), denseLayer(2), lif(), denseLayer(4, { bias: false }), readout()], { steps: 5 });
    const parameters = {
      "input>hidden.weight": Float32Array.of(1, 2, 3, 4, 5, 6),
      "input>hidden.bias": Float32Array.of(7, 8),
      "hidden>output.weight": new Float32Array(8),
    };
    const graph = project(net, parameters);
    expect(graph.edges).toEqual([
      ["input", "input_hidden"],
      ["input_hidden", "hidden"],
      ["hidden", "hidden_output"],
      ["hidden_output", "output"],
      ["output", "output_"],
    ]);
    expect(Object.entries(graph.nodes).map(([name, { type, shapes }]) => [name, type, shapes])).toEqual([
      ["input", "Input", { shape: [1] }],
      ["hidden", "LIF", { tau: [2], r: [2], v_leak: [2], v_threshold: [2], v_reset: [2] }],
      ["output", "LI", { tau: [4], r: [4], v_leak: [4] }],
      ["input_hidden", "Affine", { weight: [2, 3], bias: [2] }],
      ["hidden_output", "Linear", { weight: [4, 2] }],
      ["output_", "Output", { shape: [1] }],
    ]);
    expect(graph.nodes["input_hidden"]!.values).toEqual({ weight: [1, 3, 5, 2, 4, 6], bias: [7, 8] }); // ours is [source][target]
    expect([graph.nodes["input"]!.values, graph.nodes["output_"]!.values, graph.dt]).toEqual([
      { shape: [3] },
      { shape: [4] },
      1e-3,
    ]);
  });
  test("one value a neuron where neurons differ", () => {
    const net = network({
      dt: 1e-3,
      inputs: { x: inputNode(1) },
      populations: { y: population(2, lif(), { parameters: { tau: [0.01, 0.04], vTh: 2 } }) },
      connections: [connect("x", "y")],
      output: "y",
    });
    expect(project(net).nodes["y"]!.values).toMatchObject({ tau: [0.01, 0.04], v_threshold: [2, 2], v_reset: [0, 0] });
  });
  test("names are letters, digits and _, each once", () => {
    const wires = [
      connect("a", "b", { name: "b-" }),
      connect("a", "b", { name: "a/b é" }),
      connect("a", "b", { name: "a>b" }),
      connect("a", "b", { name: "" }),
    ];
    const net = network({
      dt: 1e-3,
      inputs: { a: inputNode(1) },
      populations: { b: population(1, lif()) },
      connections: wires,
      output: "b",
    });
    expect(Object.keys(project(net).nodes)).toEqual(["a", "b", "b_", "a_b_", "a_b", "_", "output"]);
  });
});

describe("the graph, stepped as its metadata say, is the network", () => {
  const kinds: readonly [string, NeuronSpec, string | undefined, string, string][] = [
    ["lif, delta synapses", lif().spec, undefined, "LIF", "sinabs"],
    ["lif, a current", lif({ vTh: 0.4 }).spec, "i", "LIF", "nengo"],
    ["a leak, a gain and a low reset", cell({}), undefined, "LIF", "nengo"],
    ["the same by Euler", cell({ method: "euler" }), undefined, "LIF", "norse"],
    ["the same by Euler, delta synapses", cell({ method: "euler", port: "v" }), undefined, "LIF", "norse"],
    [
      "a discrete leak",
      cell({ equations: "v[t+1] = 0.9*v + 0.5*i + 0.01 : 1\ni : 1 (input)" }),
      undefined,
      "LIF",
      "norse",
    ],
    ["integrate and fire", integrateAndFire().spec, undefined, "IF", "sum"],
    ["integrate and fire, a current", integrateAndFire().spec, "i", "IF", "sum"],
    ["an integrator", { name: "sum", equations: "dv/dt = i : 1\ni : second**-1 (input)" }, undefined, "I", "sum"],
    ["the threshold on the left", cell({ spike: "th < v" }), undefined, "LIF", "nengo"],
    [
      "through a subexpression",
      cell({ equations: "drive = R*i : 1\ndv/dt = (El - v + drive) / tau : 1\ni : 1 (input)" }),
      undefined,
      "LIF",
      "nengo",
    ],
  ];
  test.each(kinds)("%s", async (_, spec, port, type, preset) => {
    const net = network({
      dt: 1e-3,
      inputs: { input: inputNode(4) },
      populations: { cells: population(3, neuron(spec)), out: population(2, leakyIntegrator({ tau: "7 ms" })) },
      connections: [
        connect("input", "cells", {
          bias: { kind: "uniform", low: 0, high: 0.05 },
          weight: { kind: "uniform", low: 0, high: 0.6 },
          ...(port && { port }),
        }),
        connect("cells", "out"),
      ],
      output: "out",
    });
    const parameters = initialParameters(net, 3, "f64");
    const graph = project(net, parameters);
    expect([graph.nodes["cells"]!.type, graph.nodes["cells"]!.preset]).toEqual([type, preset]);
    const spikes = fc.sample(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), { numRuns: 200, seed: 5 });
    const events = spikes.flatMap((row, step) => row.flatMap((on, index) => (on ? [{ step, index }] : [])));
    using engine = await createEngine(net, interpret, { type: "f64", parameters, record: ["out.v", "cells.v"] });
    const run = engine.run(200, { input: { steps: events.map((e) => e.step), indices: events.map((e) => e.index) } });
    const expected = runGraph(
      graph,
      spikes.map((row) => row.map(Number)),
    );
    if (neuron(spec).spike) {
      const fired = expected["cells"]!.flatMap((row, step) =>
        row.flatMap((on, index) => (on ? [`${step}.${index}`] : [])),
      );
      const found = Array.from(run.spikes["cells"]!.steps, (step, k) => `${step}.${run.spikes["cells"]!.indices[k]}`);
      expect(fired.length).toBeGreaterThan(10);
      expect(found).toEqual(fired);
    }
    // 200 steps of a few roundings each, and exp from two sources: far below 1e-10
    expected["output"]!.flat().forEach((v, k) => expect(run.values["out.v"]![k]).toBeCloseTo(v, 10));
  });
});

describe("why there is none", () => {
  const one = (
    model: Parameters<typeof population>[1],
    options: Parameters<typeof population>[2] = {},
    wire: Parameters<typeof connect>[2] = {},
  ): Network =>
    network({
      dt: 1e-3,
      inputs: { x: inputNode(2) },
      populations: { y: population(2, model, options) },
      connections: [connect("x", "y", wire)],
      output: "y",
    });
  const layers = [input(2), denseLayer(2), lif(), denseLayer(2), readout()] as const;
  test.each<[string, Network, string]>([
    ["no output", network({ dt: 1e-3, populations: { y: population(1, lif()) } }), "the network names no output"],
    [
      "a transform",
      network({
        dt: 1e-3,
        populations: { y: population(1, lif()) },
        transforms: { s: softmax(1, { node: "y", port: "v" }) },
        output: "s",
      }),
      "NIR has no node like transform 's'",
    ],
    [
      "a schedule in groups",
      sequential(layers, { steps: 1, schedule: "brian" }),
      "schedule 'brian' passes spikes on after all neurons have moved",
    ],
    [
      "a schedule with latency",
      sequential(layers, { steps: 1, schedule: "loihi" }),
      "connection 'input>hidden' takes 1 steps",
    ],
    ["a delay", one(lif(), {}, { delay: 2 }), "connection 'x>y' takes 2 steps"],
    [
      "recurrence",
      sequential([input(2), denseLayer(2), neurons(lif(), { recurrent: true })], { steps: 1 }),
      "connection 'output>output' takes 1 steps",
    ],
    [
      "sparse weights",
      one(lif(), {}, { connectivity: { kind: "oneToOne" } }),
      "connection 'x>y' is not dense (oneToOne)",
    ],
    [
      "a reset by subtraction",
      one(lif({ reset: "subtract" })),
      "population 'y': its reset does not set 'v' to a value",
    ],
    ["a refractory period", one(lif({ refractory: "2 ms" })), "population 'y': it has a refractory period"],
    [
      "statements that end every step",
      one(neuron(cell({ spike: "v > 1", reset: "v = 0", after: "v -= 0.1*spike" }))),
      "population 'y': it has statements that end every step",
    ],
    ["no state", one(relu()), "population 'y': it has 0 state variables, not one"],
    [
      "two states",
      one(neuron(cell({ equations: "dv/dt = (i - v - w)/tau : 1\ndw/dt = -w/tau : 1\ni : 1 (input)" }))),
      "population 'y': it has 2 state variables, not one",
    ],
    ["a start elsewhere", one(lif(), { initial: { v: 0.5 } }), "population 'y': 'v' does not start at 0"],
    ["a competition", one(lif(), { winners: 1 }), "population 'y': NIR has no competition between neurons"],
    [
      "a drawn parameter",
      one(lif(), { parameters: { tau: { kind: "uniform", low: 0.01, high: 0.02 } } }),
      "population 'y': parameter 'tau' is drawn at random",
    ],
    [
      "a threshold that may be met",
      one(neuron(cell({ spike: "v >= th" }))),
      "population 'y': its spike condition 'v >= th' is not 'v > threshold'",
    ],
    [
      "a square",
      one(neuron(cell({ equations: "dv/dt = (v**2 + i)/tau : 1\ni : 1 (input)" }))),
      "population 'y': 'v' does not change linearly",
    ],
    [
      "growth",
      one(neuron(cell({ equations: "dv/dt = (v + i)/tau : 1\ni : 1 (input)" }))),
      "population 'y': its leak is not a positive time constant",
    ],
    [
      "noise",
      one(neuron(cell({ equations: "dv/dt = (i - v)/tau + xi*tau**-0.5 : 1\ni : 1 (input)" }))),
      "population 'y': 'v' depends on more than its parameters and its input",
    ],
    [
      "time",
      one(neuron(cell({ equations: "dv/dt = (i*sin(t/tau) - v)/tau : 1\ni : 1 (input)" }))),
      "population 'y': 'v' depends on more than its parameters and its input",
    ],
    [
      "a drift",
      one(neuron(cell({ equations: "v[t+1] = v + i + 0.1 : 1\ni : 1 (input)" }))),
      "population 'y': it drifts without input",
    ],
    [
      "another method",
      one(neuron(cell({ method: "rk4" }))),
      "population 'y': NIR importers know no step like its method 'rk4'",
    ],
  ])("%s", (_, net, reason) => expect(nirProjection(net, initialParameters(net, 1))).toBe(reason));
});

describe("the published single neuron", () => {
  const file = "nir-graphs/01_lif/lif_norse.nir";
  const single = (model: Parameters<typeof population>[1]): Network =>
    network({
      dt: 1e-4,
      inputs: { input: inputNode(1) },
      populations: { lif: population(1, model) },
      connections: [connect("input", "lif", { port: "i", weight: 1, bias: 0 })],
      output: "lif",
    });
  const published = lif({ tau: "2.5 ms", vTh: 0.1 });

  test(`its nodes are those of the file that Norse wrote`, async ({ skip }) => {
    skip(!hasData(file), `needs ${file}`);
    const { root } = await decodeHdf5(readFileSync(`${dataFolder}/${file}`), ["version", "node"], file);
    const [theirs, ours] = [readGraph(root as Tree), project(single(published))];
    const pick = ({ nodes }: NirGraph, names: readonly string[]) => names.map((name) => nodes[name]!);
    const mine = pick(ours, ["input", "input_lif_i", "lif", "output"]);
    pick(theirs, ["input", "0", "1", "output"]).forEach(({ type, shapes, values }, k) => {
      expect(mine[k]).toMatchObject({ type, shapes });
      for (const [name, list] of Object.entries(values))
        list.forEach((x, j) => expect(mine[k]!.values[name]![j]).toBeCloseTo(x, 7)); // theirs are f32
    });
    expect(
      theirs.edges.map(([a, b]) => [
        a.replace("0", "input_lif_i").replace("1", "lif"),
        b.replace("0", "input_lif_i").replace("1", "lif"),
      ]),
    ).toEqual(ours.edges);
  });

  test.for([
    ["nengo", published],
    ["norse", neuron({ ...published.spec, method: "euler" })],
  ] as const)(`steps as %s does`, ([importer, model], { skip }) => {
    const trace = `nir-graphs/01_lif/lif_${importer}.csv`;
    skip(!hasData(trace), `needs ${trace}`);
    const rows = readFileSync(`${dataFolder}/${trace}`, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(",").map(Number));
    const net = single(model);
    const graph = project(net);
    expect(graph.nodes["lif"]!.preset).toBe(importer);
    const spikes = runGraph(
      graph,
      rows.map(([x]) => [x!]),
    )["output"]!.flatMap(([on], step) => (on ? [step] : []));
    expect(spikes).toEqual(rows.flatMap((row, step) => (row[2] ? [step] : [])));
    expect(spikes).toHaveLength(4);
  });
});

test("what training made of neurons is projected, and not what they started with", () => {
  const net = sequential(
    [input(3), denseLayer(2), neurons(lif(), { trainable: { tau: "neuron", vTh: "layer" } }), denseLayer(4), readout()],
    { steps: 5 },
  );
  const trained = { "hidden.tau": Float64Array.of(0.01, 0.03), "hidden.vTh": Float64Array.of(0.7) };
  const { nodes } = project(net, { ...initialParameters(net, 1, "f64"), ...trained });
  expect([...nodes.hidden!.values.tau!].map((x) => x.toFixed(12))).toEqual(["0.010000000000", "0.030000000000"]);
  expect([...nodes.hidden!.values.v_threshold!]).toEqual([0.7, 0.7]);
  const moved = sequential([input(3), denseLayer(4), neurons(leakyIntegrator(), { trainable: ["v.initial"] })], {
    steps: 5,
  });
  const start = initialParameters(moved, 1, "f64");
  expect(typeof nirProjection(moved, start)).not.toBe("string");
  expect(nirProjection(moved, { ...start, "output.v.initial": Float64Array.of(0.1) })).toContain("does not start at 0");
});
