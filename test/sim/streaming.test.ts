/** However a run is cut into calls, blocks and engines, not one bit changes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { pairs, probability } from "../../src/model/connectivity.ts";
import { normal, uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { synapse } from "../../src/model/synapse.ts";
import { softmax } from "../../src/model/transform.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import type { Recording } from "../../src/sim/recording.ts";
import { BACKENDS, numbers } from "./run.ts";

const noisy = neuron({
  name: "noisy",
  equations: `dv/dt = (drive*sin(2*pi*20*Hz*t) - v)/tau + 0.3*xi/sqrt(tau) : 1 (unless refractory)
              drive = 1.2 + 0.2*rand() : 1
              count : integer`,
  parameters: { tau: "10 ms" },
  spike: "v > 0.8",
  reset: "v = 0.1*randn(); count += 1",
  refractory: "2 ms",
  port: "v",
});

const plastic = synapse({
  name: "plastic",
  variables: { trace: 0 },
  parameters: { tau: "20 ms" },
  pathways: [
    { trigger: "step", body: "trace = trace*exp(-dt/tau)" },
    { trigger: "pre", body: "v_post += w; trace += 1", delay: 1 },
    { trigger: "post", body: "w = clip(w + 0.01*trace*v_pre, 0, 1)" },
  ],
});

/** Spikes and values, delayed and not, from inputs and around a cycle; noise, time, refractory periods, a transform. */
function rich(schedule: ScheduleName, withSynapses: boolean): Network {
  const cell = lif({ tau: "8 ms", refractory: "3 ms", reset: "subtract" });
  return network({
    dt: "1 ms",
    schedule,
    inputs: {
      spikes: inputNode(6),
      values: inputNode(3, { signal: "values" }),
      current: inputNode(2, { signal: "values", constant: true }),
    },
    populations: {
      first: population(5, noisy, { parameters: { tau: uniform(0.005, 0.02) }, initial: { v: uniform(-1, 1) } }),
      second: population(7, cell, { initial: { v: normal(0, 0.3) } }),
      third: population(7, cell),
    },
    transforms: { soft: softmax(7, { node: "third", port: "v" }) },
    connections: [
      connect("spikes", "first", { weight: uniform(0, 0.8), delay: 3 }),
      connect("spikes", "first", { name: "again", weight: 0.1, delay: 1, connectivity: probability(0.5) }),
      connect("values", "second", { port: "i", weight: uniform(-1, 2), bias: 0.5, delay: 2 }),
      connect("current", "second", { port: "i", delay: 1 }),
      connect("first", "second", { weight: uniform(-0.2, 0.7), delay: 70 }),
      connect("first", "third", { output: "count", port: "i", weight: 0.3, delay: 1 }),
      connect("second", "third", {
        delay: 2,
        weight: uniform(0, 0.5),
        connectivity: pairs([0, 0, 3, 6, 6], [1, 6, 2, 0, 6]),
        ...(withSynapses && { synapse: plastic }),
      }),
      connect("third", "second", { weight: uniform(-0.5, 0.5), delay: 1 }),
      connect("soft", "third", { port: "i", weight: 0.4, delay: 4 }),
    ],
  });
}

const STEPS = 150;
const RECORD = ["first.v", "first.count", "second.v", "third.v", "soft.value"];

/** Inputs of a run of STEPS steps, for each trial. */
function given(samples: number, seed = 7): Inputs {
  const next = numbers(seed);
  const events = Array.from({ length: 60 * samples }, (_, k) => [
    Math.floor((next() + 0.5) * STEPS),
    Math.floor((next() + 0.5) * 6),
    k % samples,
  ]);
  return {
    spikes: { steps: events.map((e) => e[0]!), indices: events.map((e) => e[1]!), samples: events.map((e) => e[2]!) },
    values: { values: Float64Array.from({ length: samples * STEPS * 3 }, next) },
    current: { values: Float64Array.from({ length: samples * 2 }, next) },
  };
}

