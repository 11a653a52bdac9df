/** Networks written as SONATA and read back: the same network, and the same spikes. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { interpret } from "../../../src/backend/interpret/run.ts";
import { networkToJson } from "../../../src/io/networkJson.ts";
import { readSonata } from "../../../src/io/sonata/read.ts";
import { TEMPLATES } from "../../../src/io/sonata/templates.ts";
import { encodeSonata, writeSonata } from "../../../src/io/sonata/write.ts";
import { connect } from "../../../src/model/connection.ts";
import { inDegree, oneToOne, pairs, probability } from "../../../src/model/connectivity.ts";
import { constantOf, type Initializer, normal, truncatedNormal, uniform } from "../../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { concat } from "../../../src/model/transform.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import type { EventData } from "../../../src/sim/feed.ts";
import { initialParameters } from "../../../src/sim/lower/parameters.ts";

type Inputs = Readonly<Record<string, EventData>>;

async function digestOf(net: Network, steps: number, inputs: Inputs, seed: number): Promise<string> {
  using engine = await createEngine(net, interpret, { seed });
  return engine.run(steps, inputs).digest;
}
async function readBack(net: Network, steps: number, seed = 0, inputs: Inputs = {}) {
  const files = await encodeSonata(net, { steps, seed, inputs });
  return readSonata("simulation_config.json", { files });
}

const sourceNeuron = neuron({
  name: "adapting",
  equations: `
    dv/dt = (1.2 + g - v - a) / tau : 1 (unless refractory)
    dg/dt = -g / (5*ms) : 1
    da/dt = -a / tauA : 1`,
  parameters: { tau: "10 ms", tauA: "80 ms", b: 0.1 },
  initial: { v: 0.3 },
  spike: "v > 1",
  reset: "v = 0; a += b",
  refractory: "1 ms",
});
const facilitating = synapse({
  name: "growing",
  variables: { u: 0.5 },
  onPre: "g_post += w * u; u = u + 0.1 * (1 - u)",
});

test("what is drawn is written as numbers: the same spikes, and those of the inputs", async () => {
  const net = network({
    name: "drawn",
    dt: "0.5 ms",
    schedule: "brian",
    inputs: { x: inputNode([2, 5]) },
    populations: {
      z: population(20, sourceNeuron, { parameters: { tau: truncatedNormal(0.01, 2e-3, { low: 5e-3 }) } }),
      e: population([3, 5], sourceNeuron, { initial: { v: uniform(0, 1), a: normal(0, 0.1) }, parameters: { b: 0.2 } }),
    },
    connections: [
      connect("x", "e", { connectivity: probability(0.4), port: "g", weight: uniform(0, 0.6), delay: "1 ms" }),
      connect("z", "e", { connectivity: inDegree(4), port: "g", weight: 0.05, delay: uniform(5e-4, 5e-3) }),
      connect("e", "z", { connectivity: inDegree(3), port: "g", weight: normal(-0.05, 0.02), synapse: facilitating }),
      connect("z", "z", { port: "g", weight: uniform(-0.02, 0.03), delay: 1 }),
      connect("x", "z", {
        connectivity: pairs([4, 1, 4, 0, 9], [7, 19, 2, 7, 0]), // in no order
        ...{ port: "g", weight: uniform(0.2, 0.9), delay: uniform(5e-4, 4e-3) },
      }),
      connect("e", "e", { connectivity: oneToOne, name: "own > and, odd", port: "g", weight: 0.03, delay: 3 }),
    ],
  });
  const inputs = { x: { steps: [0, 3, 3, 40, 99], indices: [9, 0, 1, 4, 3] } };
  const back = await readBack(net, 100, 7, inputs);
  const expected = await digestOf(net, 100, inputs, 7);
  expect(expected).not.toBe(await digestOf(net, 100, {}, 7));
  expect(await digestOf(back.network, back.steps!, back.inputs, back.seed!)).toBe(expected);
  expect(Object.keys(back.network.populations)).toEqual(["z", "e"]);
  expect(back.network.populations["e"]!.shape).toEqual([3, 5]);
  // What was read is numbers already, so that it is written as it is.
  const files = await encodeSonata(back.network, { steps: 100, seed: 7, inputs });
  const again = await readSonata("simulation_config.json", { files });
  expect(networkToJson(again.network)).toEqual(networkToJson(back.network));
  expect(files).toEqual(await encodeSonata(again.network, { steps: 100, seed: 7, inputs: again.inputs }));
});

test("values that enter, linked variables, matrices, a bias, what trains", async () => {
  const oscillator = neuron({
    name: "osc",
    equations: "dx/dt = (1.5 - x)/(10*ms) : 1",
    spike: "x > 1",
    reset: "x = 0",
  });
  const follower = neuron({
    name: "follower",
    equations: "dv/dt = (y - v)/(5*ms) : 1\ny : 1 (linked)",
    spike: "v > 0.5",
    reset: "v = 0",
  });
  const net = network({
    dt: "1 ms",
    schedule: "brian",
    inputs: { c: inputNode(3, { signal: "values", constant: true }) },
    populations: {
      o: population(4, oscillator, { initial: { x: uniform(0, 1) } }),
      f: population(6, follower, { linked: { y: { variable: "o.x", index: [0, 1, 2, 3, 3, 2] } } }),
      l: population(5, lif(), { trainable: { tau: "neuron" } }),
    },
    connections: [connect("c", "l", { port: "i", bias: normal(1, 0.5) }), connect("f", "l", { port: "v" })],
    output: "l",
  });
  const { network: back } = await readBack(net, 100, 9);
  const inputs = { c: { values: [0.5, 1, 2] } } as unknown as Inputs;
  expect(await digestOf(back, 100, inputs, 9)).toBe(await digestOf(net, 100, inputs, 9));
  expect(back.connections.map((c) => [c.name, c.connectivity.kind, c.from.port, c.to.port])).toEqual([
    ["c>l.i", "dense", "value", "i"],
    ["f>l.v", "dense", "spike", "v"],
    ["o>f.y", "pairs", "x", "y"],
  ]);
  expect([back.output, back.populations["l"]!.trainable]).toEqual(["l", { tau: "neuron" }]);
});

const number = fc.double({ min: -1, max: 1, noNaN: true }).map((x) => x + 0);
const values = (length: number) =>
  fc.array(number, { minLength: length, maxLength: length }).map((list) => ({ kind: "values" as const, values: list }));
const value = (length: number) => fc.oneof(number.map(constantOf), values(length));
const sized = fc.record({ size: fc.integer({ min: 1, max: 6 }), isLif: fc.boolean() });

const someNetwork = fc
  .record({ x: fc.integer({ min: 1, max: 4 }), a: sized, b: sized, dt: fc.constantFrom(1e-4, 1e-3, 0.3e-3, 1 / 3e3) })
  .chain(({ x, a, b, dt }) => {
    const cells = ({ size, isLif }: typeof a) =>
      fc
        .record({ v: value(size), th: value(size), shape: fc.constantFrom([size], [1, size]) })
        .map(({ v, th, shape }) =>
          isLif
            ? population(shape, lif({ reset: "subtract" }), { parameters: { vTh: th }, initial: { v } })
            : population(shape, sourceNeuron, { parameters: { b: th }, initial: { g: v } }),
        );
    const sizes: Readonly<Record<string, number>> = { x, a: a.size, b: b.size };
    const ends = fc.record({ from: fc.constantFrom("x", "a", "b"), to: fc.constantFrom("a", "b") });
    const edges = (from: string, to: string) =>
      fc.array(fc.tuple(fc.nat(sizes[from]! - 1), fc.nat(sizes[to]! - 1)), { maxLength: 9 }).chain((list) => {
        const delays = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: list.length, maxLength: list.length });
        return fc.record({
          connectivity: fc.constant(
            pairs(
              list.map(([s]) => s),
              list.map(([, t]) => t),
            ),
          ),
          weight: value(list.length),
          delay: fc.oneof(fc.integer({ min: 1, max: 9 }), list.length > 0 ? delays : fc.constant(1)),
          trainable: fc.boolean(),
        });
      });
    const connections = fc.array(
      ends.chain(({ from, to }) => edges(from, to).map((options) => ({ from, to, options }))),
      { maxLength: 4 },
    );
    return fc.record({ a: cells(a), b: cells(b), connections }).map((drawn) =>
      network({
        dt,
        schedule: "nest",
        inputs: { x: inputNode(x) },
        populations: { b: drawn.b, a: drawn.a },
        connections: drawn.connections.map(({ from, to, options }, k) =>
          connect(from, to, { ...options, name: `${from}>${to} ${k}`, port: "v" }),
        ),
      }),
    );
  });

test("property: networks of numbers are read back as they were written", async () => {
  await fc.assert(
    fc.asyncProperty(someNetwork, async (net) => {
      const { network: back, notes } = await readBack(net, 10);
      expect(networkToJson(back)).toEqual(networkToJson(net));
      expect(notes).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

/** A population of a template as files have it: all parameters, in their units. */
const nestNetwork = fc
  .record({ name: fc.constantFrom(...Object.keys(TEMPLATES)), size: fc.integer({ min: 2, max: 5 }) })
  .chain(({ name, size }) => {
    const template = TEMPLATES[name]!;
    const parameters = Object.entries(template.parameters).filter(([, p]) => !p.initial);
    const quantity = fc.integer({ min: 1, max: 400 }).map((k) => k / 10);
    const given = (exponent: number) =>
      fc.oneof(
        quantity.map((x) => constantOf(Number(`${x}e${exponent}`))),
        fc
          .uniqueArray(quantity, { minLength: size, maxLength: size })
          .map((list) => ({ kind: "values" as const, values: list.map((x) => Number(`${x}e${exponent}`)) })),
      );
    const all = fc.record(Object.fromEntries(parameters.map(([, p]) => [p.to, given(p.exponent)])));
    const synapses = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1), quantity), { minLength: 1, maxLength: 9 });
    return fc.record({ all, synapses, inhibits: fc.boolean() }).map(({ all, synapses, inhibits }) => {
      const { excitatory, inhibitory, turned } = template.ports;
      const sign = inhibits && !turned ? -1 : 1;
      const weight = Float64Array.from(synapses, ([, , x]) => sign * (x / 10 ** -template.weightExponent));
      const start = template.startsAt ? { v: all["el"]! } : template.parameters["V_m"] ? { v: constantOf(-0.06) } : {};
      const net = network({
        dt: "0.1 ms",
        schedule: "nest",
        populations: { p: population(size, neuron(template.spec), { parameters: all, initial: start, trainable: [] }) },
        connections: [
          connect("p", "p", {
            connectivity: pairs(
              synapses.map(([s]) => s),
              synapses.map(([, t]) => t),
            ),
            port: inhibits ? inhibitory : excitatory,
            weight,
            delay: 5,
          }),
        ],
      });
      return { name, net };
    });
  });

