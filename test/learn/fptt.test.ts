/**
 * Forward propagation through time, against the same written out by hand in double precision: a recurrent layer of spiking
 * neurons with a leaky readout, an update every step.
 */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { BYTES } from "../../src/ir/types.ts";
import { bptt, type Fptt, fptt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { fit as fitEpochs } from "../../src/learn/fit.ts";
import {
  crossEntropy,
  crossEntropyEachStep,
  crossEntropyRising,
  type Loss,
  meanSquaredValuesRising,
} from "../../src/learn/loss.ts";
import { adamax, type Optimiser, sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer, type Trainer, type TrainerOptions, trainingProgram } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { gru } from "../../src/model/gated.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, sequential } from "../../src/model/sequential.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { expectNear } from "./near.ts";
import { drawSamples, labelSteps, type SampleOptions, shortened } from "./samples.ts";
import type { Samples } from "./simulate.ts";

const surrogate = triangle(0.8);
const [inputs, hidden, classes, steps, count] = [3, 5, 2, 9, 4];

const cell = neuron({
  name: "cell",
  equations: `
    v[t+1] = 0.8*v + i : 1
    i : 1 (input)`,
  spike: "v > 0.5",
  reset: "v = 0",
});
const tiny = (n = steps): Network =>
  network({
    dt: "1 ms",
    steps: n,
    output: "out",
    inputs: { input: inputNode(inputs, { signal: "values" }) },
    populations: { hidden: population(hidden, cell), out: population(classes, leakyIntegrator({ tau: "6 ms" })) },
    connections: [
      connect("input", "hidden", { port: "i", weight: uniform(-0.5, 1), bias: 0.1 }),
      connect("hidden", "hidden", { port: "i", weight: uniform(-0.6, 0.6), delay: 1 }),
      connect("hidden", "out", { weight: uniform(-1, 1) }),
    ],
  });
const NAMES = ["input>hidden.i.weight", "input>hidden.i.bias", "hidden>hidden.i.weight", "hidden>out.weight"] as const;
type Weights = Record<(typeof NAMES)[number], Float64Array>;
const zeros = (like: Weights): Weights =>
  Object.fromEntries(NAMES.map((n) => [n, new Float64Array(like[n].length)])) as Weights;
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

interface Sample {
  v: number[];
  s: number[];
  o: number[];
}
/** One step of one sample: moves its states, and adds the gradient of its loss with the states before as plain numbers. */
function stepOf(
  w: Weights,
  state: Sample,
  x: readonly number[],
  label: number,
  share: number,
  prior: number,
  g: Weights,
) {
  const [win, b, wrec, wout] = NAMES.map((n) => w[n]) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const before = state.s;
  const drive = range(hidden).map(
    (j) =>
      b[j]! +
      x.reduce((sum, xi, i) => sum + xi * win[i * hidden + j]!, 0) +
      before.reduce((sum, s, i) => sum + s * wrec[i * hidden + j]!, 0),
  );
  const v = drive.map((d, j) => 0.8 * state.v[j]! + d);
  const s = v.map((vj) => Number(vj > 0.5));
  const decay = Math.exp(-1 / 6);
  const o = range(classes).map(
    (c) => decay * state.o[c]! + s.reduce((sum, sj, j) => sum + sj * wout[j * classes + c]!, 0),
  );
  const top = Math.max(...o);
  const sum = o.reduce((a, oc) => a + Math.exp(oc - top), 0);
  const log = o.map((oc) => oc - top - Math.log(sum));
  const target = range(classes).map((c) => share * Number(c === label) + ((1 - share) * prior) / classes);
  const all = target.reduce((a, t) => a + t, 0);
  const errors = log.map((l, c) => (all * Math.exp(l) - target[c]!) / count);
  const back = v.map((vj, j) => {
    const slope = Math.max(0, 1 - Math.abs(vj - 0.5) / 0.8) / 0.8;
    return slope * errors.reduce((a, e, c) => a + e * wout[j * classes + c]!, 0);
  });
  errors.forEach((e, c) => s.forEach((sj, j) => (g["hidden>out.weight"][j * classes + c]! += sj * e)));
  back.forEach((e, j) => {
    x.forEach((xi, i) => (g["input>hidden.i.weight"][i * hidden + j]! += xi * e));
    before.forEach((si, i) => (g["hidden>hidden.i.weight"][i * hidden + j]! += si * e));
    g["input>hidden.i.bias"][j]! += e;
  });
  Object.assign(state, { v: v.map((vj, j) => (s[j] ? 0 : vj)), s, o });
  return -target.reduce((a, t, c) => a + t * log[c]!, 0) / count;
}

interface Recipe {
  readonly algorithm: Pick<Fptt, "alpha" | "beta" | "rho">;
  readonly prior: number;
  readonly clip: number;
  /** The change of a weight for its gradient, given its own memory and the number of the update. */
  readonly optimise: (g: number, memory: number[], update: number) => number;
}
/** Weights after some batches, the loss of the last, and the running averages. */
function byHand(start: Parameters, batches: readonly { samples: Samples; labels: Int32Array }[], r: Recipe) {
  const { alpha, beta, rho } = r.algorithm;
  const w = Object.fromEntries(NAMES.map((n) => [n, Float64Array.from(start[n]!)])) as Weights;
  const mean = Object.fromEntries(NAMES.map((n) => [n, w[n].slice()])) as Weights;
  const lambda = zeros(w);
  const memory = new Map(NAMES.map((n) => [n, range(w[n].length).map((): number[] => [])]));
  let [update, loss] = [0, 0];
  for (const { samples, labels } of batches) {
    loss = 0;
    const states = samples.map(
      (): Sample => ({ v: Array(hidden).fill(0), s: Array(hidden).fill(0), o: Array(classes).fill(0) }),
    );
    const longest = Math.max(...samples.map((s) => s.length));
    for (let t = 0; t < longest; t++) {
      const g = zeros(w);
      samples.forEach((s, k) => {
        if (t < s.length) loss += stepOf(w, states[k]!, s[t]!, labels[k]!, (t + 1) / s.length, r.prior, g);
      });
      update++;
      if (alpha > 0)
        for (const n of NAMES)
          g[n].forEach((x, k) => (g[n][k] = x + alpha * (w[n][k]! - mean[n][k]!) + (rho - 1) * lambda[n][k]!));
      const norm = Math.hypot(...NAMES.flatMap((n) => [...g[n]]));
      const factor = Math.min(1, r.clip / norm);
      for (const n of NAMES)
        w[n].forEach((_, k) => {
          w[n][k]! += r.optimise(factor * g[n][k]!, memory.get(n)![k]!, update);
          if (alpha === 0) return;
          lambda[n][k]! -= alpha * (w[n][k]! - mean[n][k]!);
          mean[n][k] = (1 - beta) * mean[n][k]! + beta * w[n][k]! - (beta / alpha) * lambda[n][k]!;
        });
    }
  }
  return { w, mean, loss };
}

const drawn = (seed: number, options: Partial<SampleOptions> = {}) =>
  drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.6, seed, ...options });
