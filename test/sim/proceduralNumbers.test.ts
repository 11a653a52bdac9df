/** Rows that are drawn again, with weights and delays of each synapse: the same bits as from tables. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { printProgram } from "../../src/ir/print.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { discProfile, exponentialProfile, gaussianProfile, grid, points } from "../../src/model/connectivity/space.ts";
import {
  type Connectivity,
  condition,
  distanceDependent,
  oneToOne,
  outDegree,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import {
  clippedNormal,
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
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import { poissonSource } from "../../src/sim/spikeSource.ts";

/** A random walk that fires now and then; what arrives is seen in every bit of its voltage. */
const model = neuron({
  name: "walk",
  equations: "dv/dt = (1.3 - v)/(3*ms) + 0.3*xi/sqrt(3*ms) : 1",
  spike: "v > 1",
  reset: "v = 0",
  port: "v",
});

type Own = Pick<ConnectOptions, "weight" | "delay">;
function netOf(connectivity: Connectivity, own: Own, procedural: boolean, size = [70, 70]): Network {
  const options = { connectivity, procedural, port: "v", delay: "0.3 ms", ...own } as const;
  return network({
    dt: "0.1 ms",
    populations: { a: population(size[0]!, model), b: population(size[1]!, model) },
    connections: [connect("a", ["a", "b"], options), connect("b", ["b"], options)],
  });
}

interface Seen {
  readonly digest: string;
  readonly v: readonly number[];
}
async function seen(net: Network, backend: Backend, options: EngineOptions, steps = 60): Promise<Seen> {
  using engine = await createEngine(net, backend, options);
  const { digest, spikes } = engine.run(steps);
  expect(spikes.a!.steps.length).toBeGreaterThan(0);
  return { digest, v: ["a.v", "b.v"].flatMap((name) => [...engine.snapshot().buffers.get(name)!]) };
}

const LAWS: Readonly<Record<string, Initializer>> = {
  uniform: uniform(-0.02, 0.03),
  normal: normal(0.01, 0.013),
  clippedNormal: clippedNormal(0.01, 0.02, { low: 0 }),
  "clippedNormal of two bounds": clippedNormal(0.01, 0.02, { low: -0.01, high: 0.02 }),
  truncatedNormal: truncatedNormal(0.01, 0.02, { low: 0 }),
  "truncatedNormal of a tail": truncatedNormal(0, 0.01, { low: 0.015, high: 0.03 }),
  logNormal: logNormal(-4.5, 0.8),
  exponential: exponential(-0.013),
  fanIn: fanIn(0.1),
};
const DELAYS: Readonly<Record<string, NonNullable<ConnectOptions["delay"]>>> = {
  "one delay": "0.3 ms",
  "uniform delays of a few steps": uniform(1e-4, 3e-4),
  "uniform delays": uniform(1e-4, 31e-4),
  "normal delays": normal(2e-3, 2e-4),
  "truncated delays": truncatedNormal(1.5e-3, 0.75e-3, { low: 1e-4 }),
  "clipped delays": clippedNormal(1e-3, 2e-3, { low: 1e-4, high: 4e-3 }),
};
const plane = grid([7, 10]);
const line = grid([70]);
const scattered = points(
  2,
  Float64Array.from({ length: 140 }, (_, k) => ((k * 37) % 71) / 9),
);
const KINDS: Readonly<Record<string, Connectivity>> = {
  probability: probability(0.1),
  "probability without autapses": probability(0.3, { autapses: false }),
  "a probability of 0": probability(0),
  "a probability of 1": probability(1, { autapses: false }),
  outDegree: outDegree(9),
  "outDegree with many multapses": outDegree(60, { autapses: false }),
  "outDegree without multapses": outDegree(13, { multapses: false }),
  "outDegree without multapses and autapses": outDegree(13, { multapses: false, autapses: false }),
  "outDegree to all": outDegree(69, { multapses: false, autapses: false }),
  totalNumber: totalNumber(800),
  "totalNumber without autapses": totalNumber(800, { autapses: false }),
  oneToOne,
  "distance, gaussian": distanceDependent({ source: plane, target: plane, profile: gaussianProfile(1.7), p: 0.9 }),
  "distance, exponential, without autapses": distanceDependent({
    ...{ source: plane, target: scattered, profile: exponentialProfile(2), p: 0.8, autapses: false },
  }),
  "distance on a torus": distanceDependent({
    ...{ source: plane, target: plane, profile: exponentialProfile(1), p: 1, period: [7, 10] },
  }),
  "distance in a disc": distanceDependent({ source: plane, target: plane, profile: discProfile(2.1), p: 0.7 }),
  "distance in a disc, all of it": distanceDependent({ source: plane, target: plane, profile: discProfile(2.1), p: 1 }),
  "distance on a line": distanceDependent({ source: line, target: line, profile: gaussianProfile(3), p: 1 }),
  condition: condition("i != j and abs(i - j) < 20", { p: 0.4 }),
  "condition alone": condition("(i + j) % 7 == 0"),
  "condition with the source's probability": condition("j < N_post/2", { p: "0.003 * (i % 3)" }),
  "condition with each pair's probability": condition("i != j", { p: "1.4 * exp(-abs(i - j)/5.0) - 0.1" }),
  "condition on positions": condition("sqrt((x_pre - x_post)**2 + (y_pre - y_post)**2) < 3", {
    ...{ p: "x_post / 8", source: plane, target: scattered },
  }),
};
type Way = readonly [Backend, EngineOptions];
const WAYS = (type: "f32" | "f64"): readonly [Way, Way, Way, Way] => [
  [wasm, { seed: 4, type }],
  [interpret, { seed: 4, type }],
  [interpret, { seed: 4, type, parts: 2 }],
  [wasm, { seed: 4, type, parts: 2 }],
];
async function allAlike(
  connectivity: Connectivity,
  own: Own,
  type: "f32" | "f64",
  ways: readonly Way[] = WAYS(type),
): Promise<void> {
  const stored = await seen(netOf(connectivity, own, false), wasm, { seed: 4, type });
  for (const [backend, options] of ways)
    expect(await seen(netOf(connectivity, own, true), backend, options)).toEqual(stored);
}

