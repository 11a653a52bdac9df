/**
 * Convolution and pooling in training. Oracles: finite differences of the loss of whole networks of smooth neurons in double
 * precision; a dense connection with the same weights written out, whose gradients are summed over what is shared.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, type Surrogate, triangle } from "../../src/ir/surrogate.ts";
import type { Windows } from "../../src/ir/windows.ts";
import { type Algorithm, bptt } from "../../src/learn/algorithm.ts";
import { errorCosts, mostListed } from "../../src/learn/errorForms.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import {
  averagePooling,
  type Connectivity,
  convolution,
  convolution1d,
  oneToOne,
  sumPooling,
  sumPooling1d,
} from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { maxPool, sum } from "../../src/model/transform.ts";
import { convLayer, maxPoolLayer } from "../../src/model/windowLayers.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { countDeployed } from "../../src/tasks/count.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { expectNear } from "./near.ts";
import { drawSamples, type SampleOptions } from "./samples.ts";
import { eachSynapse, expanded, type Geometry, gathered, outOf, plain, sizesOf } from "./windows.ts";

const [classes, steps, count] = [3, 4, 5];
const start = { kind: "uniform", low: -1, high: 1 } as const;
const smooth = (shape: readonly number[], tau = "3 ms") => population(shape, leakyIntegrator({ tau }));

interface Hidden {
  readonly shape: readonly number[];
  readonly connectivity: Connectivity;
  readonly bias?: boolean;
  readonly delay?: number;
}
/** Smooth populations one above the other, then a dense answer. */
function stack(shape: readonly number[], layers: readonly Hidden[], input: SampleOptions["kind"]): Network {
  const names = ["x", ...layers.map((_, k) => `h${k}`)];
  return network({
    name: "stack",
    dt: "1 ms",
    steps,
    inputs: {
      x: inputNode(shape, input === "events" ? {} : { signal: "values", constant: input === "constant" }),
    },
    populations: {
      ...Object.fromEntries(layers.map((h, k) => [`h${k}`, smooth(h.shape)])),
      out: smooth([classes], "4 ms"),
    },
    connections: [
      ...layers.map(({ connectivity, bias, delay }, k) =>
        connect(names[k]!, names[k + 1]!, {
          connectivity,
          ...(connectivity.kind === "convolution" && { weight: start }),
          ...(bias && { bias: start }),
          ...(delay && { delay }),
        }),
      ),
      connect(names.at(-1)!, "out", { weight: start }),
    ],
    output: "out",
  });
}
const plainConv = { shape: [4, 3, 2], connectivity: convolution({ kernel: 2 }) };
const networks: Record<string, Network> = {
  "2-d with biases, of one channel, of values": stack(
    [5, 4],
    [
      { ...plainConv, bias: true },
      { shape: [2, 2, 3], connectivity: convolution({ kernel: [3, 2] }), bias: true },
    ],
    "values",
  ),
  "of constant values": stack([5, 4], [{ ...plainConv, bias: true }], "constant"),
  "of events": stack([5, 4], [{ ...plainConv, bias: true }], "events"),
  "with strides, padding, dilation and groups": stack(
    [5, 6, 2],
    [
      { shape: [3, 3, 4], connectivity: convolution({ kernel: 3, stride: 2, padding: 1, groups: 2 }) },
      { shape: [3, 5, 2], connectivity: convolution({ kernel: 2, padding: [1, 2], dilation: 2 }), bias: true },
    ],
    "values",
  ),
  "1-d": stack(
    [9, 2],
    [
      { shape: [7, 3], connectivity: convolution1d({ kernel: 3 }), bias: true },
      { shape: [3, 3], connectivity: sumPooling1d(3, { stride: 2 }) },
    ],
    "values",
  ),
  "late, by value": stack(
    [5, 4],
    [
      { ...plainConv, delay: 1 },
      { shape: [2, 2, 3], connectivity: convolution({ kernel: [3, 2] }), delay: 2, bias: true },
    ],
    "values",
  ),
  "pooled by average and sum": stack(
    [5, 4],
    [
      plainConv,
      { shape: [2, 3, 2], connectivity: averagePooling([2, 1]) },
      { shape: [3, 3, 2], connectivity: sumPooling([2, 1], { stride: 1, padding: [1, 0] }) },
    ],
    "values",
  ),
  "pooled by maximum": stack(
    [6, 5],
    [
      { shape: [2, 2, 2], connectivity: convolution({ kernel: 2, maxPool: 2 }), bias: true },
      {
        shape: [1, 3, 3],
        connectivity: convolution({ kernel: 1, maxPool: { kernel: 2, stride: 1, padding: [0, 1] } }),
        bias: true,
      },
    ],
    "values",
  ),
  "maxima of constant values": stack(
    [6, 5],
    [{ shape: [2, 2, 2], connectivity: convolution({ kernel: 2, maxPool: 2 }), bias: true }],
    "constant",
  ),
  "maxima as a node of their own": network({
    name: "apart",
    dt: "1 ms",
    steps,
    inputs: { x: inputNode([5, 4], { signal: "values" }) },
    populations: { h: smooth([2, 1, 2]), g: smooth([4, 3, 2]), out: smooth([classes]) },
    transforms: {
      sums: sum([4, 3, 2]),
      largest: maxPool([2, 1, 2], "sums", 2),
      g2: maxPool([3, 2, 2], { node: "g", port: "v" }, 2, { stride: 1 }),
    },
    connections: [
      connect("x", "sums", { connectivity: convolution({ kernel: 2 }), weight: start, bias: start }),
      connect("largest", "h", { connectivity: oneToOne, weight: 1, trainable: false }),
      connect("x", "g", { connectivity: convolution({ kernel: 2 }), weight: start }),
      connect("g2", "h", { connectivity: convolution({ kernel: 2 }), weight: start }),
      connect("h", "out", { weight: start }),
    ],
    output: "out",
  }),
};
const algorithms: readonly Algorithm[] = [bptt(), bptt(undefined, { checkpoint: 2 })];
const kindOf = (net: Network): SampleOptions["kind"] => {
  const { signal, constant } = net.inputs.x!;
  return signal === "spikes" ? "events" : constant ? "constant" : "values";
};

