/**
 * Convolution and pooling in an engine and in the exact engine. Oracles: six plain loops in double precision; a dense
 * connection with the weights written out.
 */
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { averagePooling, convolution, sumPooling } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { values } from "../backend/cases.ts";
import { convolved, expanded, type Geometry, outOf, plain, sizesOf } from "../learn/windows.ts";

const BACKENDS = [1, 2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const b of BACKENDS) b.dispose();
});
/** Shows what arrives: x is the sum of the step. */
const meter = neuron({ name: "meter", equations: "x = i : 1\ni : 1 (input)" });

const pairs = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const geometries = fc
  .record({
    height: fc.integer({ min: 1, max: 7 }),
    width: fc.integer({ min: 1, max: 7 }),
    kernel: pairs(1, 4),
    stride: pairs(1, 3),
    padding: pairs(0, 3),
    dilation: pairs(1, 3),
    groups: fc.integer({ min: 1, max: 3 }),
    within: fc.integer({ min: 1, max: 3 }),
    across: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ within, across, ...g }): Geometry => ({ ...g, from: within * g.groups, to: across * g.groups }))
  .filter((g) => outOf(g).every((n) => n >= 1));

const metered = (g: Geometry, signal: "spikes" | "values"): Network =>
  network({
    dt: "1 ms",
    inputs: { in: inputNode([g.height, g.width, g.from], { signal }) },
    populations: { out: population([...outOf(g), g.to], meter) },
    connections: connect("in", "out", {
      connectivity: convolution({
        ...{ kernel: g.kernel, stride: g.stride, padding: g.padding, dilation: g.dilation, groups: g.groups },
      }),
      bias: { kind: "uniform", low: -1, high: 1 },
    }),
  });

test("sums are those of six plain loops, of spikes and of values", async () => {
  await fc.assert(
    fc.asyncProperty(geometries, fc.nat(999), async (g, seed) => {
      const next = values(seed * 31 + 7);
      const x = Array.from({ length: sizesOf(g)[0] }, () => (next() < 0.5 ? Math.fround(next() - 0.5) : 0));
      for (const signal of ["spikes", "values"] as const) {
        const net = metered(g, signal);
        const parameters = initialParameters(net, seed, "f64");
        using e = await createEngine(net, wasm, { type: "f64", record: ["out.x"], parameters });
        const spikes = x.flatMap((v, i) => (v ? [i] : []));
        const found = e.step({ in: signal === "spikes" ? spikes : x }).values["out.x"]!;
        const given = signal === "spikes" ? x.map((v) => (v ? 1 : 0)) : x;
        const expected = convolved(g, parameters["in>out.weight"]!, given);
        const bias = parameters["in>out.bias"]!;
        expect(bias.length).toBe(g.to);
        for (const [k, sum] of expected.entries()) expect(found[k]).toBeCloseTo(sum + bias[k % g.to]!, 12);
      }
    }),
    { numRuns: 60 },
  );
});

test("a depthwise convolution of ones is sum pooling; divided by its window it is the average", async () => {
  const kernel = [2, 3] as const;
  const at = { stride: [2, 1], padding: [1, 0] } as const;
  const g = plain({ kernel, ...at, height: 5, width: 6, from: 3, to: 3, groups: 3 });
  const x = Array.from({ length: sizesOf(g)[0] }, (_, k) => ((k * 7) % 11) / 4);
  const through = async (over: "sum" | "average") => {
    const net = network({
      dt: "1 ms",
      inputs: { in: inputNode([5, 6, 3], { signal: "values" }) },
      populations: { out: population([...outOf(g), 3], meter) },
      connections: connect("in", "out", {
        connectivity: (over === "sum" ? sumPooling : averagePooling)(kernel, at),
      }),
    });
    using e = await createEngine(net, wasm, { type: "f64", record: ["out.x"] });
    return [...e.step({ in: x }).values["out.x"]!];
  };
  const sums = [...convolved(g, new Array(sizesOf(g)[2]).fill(1), x)];
  expect(await through("sum")).toEqual(sums);
  for (const [k, mean] of (await through("average")).entries()) expect(mean).toBeCloseTo(sums[k]! / 6, 13);
});

describe("spikes in, maxima, spikes", () => {
  const net = network({
    dt: "1 ms",
    inputs: { in: inputNode([8, 8, 2]) },
    populations: { a: population([3, 3, 20], lif({ tau: "4 ms" })), b: population([2, 2, 30], lif({ tau: "4 ms" })) },
    connections: [
      connect("in", "a", {
        connectivity: convolution({ kernel: 3, maxPool: 2 }),
        weight: { kind: "uniform", low: -1, high: 2 },
        bias: 0.2,
      }),
      connect("a", "b", { connectivity: convolution({ kernel: 2 }), weight: { kind: "uniform", low: -1, high: 2 } }),
      connect("b", "a", { weight: { kind: "uniform", low: -0.5, high: 0.2 }, delay: 2 }),
    ].flat(),
  });
  const inputs = (() => {
    const next = values(77);
    const [steps, indices] = [[] as number[], [] as number[]];
    for (let t = 0; t < 40; t++)
      for (let i = 0; i < 128; i++)
        if (next() < 0.1) {
          steps.push(t);
          indices.push(i);
        }
    return { in: { steps, indices } };
  })();
  const outcome = async (backend: Backend, parts: number, block?: number) => {
    using e = await createEngine(net, backend, { seed: 4, parts, record: ["a.v"], ...(block && { block }) });
    const { spikes, values } = e.run(40, inputs);
    return { spikes, values };
  };
  test("any parts, threads and blocks: the same bits", async () => {
    const expected = await outcome(interpret, 1);
    expect(expected.spikes.b!.indices.length).toBeGreaterThan(20);
    for (const [k, backend] of [wasm, ...BACKENDS].entries())
      for (const parts of [1, 3]) expect(await outcome(backend, parts, 7), `${k}, ${parts} parts`).toEqual(expected);
  });
});

test("the exact engine delivers what a dense connection with the weights written out does", async () => {
  const g = plain({ height: 4, width: 5, from: 2, to: 3, kernel: [2, 3], padding: [1, 0] });
  const made = (dense: boolean, parameters: ArrayLike<number>): Network =>
    network({
      dt: "1 ms",
      inputs: { in: inputNode([4, 5, 2]) },
      populations: { a: population([...outOf(g), 3], lif({ tau: "10 ms" })) },
      connections: connect("in", "a", {
        port: "v",
        ...(dense ? {} : { connectivity: convolution({ kernel: g.kernel, padding: g.padding }) }),
        weight: dense ? expanded(g, parameters) : parameters,
      }),
    });
  const weights = Array.from({ length: sizesOf(g)[2] }, (_, k) => 0.1 + ((k * 5) % 7) / 10);
  const spikes = { in: { times: [0.001, 0.0015, 0.003, 0.0042], indices: [3, 7, 12, 22] } };
  const of = async (dense: boolean) => {
    const e = createExactEngine(made(dense, weights), { seed: 1 });
    return e.run(0.02, { inputs: spikes }).spikes.a;
  };
  const [shared, dense] = [await of(false), await of(true)];
  expect(shared!.indices.length).toBeGreaterThan(3);
  expect(shared).toEqual(dense);
});
