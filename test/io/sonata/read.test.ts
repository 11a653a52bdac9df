/** SONATA files as the specification and published examples have them, and files that are wrong. */
import { describe, expect, test } from "vitest";
import { encodeSonataHdf5 } from "../../../src/io/sonata/hdf5Write.ts";
import { readSonata } from "../../../src/io/sonata/read.ts";
import { readSonataSpikes } from "../../../src/io/sonata/readSpikes.ts";
import { encodeSonata } from "../../../src/io/sonata/write.ts";
import { connect } from "../../../src/model/connection.ts";
import { inDegree } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { mutate } from "../../data/mutate.ts";
import { ascii, branch, f64, ids, json, type Parts, plainEdges, plainNodes, sonataFiles, u32 } from "./files.ts";

const CELLS = "nest:iaf_psc_alpha";
/** Ten nodes of two types in two groups, whose rows are not in order of their ids, and three virtual ones. */
const MIXED: Parts = {
  nodes: branch({
    "v1-l4": branch({
      node_id: u32(4, 3, 2, 1, 0),
      node_type_id: u32(10, 10, 20, 20, 30),
      node_group_id: u32(0, 0, 1, 1, 1),
      node_group_index: u32(1, 0, 2, 0, 1),
      "0": branch({ dynamics_params: branch({ V_th: f64(-51, -52) }), x: f64(1, 2) }),
      "1": branch({ dynamics_params: branch({ tau: f64(0.03, 0.05, 0.04) }) }),
    }),
    lgn: plainNodes([99, 99, 99]),
  }),
  nodeTypes: [
    "node_type_id population model_type model_template dynamics_params ei",
    `10 v1-l4 point_process ${CELLS} cell.json e`,
    '20 v1-l4 point_neuron nrn:IntFire1 "int fire.json" i',
    '30 v1-l4 point_neuron nrn:IntFire1 "int fire.json" i',
    "99 lgn virtual NULL NULL NULL",
    `10 other point_neuron no:such NULL e`,
  ].join("\r\n"),
  edges: branch({
    // Of alpha cells 3 and 4 of both signs, of IntFire1 cells 0 to 2.
    both: branch({
      edge_type_id: u32(1, 1, 2, 1, 2),
      source_node_id: ids("lgn", 0, 1, 2, 0, 1),
      target_node_id: ids("v1-l4", 4, 3, 0, 4, 2),
      edge_group_id: u32(1, 0, 0, 1, 0),
      edge_group_index: u32(1, 0, 1, 0, 2),
      "0": branch({ syn_weight: f64(-8, 0.5, 0.25), nsyns: u32(1, 3, 2) }),
      "1": branch({ syn_weight: f64(20, 30), delay: f64(1.5, 2.5) }),
    }),
  }),
  edgeTypes: [
    "edge_type_id target_query source_query syn_weight delay dynamics_params model_template",
    "1 * * NULL 0.5 NULL static_synapse",
    "2 model_type=='point_process'&ei=='i' * 7 0.01 inh.json NULL",
  ].join("\n"),
  components: {
    "cells/cell.json": { V_th: -50, C_m: 200, tau_minus: 20 },
    "cells/int fire.json": { type: "NEURON_IntFire1", tau: 0.024, refrac: 0.003 },
    "synapses/inh.json": { level_of_detail: "instantaneous", sign: -1 },
  },
};