const numberAt = (from: Initializer, k: number): number =>
  from.kind === "values" ? from.values[k]! : (from as { value: number }).value;
type Seen = {
  readonly network: Network;
  readonly nodes: Readonly<Record<string, { readonly ids: ArrayLike<number> }>>;
};
/** Of node `id`, wherever it went. */
function parameterOf({ network: net, nodes }: Seen, name: string, id: number): number {
  const [node, { ids }] = Object.entries(nodes).find(([, x]) => Array.from(x.ids).includes(id))!;
  return numberAt(net.populations[node]!.parameters[name]!, Array.from(ids).indexOf(id));
}
/** Source, target, port, weight, delay of each synapse, by the ids of nodes. */
const synapsesOf = ({ network: net, nodes }: Seen): string[] =>
  net.connections
    .flatMap(({ from, to, connectivity, weight, delay }) => {
      const { source, target } = connectivity as { source: ArrayLike<number>; target: ArrayLike<number> };
      return Array.from(source, (s, k) =>
        [nodes[from.node]!.ids[s], nodes[to.node]!.ids[target[k]!], to.port, numberAt(weight, k), delay].join(" "),
      );
    })
    .sort();

test("property: what a template says is written as that template, in its units, and read back", async () => {
  const written = new Set<string>();
  await fc.assert(
    fc.asyncProperty(nestNetwork, async ({ name, net }) => {
      const files = await encodeSonata(net, { steps: 10 });
      const types = new TextDecoder().decode(files.get("network/node_types.csv"));
      written.add(types.split("\n")[1]!.split(" ")[3]!);
      // PyNN's currents are those of NEST: whichever says it.
      if (!name.startsWith("pynn:IF_curr")) expect(types).toContain(` ${name} `);
      const back = await readSonata("circuit_config.json", { files });
      const [own, there] = [networkToJson(net), networkToJson(back.network)];
      expect(there.models).toEqual(own.models);
      expect(there.connections).toEqual(own.connections);
      expect(there.populations["p"]!.parameters).toEqual(own.populations["p"]!.parameters);
      // Without our section another program sees the same numbers.
      const circuit = JSON.parse(new TextDecoder().decode(files.get("circuit_config.json")));
      delete circuit.rheobase;
      const plain = new Map(files).set("circuit_config.json", new TextEncoder().encode(JSON.stringify(circuit)));
      const seen = await readSonata("simulation_config.json", { files: plain });
      for (const [parameter, from] of Object.entries(net.populations["p"]!.parameters))
        for (let k = 0; k < net.populations["p"]!.size; k++)
          expect(parameterOf(seen, parameter, k)).toBe(numberAt(from, k));
      expect(synapsesOf(seen)).toEqual(synapsesOf({ network: net, nodes: { p: { ids: [...Array(9).keys()] } } }));
    }),
    { numRuns: 30 },
  );
  expect(written.size).toBeGreaterThan(5);
});

