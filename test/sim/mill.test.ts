/** Tables of synapses that threads have built are those of the definition, word for word. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Backend, Elements, Executable } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { gaussianProfile, grid } from "../../src/model/connectivity/space.ts";
import {
  type Connectivity,
  condition,
  dense,
  distanceDependent,
  inDegree,
  oneToOne,
  outDegree,
  pairs,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import {
  clippedNormal,
  exponential,
  type Initializer,
  logNormal,
  normal,
  truncatedNormal,
  uniform,
} from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { type Lowered, lower, programOf } from "../../src/sim/lower/lower.ts";
import { Memory } from "../../src/sim/memory.ts";

const N = 300;
const MS = 1e-3;
const quiet = neuron({ name: "quiet", equations: "v : 1", spike: "v > 1e6", reset: "v = 0", port: "v" });
const net = (options: readonly ConnectOptions[], size = N): Network =>
  network({
    dt: MS,
    schedule: "nest",
    populations: { a: population(size, quiet), b: population(size, quiet) },
    connections: options.flatMap((o, k) => connect(k % 2 ? "a" : "b", "a", { name: `c${k}`, port: "v", ...o })),
  });

const given = (count: number, a: number): number[] => Array.from({ length: count }, (_, k) => ((k * a) >> 3) % N);
/** Those whose synapses lie in tables. */
type Drawn = Exclude<Connectivity["kind"], "convolution" | "pooling">;
const KINDS: Readonly<Record<Drawn, readonly Connectivity[]>> = {
  dense: [dense],
  oneToOne: [oneToOne],
  pairs: [pairs(given(90_000, 13), given(90_000, 29))],
  probability: [probability(0.3), probability(0.4, { autapses: false })],
  inDegree: [inDegree(80), inDegree(70, { autapses: false, multapses: false })],
  outDegree: [outDegree(90), outDegree(60, { autapses: false }), outDegree(75, { multapses: false })],
  totalNumber: [totalNumber(40_000), totalNumber(30_000, { autapses: false })],
  distance: [
    distanceDependent({
      source: grid([20, 15]),
      target: grid([20, 15]),
      profile: gaussianProfile(6),
      p: 0.9,
      autapses: false,
    }),
  ],
  condition: [condition("(i + j) % 3 != 0 and i != j", { p: "0.4 + 0.001*i" })],
};
/** Enough synapses beside those of a kind. */
const many: ConnectOptions = { connectivity: totalNumber(100_000), weight: 1, delay: uniform(MS, 9 * MS) };

/** What all buffers hold that are not zero when an engine begins, as a digest; by threads, or by the definition. */
type Tables = Readonly<Record<string, string>>;
const digestOf = (x: Elements): string =>
  createHash("sha256").update(new Uint8Array(x.slice().buffer)).digest("hex").slice(0, 16);
const tablesOf = (x: Executable, l: Lowered): Tables =>
  Object.fromEntries(
    [...l.context.buffers.keys()]
      .filter((name) => /\.(rows|start|target|rowStart|w|column\w*)$/.test(name))
      .map((name) => [name, digestOf(x.array(name))]),
  );
async function built(made: Network, backend: Backend, parts: number, type: "f32" | "f64" = "f32"): Promise<Tables> {
  const loaded = new Map<string, Executable>();
  const watched: Backend = {
    ...backend,
    load: async (program) => {
      const x = await backend.load(program);
      loaded.set(program.name, x);
      return x;
    },
  };
  using engine = await createEngine(made, watched, { seed: 3, parts, type });
  expect([...loaded.keys()]).toContain("synapses"); // the mill was there
  return tablesOf(loaded.get(made.name)!, engine.lowered);
}
async function defined(made: Network, parts: number, type: "f32" | "f64" = "f32"): Promise<Tables> {
  const options = {
    type,
    mode: "stream",
    samples: 1,
    steps: 64,
    batch: 1,
    shards: 1,
    parts,
    record: [],
    seed: 3,
  } as const;
  const l = lower(made, options);
  const program = programOf(made.name, l, []);
  using x = await wasm.load(program);
  new Memory(x, program).fill(l.context.contents);
  return tablesOf(x, l);
}