describe("what the specification allows", () => {
  test("populations of several models, groups, ids out of order, what overrides what", async () => {
    const files = await sonataFiles(MIXED);
    const { network: net, nodes, steps, notes } = await readSonata("sim/config.json", { files });
    expect([net.dt, net.schedule.name, steps]).toEqual([1e-4, "nest", 1000]);
    expect(nodes).toEqual({
      v1_l4_1: { population: "v1-l4", ids: Uint32Array.of(0, 1, 2) },
      v1_l4_0: { population: "v1-l4", ids: Uint32Array.of(3, 4) },
      lgn: { population: "lgn", ids: Uint32Array.of(0, 1, 2) },
    });
    expect(net.inputs["lgn"]).toMatchObject({ size: 3, signal: "spikes" });
    // Node 2 is row 2, at place 2 of group 1; nodes 1 and 0 at places 0 and 1.
    expect(net.populations["v1_l4_1"]!.parameters).toEqual({
      tau: { kind: "values", values: Float64Array.of(0.05, 0.03, 0.04) },
      refrac: { kind: "constant", value: 0.003 },
    });
    // A group's values override those of the type's file.
    const alpha = net.populations["v1_l4_0"]!.parameters;
    expect(alpha["vTh"]).toEqual({ kind: "values", values: Float64Array.of(-0.051, -0.052) });
    expect(alpha["c"]).toEqual({ kind: "constant", value: 200e-12 });
    const told = net.connections.map((c) => [
      ...[c.name, c.to.node, c.to.port, c.delay],
      c.weight.kind === "values" ? Array.from(c.weight.values) : c.weight,
      c.connectivity,
    ]);
    const pairsOf = (source: number[], target: number[]) => ({
      ...{ kind: "pairs", source: Uint32Array.from(source), target: Uint32Array.from(target) },
    });
    expect(told).toEqual([
      ["both.v1_l4_0.diEx", "v1_l4_0", "diEx", 15, [30e-12, 20e-12], pairsOf([0, 0], [1, 1])],
      ["both.v1_l4_0.diIn", "v1_l4_0", "diIn", 5, { kind: "constant", value: -8e-12 }, pairsOf([1], [0])],
      // -1 · 0.5 · 3 and -1 · 0.25 · 2; 0.01 ms are no step of 0.1 ms.
      ["both.v1_l4_1.m", "v1_l4_1", "m", 1, [-1.5, -0.5], pairsOf([2, 1], [0, 2])],
    ]);
    expect(net.connections[0]!.delays).toEqual({ kind: "values", values: Float64Array.of(2.5e-3, 1.5e-3) });
    expect(notes).toEqual([
      "edges/both: 2 delays below one step became one step",
      "edges/both: 2 delays were rounded to whole steps of 0.0001 s",
    ]);
  });

  test("spikes of inputs: node sets, both layouts of files, units, times to steps", async () => {
    const spikes = (x: Parameters<typeof branch>[0]) => encodeSonataHdf5(branch({ spikes: branch(x) }));
    const input = (file: string, node_set: unknown, module = "h5") => ({
      input_type: "spikes",
      module,
      input_file: file,
      node_set,
    });
    const files = await sonataFiles({
      ...MIXED,
      simulation: {
        run: { tstop: 10, dt: 0.1, random_seed: 5 },
        node_sets_file: "sets.json",
        output: { output_dir: "out", spikes_file: "mine.h5" },
        reports: { v: { variable_name: "V_m" } },
        inputs: {
          old: input("old.h5", "both"),
          now: input("now.h5", { population: "lgn" }, "sonata"),
          off: { ...input("none.h5", "lgn"), enabled: false },
        },
      },
      more: {
        "sim/sets.json": json({
          first: { population: "lgn", node_id: [0, 7] },
          last: { population: "lgn", model_type: ["virtual"], node_id: 2 },
          both: ["first", "last"],
        }),
        "sim/old.h5": await spikes({
          timestamps: f64(0, 0.04, 0.05, 9.94, 9.96, 3, 4),
          gids: u32(0, 2, 0, 2, 0, 1, 3),
        }),
        "sim/now.h5": await spikes({
          lgn: branch({ timestamps: { ...f64(0.001, 0.002), attributes: { units: "s" } }, node_ids: u32(1, 1) }),
          elsewhere: branch({ timestamps: f64(1), node_ids: u32(9) }),
        }),
      },
    });
    const read = await readSonata("sim/config.json", { files });
    expect(read.inputs).toEqual({ lgn: { steps: [0, 0, 1, 99, 10, 20], indices: [0, 2, 0, 2, 1, 1] } });
    expect([read.output, read.seed]).toEqual(["sim/out/mine.h5", 5]);
    expect(read.notes).toContain("reports of the simulation's configuration: not read");
    expect(read.notes).toContain("sim/old.h5: 1 spikes of 'lgn' at or after tstop: left out");
    expect(read.notes).toContain("sim/old.h5: 1 spikes of ids that 'lgn' has not: left out");
    const named = await spikes({ lgn: branch({ timestamps: f64(1), node_ids: u32(3) }) });
    const wrong = readSonata("sim/config.json", { files: new Map(files).set("sim/now.h5", named) });
    await expect(wrong).rejects.toThrow("sim/now.h5: spikes/lgn/node_ids[0]: must be below 3, got 3");
  });

  test("the index that is written names each node's edges, and those alone", async () => {
    const net = network({
      dt: "1 ms",
      populations: { a: population(30, lif()), b: population(20, lif()) },
      connections: [connect("a", "b", { connectivity: inDegree(3), weight: uniform(0, 1) })],
    });
    const files = await encodeSonata(net, { steps: 1 });
    const { withSonataFile } = await import("../../../src/io/sonata/hdf5File.ts");
    const { edgeIndex } = await import("../../../src/io/sonata/edgeIndex.ts");
    await withSonataFile({ path: "e", bytes: files.get("network/edges.h5")! }, (file) => {
      for (const [end, size] of [
        ["source", 30],
        ["target", 20],
      ] as const) {
        const of = file.indices(`edges/a_to_b/${end}_node_id`);
        const [slices, ranges] = [...edgeIndex(of, size).values()].map((x) =>
          Array.from((x as { data: BigInt64Array }).data, Number),
        );
        for (let node = 0; node < size; node++) {
          const found: number[] = [];
          for (let r = slices![2 * node]!; r >= 0 && r < slices![2 * node + 1]!; r++)
            for (let e = ranges![2 * r]!; e < ranges![2 * r + 1]!; e++) found.push(e);
          expect(found).toEqual([...of.keys()].filter((e) => of[e] === node));
        }
      }
      expect(file.members("edges/a_to_b/indices")).toEqual(["source_to_target", "target_to_source"]);
    });
  });
});