/** The part of the inputs that belongs to steps `[from, to)`. */
function cut(inputs: Inputs, samples: number, from: number, to: number): Inputs {
  const { spikes, values, current } = inputs as Record<string, { values: Float64Array } & Record<string, number[]>>;
  const mine = spikes!.steps!.map((t, k) => [t, k] as const).filter(([t]) => t >= from && t < to);
  const rows = Array.from({ length: samples }, (_, s) => [
    ...values!.values.subarray((s * STEPS + from) * 3, (s * STEPS + to) * 3),
  ]);
  return {
    spikes: {
      steps: mine.map(([t]) => t - from),
      indices: mine.map(([, k]) => spikes!.indices![k]!),
      samples: mine.map(([, k]) => spikes!.samples![k]!),
    },
    values: { values: rows.flat() },
    current: current!,
  };
}

/** Recordings one after the other, as one. */
function joined(parts: readonly Recording[], samples: number): Recording {
  const offsets = parts.map((_, k) => parts.slice(0, k).reduce((sum, p) => sum + p.steps, 0));
  const all = (node: string, column: "steps" | "indices" | "samples") =>
    Uint32Array.from(
      parts.flatMap((p, k) => [...p.spikes[node]![column]].map((x) => x + (column === "steps" ? offsets[k]! : 0))),
    );
  const values = (name: string) =>
    Float64Array.from(
      Array.from({ length: samples }, (_, s) =>
        parts.map((p) => {
          const each = p.values[name]!.length / samples;
          return [...p.values[name]!.subarray(s * each, (s + 1) * each)];
        }),
      ).flat(2),
    );
  const [first] = parts;
  return {
    steps: offsets.at(-1)! + parts.at(-1)!.steps,
    spikes: Object.fromEntries(
      Object.keys(first!.spikes).map((n) => [
        n,
        { steps: all(n, "steps"), indices: all(n, "indices"), samples: all(n, "samples") },
      ]),
    ),
    values: Object.fromEntries(Object.keys(first!.values).map((n) => [n, values(n)])),
    records: {},
    digest: parts.at(-1)!.digest,
  };
}

const options = (more: EngineOptions = {}): EngineOptions => ({ seed: 3, record: RECORD, ...more });
const whole = async (net: Network, more: EngineOptions = {}) => {
  using engine = await createEngine(net, wasm, options({ block: STEPS, ...more }));
  const recording = engine.run(STEPS, given(more.samples ?? 1));
  return { recording, weights: weightsOf(engine) };
};
const weightsOf = (e: Engine): number[] =>
  e.network.connections.some((c) => c.synapse) ? [...e.synapses("second>third").w!] : [];

/** Lengths of calls that add up to STEPS. */
const splits = fc.array(fc.integer({ min: 0, max: 70 }), { minLength: 1, maxLength: 12 }).map((parts) => {
  const kept: number[] = [];
  let left = STEPS;
  for (const p of parts) kept.push(Math.min(p, left)) && (left -= Math.min(p, left));
  return [...kept, left];
});
const SCHEDULES: ScheduleName[] = ["layered", "brian", "nest", "loihi"];

