/** Delays of each synapse: described, drawn as whole steps, and run as a plain loop over synapses would. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { connect } from "../../src/model/connection.ts";
import {
  dense as allToAll,
  type Connectivity,
  inDegree,
  oneToOne,
  pairs,
  probability,
} from "../../src/model/connectivity.ts";
import { type DelayOption, stepsOf } from "../../src/model/delays.ts";
import {
  clippedNormal,
  constantOf,
  exponential,
  fanIn,
  type Initializer,
  logNormal,
  normal,
  truncatedNormal,
  uniform,
} from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { run, runOn } from "./run.ts";

/** Adds up what arrives; eighths, so that sums are exact in any order. */
const adder = neuron({ name: "adder", equations: "v : 1", spike: "v >= 1", reset: "v = 0", port: "v" });
/** Steps at which a spike of step t arrives, beside the delay: as `model/schedule.ts` has it. */
const LATENCY: Partial<Record<ScheduleName, number>> = { loihi: 1 };

const N = 40;
const given = {
  steps: Array.from({ length: 120 }, (_, k) => Math.floor(k / 4)),
  indices: Array.from({ length: 120 }, (_, k) => (k * 7) % N),
};
const recurrent = (schedule: ScheduleName, delay: DelayOption, more: object = {}): Network =>
  network({
    dt: "0.5 ms",
    schedule,
    inputs: { x: inputNode(N) },
    populations: { a: population(N, adder) },
    connections: [
      connect("x", "a", { connectivity: oneToOne, weight: 1, delay: 1 }),
      connect("a", "a", { connectivity: inDegree(6), weight: 0.25, delay, ...more }),
    ],
  });

interface Synapse {
  readonly source: number;
  readonly target: number;
  readonly w: number;
  readonly delay: number;
}
async function synapsesOf(net: Network, name: string, seed: number): Promise<Synapse[]> {
  using engine = await createEngine(net, wasm, { seed });
  const { source, target, w, delay } = engine.synapses(name);
  return Array.from(source!, (s, k) => ({ source: s, target: target![k]!, w: w![k]!, delay: delay![k]! }));
}

/** Spikes as `step neuron`, from a loop over synapses. */
function plainly(synapses: readonly Synapse[], schedule: ScheduleName, steps: number): string[] {
  const latency = LATENCY[schedule] ?? 0;
  const arrivals = new Map<string, number>();
  const arrive = (step: number, k: number, w: number): void => {
    arrivals.set(`${step} ${k}`, (arrivals.get(`${step} ${k}`) ?? 0) + w);
  };
  given.steps.forEach((t, n) => arrive(t + 1 + latency, given.indices[n]!, 1));
  const v = new Float64Array(N);
  const out: string[] = [];
  const take = (t: number): void => {
    for (let k = 0; k < N; k++) v[k]! += arrivals.get(`${t} ${k}`) ?? 0;
  };
  for (let t = 0; t < steps; t++) {
    if (schedule !== "brian") take(t);
    const fired = [...v.keys()].filter((k) => v[k]! >= 1);
    for (const s of synapses) if (fired.includes(s.source)) arrive(t + latency + s.delay, s.target, s.w);
    if (schedule === "brian") take(t); // between threshold and reset
    for (const k of fired) {
      v[k] = 0;
      out.push(`${t} ${k}`);
    }
  }
  return out;
}