const make = (
  net: Network,
  algorithm: TrainerOptions["algorithm"],
  more: Partial<TrainerOptions> = {},
  backend = wasm,
) =>
  createTrainer(net, backend, {
    algorithm,
    loss: crossEntropyRising(),
    optimiser: sgd(0.1),
    batch: count,
    chunk: 2,
    seed: 5,
    type: "f64",
    ...more,
  });

/** Kingma and Ba 2015, algorithm 2, with epsilon where torch adds it. */
const byAdamax =
  (lr: number): Recipe["optimise"] =>
  (g, memory, update) => {
    const [m = 0, u = 0] = memory;
    memory[0] = 0.9 * m + 0.1 * g;
    memory[1] = Math.max(0.999 * u, Math.abs(g) + 1e-8);
    return (-lr * (memory[0] / (1 - 0.9 ** update))) / memory[1];
  };
const plain =
  (lr: number): Recipe["optimise"] =>
  (g) =>
    -lr * g;

describe("as written out by hand", () => {
  const cases: readonly [string, Partial<Fptt>, number, Optimiser, Recipe["optimise"], number][] = [
    ["no regulariser, SGD", { alpha: 0 }, 1, sgd(0.2), plain(0.2), 1e9],
    ["published: Adamax, clipped", {}, 1, adamax(0.01, { clip: 0.3 }), byAdamax(0.01), 0.3],
    [
      "a strong regulariser, clipped with the rest",
      { alpha: 0.7, beta: 0.3, rho: 0.2 },
      0,
      sgd(0.3, { clip: 0.2 }),
      plain(0.3),
      0.2,
    ],
  ];
  test.each(cases)("%s", async (_name, options, prior, optimiser, optimise, clip) => {
    const algorithm = fptt(surrogate, options);
    using trainer = await make(tiny(), algorithm, { optimiser, loss: crossEntropyRising({ prior }) });
    const start = structuredClone(trainer.parameters());
    const lengths = [steps, 4, 1, steps - 1];
    const batches = [drawn(1), shortened(drawn(2), lengths), shortened(drawn(3), [3, 2, 1, 4])];
    const { w, mean, loss } = byHand(start, batches, { algorithm, prior, clip, optimise });
    const results = batches.map(({ batch }) => trainer.step(batch));
    expect(trainer.updates).toBe(steps + steps + 4);
    expect(results.at(-1)!.loss).toBeCloseTo(loss, 12);
    expectNear(trainer.parameters(), w, 1e-11);
    for (const n of NAMES) expect(w[n], n).not.toEqual(start[n]);
    trainer.settle();
    expectNear(trainer.parameters(), algorithm.alpha > 0 ? mean : w, 1e-11);
  });
});

