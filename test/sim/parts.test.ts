/** Networks whose neurons several threads share: the same bits as on one thread, whatever the parts. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { divideRows, rowsOf } from "../../src/model/connectivity/rows.ts";
import { inDegree, oneToOne, outDegree, pairs, probability, totalNumber } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { synapse } from "../../src/model/synapse.ts";
import { concat } from "../../src/model/transform.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import { partStarts } from "../../src/sim/lower/parts.ts";
import { partsFor } from "../../src/sim/lower/partsFor.ts";

const BACKENDS = [2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const b of BACKENDS) b.dispose();
});

const STEPS = 70;
/** Fires of itself, draws noise, and has something to leave by value. */
const noisy = neuron({
  name: "noisy",
  equations: `
    dv/dt = (1.2 + ge - v) / tau + 0.3*xi*tau**-0.5 : 1 (unless refractory)
    dge/dt = -ge / (5*ms) : 1`,
  parameters: { tau: "4 ms" },
  spike: "v > 1",
  reset: "v = 0",
  refractory: "2 ms",
  port: "ge",
});
/** Variables may be called as the counts and lists of kernels are. */
const oddly = neuron({
  name: "oddly",
  equations: "dn/dt = (1.2 - n)/(4*ms) : 1\nfirst[t+1] = first + n : 1\nlist : 1\nfrom_ : 1",
  spike: "n > 1",
  reset: "n = 0; list += first",
});
const stdp = synapse({
  name: "stdp",
  variables: { pre: 0, post: 0 },
  pathways: [
    { trigger: "pre", body: "pre = pre*0.9 + 1\nw = clip(w - 0.01*post, 0, 1)\nge_post += w" },
    { trigger: "post", body: "post = post*0.9 + 1\nw = clip(w + 0.01*pre, 0, 1)" },
  ],
});
const spread = { initial: { v: uniform(0, 1) } };
const random = { connectivity: probability(0.1), weight: uniform(-0.02, 0.03) };

const networks: Readonly<Record<string, () => { net: Network; inputs?: Inputs }>> = {
  "two populations, in Brian's order": () => ({
    net: network({
      dt: "1 ms",
      schedule: "brian",
      populations: { e: population(300, noisy, spread), i: population(75, noisy, spread) },
      connections: [connect("e", ["e", "i"], random), connect("i", ["e", "i"], { ...random, delay: "3 ms" })],
    }),
  }),
  "plastic synapses, before and after": () => ({
    net: network({
      dt: "1 ms",
      schedule: "brian",
      inputs: { x: inputNode(40) },
      populations: { a: population(200, noisy, spread), b: population(260, noisy, spread) },
      connections: [
        connect("x", "b", { connectivity: probability(0.3), weight: 0.1, port: "ge" }),
        connect("a", "b", {
          connectivity: probability(0.2),
          weight: uniform(0, 0.1),
          synapse: stdp,
          port: "ge",
          delay: "2 ms",
        }),
      ],
    }),
    inputs: { x: { steps: [0, 3, 3, 20, 41], indices: [0, 1, 39, 7, 7] } },
  }),
  "numbers of synapses that are fixed, each with its own delay": () => ({
    net: network({
      dt: "1 ms",
      schedule: "nest",
      populations: { a: population(200, noisy, spread), b: population(130, noisy, spread) },
      connections: [
        connect("a", "b", { connectivity: outDegree(15), weight: uniform(0, 0.05), delay: uniform(1e-3, 4e-3) }),
        connect("b", "a", { connectivity: totalNumber(1500, { autapses: false }), weight: -0.02, delay: 2 }),
        connect("b", "b", { connectivity: inDegree(9), weight: 0.01, delay: uniform(1e-3, 3e-3) }),
        connect("a", "a", { connectivity: outDegree(20, { multapses: false }), weight: uniform(-0.1, 0.1), delay: 1 }),
      ],
    }),
  }),
  "layers that hear each other within a step": () => ({
    net: network({
      dt: "1 ms",
      populations: { a: population(200, noisy, spread), b: population(130, noisy, spread) },
      connections: [
        connect("a", "b", { ...random, port: "ge" }),
        connect("b", "a", { ...random, port: "ge", delay: "1 ms" }),
        connect("b", "b", { connectivity: oneToOne, weight: -0.2, port: "ge", delay: "4 ms" }),
      ],
    }),
  }),
  "variables called as kernels call their own": () => ({
    net: network({
      dt: "0.5 ms",
      schedule: "brian",
      populations: { a: population(200, oddly, { initial: { n: uniform(0, 1) } }) },
      connections: [connect("a", "a", { ...random, port: "list" })],
    }),
  }),
  "dense weights, values, and a transform": () => ({
    net: network({
      dt: "1 ms",
      inputs: { x: inputNode(3, { signal: "values", constant: true }) },
      populations: {
        a: population(150, lif({ tau: "5 ms" }), spread),
        b: population(150, lif(), spread),
        out: population(300, lif()),
      },
      transforms: {
        both: concat(300, [
          { node: "a", port: "v" },
          { node: "b", port: "v" },
        ]),
      },
      connections: [
        connect("x", "a", { weight: uniform(0, 1) }),
        connect("a", "b", { weight: uniform(-0.1, 0.15), bias: uniform(0, 0.3) }),
        connect("b", "a", { weight: uniform(-0.1, 0.1), delay: "1 ms" }),
        connect("both", "out", { connectivity: oneToOne, weight: 0.3 }),
      ],
    }),
    inputs: { x: { values: [0.5, 0.2, 0.9] } },
  }),
};

