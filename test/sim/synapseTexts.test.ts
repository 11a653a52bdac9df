/**
 * Weights, delays and variables of synapses as expressions of their ends, as Brian has `S.w = '(1 + cos(i - j))*2*nS'`.
 * Figures are those of Brian 2.5.1, or the expression computed by hand.
 */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { condition, dense, oneToOne, pairs, probability } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { BACKENDS, message } from "./run.ts";

const a = neuron({
  name: "a",
  equations: "x : metre\nq : 1\nk : 1 (constant)",
  parameters: { k: 3 },
  spike: "q < 0",
});
const b = neuron({ name: "b", equations: "x : metre\ng : siemens\nv : 1", port: "v" });
const joined = (
  options: ConnectOptions,
  spec?: Partial<SynapseSpec>,
  size: readonly [number, number] = [4, 5],
): Network =>
  network({
    dt: "0.1 ms",
    schedule: "brian",
    populations: {
      a: population(size[0], a, { initial: { x: "i*10*um", q: "2**i" }, parameters: { k: "i + 3" } }),
      b: population(size[1], b, { initial: { x: "(i + 0.5)*8*um" } }),
    },
    connections: [
      connect("a", "b", { name: "s", ...options, ...(spec && { synapse: synapse({ name: "s", ...spec }) }) }),
    ],
  });
async function views(net: Network, options: EngineOptions = {}): Promise<Record<string, number[]>> {
  const all = [];
  for (const backend of BACKENDS) {
    using engine = await createEngine(net, backend, { type: "f64", ...options });
    all.push(Object.fromEntries(Object.entries(engine.synapses("s")).map(([x, y]) => [x, Array.from(y)])));
  }
  expect(all[1]).toEqual(all[0]);
  return all[0]!;
}

const brian = {
  source: [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3],
  target: [1, 2, 4, 0, 1, 3, 4, 0, 2, 3, 1, 2, 4],
  w: [
    3.32265429076084, 1.30474375707478, 0.711424345884154, 4.00372095812292, 4.66076700032552, 1.65445858286569,
    0.16843825071837, 2.30001462594011, 5.33333333333333, 4.8154615581031, 2.46571234279897, 5.21590435284777,
    5.54224820210064,
  ],
  u: [
    13030.0, 13060.0, 13120.0, 13000.25, 13040.25, 13120.25, 13160.25, 13000.5, 13060.5, 13090.5, 13030.75, 13060.75,
    13120.75,
  ],
  delay: [12, 20, 36, 6, 2, 18, 26, 16, 0, 8, 18, 10, 6],
};
const texts = {
  weight: "(1+cos(i-j))*2*nS + q_pre*exp(-(x_pre-x_post)**2/(2*(15*um)**2))*nS/N_incoming",
  delay: "abs(x_pre-x_post)/(10*um/ms)",
  connectivity: condition("(i+j)%3 != 0"),
};
const spec = { equations: "w : siemens\nu : 1", onPre: "g += w" };

test("those of Brian: synapses, weights, variables and delays", async () => {
  const net = joined({ ...texts, initial: { u: "1.0*i/N_pre + 10*j*N_outgoing + 1000*N" } }, spec);
  for (const n of [net, networkFromJson(JSON.parse(JSON.stringify(networkToJson(net))))]) {
    for (const options of [{}, { parts: 2 }]) {
      const found = await views(n, options);
      expect(found.source).toEqual(brian.source);
      expect(found.target).toEqual(brian.target);
      expect(found.delay).toEqual(brian.delay);
      found.w!.forEach((w, k) => expect((w * 1e9) / brian.w[k]!).toBeCloseTo(1, 13));
      found.u!.forEach((u, k) => expect(u / brian.u[k]!).toBeCloseTo(1, 13));
    }
  }
  // Without a synapse of its own, delivered by groups of delays; the unit is that of the port.
  const plain = await views(joined({ ...texts, port: "g" }));
  expect(plain.delay).toEqual(brian.delay);
  plain.w!.forEach((w, k) => expect((w * 1e9) / brian.w[k]!).toBeCloseTo(1, 13));
});

test("by every kind of connectivity, the order of lists included", async () => {
  const number = (i: number, j: number): number => 100 * i + j + (i + 3) / 10;
  const weight = "100*i + j + k_pre/10";
  for (const connectivity of [dense, oneToOne, probability(0.5), pairs([3, 0, 3, 1], [1, 4, 0, 2])]) {
    const net = joined({ connectivity, weight, delay: "j*ms" }, undefined, [4, connectivity === oneToOne ? 4 : 5]);
    const { source, target, w, delay } = await views(net, { seed: 5 });
    expect(w!.length).toBeGreaterThan(3);
    w!.forEach((x, k) => expect(x).toBeCloseTo(number(source![k]!, target![k]!), 10));
    expect(delay).toEqual(target!.map((j) => 10 * j));
  }
  const matrix = initialParameters(joined({ weight }), 1)["s.weight"]!;
  matrix.forEach((x, k) => expect(x).toBeCloseTo(number(Math.floor(k / 5), k % 5), 4));
});