/** Cycles, dropout, what arrives late, and neurons that train. */
const cyclic = (): Network =>
  network({
    name: "cyclic",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(9, lif({ tau: "5 ms", reset: "subtract" }), { dropout: 0.2 }),
      b: population(8, alif({ tauM: "6 ms", tauA: "20 ms", b0: 0.1 }), {
        initial: { v: uniform(0, 0.5) },
        trainable: { tauM: "neuron", tauA: "layer", "v.initial": "neuron" },
      }),
      out: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", { weight: uniform(-0.3, 0.8) }),
      connect("input", "b", { weight: uniform(0, 1), delay: 1 }),
      connect("a", "b", { weight: uniform(-0.3, 2), delay: 2 }),
      connect("b", "a", { weight: uniform(-0.3, 0.8), delay: 3 }),
      connect("a", "out", { bias: 0.1 }),
      connect("a", "out", { name: "membrane", output: "v", delay: 4 }),
      connect("b", "out"),
    ],
  });
const gated = (constant = false): Network =>
  sequential([input(inputs, { signal: "values", constant }), gru(6), denseLayer(classes), linear()], { steps });
const NETS: Readonly<Record<string, { net: Network; kind: SampleOptions["kind"]; loss: Loss }>> = {
  "late spikes and values around cycles, dropout, trained neurons": {
    net: cyclic(),
    kind: "events",
    loss: crossEntropyEachStep("mean"),
  },
  "gated units": { net: gated(), kind: "values", loss: crossEntropyRising() },
  "an input that is constant": { net: gated(true), kind: "constant", loss: crossEntropyRising({ prior: 0 }) },
};
const ragged = [steps, 4, 1, steps - 1];
const batchFor = ({ kind, loss }: { kind: SampleOptions["kind"]; loss: Loss }, seed: number) => {
  const short = shortened(drawn(seed, { kind }), ragged);
  return "rising" in loss ? short.batch : labelSteps(short, steps, classes, seed).batch;
};