describe("what is wrong is told with its place", () => {
  const nodes = (template: string, more = ""): Parts => ({
    nodes: branch({ a: plainNodes([1, 1]), x: plainNodes([2]) }),
    nodeTypes: `node_type_id model_type model_template dynamics_params\n1 point_neuron ${template} ${more || "NULL"}\n2 virtual NULL NULL\n`,
  });
  const edges = (types: string, group = branch({ syn_weight: f64(1) })): Parts => ({
    ...nodes(CELLS),
    edges: branch({ e: plainEdges(["x", [0]], ["a", [1]], [5], group) }),
    edgeTypes: types,
  });
  const cases: readonly (readonly [string, Parts | (() => Parts), RegExp])[] = [
    [
      "a neuron without a counterpart",
      nodes("nest:glif_lif_asc"),
      /model_template 'nest:glif_lif_asc' has no counterpart here; known: .*nest:iaf_psc_alpha/,
    ],
    [
      "a biophysical cell",
      { ...nodes(CELLS), nodeTypes: "node_type_id model_type\n1 biophysical\n2 virtual\n" },
      /node_types.csv: line 2: model_type 'biophysical' is not simulated here/,
    ],
    [
      "an unknown parameter",
      { ...nodes(CELLS, "p.json"), components: { "cells/p.json": { V_min: -80 } } },
      /nodes\/a \(nest:iaf_psc_alpha\): has no parameter 'V_min' here; known: C_m/,
    ],
    [
      "a parameter that is a list",
      { ...nodes(CELLS, "p.json"), components: { "cells/p.json": { tau_syn: [1, 2] } } },
      /p.json.tau_syn: must be a number, got a list of 2/,
    ],
    ["a file of parameters that is missing", nodes(CELLS, "p.json"), /parts\/cells\/p.json: there is no such file/],
    ["a parameter that must be given", nodes("nrn:IntFire1"), /nrn:IntFire1: tau: must be given/],
    [
      "a type that is not there",
      { ...nodes(CELLS), nodeTypes: "node_type_id model_type\n2 virtual\n" },
      /nodes\/a\/node_type_id\[0\]: net\/node_types.csv has no type 1/,
    ],
    [
      "a table without ids",
      { ...nodes(CELLS), nodeTypes: "model_type\nvirtual\n" },
      /line 1: must have a column 'node_type_id'/,
    ],
    [
      "a row that is short",
      { ...nodes(CELLS), nodeTypes: "node_type_id model_type\n1\n" },
      /line 2: has 1 cells, and there are 2 columns/,
    ],
    [
      "a quote that stays open",
      { ...nodes(CELLS), nodeTypes: 'node_type_id model_type\n1 "x\n' },
      /line 2: the quote at character 3 does not close/,
    ],
    [
      "a plastic synapse",
      edges("edge_type_id model_template\n5 stdp_synapse\n"),
      /edges\/e: type 5: model_template 'stdp_synapse' has no counterpart here; known: static_synapse/,
    ],
    [
      "a weight that is a function",
      edges("edge_type_id weight_function\n5 gaussianLL\n"),
      /line 2: weight_function 'gaussianLL' is not computed here/,
    ],
    [
      "a weight that is missing",
      edges("edge_type_id\n5\n", branch({})),
      /edges\/e: edge 0 has no syn_weight, and neither has its type, 5/,
    ],
    ["a delay below 0", edges("edge_type_id delay\n5 -1\n"), /edge 0 has a delay of -1 ms/],
    [
      "an edge to a virtual node",
      {
        ...nodes(CELLS),
        edges: branch({ e: plainEdges(["a", [0]], ["x", [0]], [5], branch({ syn_weight: f64(1) })) }),
        edgeTypes: "edge_type_id\n5\n",
      },
      /ends at 'x', whose nodes are virtual/,
    ],
    [
      "an edge to no node",
      {
        ...nodes(CELLS),
        edges: branch({ e: plainEdges(["x", [0]], ["a", [2]], [5], branch({})) }),
        edgeTypes: "edge_type_id\n5\n",
      },
      /edges\/e\/target_node_id\[0\]: must be a whole number from 0 to 1, got 2/,
    ],
    [
      "an edge from nowhere",
      {
        ...nodes(CELLS),
        edges: branch({ e: plainEdges(["y", [0]], ["a", [0]], [5], branch({})) }),
        edgeTypes: "edge_type_id\n5\n",
      },
      /source_node_id@node_population: there is no population 'y'; known: a, x/,
    ],
    [
      "another input",
      { ...nodes(CELLS), simulation: { inputs: { i: { input_type: "current_clamp", module: "IClamp" } } } },
      /inputs.i.input_type: must be 'spikes'/,
    ],
    [
      "a name that the manifest lacks",
      { ...nodes(CELLS), simulation: { network: "$OTHER/circuit.json" } },
      /sim\/config.json.network: the manifest has no '\$OTHER'; known: \$BASE/,
    ],
    [
      "names that stand for one another",
      { ...nodes(CELLS), simulation: { network: "$A", manifest: { $A: "$B", $B: "$A" } } },
      /'\$A' stands for itself in the manifest/,
    ],
    [
      "a time step of 0",
      { ...nodes(CELLS), simulation: { run: { tstop: 1, dt: 0 } } },
      /run.dt: must be a number of ms above 0, got 0/,
    ],
    [
      "a node set that is not there",
      {
        ...nodes(CELLS),
        simulation: { inputs: { i: { input_type: "spikes", module: "h5", input_file: "x", node_set: "y" } } },
      },
      /node_set: there is no node set 'y'; known: a, x/,
    ],
  ];
  test.each(cases)("%s", async (_, parts, message) => {
    const files = await sonataFiles(typeof parts === "function" ? parts() : parts);
    await expect(readSonata("sim/config.json", { files })).rejects.toThrow(message);
  });
  test("a circuit without a step, and JSON that is none", async () => {
    const files = await sonataFiles(nodes(CELLS));
    await expect(readSonata("circuit.json", { files })).rejects.toThrow("give a simulation's, or dt");
    await expect(readSonata("circuit.json", { files: new Map([["circuit.json", ascii("{")]]) })).rejects.toThrow(
      "circuit.json: is not JSON",
    );
    await expect(readSonata("circuit.json", { files: new Map([["circuit.json", ascii("{}")]]) })).rejects.toThrow(
      "must have 'networks'",
    );
    await expect(readSonata("nothing.json")).rejects.toThrow("nothing.json: there is no such file");
  });
});