describe.each(Object.entries(networks))("%s", (_name, net) => {
  test.each(algorithms)("gradients equal finite differences: checkpoint $checkpoint", async (algorithm) => {
    const kind = kindOf(net);
    const { batch } = drawSamples({ count, steps, inputs: net.inputs.x!.size, classes, kind, density: 0.5 });
    for (const form of ["lists", "rows"] as const) {
      using trainer = await createTrainer(net, wasm, {
        ...{ algorithm, loss: crossEntropy("mean"), optimiser: sgd(0.1), form },
        ...{ batch: count, chunk: 2, seed: 3, type: "f64" },
      });
      trainer.gradients(batch);
      // Differences over 2h lose 1e-16 / 1e-5 to rounding and h² to curvature.
      expectNear(trainer.gradientBlocks(), finiteDifferences(trainer, batch), 1e-8);
    }
  });
});

/** A convolution, or the same written out, from spikes of inputs to spikes, and on to spikes. */
function spiking(first: Geometry, second: Geometry, dense: boolean, delay: number): Network {
  const shape = (g: Geometry): number[] => [...outOf(g), g.to];
  const through = (g: Geometry) =>
    dense
      ? {}
      : {
          connectivity: convolution({
            ...{ kernel: g.kernel, stride: g.stride, padding: g.padding, dilation: g.dilation, groups: g.groups },
          }),
        };
  return network({
    name: "spiking",
    dt: "1 ms",
    steps: 6,
    inputs: { x: inputNode([first.height, first.width, first.from]) },
    populations: {
      a: population(shape(first), lif({ tau: "3 ms" })),
      b: population(shape(second), lif({ tau: "5 ms" })),
      out: population(classes, leakyIntegrator({ tau: "4 ms" })),
    },
    connections: [
      connect("x", "a", through(first)),
      connect("a", "b", { ...through(second), delay }),
      connect("b", "out", { weight: start }),
    ],
    output: "out",
  });
}
const geometries = fc
  .record({
    height: fc.integer({ min: 4, max: 6 }),
    width: fc.integer({ min: 4, max: 6 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 1 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 })),
    groups: fc.integer({ min: 1, max: 2 }),
    within: fc.integer({ min: 1, max: 2 }),
    across: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ within, across, ...g }): Geometry => ({ ...g, from: within * g.groups, to: across * g.groups }))
  .filter((g) => outOf(g).every((n) => n >= 1));