test.each(Object.entries(LAWS))("weights: %s", async (_name, weight) => {
  for (const type of ["f32", "f64"] as const) await allAlike(probability(0.2), { weight }, type);
});
test.each(Object.entries(DELAYS))("%s", async (_name, delay) => {
  await allAlike(probability(0.2), { weight: 0.0123, delay }, "f32");
  await allAlike(outDegree(20), { weight: normal(0.01, 0.013), delay }, "f64");
});
describe.each(Object.entries(KINDS))("%s", (_name, connectivity) => {
  test.each([
    ["one weight", { weight: 0.0123 }],
    ["weights", { weight: normal(0.01, 0.013) }],
    ["delays", { weight: 0.0123, delay: uniform(1e-4, 9e-4) }],
    ["weights and delays", { weight: truncatedNormal(0.01, 0.02, { low: 0 }), delay: uniform(1e-4, 9e-4) }],
  ] as const)("with %s", async (_what, own) => allAlike(connectivity, own, "f32", [WAYS("f32")[0], WAYS("f32")[2]]));
  test("shows the same synapses, and stores none", async () => {
    const own = { weight: logNormal(-4.5, 0.8), delay: uniform(1e-4, 9e-4) };
    using stored = await createEngine(netOf(connectivity, own, false), wasm, { seed: 11 });
    using drawn = await createEngine(netOf(connectivity, own, true), wasm, { seed: 11 });
    for (const name of ["a>a.v", "a>b.v", "b>b.v"]) expect(drawn.synapses(name)).toEqual(stored.synapses(name));
    expect(drawn.program.buffers.filter((b) => /target|delivery.*rows/.test(b.name))).toEqual([]);
  });
});