test("a folder is written whole, and not over another", async () => {
  const place = await mkdtemp(join(tmpdir(), "rheobase-sonata-"));
  const net = network({ dt: "1 ms", populations: { a: population(3, lif()) } });
  try {
    const files = await writeSonata(join(place, "net"), net, { steps: 20 });
    expect(files.map((f) => f.slice(place.length))).toContain("/net/network/nodes.h5");
    const { network: back, steps } = await readSonata(join(place, "net", "simulation_config.json"));
    expect([networkToJson(back), steps]).toEqual([networkToJson(net), 20]);
    await expect(writeSonata(join(place, "net"), net, { steps: 20 })).rejects.toThrow("net: is there already");
    const misspelt = { steps: 20, sed: 3 } as never;
    await expect(writeSonata(join(place, "other"), net, misspelt)).rejects.toThrow("sonata.sed: unknown property");
    await expect(writeSonata(join(place, "other"), net, undefined as never)).rejects.toThrow("as an object");
    await expect(writeSonata(join(place, "net", "circuit_config.json", "x"), net, { steps: 20 })).rejects.toMatchObject(
      {
        code: "write-failed",
      },
    );
    expect(await readdir(place)).toEqual(["net"]);
  } finally {
    await rm(place, { recursive: true });
  }
});

