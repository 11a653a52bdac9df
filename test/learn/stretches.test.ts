/**
 * Batches that go through time together over more steps than the host's arrays are in memory for. Oracles: training in
 * segments that keeps all of them at once (`truncatedBptt`), and an integrator written out by hand.
 */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, fptt, ottt, truncatedBptt } from "../../src/learn/algorithm.ts";
import type { Batch } from "../../src/learn/feed.ts";
import {
  crossEntropyEachStep,
  crossEntropyRising,
  type Loss,
  meanSquaredValuesEachStep,
  meanSquaredValuesRising,
} from "../../src/learn/loss.ts";
import { adamax, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions, trainingProgram } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { liquid, liquidReadout } from "../../src/model/liquid.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { timedArray } from "../../src/model/timedArray.ts";
import { expectNear } from "./near.ts";
import { batchOf, drawSamples, labelSteps, type SampleOptions, shortened, watched } from "./samples.ts";

const surrogate = triangle(0.8);
/** So many inputs that no more than 16 steps of them are in memory at a time. */
const [inputs, classes, steps] = [700, 2, 40];
/** Within the third stretch of 16 steps, at the end of the first, within it, right behind it, and in the third again. */
const lengths = [40, 16, 1, 17, 35];
const count = lengths.length;

/** Hears the time, an array that goes by it, and noise: tables of steps. */
const timely = neuron({
  name: "timely",
  equations: `
    dv/dt = (0.4*sin(0.3*t/ms) + drift(t) - v)/(6*ms) + 0.05*xi/sqrt(ms) : 1
    v_in : 1 (input)`
    .replace("v_in : 1 (input)", "i : 1 (input)")
    .replace("drift(t)", "drift(t) + 0.3*drift(t - 4*ms*v) + i"),
  spike: "v > 0.5",
  reset: "v = 0",
  timedArrays: {
    drift: timedArray(
      Array.from({ length: steps }, (_, k) => 0.5 * Math.sin(k / 7)),
      "1 ms",
    ),
  },
});
const late = (signal: "spikes" | "values"): Network =>
  network({
    ...{ name: "late", dt: "1 ms", steps, output: "out" },
    inputs: { input: inputNode(inputs, { signal }) },
    populations: {
      a: population(9, lif({ tau: "5 ms", reset: "subtract" }), { dropout: 0.2 }),
      b: population(8, timely),
      out: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", { weight: uniform(-0.3, 0.8) }),
      connect("input", "a", { name: "later", weight: uniform(-0.3, 0.8), delay: 5 }),
      connect("input", "b", { port: "i", weight: uniform(0, 1), delay: 20 }), // longer than a stretch
      connect("a", "b", { port: "i", weight: uniform(-0.3, 2), delay: 2 }),
      connect("b", "a", { weight: uniform(-0.3, 0.8), delay: 3 }),
      connect("a", "out", { bias: 0.1 }),
      connect("b", "out"),
    ],
  });
const plain = (): Network =>
  sequential([input(inputs, { signal: "values" }), liquid(6), liquidReadout(classes)], { steps });
const simple = (): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(5, { weight: uniform(0, 1) }),
      lif({ reset: "subtract" }),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );

interface Case {
  readonly net: Network;
  readonly kind: SampleOptions["kind"];
  readonly loss: Loss;
  readonly density?: number;
  readonly form?: TrainerOptions["form"];
}
const rows = (seed: number): Float64Array =>
  Float64Array.from({ length: count * steps * classes }, (_, k) =>
    Math.floor(k / classes) % 5 === 3 ? Number.NaN : Math.sin(seed + k),
  );
function batchFor({ kind, loss, density = 0.004 }: Case, seed: number): Batch {
  const short = shortened(drawSamples({ count, steps, inputs, classes, kind, density, seed }), lengths);
  if (loss.kind === "meanSquaredValues") return { ...short.batch, targets: rows(seed) };
  return "rising" in loss ? short.batch : labelSteps(short, steps, classes, seed).batch;
}
const CASES: Readonly<Record<string, Case>> = {
  "late events, noise, time and dropout": { net: late("spikes"), kind: "events", loss: crossEntropyEachStep("mean") },
  "late values": { net: late("values"), kind: "values", loss: crossEntropyRising() },
  "values as lists": { net: plain(), kind: "values", loss: crossEntropyEachStep("sum"), form: "lists" },
  "values as rows": { net: plain(), kind: "values", loss: meanSquaredValuesEachStep(), form: "rows" },
  "a constant": {
    net: sequential([input(inputs, { signal: "values", constant: true }), liquid(6), liquidReadout(classes)], {
      steps,
    }),
    kind: "constant",
    loss: crossEntropyRising(),
  },
};
const make = (
  c: Pick<Case, "net" | "loss" | "form">,
  algorithm: Algorithm,
  more: Partial<TrainerOptions> = {},
  on = wasm,
) =>
  createTrainer(c.net, on, {
    ...{ algorithm, loss: c.loss, optimiser: sgd(0.1), batch: count, seed: 5, type: "f64" },
    ...(c.form && { form: c.form }),
    ...more,
  });

test("the cases have more steps than are in memory at a time, and delays that reach further back", () => {
  for (const every of [1, 3])
    for (const { net, loss } of Object.values(CASES)) {
      const options = { algorithm: fptt(surrogate, { every }), loss, optimiser: sgd(0.1), batch: count };
      expect(trainingProgram(net, options).lowered.context.stepsStaged).toBe(every === 1 ? 16 : 12);
    }
});