test("threads draw as one does", async () => {
  using threads = threadedWasm(2);
  const own = { weight: normal(0.01, 0.013), delay: uniform(1e-4, 31e-4) };
  for (const connectivity of [probability(0.2), outDegree(20, { multapses: false })]) {
    const stored = await seen(netOf(connectivity, own, false), wasm, { seed: 4 });
    expect(await seen(netOf(connectivity, own, true), threads, { seed: 4, parts: 2 })).toEqual(stored);
  }
});
test("as many synapses at a port as go through rings without delays of their own", async () => {
  const net = (connectivity: Connectivity, procedural: boolean): Network =>
    network({
      dt: "0.1 ms",
      populations: { a: population(1500, model), b: population(1500, model) },
      connections: [
        connect("a", "b", { connectivity, procedural, port: "v", delay: "0.3 ms", weight: normal(1e-5, 1e-3) }),
        connect("b", "b", { connectivity, procedural, port: "v", delay: "0.5 ms", weight: -1e-4 }),
      ],
    });
  for (const connectivity of [probability(0.9), outDegree(1200)]) {
    const stored = await seen(net(connectivity, false), wasm, { seed: 3 }, 40);
    expect(await seen(net(connectivity, true), wasm, { seed: 3 }, 40)).toEqual(stored);
    expect(await seen(net(connectivity, true), wasm, { seed: 3, parts: 3 }, 40)).toEqual(stored);
  }
});
test.each(["layered", "brian", "nest"] as const)(
  "spikes of an input and the shortest delays, schedule %s",
  async (schedule) => {
    const least = schedule === "nest" ? 1e-4 : 0;
    const net = (procedural: boolean): Network => {
      const own = { procedural, connectivity: probability(0.3), port: "v", weight: normal(0.01, 0.013) } as const;
      return network({
        dt: "0.1 ms",
        schedule,
        inputs: { x: inputNode(50, { signal: "spikes" }) },
        populations: { a: population(70, model), b: population(90, model) },
        connections: [
          connect("x", "a", { ...own, delay: uniform(least, 9e-4) }),
          connect("a", "b", { ...own, delay: uniform(least, 9e-4) }),
          connect("b", "a", { ...own, delay: uniform(1e-4, 2e-3) }),
          connect("x", "b", { ...own, delay: "0.1 ms" }),
        ],
      });
    };
    const sources = { x: poissonSource(200) };
    const stored = await seen(net(false), wasm, { seed: 4, sources }, 200);
    for (const [backend, options] of WAYS("f32"))
      expect(await seen(net(true), backend, { ...options, sources }, 200)).toEqual(stored);
  },
);
test.each([
  ["weights and delays", normal(0.01, 0.013)],
  ["one weight", 0.0123],
] as const)("connections of one source with other delays, %s", async (_what, weight) => {
  const net = (again: readonly boolean[]): Network => {
    const own = (k: number, delay: Initializer) =>
      ({ connectivity: outDegree(12), port: "v", weight, delay, procedural: again[k]! }) as const;
    return network({
      dt: "0.1 ms",
      populations: { a: population(70, model), b: population(90, model) },
      connections: [
        connect("a", "a", own(0, uniform(12e-4, 21e-4))),
        connect("a", "b", own(1, uniform(1e-4, 9e-4))),
        connect("b", "a", own(2, uniform(3e-4, 5e-4))), // so that both are in one component, and share tables
      ],
    });
  };
  const stored = await seen(net([false, false, false]), wasm, { seed: 4 });
  expect(await seen(net([true, true, true]), wasm, { seed: 4 })).toEqual(stored);
  // Of one table some rows may be stored and some not, where they do not meet at a port.
  expect(await seen(net([true, false, false]), wasm, { seed: 4, parts: 2 })).toEqual(stored);
});
test("delays of hundreds of steps, in larger groups", async () => {
  const net = (procedural: boolean): Network =>
    netOf(outDegree(40), { weight: normal(0.01, 0.013), delay: uniform(1e-4, 70e-3) }, procedural);
  const stored = await seen(net(false), wasm, { seed: 4 }, 900);
  for (const parts of [1, 2]) expect(await seen(net(true), wasm, { seed: 4, parts }, 900)).toEqual(stored);
});
test("a program says how rows are drawn", async () => {
  const own = { weight: normal(0.01, 0.013), delay: uniform(1e-4, 9e-4) };
  using engine = await createEngine(netOf(outDegree(20, { autapses: false }), own, true), wasm, { seed: 4 });
  const text = printProgram(engine.program);
  expect(text).toMatch(
    /drawn=\(choices of 70, not itself, w normal, ring 4 x \d+, steps of each, kept \d+ words for 3 calls\)/,
  );
  expect(text).toContain("step normal\n");
});
test("weights cannot be changed from outside", async () => {
  using engine = await createEngine(netOf(probability(0.2), { weight: fanIn() }, true), wasm, { seed: 4 });
  engine.synapses("a>b.v").w![3] = 1;
  engine.run(9);
  expect(engine.synapses("a>b.v").w![3]).not.toBe(1);
});
test("goes on from a snapshot on any number of parts, and from a reset", async () => {
  const own = { weight: normal(0.01, 0.013), delay: uniform(1e-4, 31e-4) };
  const net = (procedural: boolean): Network => netOf(outDegree(20, { multapses: false }), own, procedural);
  using stored = await createEngine(net(false), wasm, { seed: 4 });
  using drawn = await createEngine(net(true), wasm, { seed: 4 });
  using divided = await createEngine(net(true), wasm, { seed: 4, parts: 2 });
  stored.run(70);
  drawn.run(70);
  const snapshot = drawn.snapshot();
  expect([...snapshot.buffers.keys()]).toEqual(
    [...stored.snapshot().buffers.keys()].filter((x) => !/delivery.*due/.test(x)),
  );
  divided.run(33);
  divided.restore(snapshot);
  const rest = stored.run(70);
  for (const engine of [drawn, divided]) expect(engine.run(70)).toEqual(rest);
  for (const engine of [stored, drawn, divided]) engine.reset();
  const again = stored.run(70).spikes;
  for (const engine of [drawn, divided]) expect(engine.run(70).spikes).toEqual(again);
});
test("rows are drawn once more where more are under way than there is room for", async () => {
  const own = { weight: normal(1e-3, 1e-4), delay: truncatedNormal(1.5e-3, 0.75e-3, { low: 1e-4 }) };
  const busy = neuron({
    name: "busy",
    equations: "dv/dt = (2 - v)/(3*ms) + 0.5*xi/sqrt(3*ms) : 1", // at some 400 spikes a second
    spike: "v > 1",
    reset: "v = 0",
    port: "v",
  });
  const net = (procedural: boolean): Network =>
    network({
      dt: "0.1 ms",
      populations: { a: population(90, busy), b: population(200, busy) },
      connections: [
        connect("a", ["a", "b"], { ...own, connectivity: probability(0.3), procedural, port: "v" }),
        connect("b", "a", { ...own, connectivity: outDegree(15), procedural, port: "v" }),
      ],
    });
  const stored = await seen(net(false), wasm, { seed: 8 }, 400);
  for (const parts of [1, 3]) expect(await seen(net(true), wasm, { seed: 8, parts }, 400)).toEqual(stored);
});
test("several trials at once", async () => {
  const net = (procedural: boolean): Network =>
    netOf(outDegree(20, { multapses: false }), { weight: normal(0.01, 0.013), delay: uniform(1e-4, 9e-4) }, procedural);
  using threads = threadedWasm(2);
  const stored = await seen(net(false), wasm, { seed: 4, samples: 3 });
  for (const backend of [wasm, threads])
    expect(await seen(net(true), backend, { seed: 4, samples: 3 })).toEqual(stored);
});