describe("damaged files are refused, or hold a network", () => {
  const net = network({
    dt: "1 ms",
    populations: { a: population(40, lif(), { initial: { v: uniform(0, 2) } }), b: population(20, lif()) },
    connections: [connect("a", "b", { connectivity: inDegree(5), weight: uniform(0, 1), delay: uniform(1e-3, 9e-3) })],
  });
  test.each([
    "network/nodes.h5",
    "network/edges.h5",
    "network/node_types.csv",
    "network/edge_types.csv",
    "circuit_config.json",
    "simulation_config.json",
  ])("%s", async (name) => {
    const files = await encodeSonata(net, { steps: 5 });
    const bytes = new Uint8Array(files.get(name)!);
    const read = (damaged: Uint8Array) =>
      readSonata("simulation_config.json", { files: new Map(files).set(name, damaged) });
    const outcome = await mutate(bytes, read, {
      count: 150,
      memory: 2 ** 24,
      check: ({ network: found }) => {
        expect(found.populations["a"]!.size).toBe(40);
        for (const c of found.connections) expect(["a", "b"]).toContain(c.to.node);
      },
    });
    expect(outcome.truncated.refused).toBeGreaterThan(100);
    expect(outcome.truncated.refused + outcome.truncated.read + outcome.flipped.refused + outcome.flipped.read).toBe(
      300,
    );
  });
  test("spikes", async () => {
    const times = Float64Array.from({ length: 50 }, (_, k) => k / 4);
    const spikes = branch({ timestamps: { data: times, attributes: { units: "ms" } }, node_ids: u32(...times.keys()) });
    const bytes = await encodeSonataHdf5(branch({ spikes: branch({ p: spikes }) }));
    const { flipped, truncated } = await mutate(
      bytes,
      (damaged) => readSonataSpikes({ path: "s.h5", bytes: damaged }),
      {
        count: 300,
        where: /^s\.h5: (superblock|closing|spikes)/,
        check: (found) => {
          for (const { timestamps, nodeIds } of found.values()) {
            expect(nodeIds.length).toBe(timestamps.length);
            expect(timestamps.every(Number.isFinite)).toBe(true);
          }
        },
      },
    );
    expect(truncated).toEqual({ read: 0, refused: 300 });
    expect(flipped.refused).toBeGreaterThan(10);
  });
});