const surrogates: readonly Surrogate[] = [triangle(1), arctan(2)];
test.each(surrogates)("spikes and gradients are those of the weights written out: $kind", async (surrogate) => {
  const cases = fc.sample(fc.tuple(geometries, fc.integer({ min: 0, max: 1 })), { numRuns: 12, seed: 5 });
  for (const [first, delay] of cases) {
    const [rows, columns] = outOf(first);
    const second = plain({ height: rows, width: columns, from: first.to, to: 5, kernel: [rows > 1 ? 2 : 1, 1] });
    await expectWrittenOut(first, second, surrogate, delay);
  }
});
test.each<readonly [height: number, width: number, padding: readonly [number, number]]>([
  [6, 8, [1, 1]],
  [6, 8, [0, 2]],
  [6, 8, [2, 0]],
  [4, 8, [1, 1]],
  [8, 4, [0, 2]],
  [12, 4, [2, 0]],
])("so are those that come back by tiles: %s x %s, padding %s", async (height, width, padding) => {
  const first = plain({ height, width, from: 2, to: 16, kernel: [1, 1] });
  const second = plain({ height, width, from: 16, to: 24, kernel: [3, 3], padding });
  await expectWrittenOut(first, second, arctan(2), 0);
  await expectWrittenOut(first, second, arctan(2), 1);
});

/** Two convolutions, and the same as dense connections with weights written out: one loss, one gradient. */
async function expectWrittenOut(first: Geometry, second: Geometry, surrogate: Surrogate, delay: number): Promise<void> {
  const shared = spiking(first, second, false, delay);
  const parameters = scaledUp(initialParameters(shared, 3, "f64"));
  const both = await Promise.all(
    [shared, spiking(first, second, true, delay)].map((net, k) =>
      trained(net, k === 0 ? parameters : writtenOut(parameters, first, second), surrogate, sizesOf(first)[0]),
    ),
  );
  expect(both[0]!.loss).toBeCloseTo(both[1]!.loss, 12);
  const summed = {
    ...both[1]!.blocks,
    "x>a.weight": gathered(first, both[1]!.blocks["x>a.weight"]!),
    "a>b.weight": gathered(second, both[1]!.blocks["a>b.weight"]!),
  };
  for (const [name, block] of Object.entries(summed)) {
    const scale = Math.max(1e-3, ...Array.from(block, Math.abs));
    const worst = Math.max(...Array.from(block, (x, k) => Math.abs(x - both[0]!.blocks[name]![k]!)));
    expect(worst / scale, `${name} ${JSON.stringify(first)}`).toBeLessThan(1e-12);
  }
}
const scaledUp = (p: Parameters): Parameters => ({
  ...p,
  "x>a.weight": p["x>a.weight"]!.map((w) => 6 * w),
  "a>b.weight": p["a>b.weight"]!.map((w) => 6 * w),
});
const writtenOut = (p: Parameters, first: Geometry, second: Geometry): Parameters => ({
  ...p,
  "x>a.weight": expanded(first, p["x>a.weight"]!),
  "a>b.weight": expanded(second, p["a>b.weight"]!),
});
async function trained(net: Network, parameters: Parameters, surrogate: Surrogate, inputs: number) {
  const { batch } = drawSamples({ count, steps: 6, inputs, classes, kind: "events", density: 0.5 });
  using trainer = await createTrainer(net, wasm, {
    ...{ algorithm: bptt(surrogate), loss: crossEntropy("mean"), optimiser: sgd(0.1) },
    ...{ batch: count, chunk: 2, seed: 3, type: "f64", parameters },
  });
  const { loss } = trainer.gradients(batch);
  return { loss, blocks: trainer.gradientBlocks() };
}