describe.each(Object.entries(NETS))("%s", (_name, c) => {
  test.each([1, 2, 4, steps - 1])(
    "gradients without updates are those of truncated back-propagation: %i",
    async (k) => {
      using expected = await make(c.net, truncatedBptt(surrogate, { segment: k }), { loss: c.loss });
      using found = await make(c.net, fptt(surrogate, { every: k }), { loss: c.loss });
      for (const t of [expected, found]) t.gradients(batchFor(c, 2)); // leftovers
      const batch = batchFor(c, 1);
      const loss = expected.gradients(batch);
      const { loss: own, ...rest } = found.gradients(batch);
      expect(Math.abs(own / loss.loss - 1)).toBeLessThan(1e-14);
      expect({ ...rest, loss: loss.loss }).toEqual(loss);
      expectNear(found.gradientBlocks(), expected.gradientBlocks(), 1e-12);
    },
  );

  const team = [1, 2, 3, 8].map((n) => threadedWasm(n));
  afterAll(() => {
    for (const b of team) b.dispose();
  });
  test.each([1, 3])("interpreter and any number of threads: the same bits, an update every %i steps", async (every) => {
    const runs = [];
    for (const backend of [interpret, wasm, ...team]) {
      using trainer = await make(
        c.net,
        fptt(surrogate, { every }),
        { loss: c.loss, type: "f32", chunk: 1, optimiser: adamax(0.01, { clip: 0.2 }) },
        backend as typeof wasm,
      );
      const results = [1, 2].map((seed) => trainer.step(batchFor(c, seed)));
      const [weights, snapshot, still] = [trainer.parameters(), trainer.snapshot(), trainer.gradients(batchFor(c, 3))];
      runs.push({ results, weights, snapshot, still, gradients: trainer.gradientBlocks() });
    }
    for (const run of runs.slice(1)) expect(run).toEqual(runs[0]);
  });
});

test("an update a batch and no regulariser is back-propagation through time", async () => {
  const run = async (algorithm: TrainerOptions["algorithm"], loss: Loss) => {
    using trainer = await make(tiny(), algorithm, { loss, optimiser: sgd(0.3, { clip: 0.5 }) });
    return [1, 2, 3].map((seed) => [trainer.step(drawn(seed).batch), structuredClone(trainer.parameters())]);
  };
  for (const loss of [crossEntropyRising(), crossEntropy("mean")])
    expect(await run(fptt(surrogate, { every: steps, alpha: 0 }), loss)).toEqual(await run(bptt(surrogate), loss));
});

test("a trainer goes on from a snapshot bit for bit", async () => {
  using whole = await make(tiny(), fptt(surrogate), { optimiser: adamax(0.01) });
  using half = await make(tiny(), fptt(surrogate), { optimiser: adamax(0.01), seed: 8 });
  whole.step(drawn(1).batch);
  const snapshot = structuredClone(whole.snapshot());
  half.step(drawn(7).batch);
  half.restore(snapshot);
  for (const t of [whole, half]) t.step(drawn(2).batch);
  expect(half.snapshot()).toEqual(whole.snapshot());
});

test("`fit` puts weights to their averages after each epoch, and goes on from there", async () => {
  const run = async (train: (t: Trainer) => void) => {
    using trainer = await make(tiny(), fptt(surrogate), { optimiser: adamax(0.01) });
    train(trainer);
    return trainer.parameters();
  };
  const batches = [1, 2].map((seed) => drawn(seed).batch);
  const epoch = (t: Trainer, settles: boolean): void => {
    for (const b of batches) t.step(b);
    if (settles) t.settle();
  };
  const found = await run((t) => void fitEpochs(t, { epochs: 2, batches: () => batches }));
  expect(found).toEqual(await run((t) => [0, 1].forEach(() => epoch(t, true))));
  expect(found).not.toEqual(await run((t) => [0, 1].forEach(() => epoch(t, false))));
});