describe("a recurrent network, against a plain loop over its synapses", () => {
  test.each<[string, ScheduleName, DelayOption, object]>([
    ["layered, uniform", "layered", uniform(0.5e-3, 6e-3), {}],
    ["brian, normal cut off", "brian", truncatedNormal(1.5e-3, 0.75e-3, { low: 0.5e-3 }), {}],
    ["brian, down to no delay", "brian", uniform(0, 2e-3), {}],
    ["nest, weights of each", "nest", clippedNormal(2e-3, 2e-3, { low: 0.5e-3 }), { weights: true }],
    ["loihi", "loihi", uniform(0, 3e-3), {}],
  ])("%s", async (_name, schedule, delay, { weights }: { weights?: boolean }) => {
    const eighths = Float64Array.from({ length: 6 * N }, (_, k) => ((k % 5) - 1) / 8);
    const net = recurrent(schedule, delay, weights ? { weight: eighths } : {});
    const synapses = await synapsesOf(net, "a>a", 3);
    expect(new Set(synapses.map((s) => s.delay)).size).toBeGreaterThan(3);
    const expected = plainly(synapses, schedule, 90);
    expect(expected.length).toBeGreaterThan(150);
    const inputs = { x: given };
    const r = await run(net, 90, { inputs, seed: 3, block: 7 });
    const got = (x: typeof r): string[] => [...x.spikes.a!.steps].map((t, k) => `${t} ${x.spikes.a!.indices[k]}`);
    expect(got(r).sort()).toEqual(expected.sort());
    expect(got(await runOn(wasm, net, 90, { inputs, seed: 3, parts: 3 })).sort()).toEqual(expected);
  });
  test("all alike, it is the network with that one delay", async () => {
    const options = { inputs: { x: given }, seed: 2, record: ["a.v"] };
    const one = await run(recurrent("brian", 3), 60, options);
    expect(await run(recurrent("brian", constantOf(1.5e-3)), 60, options)).toEqual(one);
    expect(await run(recurrent("brian", new Array<number>(6 * N).fill(3)), 60, options)).toEqual(one);
  });
  test("a snapshot holds what is on its way", async () => {
    const net = recurrent("brian", uniform(0, 6e-3));
    using a = await createEngine(net, wasm, { seed: 3 });
    using b = await createEngine(net, wasm, { seed: 3, parts: 2 });
    a.run(30, { x: given });
    b.restore(a.snapshot());
    expect(b.run(40)).toEqual(a.run(40));
  });
});

test.each<[string, object]>([
  ["drawn", { connectivity: probability(0.3), weight: normal(0, 1) }],
  ["given", { connectivity: pairs([5, 3, 3, 0], [1, 2, 1, 2]), weight: [1, 2, 3, 4] }],
  ["all to all, which then has no matrix", { weight: uniform(0, 1) }],
])("who is joined, and by what weight, does not depend on delays: %s", async (_name, options) => {
  const at = async (delay: DelayOption) => {
    const { connectivity = probability(1), ...rest } = options as { connectivity?: Connectivity };
    const matrix = !("connectivity" in options) && typeof delay !== "number";
    const net = recurrent("brian", delay, { ...rest, connectivity: matrix ? allToAll : connectivity });
    using engine = await createEngine(net, wasm, { seed: 8 });
    const { source, target, w } = engine.synapses("a>a");
    return { blocks: [...engine.lowered.parameters.blocks.keys()], synapses: [source, target, w].map((x) => [...x!]) };
  };
  const apart = await at(uniform(1e-3, 4e-3));
  expect(apart).toEqual(await at(3));
  expect(apart.synapses[0]!.length).toBeGreaterThan(3);
});

const note = synapse({
  name: "note",
  variables: { heard: 0 },
  pathways: [{ trigger: "pre", body: "heard = t/(1*ms); v_post += w" }],
});
test("plastic synapses with delays of their own: each hears its source when its delay says", async () => {
  const net = network({
    dt: "1 ms",
    inputs: { x: inputNode(2) },
    populations: { a: population(3, adder) },
    connections: [
      connect("x", "a", {
        connectivity: pairs([1, 0, 0, 1], [2, 1, 0, 0]),
        weight: [1 / 8, 2 / 8, 3 / 8, 4 / 8],
        delay: [4, 3, 1, 2],
        synapse: note,
      }),
    ],
  });
  for (const parts of [1, 2]) {
    using engine = await createEngine(net, wasm, { parts, type: "f64", record: ["a.v"] });
    const r = engine.run(10, { x: { steps: [1, 2], indices: [0, 1] } });
    const { source, target, w, heard, delay } = engine.synapses("x>a");
    expect([source, target, w, delay, heard].map((x) => [...x!])).toEqual([
      [0, 0, 1, 1],
      [0, 1, 0, 2],
      [3 / 8, 2 / 8, 4 / 8, 1 / 8],
      [1, 3, 2, 4],
      [2, 4, 4, 6],
    ]);
    expect([...r.values["a.v"]!.subarray(27, 30)]).toEqual([7 / 8, 2 / 8, 1 / 8]);
  }
});