describe("draws", () => {
  test("are anew at each place and synapse, keyed by seed and name, whatever the delay", async () => {
    const size = [40, 50] as const;
    const of = async (options: ConnectOptions, seed = 1) =>
      (await views(joined({ weight: 1, connectivity: dense, ...options }, { equations: "u : 1\nz : 1" }, size), {
        seed,
      })) as {
        [x: string]: number[];
      };
    const initial = { u: "rand()", z: "5 + 2*randn() + 0*i" };
    const { u, z } = (await of({ initial })) as { u: number[]; z: number[] };
    const mean = (x: readonly number[]): number => x.reduce((s, y) => s + y, 0) / x.length;
    // Of 2000 uniform numbers the mean is 1/2 ± sqrt(1/12/2000), of normal ones 5 ± 2/sqrt(2000); 4 deviations.
    expect(Math.abs(mean(u) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / 2000));
    expect(Math.abs(mean(z) - 5)).toBeLessThan((4 * 2) / Math.sqrt(2000));
    expect(new Set(u).size).toBe(2000);
    expect((await of({ initial, delay: "(1 + i % 3)*0.1*ms" })).u).toEqual(u);
    expect((await of({ initial: { u: "rand() - rand()" } })).u).not.toContain(0);
    expect((await of({ initial }, 2)).u).not.toEqual(u);
  });
  test("lists and laws start variables too; integers and conditions as they are stored", async () => {
    const equations = "u : 1\nn : integer\non : boolean\nlate : second";
    const net = joined(
      {
        connectivity: pairs([2, 0, 1], [0, 1, 2]),
        weight: "2",
        initial: { u: [7, 8, 9], n: "i*j", on: "i > 0", late: "3 ms" },
      },
      { equations, onPre: "n += 1" },
    );
    expect(await views(net)).toEqual({
      ...{ source: [0, 1, 2], target: [1, 2, 0], w: [2, 2, 2] },
      ...{ u: [8, 9, 7], n: [0, 2, 0], on: [0, 1, 1], late: [0.003, 0.003, 0.003] },
    });
  });
});

test("traces that start with numbers of their own are each synapse's, not its neuron's", async () => {
  const equations = "dx/dt = -x/(20*ms) : 1 (event-driven)\nw : 1";
  const net = (start: string | number) =>
    network({
      ...{ dt: "1 ms", schedule: "brian" },
      inputs: { x: inputNode(2) },
      populations: { b: population(3, b) },
      connections: [
        connect("x", "b", {
          ...{ name: "s", weight: 1, connectivity: dense, initial: { x: start } },
          synapse: synapse({ name: "s", equations, onPre: "v += x; x += 1" }),
        }),
      ],
    });
  for (const [start, first] of [
    ["1.0*j", (j: number) => j],
    [2, () => 2],
  ] as const) {
    using engine = await createEngine(net(start), wasm, { type: "f64" });
    engine.run(12, { x: { steps: [4, 9], indices: [0, 0] } });
    const decay = (ms: number): number => Math.exp(-ms / 20);
    engine
      .state("b.v")
      .subarray(0, 3)
      .forEach((v: number, j: number) =>
        expect(v).toBeCloseTo(first(j) * decay(4) + (first(j) * decay(4) + 1) * decay(5), 12),
      );
  }
});

test("also where they would be one number a source", async () => {
  const net = network({
    ...{ dt: "1 ms", schedule: "brian" },
    inputs: { x: inputNode(2) },
    populations: { b: population(3, b) },
    connections: [
      connect("x", "b", {
        ...{ name: "s", weight: 1, connectivity: dense, initial: { x: "1.0*j" } },
        synapse: synapse({ name: "s", equations: "dx/dt = -x/(20*ms) : 1 (event-driven)", onPre: "x += 1" }),
      }),
    ],
  });
  using engine = await createEngine(net, wasm, { type: "f64" });
  engine.run(12, { x: { steps: [4, 9], indices: [0, 0] } });
  const after = (j: number): number => (j * Math.exp(-4 / 20) + 1) * Math.exp(-5 / 20) + 1;
  engine.synapses("s").x!.forEach((x: number, k: number) => expect(x).toBeCloseTo(k < 3 ? after(k) : k - 3, 12));
});

test("spikes arrive when the text says, of lists in any order, through groups of delays and one by one", async () => {
  const cell = neuron({ name: "cell", equations: "v : 1", port: "v" });
  for (const spec of [undefined, { onPre: "v += w; u += 1", equations: "w : 1\nu : 1" }]) {
    const net = network({
      ...{ dt: "1 ms", schedule: "brian" },
      inputs: { x: inputNode(4) },
      populations: { p: population(5, cell) },
      connections: [
        connect("x", "p", {
          ...{ name: "s", weight: "1.0 + i", connectivity: pairs([3, 0, 3, 1], [1, 4, 0, 2]), delay: "(2*j + i)*ms" },
          ...(spec && { synapse: synapse({ name: "s", ...spec }) }),
        }),
      ],
    });
    for (const backend of BACKENDS) {
      using engine = await createEngine(net, backend, { type: "f64", record: ["p.v"] });
      const v = engine.run(12, { x: { steps: [1, 1, 1], indices: [0, 1, 3] } }).values["p.v"]!;
      const expected = Array.from({ length: 12 }, (_, k) =>
        [3, 3, 1, undefined, 0].map((i, j) => (i !== undefined && k >= 1 + 2 * j + i ? 1 + i : 0)),
      );
      expect(Array.from(v)).toEqual(expected.flat());
    }
  }
});

