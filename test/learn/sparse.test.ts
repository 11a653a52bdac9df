/**
 * Sparse connections in training. Oracle: the same network with dense connections, of which those weights that no synapse
 * has are 0 (`gradients.test.ts` and `smoothed.test.ts` say that dense ones are right): answers, spikes and the gradients of
 * all that both have must be equal. Sums of a few hundred numbers in f64 differ by their order alone.
 */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { decodeArtefact, encodeArtefact } from "../../src/io/artefact.ts";
import { arctan, type Surrogate, triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { sampleOf } from "../../src/learn/batch.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { type Connection, type ConnectOptions, connect } from "../../src/model/connection.ts";
import { fillSources, rowsOf } from "../../src/model/connectivity/rows.ts";
import {
  type Connectivity,
  condition,
  inDegree,
  oneToOne,
  outDegree,
  pairs,
  probability,
} from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { expectNear } from "./near.ts";
import { drawSamples, type SampleOptions } from "./samples.ts";

const [inputs, hidden, classes, steps, count, seed] = [9, 11, 4, 8, 5, 3];
const weight = { kind: "uniform", low: -0.1, high: 0.9 } as const;
const random = (p = 0.5): Connectivity => probability(p, { autapses: false });

interface Wiring {
  readonly into: ConnectOptions;
  readonly back: ConnectOptions;
  readonly out: ConnectOptions;
}
type Kind = SampleOptions["kind"];
function built({ into, back, out }: Wiring, kind: Kind = "events"): Network {
  const signal = kind === "events" ? {} : ({ signal: "values", constant: kind === "constant" } as const);
  return network({
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { x: inputNode(inputs, signal) },
    populations: {
      a: population(hidden, lif({ tau: "5 ms" })),
      b: population(hidden, lif({ tau: "7 ms", reset: "subtract" })),
      out: population(classes, leakyIntegrator({ tau: "8 ms" })),
    },
    connections: [
      connect("x", "a", { weight, ...into }),
      connect("a", "b", { weight, ...back }),
      connect("b", "a", { weight, delay: 2, ...back }),
      connect("b", "out", { weight, ...out }),
      connect("a", "out", { weight, port: "v", name: "skip" }),
    ],
  });
}

/** Source and target of each synapse. */
function ends(c: Connection, net: Network): { source: Uint32Array; target: Uint32Array } {
  const size = (n: string): number => (net.inputs[n] ?? net.populations[n])!.size;
  const [sources, targets] = [size(c.from.node), size(c.to.node)];
  const rows = rowsOf(
    c.connectivity,
    { sources, targets, recurrent: c.from.node === c.to.node },
    { name: c.name, seed },
  );
  const [source, target] = [new Uint32Array(rows.count), new Uint32Array(rows.count)];
  fillSources(source, rows.start);
  rows.fill(target);
  return { source, target };
}
/** The same network with matrices, the same weights in them, and the place of each synapse in its matrix. */
function densified(net: Network, parameters: Parameters) {
  const own: Record<string, Float64Array> = {};
  const places: Record<string, Uint32Array> = {};
  const connections = net.connections.map((c): Connection => {
    const name = `${c.name}.weight`;
    if (c.connectivity.kind === "dense") {
      own[name] = Float64Array.from(parameters[name]!);
      return c;
    }
    const { source, target } = ends(c, net);
    const width = net.populations[c.to.node]!.size;
    const at = source.map((s, k) => s * width + target[k]!);
    const matrix = new Float64Array((net.inputs[c.from.node] ?? net.populations[c.from.node])!.size * width);
    const given = parameters[name]!;
    at.forEach((place, k) => (matrix[place]! += given.length === 1 ? given[0]! : given[k]!));
    [own[name], places[name]] = [matrix, at];
    return { ...c, connectivity: { kind: "dense" } };
  });
  return { net: { ...net, connections }, parameters: own, places };
}

const options = (surrogate: Surrogate, more: Partial<TrainerOptions> = {}): TrainerOptions => ({
  algorithm: bptt(surrogate),
  loss: crossEntropy("mean"),
  optimiser: adam(1e-3),
  batch: count,
  chunk: 2,
  seed,
  type: "f64",
  ...more,
});

const kinds: Record<string, Connectivity> = {
  probability: random(),
  pairs: pairs([0, 3, 3, 8, 1, 3, 0, 5, 3], [1, 2, 0, 3, 1, 3, 0, 2, 2]), // one of them twice
  inDegree: inDegree(3), // with multapses
  outDegree: outDegree(2),
  condition: condition("(i + j) % 2 == 0"),
  full: probability(1),
};
const cases = (["events", "values", "constant"] as const).flatMap((kind) =>
  [triangle(1), arctan(2)].flatMap((surrogate) =>
    Object.entries(kinds).map(([name, connectivity]) => ({ kind, surrogate, name, connectivity })),
  ),
);

async function compare(net: Network, kind: Kind, o: TrainerOptions): Promise<void> {
  const { batch } = drawSamples({ count, steps, inputs, classes, kind });
  using sparse = await createTrainer(net, wasm, o);
  const dense = densified(net, sparse.parameters());
  using matrices = await createTrainer(dense.net, wasm, { ...o, parameters: dense.parameters });
  const [a, b] = [sparse.gradients(batch), matrices.gradients(batch)];
  expect(a.loss).toBeCloseTo(b.loss, 12);
  const [found, all] = [sparse.gradientBlocks(), matrices.gradientBlocks()];
  const expected = Object.fromEntries(
    Object.entries(all).flatMap(([name, g]): [string, ArrayLike<number>][] => {
      const at = dense.places[name];
      if (!at) return [[name, g]];
      if (found[name]!.length === 1) return [[name, [at.reduce((sum, place) => sum + g[place]!, 0)]]];
      return at.length > 0 ? [[name, Array.from(at, (place) => g[place]!)]] : [];
    }),
  );
  const isZero = (g: ArrayLike<number>): boolean => Array.from(g).every((x) => x === 0);
  const [zero, others] = [true, false].map((z) =>
    Object.fromEntries(Object.entries(expected).filter(([, g]) => isZero(g) === z)),
  );
  for (const name of Object.keys(zero!)) expect(isZero(found[name]!), name).toBe(true);
  expect(Object.keys(others!).length).toBeGreaterThan(Object.keys(net.connections).length - 3);
  expectNear(found, others!, 1e-11);
}

test.each(cases)("$name, $kind, $surrogate.kind: loss and gradients are those of the matrix", async (c) => {
  const one = { connectivity: c.connectivity };
  await compare(
    built({ into: one, back: { connectivity: random(0.6) }, out: one }, c.kind),
    c.kind,
    options(c.surrogate),
  );
});

test.each(["events", "values", "constant"] as const)("one weight for all synapses: %s", async (kind) => {
  const one = { connectivity: random(0.7), weight: 0.4 };
  await compare(
    built({ into: one, back: { ...one, connectivity: oneToOne }, out: one }, kind),
    kind,
    options(arctan(2)),
  );
});

test.each([bptt(arctan(2), { checkpoint: 3 }), bptt(triangle(1), { checkpoint: 3 })])(
  "in segments of time",
  async (algorithm: Algorithm) => {
    const one = { connectivity: random() };
    await compare(
      built({ into: { ...one, delay: 2 }, back: one, out: one }),
      "events",
      options(arctan(2), { algorithm }),
    );
  },
);
test("with errors cut, and a loss of each step", async () => {
  const one = { connectivity: random() };
  const more = { algorithm: truncatedBptt(arctan(2), { segment: 3 }), loss: crossEntropyEachStep() };
  await compare(built({ into: one, back: one, out: one }), "events", options(arctan(2), more));
});

test.each(["events", "values"] as const)(
  "delays of each synapse: those of one connection for each delay, %s",
  async (kind) => {
    const ends = { source: [0, 8, 3, 3, 5, 1, 4, 2, 6, 7], target: [1, 2, 0, 3, 1, 3, 0, 2, 5, 9] };
    const given = pairs(ends.source, ends.target);
    const late = [0, 3, 1, 1, 0, 2, 3, 3, 2, 1];
    const weights = [0.5, 0.6, 0.4, 0.9, 0.3, 0.8, 0.7, 0.2, 0.5, 0.6];
    const one = { connectivity: random() };
    const net = built({ into: { connectivity: given, weight: weights, delay: late }, back: one, out: one }, kind);
    const of = (d: number): number[] => late.flatMap((x, k) => (x === d ? [k] : []));
    const [first, ...rest] = net.connections;
    const apart = [0, 1, 2, 3].map((d): Connection => {
      const { delays: _, ...plain } = first!;
      return {
        ...plain,
        name: `x>a, ${d}`,
        delay: d,
        connectivity: pairs(
          of(d).map((k) => ends.source[k]!),
          of(d).map((k) => ends.target[k]!),
        ),
        weight: { kind: "values", values: of(d).map((k) => weights[k]!) },
      };
    });
    const { batch } = drawSamples({ count, steps, inputs, classes, kind });
    using whole = await createTrainer(net, wasm, options(arctan(2)));
    using parts = await createTrainer({ ...net, connections: [...apart, ...rest] }, wasm, options(arctan(2)));
    // Synapses lie in order of source, then of target.
    const order = late
      .map((_, k) => k)
      .sort((a, b) => ends.source[a]! - ends.source[b]! || ends.target[a]! - ends.target[b]!);
    expect([...whole.parameters()["x>a.weight"]!]).toEqual(order.map((k) => weights[k]));
    expect(whole.gradients(batch).loss).toBeCloseTo(parts.gradients(batch).loss, 12);
    const [a, b] = [whole.gradientBlocks(), parts.gradientBlocks()];
    const { "x>a.weight": own, ...others } = a;
    expectNear(Object.fromEntries(Object.keys(others).map((n) => [n, b[n]!])), others, 1e-11);
    const sorted = (d: number): number[] => order.filter((k) => late[k] === d);
    for (const d of [0, 1, 2, 3])
      expectNear({ g: sorted(d).map((k) => own![order.indexOf(k)]!) }, { g: b[`x>a, ${d}.weight`]! }, 1e-11);
  },
);

test("a dense connection with a delay for each synapse trains too", async () => {
  const delay = { kind: "uniform", low: 0, high: 3e-3 } as const;
  const net = built({ into: { delay }, back: {}, out: {} });
  const { batch } = drawSamples({ count, steps, inputs, classes, kind: "events" });
  using trainer = await createTrainer(net, wasm, options(arctan(2), { optimiser: adam(1e-2) }));
  const first = trainer.step(batch).loss;
  for (let k = 0; k < 30; k++) trainer.step(batch);
  expect(trainer.gradients(batch).loss).toBeLessThan(0.7 * first);
});

test("the interpreter, one thread and three give the same bits", async () => {
  const one = { connectivity: random() };
  const net = built({ into: one, back: one, out: { connectivity: random(), weight: 0.5 } });
  const { batch } = drawSamples({ count: 16, steps, inputs, classes, kind: "events" });
  const after = async (backend: typeof wasm): Promise<Parameters> => {
    using t = await createTrainer(net, backend, options(triangle(1), { batch: 16, type: "f32" }));
    for (let k = 0; k < 3; k++) t.step(batch);
    return t.parameters();
  };
  const [a, b, c] = [await after(interpret), await after(wasm), await after(threadedWasm(3))];
  expect(b).toEqual(a);
  expect(c).toEqual(a);
});

test("training, snapshot, artefact, evaluation and engine agree", async () => {
  const one = { connectivity: random() };
  const net = built({ into: one, back: one, out: one });
  const { batch, samples } = drawSamples({ count, steps, inputs, classes, kind: "events" });
  const o = options(triangle(1), { optimiser: adam(1e-2), type: "f32" });
  using trainer = await createTrainer(net, wasm, o);
  const first = trainer.step(batch).loss;
  const snapshot = structuredClone(trainer.snapshot());
  for (let k = 0; k < 30; k++) trainer.step(batch);
  const loss = trainer.gradients(batch).loss;
  expect(loss).toBeLessThan(0.7 * first);
  using again = await createTrainer(net, wasm, o);
  again.restore(snapshot);
  for (let k = 0; k < 30; k++) again.step(batch);
  expect(again.parameters()).toEqual(trainer.parameters());

  const provenance = { version: "0", seed, dataDigest: "", metrics: {}, trainingOptions: {} };
  const saved = await encodeArtefact({ network: net, parameters: trainer.deployed(), classes: [], provenance });
  const { network: read, parameters } = await decodeArtefact(saved);
  expect(read.connections[0]!.connectivity.kind).toBe("pairs");
  // Whatever the seed: pairs and weights are in the file.
  using evaluator = await createEvaluator(read, wasm, { loss: o.loss, batch: count, parameters, seed: 99 });
  expect(evaluator.evaluate(batch).loss).toBeCloseTo(loss, 5);
  const { activity } = evaluator.evaluate(sampleOf(net, batch, 0));
  using engine = await createEngine(read, wasm, { parameters, seed: 99 });
  const events = samples[0]!.flatMap((row, t) => row.flatMap((x, i) => (x ? [[t, i] as const] : [])));
  const run = engine.run(steps, { x: { steps: events.map(([t]) => t), indices: events.map(([, i]) => i) } });
  expect(activity.a!.active).toBeGreaterThan(0);
  for (const node of ["a", "b"]) expect(run.spikes[node]!.steps.length).toBe(activity[node]!.active);
  expect(() => engine.setParameters(parameters)).toThrow(/x>a\.weight: an engine takes weights of sparse/);
  expect([...engine.synapses("x>a").w!]).toEqual([...parameters["x>a.weight"]!]);
});

test("without synapses nothing arrives, and nothing comes back", async () => {
  const net = built({ into: { connectivity: pairs([], []) }, back: {}, out: {} });
  const { batch } = drawSamples({ count, steps, inputs, classes, kind: "events" });
  using trainer = await createTrainer(net, wasm, options(arctan(2)));
  expect(trainer.gradients(batch).loss).toBeCloseTo(Math.log(classes), 12);
  expect(trainer.parameters()["x>a.weight"]).toHaveLength(0);
});

test("dropout: deployed weights are scaled, whatever connection and delay", async () => {
  const net = built({
    into: {},
    back: { connectivity: random() },
    out: { connectivity: random(), delay: uniform(0, 2e-3) },
  });
  const { a, b, out } = net.populations;
  const dropped = { ...net, populations: { a: { ...a!, dropout: 0.5 }, b: { ...b!, dropout: 0.25 }, out: out! } };
  using trainer = await createTrainer(dropped, wasm, options(triangle(1)));
  const [own, deployed] = [trainer.parameters(), trainer.deployed()];
  const keep: Record<string, number> = { "x>a": 1, "a>b": 0.5, "b>a": 0.75, "b>out": 0.75, skip: 0.5 };
  for (const [name, k] of Object.entries(keep))
    expect([...deployed[`${name}.weight`]!]).toEqual(Array.from(own[`${name}.weight`]!, (w) => w * k));
});

test("what cannot be trained says so", async () => {
  const make = (into: ConnectOptions) => createTrainer(built({ into, back: {}, out: {} }), wasm, options(triangle(1)));
  const plastic = { connectivity: random(), synapse: synapse({ name: "s", onPre: "v_post += w" }) };
  await expect(make(plastic)).rejects.toThrow(/x>a.*equations or pathways of their own have no adjoint/);
  const stored = { connectivity: random(), storage: "i8" } as const;
  await expect(make(stored)).rejects.toThrow(/x>a.*stored narrowly cannot be trained; set trainable: false/);
  const drawn = { connectivity: probability(0.5), weight: 0.3, procedural: true };
  await expect(make(drawn)).rejects.toThrow(/x>a.*drawn again for each spike cannot be trained/);
});