async function outcome(
  net: Network,
  backend: Parameters<typeof createEngine>[1],
  inputs: Inputs | undefined,
  options: EngineOptions,
) {
  using engine = await createEngine(net, backend, { seed: 5, block: 16, ...options });
  const { spikes, values, digest } = engine.run(STEPS, inputs);
  const sparse = net.connections.filter((c) => c.connectivity.kind !== "dense");
  const weights = sparse.map((c) => {
    const { source, target, w } = engine.synapses(c.name);
    return Array.from(w!, (x, k) => [source![k]!, target![k]!, x]).sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
  });
  return { spikes, values, digest, weights };
}

describe.each(Object.entries(networks))("%s", (_name, make) => {
  test("1, 2, 3 and 7 parts, on the interpreter and on 1, 2, 3 and 8 threads", async () => {
    const { net, inputs } = make();
    const record = Object.entries(net.populations).map(([n, p]) => `${n}.${p.model.variables[0]!.name}`);
    const expected = await outcome(net, interpret, inputs, { record, parts: 1 });
    for (const p of Object.keys(net.populations)) expect(expected.spikes[p]!.steps.length).toBeGreaterThan(20);
    for (const parts of [2, 3, 7])
      for (const backend of [interpret, wasm, ...BACKENDS])
        expect(await outcome(net, backend, inputs, { record, parts }), `${parts} parts`).toEqual(expected);
  });
  test("a snapshot of one number of parts goes on with another", async () => {
    const { net, inputs } = make();
    using whole = await createEngine(net, wasm, { seed: 5, parts: 1 });
    using shared = await createEngine(net, BACKENDS[0]!, { seed: 5, parts: 3 });
    const ahead = shared.run(50, inputs);
    expect(whole.run(50, inputs)).toEqual(ahead);
    const end = whole.run(30);
    using other = await createEngine(net, wasm, { seed: 5, parts: 2 });
    other.restore(shared.snapshot());
    expect(other.run(30)).toEqual(end);
  });
});

test("parts are whole ranges of 64 neurons, in order, and cover all", () => {
  expect(partStarts(1000, 1)).toEqual([0, 1000]);
  expect(partStarts(1000, 3)).toEqual([0, 384, 768, 1000]);
  expect(partStarts(100, 4)).toEqual([0, 64, 100, 100, 100]);
  expect(partStarts(0, 2)).toEqual([0, 0, 0]);
});

test("synapses of a source lie in order of target, and so part by part; given weights stay with their synapse", () => {
  const list = pairs([1, 0, 1, 1, 0], [3, 1, 0, 2, 1]);
  const { start, origin, fill } = rowsOf(list, { sources: 2, targets: 4 }, { name: "x", seed: 0 });
  const target = new Uint32Array(5);
  fill(target);
  const divided = new Int32Array(5);
  divideRows(divided, start, target, [0, 2, 4]);
  expect([...target]).toEqual([1, 1, 0, 2, 3]);
  expect([...origin!]).toEqual([1, 4, 2, 3, 0]);
  expect([...start]).toEqual([0, 2, 5]);
  expect([...divided]).toEqual([0, 2, 2, 3, 5]);
});

test("small networks, and trials side by side, are not divided", () => {
  const net = (n: number) => network({ dt: "1 ms", populations: { a: population(n, lif()) }, connections: [] });
  expect(partsFor(net(10_000), 1, 2)).toBe(1);
  expect(partsFor(net(100_000), 1, 2)).toBe(2);
  expect(partsFor(net(100_000), 2, 2)).toBe(1);
  expect(partsFor(net(100_000), 1, 1)).toBe(1);
  const dense = network({
    dt: "1 ms",
    populations: { a: population(1_000, lif()) },
    connections: [connect("a", "a", { delay: "1 ms" })],
  });
  expect(partsFor(dense, 1, 8)).toBe(8);
});

test("neurons that compute much are divided sooner, and so are synapses that hear of values in every step", () => {
  const rich = neuron({
    name: "rich",
    equations: `
      dv/dt = (m*n - v) / tau : 1
      dm/dt = (1/(1 + exp(-v)) - m) / tau : 1
      dn/dt = (1/(1 + exp(v + 1)) - n) / tau : 1`,
    parameters: { tau: "5 ms" },
    spike: "v > 1",
    reset: "v = 0",
    method: "euler",
  });
  const net = (n: number, model: NeuronModel) =>
    network({ dt: "1 ms", populations: { a: population(n, model) }, connections: [] });
  expect(partsFor(net(8_000, rich), 1, 2)).toBe(2);
  expect(partsFor(net(8_000, lif()), 1, 2)).toBe(1);
  const joined = (output: string) =>
    network({
      dt: "0.1 ms",
      populations: { a: population(500, lif()) },
      connections: [connect("a", "a", { output, delay: "1 ms" })],
    });
  expect(partsFor(joined("spike"), 1, 2)).toBe(1);
  expect(partsFor(joined("v"), 1, 2)).toBe(2);
});
