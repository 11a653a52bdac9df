/**
 * Training in segments of time. Checkpoints change nothing but the order in which gradients are added up, so that what they
 * give is compared with what training over all steps gives: answers and losses bit for bit, gradients to some hundred
 * roundings. Errors that end at borders are compared with the naive simulation, whose values lose their past there
 * (`simulate.ts`); `random.test.ts` compares both with it on random networks.
 */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { printProgram } from "../../src/ir/print.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { BYTES } from "../../src/ir/types.ts";
import { type Algorithm, bptt, type SegmentSteps, truncatedBptt } from "../../src/learn/algorithm.ts";
import {
  crossEntropy,
  crossEntropyEachStep,
  type Loss,
  meanSquared,
  meanSquaredEachStep,
  softmaxSum,
} from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer, type Trainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { gru, lstm } from "../../src/model/gated.ts";
import { type Initializer, uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { synapse } from "../../src/model/synapse.ts";
import { expectNear } from "./near.ts";
import { drawSamples, labelSteps, type SampleOptions, shortened } from "./samples.ts";
import { simulate } from "./simulate.ts";

const [inputs, steps, classes] = [7, 11, 3];
const lengths = [11, 4, 1, 8, 11];
const count = lengths.length;
const surrogate = triangle(0.8);
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.8 } } as const;
const subtracting = lif({ tau: "5 ms", reset: "subtract" });

/** Cycles, and spikes and membranes that arrive late, some later than the shortest segments last. */
const cyclic = (): Network =>
  network({
    name: "cyclic",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(9, subtracting, { dropout: 0.2 }),
      b: population(8, lif({ tau: "8 ms", refractory: "2 ms" })),
      out: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", strong),
      connect("input", "b", { weight: uniform(0, 1), delay: 1 }),
      connect("a", "b", { ...strong, delay: 2 }),
      connect("b", "a", { ...strong, delay: 3 }),
      connect("a", "a", { ...strong, delay: 1 }),
      connect("a", "out", { delay: 1, bias: 0.1 }),
      connect("a", "out", { name: "membrane", output: "v", delay: 4 }),
      connect("out", "b", { output: "v", delay: 2 }),
      connect("b", "out", strong),
    ],
  });
/** Everything that trains in neurons, with initial states that are read late. */
const trained = (): Network =>
  network({
    name: "trained",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(6, alif({ tauM: "6 ms", tauA: "20 ms" }), {
        initial: { v: uniform(0, 0.5) },
        trainable: { tauM: "neuron", tauA: "layer", "v.initial": "neuron" },
      }),
      out: population(classes, leakyIntegrator({ tau: "6 ms" }), {
        trainable: { tau: "layer", "v.initial": "neuron" },
      }),
    },
    connections: [
      connect("input", "a", { weight: uniform(-1, 3) }),
      connect("a", "a", { ...strong, delay: 2 }),
      connect("a", "out", { ...strong, bias: 0 }),
      connect("a", "out", { name: "late", output: "v", delay: 4 }),
    ],
  });
const values = (constant: boolean, v = 0): Network =>
  network({
    name: "values",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs, { signal: "values", constant }) },
    populations: {
      a: population(6, leakyIntegrator({ tau: "6 ms" }), { initial: { v } }),
      b: population(7, relu()),
      out: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", { bias: 0.1, port: "i", weight: uniform(-1, 1) }),
      connect("a", "b", { weight: uniform(-1, 1), bias: 0.2, delay: 3 }),
      connect("b", "a", { delay: 2 }),
      connect("b", "out"),
      connect("input", "out", constant ? {} : { delay: 1 }),
    ],
  });
const noisy = neuron({
  name: "noisy",
  equations: "v[t+1] = 0.9*v + randn() * 0.2 : 1",
  spike: "v > 1",
  reset: "v = 0",
});
const layered = (
  layer: Parameters<typeof neurons>[0],
  { recurrent = true, weight = strong.weight as Initializer } = {},
): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(70, { weight }),
      neurons(layer, { recurrent }),
      denseLayer(classes),
      readout({ tau: "8 ms" }),
    ],
    { steps },
  );