describe("layers of windows, with spikes", () => {
  const shape = [9, 8, 2];
  const square = { source: 8, target: 8, kernel: 3, stride: 1, padding: 1, dilation: 1 };
  const wide = { kernel: 3, padding: 1, weight: { kind: "uniform", low: -0.1, high: 0.3 } } as const;
  /** Errors come back by tiles, of all sources at once. */
  const tiled = sequential(
    [
      ...[input(shape), convLayer(16, { ...wide, padding: [1, 0] }), maxPoolLayer(1), lif({ tau: "3 ms" })],
      ...[maxPoolLayer([2, 1]), convLayer(20, wide), lif({ tau: "3 ms" })],
      ...[convLayer(16, wide), lif({ tau: "3 ms" }), denseLayer(classes), readout()],
    ],
    { steps: 7 },
  );
  const net = sequential(
    [
      input(shape),
      convLayer(6, { kernel: 3, weight: { kind: "uniform", low: -0.5, high: 1 } }),
      maxPoolLayer(2),
      lif({ tau: "3 ms" }),
      convLayer(5, { kernel: 2, groups: 1, weight: { kind: "uniform", low: -0.5, high: 1 } }),
      lif({ tau: "3 ms" }),
      maxPoolLayer([2, 1]),
      denseLayer(classes),
      readout(),
    ],
    { steps: 7 },
  );
  const inputs = 9 * 8 * 2;
  const samples = drawSamples({ count: 13, steps: 7, inputs, classes, kind: "events", density: 0.3 });

  test.each([
    ["listed", net, triangle(1), 0.01],
    ["all, by tiles", tiled, arctan(2), 0.001],
    ["listed or all", tiled, triangle(1), 0.001],
  ] as const)(
    "a training run, errors of sources: %s; on 1, 2, 3 and 8 threads, and of the interpreter: the same bits",
    async (_how, network, surrogate, rate) => {
      const run = async (backend: Backend, updates: number) => {
        using trainer = await createTrainer(network, backend, {
          ...{ algorithm: bptt(surrogate), loss: crossEntropy("mean"), optimiser: adam(rate) },
          ...{ batch: 13, chunk: 2, seed: 2 },
        });
        const results = Array.from({ length: updates }, () => trainer.step(samples.batch));
        return { results, parameters: trainer.parameters(), gradients: trainer.gradientBlocks() };
      };
      const first = await run(wasm, 3);
      expect(first.results[2]!.loss).toBeLessThan(first.results[0]!.loss);
      for (const threads of [1, 2, 3, 8]) {
        using backend = threadedWasm(threads);
        expect(await run(backend, 3), `${threads} threads`).toEqual(first);
      }
      expect(await run(interpret, 1)).toEqual(await run(wasm, 1));
    },
  );

  test("errors to listed sources or to all by tiles: the same but for rounding, whichever is chosen", async () => {
    const windows: Windows = { rows: square, columns: square, sources: 16, targets: 16, groups: 1 };
    const most = mostListed(windows);
    const costs = [most, most + 1].map((n) => errorCosts(windows, n));
    expect(costs[0]!.listed).toBeLessThanOrEqual(costs[0]!.all);
    expect(costs[1]!.listed).toBeGreaterThan(costs[1]!.all);

    const wider = sequential(
      [
        ...[input([8, 8, 2]), convLayer(16, wide), lif({ tau: "3 ms" })],
        ...[convLayer(16, wide), lif({ tau: "3 ms" }), denseLayer(classes), readout()],
      ],
      { steps: 7 },
    );
    const { batch } = drawSamples({ count: 5, steps: 7, inputs: 8 * 8 * 2, classes, kind: "events", density: 0.3 });
    const run = async (surrogate: Surrogate, errors?: "listed" | "all") => {
      using trainer = await createTrainer(wider, wasm, {
        ...{ algorithm: bptt(surrogate), loss: crossEntropy("mean"), optimiser: adam(0.01) },
        ...{ batch: 5, seed: 2, type: "f64", ...(errors && { errors }) },
      });
      trainer.gradients(batch);
      return trainer.gradientBlocks();
    };
    for (const width of [0.05, 5]) {
      const [listed, all, chosen] = [
        await run(triangle(width), "listed"),
        await run(triangle(width), "all"),
        await run(triangle(width)),
      ];
      expectNear(all, listed, 1e-12);
      expect(all).not.toEqual(listed);
      expect(chosen, `width ${width}`).toEqual(width < 1 ? listed : all);
    }
  });

  test.each([true, false])("values as lists or as rows: the same bits; constant %s", async (constant) => {
    const analog = sequential(
      [
        input(shape, { signal: "values", constant }),
        convLayer(6, { kernel: 3, stride: 2, padding: 1, groups: 2, weight: { kind: "uniform", low: -0.5, high: 1 } }),
        lif({ tau: "3 ms" }),
        denseLayer(classes),
        readout(),
      ],
      { steps: 7 },
    );
    const kind = constant ? "constant" : "values";
    const { batch } = drawSamples({ count: 13, steps: 7, inputs, classes, kind, density: 0.4 });
    const run = async (form: "lists" | "rows") => {
      using trainer = await createTrainer(analog, wasm, {
        ...{ algorithm: bptt(triangle(1)), loss: crossEntropy("mean"), optimiser: adam(0.01) },
        ...{ batch: 13, chunk: 2, seed: 2, form },
      });
      const results = Array.from({ length: 2 }, () => trainer.step(batch));
      return { results, parameters: trainer.parameters(), gradients: trainer.gradientBlocks() };
    };
    expect(await run("rows")).toEqual(await run("lists"));
  });

  test("synaptic events are counted with borders, neuron by neuron", async () => {
    const plainNet = sequential(
      [
        input(shape),
        convLayer(6, { kernel: 3, weight: { kind: "uniform", low: -0.5, high: 1 } }),
        lif({ tau: "3 ms" }),
        convLayer(5, { kernel: 2, stride: 2, weight: { kind: "uniform", low: -0.5, high: 1 } }),
        maxPoolLayer(1),
        lif({ tau: "3 ms" }),
        denseLayer(classes),
        readout(),
      ],
      { steps: 7 },
    );
    const parameters = initialParameters(plainNet, 2);
    using e = await createEvaluator(plainNet, wasm, { loss: crossEntropy("mean"), batch: 13, parameters });
    const { activity, samples: all, steps: total } = e.evaluate(samples.batch);
    const inputActivity = new Uint32Array(inputs);
    for (const k of (samples.batch.input as { list: Uint32Array }).list) inputActivity[k]!++;
    const did = { samples: all, steps: total, activity, inputActivity };
    const deployed = { net: plainNet, encoder: { kind: "events" } as const, parameters, loss: crossEntropy("mean") };
    const counts = countDeployed("conv", deployed, did, "event");
    const reached = (g: Geometry, times: ArrayLike<number>): number => {
      let sum = 0;
      eachSynapse(g, (source) => (sum += times[source]!));
      return sum / all;
    };
    const one = plain({ height: 9, width: 8, from: 2, to: 6, kernel: [3, 3] });
    const two = plain({ height: 7, width: 6, from: 6, to: 5, kernel: [2, 2], stride: [2, 2] });
    const [first, second] = counts.layers;
    expect(first!.synapticEvents).toBeCloseTo(reached(one, inputActivity), 9);
    const { each, active } = activity.hidden1!;
    expect(Array.from(each!).reduce((a, b) => a + b, 0)).toBe(active);
    expect(second!.synapticEvents).toBeCloseTo(reached(two, each!), 9);
    expect(first!.weights).toBe(3 * 3 * 2 * 6);
    expect(first!.synapses).toBe(synapsesIn(one));
  });
  const synapsesIn = (g: Geometry): number => {
    let n = 0;
    eachSynapse(g, () => n++);
    return n;
  };
});