test.each([1, 7])("memory: nothing grows with the steps of a sample, updates every %i steps", async (every) => {
  const bytes = async (n: number) => {
    const options = { optimiser: adamax(0.01, { clip: 1 }), type: "f32" } as const;
    using trainer = await make(tiny(n), fptt(surrogate, { every }), options);
    return trainer.bytes;
  };
  const [short, middle, long] = [await bytes(100), await bytes(1000), await bytes(10_000)];
  expect(long).toBe(middle);
  expect(middle - short).toBeLessThan(1024); // a table by which states of long samples are looked through
});
test("memory: one number of each step takes the room of one, in either form, and of a list its place and end", () => {
  const bytes = (batch: number) => {
    const net = sequential([input(1, { signal: "values" }), denseLayer(classes), linear()], { steps: 1000 });
    const options = { algorithm: fptt(surrogate), loss: crossEntropyRising(), optimiser: sgd(1), batch, chunk: 1 };
    const { program, lowered } = trainingProgram(net, options);
    const given = program.buffers.filter((b) => b.name.startsWith("input.value"));
    return given.reduce((sum, b) => sum + b.length * BYTES[b.type], 0) / lowered.context.stepsStaged;
  };
  expect(bytes(12) - bytes(4)).toBeCloseTo(8 * 16, 9);
});

test("numbers as targets: a leaky integrator by hand, an update every step", async () => {
  const [a, n] = [Math.exp(-1 / 6), 5];
  const net = network({
    dt: "1 ms",
    steps: n,
    output: "out",
    inputs: { input: inputNode(1, { signal: "values" }) },
    populations: { out: population(1, leakyIntegrator({ tau: "6 ms" })) },
    connections: [connect("input", "out", { weight: 0.7 })],
  });
  const { samples, batch } = drawSamples({ count: 1, steps: n, inputs: 1, classes: 1, kind: "values", density: 1 });
  let [w, v, loss] = [0.7, 0, 0];
  samples[0]!.forEach(([x], t) => {
    v = a * v + w * x!;
    const share = (t + 1) / n;
    loss += share * (v - 1.3) ** 2;
    w -= 0.1 * share * 2 * (v - 1.3) * x!;
  });
  using trainer = await make(net, fptt(surrogate, { alpha: 0 }), {
    batch: 1,
    loss: meanSquaredValuesRising(),
  });
  const { labels: _labels, ...rest } = batch;
  const given = { ...rest, targets: [1.3] };
  expect(trainer.step(given).loss).toBeCloseTo(loss, 12);
  expect(trainer.parameters()["input>out.weight"]![0]).toBeCloseTo(w, 12);
  const wrong = { ...given, targets: [1.3, 2] };
  expect(() => trainer.step(wrong)).toThrow(expect.objectContaining({ code: "shape-mismatch", path: "batch.targets" }));
  expect(() => trainer.step(batch)).toThrow(expect.objectContaining({ code: "shape-mismatch", path: "batch.targets" }));
});

describe("refusals", () => {
  test("what needs all steps of a sample", async () => {
    await expect(make(tiny(), fptt(surrogate), { loss: crossEntropy() })).rejects.toMatchObject({
      code: "unsupported",
      path: "loss",
    });
    const regularisers = [rate(0.1, { strength: 1 })];
    await expect(make(tiny(), fptt(surrogate), { regularisers })).rejects.toMatchObject({
      code: "unsupported",
      path: "regularisers",
    });
  });
  test.each([
    { every: 0 },
    { every: 1.5 },
    { alpha: -0.1 },
    { alpha: Number.POSITIVE_INFINITY },
    { beta: 1.1 },
    { beta: Number.NaN },
    { rho: -1 },
  ])("%o", (options) => {
    expect(() => fptt(surrogate, options)).toThrow(expect.objectContaining({ code: "out-of-range" }));
  });
  test("a form of inputs or errors that is none", async () => {
    await expect(make(tiny(), fptt(surrogate), { form: "dense" as "rows" })).rejects.toThrow(
      "trainer.form: must be 'lists' or 'rows', got 'dense'",
    );
    await expect(make(tiny(), fptt(surrogate), { errors: "few" as "all" })).rejects.toThrow(
      "trainer.errors: must be 'listed' or 'all', got 'few'",
    );
  });
  test("weights that grow without bound, with what is to blame", async () => {
    using trainer = await make(tiny(), fptt(surrogate), { optimiser: sgd(1e200) });
    const run = (): unknown => [1, 2, 3].map((seed) => trainer.step(drawn(seed).batch));
    expect(run).toThrow(expect.objectContaining({ code: "not-finite" }));
  });
});