const analog = (constant: boolean): Network =>
  sequential(
    [
      input(inputs, { signal: "values", constant }),
      denseLayer(70, strong),
      neurons(subtracting),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
const gated = (cell: typeof gru | typeof lstm): Network =>
  sequential([input(inputs, { signal: "values" }), cell(6), denseLayer(classes), linear()], { steps });

interface Case {
  readonly net: Network;
  readonly kind?: SampleOptions["kind"];
  readonly loss?: Loss;
  readonly more?: Partial<TrainerOptions>;
}
const penalty = { regularisers: [rate(0.2, { strength: 3 })] };
const CASES: Readonly<Record<string, Case>> = {
  "late spikes around cycles, dropout, rates": { net: cyclic(), more: penalty },
  "the same, a label each step": { net: cyclic(), loss: crossEntropyEachStep("mean"), more: penalty },
  "the last step": { net: cyclic(), loss: crossEntropy("last") },
  "the largest step": { net: cyclic(), loss: crossEntropy("max") },
  "summed softmaxes": { net: cyclic(), loss: crossEntropy(softmaxSum()) },
  "squares each step": { net: cyclic(), loss: meanSquaredEachStep("sum", 2) },
  "a feed-forward net": { net: layered(subtracting, { recurrent: false }), loss: meanSquared("sum", 2) },
  "a recurrent net, wide rows": { net: layered(subtracting) },
  "an answer that is counted": {
    net: sequential([input(inputs), denseLayer(20, strong), subtracting, denseLayer(classes, strong), neurons(lif())], {
      steps,
    }),
    loss: crossEntropy("count"),
    more: penalty,
  },
  "random draws": { net: layered(noisy) },
  "adaptive neurons": { net: layered(alif()) },
  "adaptive neurons, symplectic": { net: layered(seAdLif(), { weight: uniform(-1, 6) }) },
  "trained neurons and initial states": { net: trained() },
  "trained neurons, a label each step": { net: trained(), loss: crossEntropyEachStep("sum") },
  "values that change": { net: values(false), kind: "values" },
  "values that start somewhere": { net: values(false, 0.3), kind: "values", loss: crossEntropyEachStep("sum") },
  "values that are constant": { net: values(true, 0.3), kind: "constant" },
  "values as lists": { net: analog(false), kind: "values", more: { form: "lists" } },
  "values as rows": { net: analog(false), kind: "values", more: { form: "rows" } },
  "constant values as lists": { net: analog(true), kind: "constant", more: { form: "lists" } },
  "constant values as rows": { net: analog(true), kind: "constant", more: { form: "rows" } },
  GRU: { net: gated(gru), kind: "values" },
  LSTM: { net: gated(lstm), kind: "values", loss: crossEntropyEachStep("sum") },
};
const make = (c: Case, algorithm: Algorithm, backend = wasm as typeof wasm | typeof interpret, more = {}) =>
  createTrainer(c.net, backend, {
    algorithm,
    loss: c.loss ?? crossEntropy("mean"),
    optimiser: sgd(0.1),
    batch: count,
    chunk: 3,
    seed: 3,
    type: "f64",
    ...c.more,
    ...more,
  });
function batchFor({ kind = "events", loss }: Case, seed = 1) {
  const drawn = shortened(drawSamples({ count, steps, inputs, classes, kind, seed, density: 0.4 }), lengths);
  return loss && "each" in loss ? labelSteps(drawn, steps, classes, seed) : { ...drawn, stepLabels: undefined };
}
const checkpointed = (checkpoint: SegmentSteps) => bptt(surrogate, { checkpoint });

describe.each(Object.entries(CASES))("checkpoints: %s", (_name, c) => {
  test("losses, answers and gradients are those of all steps at once", async () => {
    using whole = await make(c, bptt(surrogate));
    const { batch } = batchFor(c);
    const expected = whole.gradients(batch);
    const blocks = whole.gradientBlocks();
    for (const k of [1, 3, 4, steps - 1]) {
      using trainer = await make(c, checkpointed(k));
      trainer.gradients(batchFor(c, 2).batch); // leftovers
      const { loss, ...found } = trainer.gradients(batch);
      if (c.loss && "each" in c.loss) expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-14);
      else expect(loss).toBe(expected.loss);
      expect({ ...found, loss: expected.loss }, `segments of ${k}`).toEqual(expected);
      expectNear(trainer.gradientBlocks(), blocks, 1e-12);
    }
  });
});

test.each([["trained neurons and initial states"], ["trained neurons, a label each step"]])(
  "gradients of what trains in neurons, sample by sample, are the same bits: %s",
  async (name) => {
    const c = CASES[name]!;
    const { batch } = batchFor(c);
    const run = async (algorithm: Algorithm) => {
      using trainer = await make(c, algorithm, wasm, { chunk: 1, type: "f32" });
      trainer.gradients(batch);
      const own = Object.entries(trainer.gradientBlocks()).filter(
        ([block]) => !block.includes(">") && block !== "late.weight",
      );
      expect(own.length).toBe(5);
      return own;
    };
    const expected = await run(bptt(surrogate));
    for (const k of [1, 3, 4]) expect(await run(checkpointed(k))).toEqual(expected);
  },
);

test("a segment that is as long as the samples, or longer, is no segment: the program is the same", async () => {
  for (const algorithm of [checkpointed(steps), truncatedBptt(surrogate, { segment: 99 })]) {
    using plain = await make(CASES.GRU!, bptt(surrogate));
    using one = await make(CASES.GRU!, algorithm);
    expect(printProgram(one.program)).toBe(printProgram(plain.program));
    expect(one.text).toBe(plain.text);
  }
});

describe("errors that end where a segment begins", () => {
  const own: Readonly<Record<string, Case>> = {
    ...Object.fromEntries(
      ["the last step", "the largest step", "summed softmaxes", "squares each step", "values that change"].map(
        (name) => [name, CASES[name]!],
      ),
    ),
    "a label each step": { net: cyclic(), loss: crossEntropyEachStep("mean") },
  };
  test.each(Object.entries(own).flatMap(([name, c]) => [1, 3, 4, 10].map((segment) => ({ name, segment, c }))))(
    "as in the naive simulation, whose values lose their past there: $name, segments of $segment",
    async ({ segment, c }) => {
      const net = withoutDropout(c.net);
      using trainer = await make({ ...c, net }, truncatedBptt(surrogate, { segment }));
      trainer.gradients(batchFor(c, 2).batch); // leftovers
      const { samples, labels, batch, stepLabels } = batchFor(c);
      const found = trainer.gradients(batch);
      const loss = c.loss ?? crossEntropy("mean");
      const given = { loss, surrogate, ...(stepLabels && { stepLabels }) };
      const expected = simulate(net, trainer.parameters(), samples, labels, { ...given, cut: segment });
      expect(found.loss).toBeCloseTo(expected.loss, 12);
      const scale = Math.max(...Object.values(expected.gradients).flat().map(Math.abs));
      for (const [block, g] of Object.entries(trainer.gradientBlocks()))
        g.forEach((x, k) => expect(Math.abs(x - expected.gradients[block]![k]!) / scale, block).toBeLessThan(1e-12));
      if (segment > 4) return; // then next to nothing lies behind the border
      const all = simulate(net, trainer.parameters(), samples, labels, given);
      expect(all.gradients).not.toEqual(expected.gradients);
    },
  );

  /** A leaky integrator that answers in each step: v[t] = a v[t-1] + w x[t], and dL/dw by hand. */
  test("a single membrane, in closed form", async () => {
    const [a, n, segment] = [Math.exp(-1 / 6), 10, 4];
    const net = network({
      dt: "1 ms",
      steps: n,
      output: "out",
      inputs: { input: inputNode(1, { signal: "values" }) },
      populations: {
        out: population(1, leakyIntegrator({ tau: "6 ms" }), {
          initial: { v: 0.5 },
          trainable: { "v.initial": "layer" },
        }),
      },
      connections: [connect("input", "out", { weight: 0.7 })],
    });
    const loss = meanSquaredEachStep("sum", 1);
    const { samples, batch } = drawSamples({ count: 1, steps: n, inputs: 1, classes: 1, kind: "values", density: 1 });
    let [v, slope, fromStart, dw, d0] = [0.5, 0, 1, 0, 0];
    for (let t = 0; t < n; t++) {
      if (t % segment === 0) slope = 0;
      if (t === segment) fromStart = 0;
      v = a * v + 0.7 * samples[0]![t]![0]!;
      slope = a * slope + samples[0]![t]![0]!;
      fromStart *= a;
      dw += 2 * (v - 1) * slope;
      d0 += 2 * (v - 1) * fromStart;
    }
    using trainer = await make({ net, loss }, truncatedBptt(surrogate, { segment }), wasm, { batch: 1 });
    trainer.gradients(batch);
    const found = trainer.gradientBlocks();
    expect(found["input>out.weight"]![0]! / dw).toBeCloseTo(1, 12);
    expect(found["out.v.initial"]![0]! / d0).toBeCloseTo(1, 12);
  });

  test("a loss of each step needs no second pass", async () => {
    using once = await make(own["a label each step"]!, truncatedBptt(surrogate, { segment: 3 }));
    using twice = await make(own["the last step"]!, truncatedBptt(surrogate, { segment: 3 }));
    const kept = (t: Trainer) => t.program.buffers.filter((b) => b.name.endsWith(".segment.start")).length;
    expect([kept(once), kept(twice) > 0]).toEqual([0, true]);
  });
});

function withoutDropout(net: Network): Network {
  const populations = Object.fromEntries(Object.entries(net.populations).map(([n, p]) => [n, { ...p, dropout: 0 }]));
  return { ...net, populations };
}

describe("backends", () => {
  const team = [1, 3].map((n) => threadedWasm(n));
  afterAll(() => {
    for (const b of team) b.dispose();
  });
  const algorithms = [checkpointed(3), checkpointed("auto"), truncatedBptt(surrogate, { segment: 4 })];
  test.each(
    ["late spikes around cycles, dropout, rates", "trained neurons, a label each step", "random draws"].flatMap(
      (name) => algorithms.map((algorithm) => ({ name, algorithm, kind: algorithm.kind })),
    ),
  )("interpreter, wasm, one thread and three: the same bits: $name, $kind", async ({ name, algorithm }) => {
    const c = CASES[name]!;
    const runs = [];
    for (const backend of [interpret, wasm, ...team]) {
      using trainer = await make(c, algorithm, backend, { chunk: 1, type: "f32", optimiser: adam(0.01) });
      const results = [1, 2, 3].map((seed) => trainer.step(batchFor(c, seed).batch));
      runs.push({ results, parameters: trainer.parameters(), gradients: trainer.gradientBlocks() });
    }
    for (const r of runs.slice(1)) expect(r).toEqual(runs[0]);
  });
});

describe("memory", () => {
  const long = (n: number): Network =>
    sequential([input(20), denseLayer(100), neurons(lif(), { recurrent: true }), denseLayer(5), readout()], {
      steps: n,
    });
  const bytesOf = async (n: number, algorithm: Algorithm, loss: Loss) => {
    using trainer = await createTrainer(long(n), wasm, { algorithm, loss, optimiser: sgd(1), batch: 8, chunk: 4 });
    const bytes = (keep: (name: string) => boolean): number =>
      trainer.program.buffers
        .filter((b) => (b.role === "tape" || b.role === "work") && b.name !== "gradients" && keep(b.name))
        .reduce((sum, b) => sum + b.length * BYTES[b.type], 0);
    return {
      kept: bytes((name) => name.endsWith(".segment.start")),
      rest: bytes((name) => !name.endsWith(".segment.start")),
      all: trainer.bytes,
    };
  };

  test("what is kept of each step shrinks as the segment does, and what segments start from grows with their number", async () => {
    const loss = crossEntropyEachStep();
    const whole = await bytesOf(640, bptt(), loss);
    const [few, many] = [await bytesOf(640, checkpointed(64), loss), await bytesOf(640, checkpointed(16), loss)];
    // Beside rows there is some scratch; a late spike needs one row more.
    expect(few.rest / whole.rest).toBeGreaterThan(0.1);
    expect(few.rest / whole.rest).toBeLessThan(0.105);
    expect(many.rest / whole.rest).toBeLessThan(0.03);
    expect(many.kept / few.kept).toBeCloseTo(4, 1);
    expect(few.all).toBeLessThan(whole.all / 2); // inputs are there all the same
    const cut = await bytesOf(640, truncatedBptt(surrogate, { segment: 64 }), loss);
    expect(cut.kept).toBe(0);
    expect(cut.rest).toBeLessThan(0.105 * whole.rest);
  });
  test("with `auto` it grows as the root of the steps, but for rows of the answer where all steps make one", async () => {
    const of = async (n: number, loss: Loss) => {
      const { kept, rest } = await bytesOf(n, checkpointed("auto"), loss);
      return kept + rest;
    };
    const each = crossEntropyEachStep();
    expect((await of(3600, each)) / (await of(900, each))).toBeLessThan(2.1);
    const rows = (await of(900, crossEntropy())) - (await of(900, each));
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(2.1 * 900 * 8 * BYTES.f32 * 8); // answers and their errors, 5 padded to 8, 2 shards of 4 samples
  });
});

describe("refusals", () => {
  test("synapses that change while a sample runs, by name", async () => {
    const facilitating = synapse({
      name: "facilitating",
      variables: { u: 0.2 },
      pathways: [{ trigger: "pre", body: "v_post += u*w; u += 0.1" }],
    });
    const net = network({
      dt: "1 ms",
      steps,
      output: "out",
      inputs: { input: inputNode(inputs) },
      populations: { a: population(4, lif()), out: population(classes, leakyIntegrator()) },
      connections: [
        connect("input", "a", { ...strong, name: "plastic", synapse: facilitating, trainable: false }),
        connect("a", "out"),
      ],
    });
    for (const algorithm of [checkpointed(3), truncatedBptt(surrogate, { segment: 3 })])
      await expect(make({ net }, algorithm)).rejects.toMatchObject({ code: "unsupported", path: "connection plastic" });
  });
  test.each([0, -1, 1.5, Number.NaN])("segments of %s steps", (k) => {
    const error = expect.objectContaining({ code: "out-of-range" });
    expect(() => bptt(surrogate, { checkpoint: k })).toThrow(error);
    expect(() => truncatedBptt(surrogate, { segment: k })).toThrow(error);
  });
});
