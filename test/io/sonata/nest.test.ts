/** Networks of NEST's neurons in SONATA files against NEST's own update, written here from its sources. */
import { expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { encodeSonataHdf5 } from "../../../src/io/sonata/hdf5Write.ts";
import { readSonata } from "../../../src/io/sonata/read.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { mulberry32 } from "../../data/mutate.ts";
import { ascii, branch, f64, plainEdges, plainNodes, sonataFiles, u32 } from "./files.ts";

const H = 0.1;
const STEPS = 3000;
const CELLS = 12;
const SOURCES = 8;

interface Kind {
  readonly template: string;
  /** Of what drives the membrane, from the weights that arrive. */
  readonly shape: "alpha" | "exp" | "delta";
  readonly weights: readonly [input: number, excitatory: number, inhibitory: number];
}
const KINDS: readonly Kind[] = [
  { template: "nest:iaf_psc_alpha", shape: "alpha", weights: [900, 150, -300] },
  { template: "nest:iaf_psc_exp", shape: "exp", weights: [2000, 300, -600] },
  { template: "iaf_psc_delta", shape: "delta", weights: [9, 1.5, -3] },
];

interface Cell {
  readonly C_m: number;
  readonly tau_m: number;
  readonly t_ref: number;
  readonly E_L: number;
  readonly V_th: number;
  readonly V_reset: number;
  readonly I_e: number;
  readonly tau_syn_ex: number;
  readonly tau_syn_in: number;
}
interface Edge {
  /** Below 0: input `-1 - source`. */
  readonly source: number;
  readonly target: number;
  readonly weight: number;
  readonly delay: number;
}

/**
 * `update` of iaf_psc_alpha, iaf_psc_exp and iaf_psc_delta (NEST 3, models/*.cpp): exact propagators, in the order of the
 * code: membrane, synaptic states, arriving weights, threshold; spikes reach ring buffers `delay` steps on.
 */
function nest(kind: Kind, cells: readonly Cell[], edges: readonly Edge[], input: readonly (readonly number[])[]) {
  const room = 64;
  const buffers = cells.map(() => [new Float64Array(room), new Float64Array(room)]);
  const state = cells.map((c) => ({ v: -70 - c.E_L, i: [0, 0], d: [0, 0], r: 0 }));
  const out = new Map(edges.map((e) => [e.source, [] as Edge[]]));
  for (const e of edges) out.get(e.source)!.push(e);
  const send = (source: number, step: number): void => {
    for (const { target, weight, delay } of out.get(source) ?? [])
      buffers[target]![weight < 0 ? 1 : 0]![(step + delay) % room]! += weight;
  };
  const spikes: [step: number, cell: number][] = [];
  for (let step = 0; step < STEPS; step++) {
    for (const k of input[step] ?? []) send(-1 - k, step);
    const fired: number[] = [];
    for (const [n, c] of cells.entries()) {
      const s = state[n]!;
      const [tau, p33] = [[c.tau_syn_ex, c.tau_syn_in], Math.exp(-H / c.tau_m)];
      const arrived = buffers[n]!.map((b) => b[step % room]!);
      for (const b of buffers[n]!) b[step % room] = 0;
      if (s.r === 0) {
        s.v = p33 * s.v + ((1 - p33) * c.tau_m * c.I_e) / c.C_m;
        for (const e of [0, 1]) {
          const [a, p11] = [1 / tau[e]! - 1 / c.tau_m, Math.exp(-H / tau[e]!)];
          if (kind.shape !== "delta") s.v += (s.i[e]! * (p33 - p11)) / a / c.C_m;
          if (kind.shape === "alpha") s.v += (s.d[e]! * p33 * (1 - Math.exp(-a * H) * (1 + a * H))) / (a * a) / c.C_m;
          if (kind.shape === "delta") s.v += arrived[e]!;
        }
      } else s.r--;
      for (const e of [0, 1]) {
        const p11 = Math.exp(-H / tau[e]!);
        if (kind.shape === "alpha") {
          s.i[e] = p11 * s.i[e]! + H * p11 * s.d[e]!;
          s.d[e] = p11 * s.d[e]! + (Math.E / tau[e]!) * arrived[e]!;
        } else s.i[e] = p11 * s.i[e]! + arrived[e]!;
      }
      if (s.v < c.V_th - c.E_L) continue;
      s.r = Math.round(c.t_ref / H);
      s.v = c.V_reset - c.E_L;
      fired.push(n);
    }
    for (const n of fired) {
      spikes.push([step, n]);
      send(n, step);
    }
  }
  return spikes;
}

test.each(KINDS)("$template: the same spikes in the same steps as NEST's update gives, in f64", async (kind) => {
  const random = mulberry32(5);
  const between = (low: number, high: number): number => Math.round(10 * (low + (high - low) * random())) / 10;
  // Chains of three variables are exact where their coefficients are those of all neurons.
  const common = [between(100, 250), between(8, 30), between(0.5, 3), between(3.5, 6)] as const;
  const own = kind.shape !== "alpha";
  const cells = Array.from(
    { length: CELLS },
    (_, n): Cell => ({
      C_m: own ? between(100, 250) : common[0],
      tau_m: own ? between(8, 30) : common[1],
      t_ref: between(0, 4),
      E_L: between(-80, -70),
      V_th: between(-55, -50),
      V_reset: between(-75, -60),
      I_e: n % 3 === 0 ? between(100, 300) : 0,
      tau_syn_ex: own ? between(0.5, 3) : common[2],
      tau_syn_in: own ? between(3.5, 6) : common[3],
    }),
  );
  const [drive, plus, minus] = kind.weights;
  const pick = (p: number, from: readonly number[], weight: (s: number) => number): Edge[] =>
    from.flatMap((source) =>
      cells.flatMap((_, target) =>
        random() < p ? [{ source, target, weight: weight(source), delay: 1 + Math.floor(random() * 30) }] : [],
      ),
    );
  const sources = Array.from({ length: SOURCES }, (_, k) => -1 - k);
  const outer = pick(0.5, sources, () => drive);
  const inner = pick(0.3, [...cells.keys()], (s) => (s % 4 === 0 ? minus : plus));
  const input = Array.from({ length: STEPS }, () => [...sources.keys()].filter(() => random() < 0.004));
  const given = input.flatMap((list, step) => list.map((k) => [step, k] as const));
  // In files: node types give the potentials, groups the rest; delays in ms.
  const { E_L: _, ...first } = cells[0]!;
  const known = Object.keys(first).filter(
    (name) => kind.shape !== "delta" || !name.startsWith("tau_syn"),
  ) as (keyof Cell)[];
  const group = branch({
    dynamics_params: branch(
      Object.fromEntries([...known, "E_L" as const].map((name) => [name, f64(...cells.map((c) => c[name]))])),
    ),
  });
  const edgesOf = (list: readonly Edge[], from: string, index: (e: Edge) => number) =>
    plainEdges(
      [from, list.map(index)],
      ["cells", list.map((e) => e.target)],
      list.map(() => 7),
      branch({
        syn_weight: f64(...list.map((e) => e.weight)),
        delay: f64(...list.map((e) => Math.round(e.delay * H * 10) / 10)),
      }),
    );
  const spikes = branch({
    timestamps: { ...f64(...given.map(([step]) => step * H)), attributes: { units: "ms" } },
    node_ids: u32(...given.map(([, k]) => k)),
  });
  const files = await sonataFiles({
    nodes: branch({
      cells: plainNodes(
        cells.map(() => 3),
        group,
      ),
      outside: plainNodes(sources.map(() => 4)),
    }),
    nodeTypes: `node_type_id model_type model_template\n3 point_neuron ${kind.template}\n4 virtual NULL\n`,
    edges: branch({
      inner: edgesOf(inner, "cells", (e) => e.source),
      outer: edgesOf(outer, "outside", (e) => -1 - e.source),
    }),
    edgeTypes: "edge_type_id model_template\n7 static_synapse\n",
    simulation: {
      run: { tstop: STEPS * H, dt: H },
      inputs: { a: { input_type: "spikes", module: "h5", input_file: "$BASE/in.h5", node_set: "outside" } },
    },
    more: { "in.h5": await encodeSonataHdf5(branch({ spikes: branch({ outside: spikes }) })) },
  });
  const { network, inputs, steps, notes } = await readSonata("sim/config.json", { files });
  expect([steps, notes]).toEqual([STEPS, []]);
  using engine = await createEngine(network, wasm, { type: "f64" });
  const { steps: when, indices } = engine.run(STEPS, inputs).spikes["cells"]!;
  const ours = Array.from(when, (step, k) => [step, indices[k]!]);
  const theirs = nest(kind, cells, [...inner, ...outer], input);
  expect(theirs.length).toBeGreaterThan(200);
  expect(new Set(theirs.map(([, n]) => n)).size).toBeGreaterThan(0.8 * CELLS);
  expect(ours).toEqual(theirs);
});

test("without a grid of time: first spikes come where the clock's do, at most a step before", async () => {
  const random = mulberry32(3);
  const [cells, sources] = [6, 4];
  const pairsOf = Array.from({ length: cells * sources }, (_, k) => [k % sources, Math.floor(k / sources)] as const);
  const spikes = Array.from({ length: 60 }, (_, k) => [k % sources, 1 + Math.floor(random() * 400)] as const);
  const files = await sonataFiles({
    nodes: branch({
      a: plainNodes(
        Array(cells).fill(1),
        branch({ dynamics_params: branch({ V_th: f64(...Array.from({ length: cells }, (_, k) => -60 + k)) }) }),
      ),
      x: plainNodes(Array(sources).fill(2)),
    }),
    nodeTypes: "node_type_id model_type model_template\n1 point_neuron nest:iaf_psc_alpha\n2 virtual NULL\n",
    edges: branch({
      e: plainEdges(
        ["x", pairsOf.map(([s]) => s)],
        ["a", pairsOf.map(([, t]) => t)],
        pairsOf.map(() => 1),
        branch({ syn_weight: f64(...pairsOf.map(() => Math.round(200 + 300 * random()))) }),
      ),
    }),
    edgeTypes: "edge_type_id delay\n1 1.2\n",
    simulation: {
      run: { tstop: 60, dt: 0.1 },
      inputs: { i: { input_type: "spikes", module: "h5", input_file: "$BASE/in.h5", node_set: "x" } },
    },
    more: {
      "in.h5": await encodeSonataHdf5(
        branch({
          spikes: branch({
            x: branch({ timestamps: f64(...spikes.map(([, t]) => t * 0.1)), node_ids: u32(...spikes.map(([k]) => k)) }),
          }),
        }),
      ),
    },
  });
  const { network, inputs, steps } = await readSonata("sim/config.json", { files });
  const times = Array.from(inputs["x"]!.steps, (k) => k * network.dt);
  const exact = createExactEngine(network).run(0.06, { inputs: { x: { times, indices: inputs["x"]!.indices } } });
  using engine = await createEngine(network, wasm, { type: "f64" });
  const clocked = engine.run(steps!, inputs).spikes["a"]!;
  const first = (indices: ArrayLike<number>, n: number): number => Array.from(indices).indexOf(n);
  for (let n = 0; n < cells; n++) {
    const [x, y] = [first(exact.spikes["a"]!.indices, n), first(clocked.indices, n)];
    const late = clocked.steps[y]! * network.dt - exact.spikes["a"]!.times[x]!;
    // A crossing is seen at the end of its step, which has the time of its start.
    expect(late).toBeGreaterThan(-1e-9);
    expect(late).toBeLessThan(network.dt + 1e-9);
  }
});

test("coefficients that differ make several populations, each of which is exact", async () => {
  const given = { tau_m: f64(10, 20, 10, 20, 10), V_th: f64(-50, -51, -52, -53, -54) };
  const parts = {
    nodes: branch({ a: plainNodes([1, 1, 1, 1, 1], branch({ dynamics_params: branch(given) })), x: plainNodes([2]) }),
    nodeTypes: "node_type_id model_type model_template\n1 point_neuron nest:iaf_psc_alpha\n2 virtual NULL\n",
    edges: branch({
      e: plainEdges(["x", [0, 0, 0]], ["a", [3, 2, 4]], [1, 1, 1], branch({ syn_weight: f64(1, 2, 3) })),
    }),
    edgeTypes: "edge_type_id\n1\n",
  };
  const { network, nodes, notes } = await readSonata("sim/config.json", { files: await sonataFiles(parts) });
  expect([nodes["a_0"]!.ids, nodes["a_1"]!.ids]).toEqual([Uint32Array.of(0, 2, 4), Uint32Array.of(1, 3)]);
  expect(network.populations["a_1"]!.parameters["tauM"]).toEqual({ kind: "constant", value: 0.02 });
  expect(network.populations["a_0"]!.parameters["vTh"]).toMatchObject({
    values: Float64Array.of(-0.05, -0.052, -0.054),
  });
  expect(network.connections.map((c) => [c.name, c.connectivity])).toEqual([
    ["e.a_1.diEx", { kind: "pairs", source: Uint32Array.of(0), target: Uint32Array.of(1) }],
    ["e.a_0.diEx", { kind: "pairs", source: Uint32Array.of(0, 0), target: Uint32Array.of(1, 2) }],
  ]);
  expect(notes).toEqual([]);
  const many = f64(...Array.from({ length: 40 }, (_, k) => 10 + k));
  const nodesOf = branch({ a: plainNodes(Array(40).fill(1), branch({ dynamics_params: branch({ tau_m: many }) })) });
  const read = await readSonata("sim/config.json", {
    files: await sonataFiles({ ...parts, nodes: nodesOf, edges: branch({}) }),
  });
  expect(read.notes).toEqual(["a: tau_m differ among its neurons, so that steps are those of exponential Euler"]);
});

test("what nothing is said of has NEST's defaults: V_m stays at -70 mV where E_L alone is given", async () => {
  const files = await sonataFiles({
    nodes: branch({ a: plainNodes([1, 1], branch({ dynamics_params: branch({ E_L: f64(-80, -65) }) })) }),
    nodeTypes: "node_type_id model_type model_template\n1 point_neuron nest:iaf_psc_alpha\n",
    more: { x: ascii("") },
  });
  const { network } = await readSonata("circuit.json", { files, dt: 1e-4 });
  const { initial, parameters } = network.populations["a"]!;
  expect(initial["v"]).toEqual({ kind: "constant", value: -0.07 });
  expect(parameters["el"]).toEqual({ kind: "values", values: Float64Array.of(-0.08, -0.065) });
  expect(parameters["c"]).toEqual({ kind: "constant", value: 250e-12 });
  expect([parameters["tauEx"], parameters["tRef"]]).toEqual([0, 0].map(() => ({ kind: "constant", value: 0.002 })));
});