describe.each(Object.entries(KINDS))("%s", (_kind, all) => {
  const weight = clippedNormal(1, 0.3, { low: 0 });
  const byDelay = all.flatMap((connectivity): ConnectOptions[] => [
    { connectivity, weight, delay: truncatedNormal(4 * MS, 3 * MS, { low: MS }), storage: "i8" },
    { connectivity, weight: 0.5, delay: uniform(MS, 70 * MS) },
    {
      connectivity,
      weight: normal(0, 1),
      delay: connectivity.kind === "dense" ? uniform(MS, 2 * MS) : 3,
      storage: "f32",
    },
  ]);
  const inRows = all.map((connectivity): ConnectOptions => ({ connectivity, weight, delay: 2 }));
  test("synapses are seen as those of a network too small for kernels that draw", async () => {
    for (const [k, options] of byDelay.slice(0, 2).entries()) {
      const seen = { ...options, name: "seen" };
      using large = await createEngine(net([seen, many]), wasm, { seed: 3 });
      using small = await createEngine(net([seen]), wasm, { seed: 3 });
      expect([k, large.synapses("seen")]).toEqual([k, small.synapses("seen")]);
    }
  });
  test.each([1, 3])("the same on 1, 2, 3 and 8 threads as one by one, in %i parts", async (parts) => {
    const made = net([many, ...byDelay, ...(all.some((c) => c.kind === "dense") ? [] : inRows)]);
    const want = await defined(made, parts);
    expect(Object.keys(want).length).toBeGreaterThan(4);
    for (const threads of [1, 2, 3, 8]) {
      using backend = threadedWasm(threads);
      expect(await built(made, backend, parts)).toEqual(want);
    }
  });
});

const LAWS: readonly Initializer[] = [
  uniform(-1, 2),
  normal(0, 1),
  normal(0, -1),
  clippedNormal(0, 1, { low: -0.5, high: 0.25 }),
  truncatedNormal(0, 1, { low: -0.5, high: 0.25 }),
  logNormal(0, 0.5),
  exponential(2),
];
test.each(["f32", "f64"] as const)("weights of every law and storage, %s", async (type) => {
  const options = LAWS.flatMap((weight): ConnectOptions[] => {
    const own = { connectivity: outDegree(20), weight, delay: uniform(MS, 5 * MS) };
    return [
      { ...own, storage: "i8" },
      { ...own, storage: "i16" },
      { ...own, storage: "f32" },
      own,
      { ...own, delay: 1 },
    ];
  });
  const made = net(options);
  using two = threadedWasm(2);
  expect(await built(made, two, 1, type)).toEqual(await defined(made, 1, type));
});
test("rows that are longer than areas, and very short ones; wide cells; the interpreter", async () => {
  const uneven = net([
    { connectivity: totalNumber(99_000), weight: 1, delay: uniform(MS, 4 * MS) },
    {
      connectivity: pairs([...new Array<number>(9000).fill(7), 8, 299], new Array<number>(9002).fill(5)),
      weight: 1,
      delay: clippedNormal(50 * MS, 40 * MS, { low: MS }),
    },
  ]);
  const want = await defined(uneven, 1);
  using two = threadedWasm(2);
  expect(await built(uneven, two, 1)).toEqual(want);
  expect(await built(uneven, interpret, 1)).toEqual(want);
});
test("plastic synapses have rows and columns of the definition", async () => {
  const pathways = [
    { trigger: "pre", body: "w = clip(w - 0.01, 0, 1)\nv_post += w" },
    { trigger: "post", body: "w = clip(w + 0.01, 0, 1)" },
  ] as const;
  const plastic = synapse({ name: "plastic", pathways });
  const made = net([
    { connectivity: probability(0.6), weight: normal(1, 0.1), delay: 1, synapse: plastic },
    { connectivity: totalNumber(60_000), weight: normal(1, 0.1), delay: 1, synapse: plastic },
  ]);
  using two = threadedWasm(2);
  expect(await built(made, two, 1)).toEqual(await defined(made, 1));
});
test("delays that are too short are refused in the same words", async () => {
  const made = net([many, { connectivity: outDegree(90), weight: 1, delay: normal(3 * MS, 2 * MS) }]);
  using two = threadedWasm(2);
  const words = /connection c1\.delay: synapse \d+ got -?[\d.e-]+ s, which is -?\d+ steps; from 1 to 1048576/;
  await expect(createEngine(made, two, { seed: 3 })).rejects.toThrow(words);
  await expect(defined(made, 1)).rejects.toThrow(words);
});