describe("delays are rounded to the nearest step, halves up", () => {
  test("as NEST and Brian do", () => {
    const ms = [0.1, 0.14, 0.15, 0.16, 0.2, 0.25, 1.5, 2.449, 2.45];
    expect(ms.map((x) => stepsOf(x * 1e-3, 1e-4))).toEqual([1, 1, 2, 2, 2, 3, 15, 24, 25]);
  });
  test("uniform over three steps: half of the outer ones", async () => {
    const net = network({
      dt: "1 ms",
      inputs: { x: inputNode(100) },
      populations: { a: population(100, adder) },
      connections: [connect("x", "a", { connectivity: probability(0.6), delay: uniform(1e-3, 4e-3), weight: 0 })],
    });
    const all = await synapsesOf(net, "x>a", 1);
    const counts = [1, 2, 3, 4].map((d) => all.filter((s) => s.delay === d).length);
    const n = all.length;
    [1 / 6, 1 / 3, 1 / 3, 1 / 6].forEach((p, k) =>
      expect(Math.abs(counts[k]! - n * p)).toBeLessThan(5 * Math.sqrt(n * p * (1 - p))),
    );
  });
});

describe("the least delay is known when the network is made", () => {
  const least = (delay: DelayOption): number => recurrent("brian", delay).connections[1]!.delay;
  test.each<[DelayOption, number]>([
    ["1.5 ms", 3],
    [3, 3],
    [[5, 2, 9], 2],
    [constantOf(2e-3), 4],
    [uniform(1e-3, 3e-3), 2],
    [truncatedNormal(1, 1, { low: 1.5e-3 }), 3],
    [clippedNormal(1, 1, { low: 1.5e-3 }), 3],
    [normal(1, 1), 1],
    [logNormal(0, 1), 1],
    [exponential(1), 1],
  ])("%o", (delay, steps) => expect(least(delay)).toBe(steps));

  test.each<[string, () => Network, string]>([
    [
      "nest needs a step",
      () => recurrent("nest", uniform(0, 1)),
      "schedule 'nest' needs a delay of at least 1 step, got 0",
    ],
    ["a cycle", () => recurrent("layered", uniform(0, 1)), "a cycle without delay"],
    [
      "negative",
      () => recurrent("brian", uniform(-1e-2, 1)),
      "a>a.delay: must be an integer from 0 to 1048576, got -20",
    ],
    ["half a step", () => recurrent("brian", [1, 1.5]), "a>a.delay[1]: must be an integer"],
    ["a law of weights", () => recurrent("brian", fanIn()), "a>a.delay: fanIn is not for delays"],
    ["a bias", () => recurrent("brian", uniform(0, 1), { bias: 1 }), "a>a.bias: where each synapse has its own delay"],
  ])("refused: %s", (_name, make, message) => expect(make).toThrow(message));

  test.each<[string, DelayOption, string]>([
    ["drawn too short", normal(1e-3, 2e-3), "steps; from 1 to 1048576 are possible (truncatedNormal"],
    ["a list that does not fit", [1, 2, 3], "a>a.delay: needs 240 values, got 3"],
  ])("refused when drawn: %s", async (_name, delay, message) => {
    await expect(createEngine(recurrent("brian", delay), wasm, { seed: 1 })).rejects.toThrow(message);
  });
  test("refused when drawn: a name that the groups need", async () => {
    const net = network({
      dt: "1 ms",
      populations: { a: population(2, adder) },
      connections: [
        connect("a", "a", { name: "c", connectivity: oneToOne, delay: [1, 2], synapse: note }),
        connect("a", "a", { name: "c, delay 2", connectivity: oneToOne, delay: 1 }),
      ],
    });
    await expect(createEngine(net, wasm)).rejects.toThrow("the name 'c, delay 2' is needed for its delays");
  });
});

test("no synapse at all is a connection that brings nothing", async () => {
  const net = recurrent("brian", [], { connectivity: pairs([], []) });
  const { spikes } = await run(net, 90, { inputs: { x: given } });
  expect(spikes.a!.steps.length).toBe(given.steps.length);
});

test("saved and read back, with the least delay checked", () => {
  const net = recurrent("brian", truncatedNormal(1.5e-3, 0.75e-3, { low: 0.5e-3 }));
  const json = networkToJson(net);
  expect(networkToJson(networkFromJson(json))).toEqual(json);
  const wrong = structuredClone(json) as unknown as { connections: { delay: number; delays: Initializer }[] };
  wrong.connections[1]!.delay = 2;
  expect(() => networkFromJson(wrong)).toThrow("network.connections[1].delay: must be 1, the least of 'delays', got 2");
});
