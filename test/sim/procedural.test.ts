/** Rows that are drawn again for each spike: the same synapses as those in tables. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { connect } from "../../src/model/connection.ts";
import {
  type Connectivity,
  inDegree,
  outDegree,
  pairs,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import { logNormal, normal, truncatedNormal } from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";

/** A random walk that fires now and then, so that all rows are asked for. */
const model = neuron({
  name: "walk",
  equations: "dv/dt = (1.3 - v)/(3*ms) + 0.3*xi/sqrt(3*ms) : 1",
  spike: "v > 1",
  reset: "v = 0",
  port: "v",
});

function netOf(connectivity: Connectivity, procedural: boolean, size = [70, 150]): Network {
  const own = { connectivity, procedural, port: "v", delay: "0.3 ms" } as const;
  return network({
    dt: "0.1 ms",
    populations: { a: population(size[0]!, model), b: population(size[1]!, model) },
    connections: [
      connect("a", ["a", "b"], { ...own, weight: 0.0625 }),
      connect("b", ["b"], { ...own, weight: -0.125 }),
    ],
  });
}
const KINDS: Readonly<Record<string, Connectivity>> = {
  probability: probability(0.1),
  "probability without autapses": probability(0.3, { autapses: false }),
  "probability of next to nothing": probability(1e-4),
  "a probability of 0": probability(0),
  "a probability of 1": probability(1, { autapses: false }),
  outDegree: outDegree(9),
  "outDegree without autapses": outDegree(9, { autapses: false }),
  totalNumber: totalNumber(800),
  "totalNumber without autapses": totalNumber(800, { autapses: false }),
};

describe.each(Object.entries(KINDS))("%s", (_name, connectivity) => {
  test("the same spikes as from tables, on every backend and any number of parts", async () => {
    const digests = new Set<string>();
    for (const [backend, procedural, parts, type] of [
      [wasm, false, 1, "f64"],
      [wasm, true, 1, "f64"],
      [interpret, true, 1, "f64"],
      [interpret, true, 2, "f64"],
      [wasm, true, 3, "f64"],
    ] as const) {
      using engine = await createEngine(netOf(connectivity, procedural), backend, { seed: 4, type, parts });
      const run = engine.run(150);
      expect(run.spikes.a!.steps.length).toBeGreaterThan(10);
      digests.add(run.digest);
    }
    using threads = threadedWasm(2);
    using engine = await createEngine(netOf(connectivity, true), threads, { seed: 4, type: "f64", parts: 2 });
    digests.add(engine.run(150).digest);
    expect(digests.size).toBe(1);
  });
  test("shows the same synapses, and stores none", async () => {
    using stored = await createEngine(netOf(connectivity, false), wasm, { seed: 11 });
    using drawn = await createEngine(netOf(connectivity, true), wasm, { seed: 11 });
    for (const name of ["a>a.v", "a>b.v", "b>b.v"]) expect(drawn.synapses(name)).toEqual(stored.synapses(name));
    expect(drawn.program.buffers.filter((b) => /target|rowStart/.test(b.name))).toEqual([]);
  });
});

test("any probability, seed and sizes: interpreter, WebAssembly and tables agree", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 1, max: 90 }),
      async (p, seed, n, m) => {
        const digest = async (procedural: boolean, backend: typeof wasm): Promise<string> => {
          using engine = await createEngine(netOf(probability(p), procedural, [n, m]), backend, { seed, type: "f64" });
          return engine.run(60).digest;
        };
        const stored = await digest(false, wasm);
        expect(await digest(true, wasm)).toBe(stored);
        expect(await digest(true, interpret)).toBe(stored);
      },
    ),
    { numRuns: 12 },
  );
});

test("goes on from a snapshot, and through JSON", async () => {
  const net = netOf(totalNumber(500), true);
  using engine = await createEngine(net, wasm, { seed: 2 });
  engine.run(200);
  const snapshot = engine.snapshot();
  const rest = engine.run(200).digest;
  using other = await createEngine(networkFromJson(networkToJson(net)), wasm, { seed: 2 });
  other.restore(snapshot);
  expect(other.run(200).digest).toBe(rest);
});

test("what must be stored is refused by name", () => {
  const net = (options: object): (() => Network) => {
    const connection = connect("a", "a", {
      connectivity: probability(0.1),
      port: "v",
      delay: "0.1 ms",
      procedural: true,
      ...options,
    });
    return () => network({ dt: 1e-4, populations: { a: population(9, model) }, connections: [connection] });
  };
  expect(net({ weight: 1 })).not.toThrow();
  expect(net({})).not.toThrow();
  expect(net({ weight: [1] })).toThrow(
    "connection a>a.v.procedural: weights that are given one by one must be stored; give one, or a law",
  );
  expect(net({ weight: 1, delay: [1] })).toThrow(
    "connection a>a.v.procedural: delays that are given one by one must be stored; give one, or a law",
  );
  expect(net({ weight: truncatedNormal(0, 1, { low: 3 }) })).toThrow(
    "connection a>a.v.procedural: of the law of weights, 0.13 % lies inside its bounds, and the rest is drawn again at every spike: at least 1 % must",
  );
  expect(net({ weight: 1, delay: normal(5e-4, 1e-4) })).toThrow(
    "connection a>a.v.procedural: delays that are drawn at every spike can be of 1 to 65537 steps, and this law gives -1 to 11; truncatedNormal and clippedNormal stay within bounds",
  );
  expect(net({ weight: 1, delay: logNormal(0, 1) })).toThrow("this law gives 18 to 5656400");
  expect(net({ weight: 1, storage: "i8" })).toThrow(
    "connection a>a.v.procedural: 'storage' says how weights are stored",
  );
  expect(net({ weight: 1, connectivity: inDegree(3) })).toThrow(
    "each target draws its own sources, so that to know the targets of one source those of all targets must be drawn; use outDegree",
  );
  expect(net({ weight: 1, connectivity: pairs([0], [1]) })).toThrow(
    "rows of 'pairs' are not drawn source by source; probability, outDegree, totalNumber, oneToOne, distance and condition are",
  );
});
