import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { convolution, outDegree, probability, sumPooling } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { createEngine } from "../../src/sim/engine.ts";

const net = network({
  dt: "1 ms",
  populations: { a: population(200, lif()), b: population(130, lif()) },
  connections: [
    connect("a", "b", { name: "sparse", connectivity: probability(0.1), weight: 0.1, delay: 1 }),
    connect("a", "b", { name: "late", connectivity: probability(0.1), weight: 0.1, delay: uniform(1e-3, 9e-3) }),
    connect("a", "b", { name: "seven", connectivity: outDegree(7), weight: 0.1 }),
    connect("a", "b", { name: "dense", weight: 0.1 }),
  ],
});

test.each([1, 3])("synapses of each source are those of the table, in %s parts", async (parts) => {
  using engine = await createEngine(net, wasm, { parts });
  for (const name of ["sparse", "late", "seven"]) {
    const counted = new Uint32Array(200);
    for (const k of engine.synapses(name).source!) counted[k]!++;
    expect(engine.outDegrees(name), name).toEqual(counted);
  }
  expect(new Set(engine.outDegrees("seven"))).toEqual(new Set([7]));
  expect(new Set(engine.outDegrees("dense"))).toEqual(new Set([130]));
  expect(() => engine.outDegrees("x")).toThrow("no connection 'x'; known: dense, late, seven, sparse");
});

test("windows reach what they cover, and no more", async () => {
  const windows = network({
    dt: "1 ms",
    populations: { a: population([4, 4], lif()), b: population([2, 2, 3], lif()), c: population([2, 2], lif()) },
    connections: [
      connect("a", "b", { name: "conv", connectivity: convolution({ kernel: 3 }) }),
      connect("a", "c", { name: "pool", connectivity: sumPooling(2) }),
    ],
  });
  using engine = await createEngine(windows, wasm);
  // Along a side of four, windows of three at two places cover their pixels 1, 2, 2 and 1 times; three channels each.
  const along = [1, 2, 2, 1];
  expect([...engine.outDegrees("conv")]).toEqual(along.flatMap((y) => along.map((x) => 3 * y * x)));
  expect([...engine.outDegrees("pool")]).toEqual(Array(16).fill(1));
});