describe.each(SCHEDULES)("%s", (schedule) => {
  test("any calls and any blocks give the same", async () => {
    const nets = [false, true].map((synapses) => rich(schedule, synapses));
    const expected = await Promise.all(nets.map((net) => whole(net)));
    expect(Object.values(expected[1]!.recording.spikes).every((s) => s.steps.length > 20)).toBe(true);
    const property = fc.asyncProperty(
      splits,
      fc.integer({ min: 1, max: 200 }),
      fc.nat(1),
      async (parts, block, which) => {
        using engine = await createEngine(nets[which]!, wasm, options({ block }));
        let from = 0;
        const recordings = parts.map((n) => engine.run(n, cut(given(1), 1, from, (from += n))));
        expect({ recording: joined(recordings, 1), weights: weightsOf(engine) }).toEqual(expected[which]);
      },
    );
    await fc.assert(property, { numRuns: 15, seed: 5 });
  });
  test("the interpreter too", async () => {
    const net = rich(schedule, true);
    using engine = await createEngine(net, BACKENDS[0]!, options({ block: 37 }));
    const { recording, weights } = await whole(net);
    expect(engine.run(STEPS, given(1))).toEqual(recording);
    expect(weightsOf(engine)).toEqual(weights);
  });
  test("step by step", async () => {
    const net = rich(schedule, false);
    using engine = await createEngine(net, wasm, options());
    const inputs = given(1);
    const now = (t: number) => {
      const { spikes, values, current } = cut(inputs, 1, t, t + 1) as Record<
        string,
        { values: number[]; indices: number[] }
      >;
      return { spikes: spikes!.indices, values: values!.values, current: current!.values };
    };
    const recordings = Array.from({ length: STEPS }, (_, t) => engine.step(now(t)));
    expect(joined(recordings, 1)).toEqual((await whole(net)).recording);
  });
  test("trials side by side are trials one by one", async () => {
    const net = rich(schedule, false);
    const { recording } = await whole(net, { samples: 3 });
    for (const s of [0, 1, 2]) {
      const { spikes, values, current } = given(3) as Record<
        string,
        { values: Float64Array } & Record<string, number[]>
      >;
      const mine = spikes!.samples!.map((x, k) => [x, k] as const).filter(([x]) => x === s);
      using engine = await createEngine(net, wasm, options({ firstSample: s }));
      const alone = engine.run(STEPS, {
        spikes: { steps: mine.map(([, k]) => spikes!.steps![k]!), indices: mine.map(([, k]) => spikes!.indices![k]!) },
        values: { values: values!.values.subarray(s * STEPS * 3, (s + 1) * STEPS * 3) },
        current: { values: current!.values.subarray(s * 2, (s + 1) * 2) },
      });
      for (const [node, all] of Object.entries(recording.spikes)) {
        const own = [...all.samples.keys()].filter((k) => all.samples[k] === s);
        expect([...alone.spikes[node]!.steps]).toEqual(own.map((k) => all.steps[k]));
        expect([...alone.spikes[node]!.indices]).toEqual(own.map((k) => all.indices[k]));
      }
      for (const [name, all] of Object.entries(recording.values)) {
        const each = all.length / 3;
        expect(alone.values[name]).toEqual(all.slice(s * each, (s + 1) * each));
      }
    }
  });
  test("calls of several trials", async () => {
    const net = rich(schedule, false);
    using engine = await createEngine(net, wasm, options({ samples: 3, block: 20 }));
    const parts = [33, 47, 70];
    let from = 0;
    const recordings = parts.map((n) => engine.run(n, cut(given(3), 3, from, (from += n))));
    expect(joined(recordings, 3)).toEqual((await whole(net, { samples: 3 })).recording);
  });
  test.each(BACKENDS.map((b) => [b.name, b] as const))(
    "snapshot and restore on %s, here and elsewhere",
    async (_name, backend) => {
      const net = rich(schedule, true);
      using engine = await createEngine(net, backend, options());
      engine.run(71, cut(given(1), 1, 0, 71)); // leaves events that still travel
      const snapshot = structuredClone(engine.snapshot());
      expect([...snapshot.pending.values()].some((e) => e.steps.length > 0)).toBe(true);
      const rest = cut(given(1), 1, 71, STEPS);
      const expected = engine.run(STEPS - 71, rest);
      const weights = weightsOf(engine);
      engine.restore(snapshot);
      expect([engine.run(STEPS - 71, rest), weightsOf(engine)]).toEqual([expected, weights]);
      using fresh = await createEngine(net, backend, options());
      fresh.run(30, { spikes: { steps: [29], indices: [0] } }); // forgotten with the rest
      fresh.restore(snapshot);
      expect(fresh.stepsDone).toBe(71);
      expect([fresh.run(STEPS - 71, rest), weightsOf(fresh)]).toEqual([expected, weights]);
    },
  );
});

test("a snapshot of another network is refused, and nothing changes", async () => {
  using a = await createEngine(rich("layered", true), wasm, options());
  using b = await createEngine(rich("layered", true), wasm, options({ block: 8 }));
  using c = await createEngine(network({ dt: 1, populations: { other: population(2, lif()) } }), wasm);
  b.run(5);
  const before = b.snapshot();
  for (const other of [a, c])
    expect(() => b.restore(other.snapshot())).toThrow(/^snapshot: '.+' does not fit this engine/);
  expect(() => c.restore(a.snapshot())).toThrow("does not fit this engine");
  expect(b.snapshot()).toEqual(before);
});