describe.each(Object.entries(CASES))("%s", (_name, c) => {
  test.each([1, 3])("gradients are those of training that has all steps in memory: segments of %i", async (every) => {
    using expected = await make(c, truncatedBptt(surrogate, { segment: every }));
    using found = await make(c, fptt(surrogate, { every }));
    for (const t of [expected, found]) t.gradients(batchFor(c, 2)); // leftovers
    const batch = batchFor(c, 1);
    const { loss, ...rest } = expected.gradients(batch);
    const { loss: own, ...others } = found.gradients(batch);
    expect(others).toEqual(rest);
    // Samples or segments first: sums of 109 steps, of two answers each, in another order.
    expect(Math.abs(own / loss - 1)).toBeLessThan(218 * 2 ** -53);
    expectNear(found.gradientBlocks(), expected.gradientBlocks(), 1e-11);
  });

  const team = [1, 2, 3, 8].map((n) => threadedWasm(n));
  afterAll(() => {
    for (const b of team) b.dispose();
  });
  test("interpreter and any number of threads: the same bits", async () => {
    const runs = [];
    for (const backend of [interpret, wasm, ...team]) {
      const options = { type: "f32", chunk: 1, optimiser: adamax(0.01, { clip: 0.2 }) } as const;
      using trainer = await make(c, fptt(surrogate), options, backend as typeof wasm);
      const results = [1, 2].map((seed) => trainer.step(batchFor(c, seed)));
      runs.push({ results, snapshot: trainer.snapshot(), gradients: trainer.gradientBlocks() });
    }
    expect(runs[0]!.snapshot.updates).toBe(2 * steps);
    for (const run of runs.slice(1)) expect(run).toEqual(runs[0]);
  });
});

test("ottt with an update every step: gradients without them are those of whole samples", async () => {
  const c: Case = { net: simple(), kind: "events", loss: crossEntropyEachStep("mean") };
  using expected = await make(c, ottt(surrogate));
  using found = await make(c, ottt(surrogate, { update: "step" }));
  const batch = batchFor(c, 1);
  const { loss, ...rest } = expected.gradients(batch);
  const { loss: own, ...others } = found.gradients(batch);
  expect(others).toEqual(rest);
  expect(Math.abs(own / loss - 1)).toBeLessThan(218 * 2 ** -53);
  expectNear(found.gradientBlocks(), expected.gradientBlocks(), 1e-11);
});

test("a leaky integrator by hand: every update has its own rate", async () => {
  const [a, steps] = [Math.exp(-1 / 6), 300];
  const net = network({
    ...{ dt: "1 ms", steps, output: "out" },
    inputs: { input: inputNode(1, { signal: "values" }) },
    populations: { out: population(1, leakyIntegrator({ tau: "6 ms" })) },
    connections: [connect("input", "out", { weight: 0.7 })],
  });
  const { samples, batch } = drawSamples({ count: 1, steps, inputs: 1, classes: 1, kind: "values", density: 1 });
  const rate = (update: number): number => 0.1 / (1 + update);
  let [w, v, loss] = [0.7, 0, 0];
  samples[0]!.forEach(([x], t) => {
    v = a * v + w * x!;
    const share = (t + 1) / steps;
    loss += share * (v - 1.3) ** 2;
    w -= rate(t + 1) * share * 2 * (v - 1.3) * x!;
  });
  const options = { batch: 1, optimiser: sgd(rate) };
  using trainer = await make({ net, loss: meanSquaredValuesRising() }, fptt(surrogate, { alpha: 0 }), options);
  const { labels: _labels, ...rest } = batch;
  expect(trainer.step({ ...rest, targets: [1.3] }).loss / loss).toBeCloseTo(1, 12);
  expect(trainer.parameters()["input>out.weight"]![0]).toBeCloseTo(w, 12);
  expect(trainer.updates).toBe(steps);
});

test("what is not a number in a later stretch is found there", async () => {
  const net = network({
    ...{ dt: "1 ms", steps: 300, output: "out" },
    inputs: { input: inputNode(1, { signal: "values" }) },
    populations: { silent: population(3, lif()), out: population(classes, leakyIntegrator()) },
    connections: [
      connect("input", "out", { weight: 10, trainable: false }),
      connect("silent", "out", { weight: 1 }), // learns, and hears of no error while nobody fires
    ],
  });
  const drawn = drawSamples({ count, steps: 300, inputs: 1, classes, kind: "values" });
  const samples = drawn.samples.map((rows, s) => rows.map((row, t) => (s === 4 && t === 200 ? [3e38] : row)));
  const bad = { ...batchOf(samples, drawn.labels, "values"), lengths: [300, 128, 1, 129, 257] };
  using trainer = await make({ net, loss: crossEntropyRising() }, fptt(surrogate), { type: "f32" });
  expect(() => trainer.step(bad)).toThrow(/layer 'out' is not finite in sample 4 of the batch/);
});

describe("entries for which there is no room in a segment", () => {
  test.each(["events", "values"] as const)("%s", async (kind) => {
    const c = { net: late(kind === "events" ? "spikes" : "values"), kind, loss: crossEntropyRising() } as const;
    const batch = batchFor({ ...c, density: 0.5 }, 1);
    // All that the first sample has from step 20 to step 30 is in step 30.
    const ends = batch.input.ends.slice();
    for (let t = 21; t <= 30; t++) ends[t] = ends[20]!;
    const crowded = { ...batch, input: { ...batch.input, ends } } as Batch;
    const spy = watched();
    using trainer = await make(c, fptt(surrogate), {}, spy as unknown as typeof wasm);
    const before = structuredClone(trainer.snapshot());
    expect(() => trainer.step(crowded)).toThrow(
      expect.objectContaining({
        code: "out-of-range",
        path: "batch.input",
        message: expect.stringContaining("sample 0"),
      }),
    );
    expect(trainer.snapshot()).toEqual(before);
    trainer.step(batch);
  });
});