test("any law, seed and sizes", async () => {
  const laws = fc.oneof(
    fc
      .record({
        mean: fc.double({ min: -0.02, max: 0.02, noNaN: true }),
        sd: fc.double({ min: 0, max: 0.02, noNaN: true }),
      })
      .map((x) => normal(x.mean, x.sd)),
    fc
      .record({ mean: fc.double({ min: -0.02, max: 0.02, noNaN: true }) })
      .map((x) => truncatedNormal(x.mean, 0.02, { low: -0.01, high: 0.02 })),
    fc.constant(uniform(-0.01, 0.02)),
  );
  const delays = fc.record({ low: fc.integer({ min: 1, max: 20 }), more: fc.integer({ min: 0, max: 90 }) });
  const kinds = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }).map((p): Connectivity => probability(p)),
    fc.integer({ min: 0, max: 40 }).map((n): Connectivity => outDegree(n, { multapses: n % 2 === 0 || n > 20 })),
    fc.integer({ min: 0, max: 900 }).map((n): Connectivity => totalNumber(n)),
  );
  await fc.assert(
    fc.asyncProperty(
      ...([
        kinds,
        laws,
        delays,
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.integer({ min: 21, max: 90 }),
        fc.integer({ min: 21, max: 90 }),
        fc.integer({ min: 1, max: 3 }),
      ] as const),
      async (connectivity, weight, { low, more }, seed, n, m, parts) => {
        const own = { weight, delay: uniform(low * 1e-4, (low + more) * 1e-4) };
        const net = (procedural: boolean): Network => netOf(connectivity, own, procedural, [n, m]);
        const stored = await seen(net(false), wasm, { seed });
        expect(await seen(net(true), wasm, { seed, parts })).toEqual(stored);
        expect(await seen(net(true), interpret, { seed })).toEqual(stored);
      },
    ),
    { numRuns: 12 },
  );
});