test("read with another step: the same delays and spikes in time", async () => {
  const net = network({
    dt: "1 ms",
    inputs: { x: inputNode(2) },
    populations: { a: population(3, lif()) },
    connections: [connect("x", "a", { connectivity: pairs([0, 1], [2, 0]), weight: 0.5, delay: [2, 5] })],
  });
  const inputs = { x: { steps: [3, 7], indices: [1, 0] } };
  const files = await encodeSonata(net, { steps: 20, inputs });
  const { network: fine, steps, inputs: given } = await readSonata("simulation_config.json", { files, dt: 0.25e-3 });
  expect([fine.dt, steps]).toEqual([0.25e-3, 80]);
  expect(fine.connections[0]!.delays).toEqual({ kind: "values", values: Float64Array.of(2e-3, 5e-3) });
  expect(given).toEqual({ x: { steps: [12, 28], indices: [1, 0] } });
  await expect(readSonata("circuit_config.json", { files, dt: 0 })).rejects.toThrow(
    "sonata.dt: must be a finite number > 0 s",
  );
});

test("what the format has no place for is refused by name", async () => {
  const net = network({
    dt: "1 ms",
    populations: { a: population(3, lif()) },
    transforms: { both: concat(3, [{ node: "a", port: "v" }]) },
  });
  await expect(encodeSonata(net, { steps: 1 })).rejects.toThrow("network.both: is a transform");
});

test("weights and delays that training has changed are written, not those that a seed draws", async () => {
  const net = network({
    dt: "1 ms",
    inputs: { x: inputNode(6) },
    populations: { a: population(5, lif({ tau: "10 ms" })) },
    connections: [
      connect("x", "a", { connectivity: probability(0.5), weight: uniform(0, 1), delay: 1 }),
      connect("a", "a", { weight: 0.1, delay: { trainable: true, min: 1, max: 6 } }),
    ],
  });
  const parameters = Object.fromEntries(
    Object.entries(initialParameters(net, 4)).map(([name, x]) => [
      name,
      x.map((_, k) => (name.endsWith(".delay") ? 1e-3 * (1 + ((k * 7) % 50) / 10) : 0.3 + k / 64)),
    ]),
  );
  const files = await encodeSonata(net, { steps: 60, seed: 4, parameters });
  const { network: read } = await readSonata("simulation_config.json", { files });
  const steps = Int32Array.from({ length: 40 }, (_, k) => k);
  const inputs = { x: { steps, indices: steps.map((k) => (5 * k) % 6) } };
  using engine = await createEngine(net, interpret, { seed: 4, parameters });
  const { digest, spikes } = engine.run(60, inputs);
  expect(spikes.a!.steps.length).toBeGreaterThan(10);
  expect(await digestOf(read, 60, inputs, 0)).toBe(digest);
});
