/** Counts of a simulation against what is known of it: its spikes, and the synapses of those that spiked. */
import { expect, test } from "vitest";
import { simulationResults } from "../../bench/simulationRuns.ts";
import { type Limits, type RunWork, runWork } from "../../bench/stepLimits.ts";
import { type CallWork, CountingBackend } from "../../bench/work.ts";
import { cuba } from "../../bench/workloads/simulation/cuba.ts";
import { manyOutputs, oneOutput } from "../../bench/workloads/simulation/songAbbott.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { outDegree, probability } from "../../src/model/connectivity.ts";
import { normal, uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import type { Recording } from "../../src/sim/recording.ts";

/** Nothing takes time but additions to sums, of which there is one a second. */
const ENDLESS = Number.POSITIVE_INFINITY;
const LIMITS: Limits = { mulAdd: ENDLESS, divide: ENDLESS, update: ENDLESS, scatter: 1e-9, copy: ENDLESS };

interface Counted {
  readonly engine: Engine;
  readonly run: Recording;
  readonly work: readonly CallWork[];
  readonly total: RunWork;
}
async function counted(net: Network, steps: number, inputs: Inputs = {}, more: EngineOptions = {}): Promise<Counted> {
  const backend = new CountingBackend(wasm);
  const engine = await createEngine(net, backend, { seed: 1, ...more });
  backend.clear();
  const run = engine.run(steps, inputs);
  using plain = await createEngine(net, wasm, { seed: 1, ...more });
  expect(plain.run(steps, inputs).digest).toBe(run.digest); // counting changes nothing
  const work = backend.work();
  return { engine, run, work, total: runWork(work, engine.program, LIMITS) };
}
/** Synapses of everybody who spiked. */
function synapsesOf(engine: Engine, spikes: Readonly<Record<string, ArrayLike<number>>>): number {
  return engine.network.connections.reduce((sum, c) => {
    const degrees = engine.outDegrees(c.name);
    return sum + Array.from(spikes[c.from.node]!).reduce((n, source) => n + degrees[source]!, 0);
  }, 0);
}
const indices = ({ spikes }: Recording): Record<string, ArrayLike<number>> =>
  Object.fromEntries(Object.entries(spikes).map(([name, s]) => [name, s.indices]));

test.each([1, 3])(
  "rows, in %i parts: one addition for each synapse of each spike, at an address of its own",
  async (parts) => {
    const { engine, run, total } = await counted(cuba(1000, 0.1, 1).net, 500, {}, { parts });
    const events = synapsesOf(engine, indices(run));
    expect(events).toBeGreaterThan(10_000);
    expect(total.synapses.events).toBe(events);
    expect(total.synapses.operations.add).toBe(events);
    expect(total.synapses.least).toBeCloseTo(events, 3);
    expect(total.neurons.least).toBe(0);
    // Of each event the target is read, and the sum read and written, all of 4 bytes.
    expect(total.synapses.bytesRead).toBeGreaterThanOrEqual(8 * events);
    expect(total.synapses.bytesWritten).toBe(4 * events);
    // v, ge, gi and what tells refractoriness: each of 1,000 neurons in each step.
    expect(total.neurons.operations.multiply).toBeGreaterThanOrEqual(3 * 1000 * 500);
    engine.dispose();
  },
);

test.each([1, 2])("events that rows take in later count when they happen, in %i parts", async (parts) => {
  const { net, sources } = manyOutputs(1);
  const { run, work, total } = await counted(net, 600, {}, { parts, ...(sources && { sources }) });
  const late = work.filter((w) => w.kernel.kind === "lateColumns" && w.kernel.domain === "all");
  const fired = run.spikes.out!.steps.length;
  expect(fired).toBeGreaterThan(500);
  expect(late.reduce((sum, w) => sum + w.events, 0)).toBe(fired);
  const given = work.filter((w) => w.kernel.kind === "perSynapse").reduce((sum, w) => sum + w.synapses, 0);
  expect(total.synapses.events).toBe(given + 1000 * fired);
});

const silent = neuron({ name: "silent", equations: "dv/dt = -v / (20*ms) : 1", spike: "v > 1e9", port: "v" });
const delayed = (options: ConnectOptions): Network =>
  network({
    dt: "0.1 ms",
    inputs: { x: inputNode(50) },
    populations: { n: population(300, silent) },
    connections: [connect("x", "n", { connectivity: probability(0.3), port: "v", ...options })],
  });
const early = {
  steps: Uint32Array.from({ length: 40 }, (_, k) => k),
  indices: Uint32Array.from({ length: 40 }, (_, k) => (7 * k) % 50),
};

test.each<[string, ConnectOptions, number]>([
  ["one weight", { weight: 1, delay: uniform(1e-4, 3e-3) }, 2],
  ["i8", { weight: normal(1, 0.1), delay: uniform(1e-4, 3e-3), storage: "i8" }, 3],
  ["i16, without delays", { weight: normal(1, 0.1), storage: "i16" }, 4],
  ["f32, long delays", { weight: normal(1, 0.1), delay: uniform(1e-4, 3e-2) }, 6],
])("blocks by delay, %s: what fills segments up is not counted, and every group is", async (_name, options, bytes) => {
  for (const parts of [1, 2]) {
    const { engine, work, total } = await counted(delayed(options), 500, { x: early }, { parts });
    const events = synapsesOf(engine, { x: early.indices });
    expect(total.synapses.events).toBe(events);
    expect(total.synapses.operations.add).toBe(events);
    // A target of 2 bytes or of 4, with its weight; the sum is read too, and of each block four words.
    const blocks = work.reduce((n, w) => n + (w.kernel.kind === "deliver" ? w.events : 0), 0);
    expect([bytes, bytes + 2]).toContain((total.synapses.bytesRead - 16 * blocks) / events - 4);
    engine.dispose();
  }
});

test("a full connection that learns: a row for each spike of a source, a column for each of a target, no scattering", async () => {
  const { net } = oneOutput(1);
  const inputs = {
    steps: Uint32Array.from({ length: 6000 }, (_, k) => Math.floor(k / 6)),
    indices: Uint32Array.from({ length: 6000 }, (_, k) => (k * 37) % 1000),
  };
  const { engine, run, total } = await counted(net, 1000, { in: inputs });
  const out = run.spikes.out!.steps.length;
  expect(out).toBeGreaterThan(0);
  expect(total.synapses.events).toBe(6000 * 1 + out * 1000);
  expect(total.synapses.least).toBe(0);
  engine.dispose();
});

test("synapses that move by themselves are gone through in every step", async () => {
  const net = network({
    dt: "0.1 ms",
    populations: { n: population(40, silent) },
    connections: [
      connect("n", "n", {
        connectivity: outDegree(5),
        delay: "1 ms",
        port: "v",
        synapse: synapse({ name: "moving", equations: "dx/dt = -x / (10*ms) : 1 (clock-driven)", onPre: "v += w" }),
      }),
    ],
  });
  const { engine, total } = await counted(net, 100);
  expect(total.synapses.events).toBe(100 * 40 * 5);
  engine.dispose();
});

test("a workload comes to times with their limit on one thread and on two, in both types, and to counts", async () => {
  const simulation = { ...cuba(400, 0.2, 0.1), rates: { all: [0, 100] } } as const;
  const results = await simulationResults("W", simulation, { log: () => {}, turns: { f32: 2, f64: 1 }, peer: 1 });
  expect(results.map((r) => r.metric)).toEqual([
    "W@1",
    "W@2",
    "W-f64@1",
    "W-f64@2",
    "W build",
    "W compile",
    "W memory",
  ]);
  const [one, two, f64One] = results;
  expect(one).toMatchObject({ unit: "s", n: 2, peer: 1 });
  expect(two!.limit).toBeCloseTo(one!.limit! / 2, 15);
  expect(one!.limit).toBeGreaterThan(0);
  expect(f64One!.limit).toBeGreaterThan(one!.limit!);
  const { counts } = one!;
  expect(counts!["neurons: least, s"]! + counts!["synapses: least, s"]!).toBeCloseTo(one!.limit!, 15);
  expect(counts!["synapses: add, G"]).toBe(counts!["synaptic events, G"]);
});

test("rates that are not those of the workload are an error", async () => {
  const simulation = { ...cuba(400, 0.2, 0.1), rates: { all: [900, 1000] } } as const;
  await expect(simulationResults("W", simulation, { log: () => {}, turns: { f32: 1, f64: 0 } })).rejects.toThrow(
    /^W: all fires at .* Hz, not 900 to 1000$/,
  );
});