test("under one group of phases no delay is below a step, and cycles close; without steps they are the text's own", async () => {
  const cell = neuron({
    name: "cell",
    equations: "dv/dt = -v/(10*ms) : 1",
    spike: "v > 0.9",
    reset: "v = 0",
    port: "v",
  });
  const ring = (schedule: "layered" | "nest", delay: string) =>
    network({
      ...{ dt: "1 ms", schedule, inputs: { kick: inputNode(1) }, populations: { p: population(3, cell) } },
      connections: [
        connect("kick", "p", { connectivity: pairs([0], [0]), weight: 1, delay: 1 }),
        connect("p", "p", { name: "s", connectivity: pairs([2, 0, 1], [0, 1, 2]), weight: "1.0", delay }),
      ],
    });
  for (const schedule of ["layered", "nest"] as const) {
    const net = ring(schedule, "(2 + i)*ms");
    const { spikes } = await simulate(net, { steps: 14, inputs: { kick: { steps: [0], indices: [0] } } });
    const { steps, indices } = spikes.p!;
    expect(Array.from(indices.subarray(0, 4))).toEqual([0, 1, 2, 0]);
    expect(Array.from(steps.subarray(0, 4), (k) => k - steps[0]!)).toEqual([0, 2, 5, 9]);
    await expect(createEngine(ring(schedule, "i*ms"), wasm)).rejects.toThrow("which is 0 steps; from 1 to");
  }
  const exact = createExactEngine(ring("nest", "(2.5 + i)*ms"));
  const { times } = exact.run(0.012, { inputs: { kick: { times: [0.001], indices: [0] } } }).spikes.p!;
  Array.from(times).forEach((x, k) => expect(x - times[0]!).toBeCloseTo([0, 0.0025, 0.006, 0.0105][k]!, 12));
});

test("trains from there", async () => {
  const net = network({
    ...{ dt: "1 ms", steps: 5, output: "out" },
    inputs: { x: inputNode(3) },
    populations: { out: population(2, lif()) },
    connections: [connect("x", "out", { name: "c", weight: "0.5*i - j" })],
  });
  expect(Array.from(initialParameters(net, 1)["c.weight"]!)).toEqual([0, -1, 0.5, -0.5, 1, 0]);
});

test("refused, at the place", async () => {
  const of = (options: ConnectOptions, s?: Partial<SynapseSpec>) => message(() => joined({ weight: 1, ...options }, s));
  expect(of({ weight: "i*mV" })).toContain("connection s.weight: line 1: the value needs dimension 1, but 'i * mV'");
  expect(of({ weight: "2 mV" })).toContain("connection s.weight");
  expect(of({ weight: "wmax*i" })).toContain(
    "unknown name 'wmax'; known: N, N_incoming, N_outgoing, N_post, N_pre, g_post",
  );
  expect(of({ weight: "i +" })).toContain("connection s.weight");
  expect(of({ weight: "t/ms" })).toContain("'t' has no value before the first step");
  expect(of({ weight: "poisson(3)" })).toContain("draws here are rand() and randn()");
  expect(of({ delay: "i*mV" })).toContain("connection s.delay: line 1: the value needs dimension second");
  expect(of({ weight: "i > j" })).toContain("the value needs dimension 1, but 'i > j' has a condition");
  expect(of({ initial: { u: 1 } })).toContain("synapses that just add their weight have no variables");
  expect(of({ initial: { z: 1 } }, spec)).toContain("connection s.initial.z: no variable called 'z'; known: u");
  expect(of({ initial: { u: "i*mV" } }, spec)).toContain("connection s.initial.u: line 1: the value needs dimension 1");
  expect(of({ weight: "i*1.0", storage: "i8", connectivity: probability(0.5) })).toContain("nobody knows the greatest");
  expect(of({ bias: "i" as never })).toContain(
    "connection s.bias: must be a number in SI units, a list of numbers, or",
  );
  const list = { u: [1, 2] } as never;
  expect(of({}, { equations: "u : 1", variables: list })).toContain(
    "synapse s.u: must be one number, or a quantity such as \"20 ms\", got something else: lists, laws and expressions go into 'initial' of connect",
  );
  expect(of({}, { equations: "u : 1", variables: { u: "rand()" } })).toContain("got 'rand()': lists, laws");
  await expect(views(joined({ weight: "1/(i - j)", connectivity: dense, delay: "i*ms" }))).rejects.toThrow(
    "s.weight: '1/(i - j)' is Infinity for i = 0, j = 0",
  );
  await expect(views(joined({ weight: 1, connectivity: dense, delay: "(i - 1)*ms" }))).rejects.toThrow(
    "connection s.delay: synapse 0 got -0.001 s, which is -10 steps; from 0 to",
  );
});
