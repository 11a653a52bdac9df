/**
 * OTTT. Of one layer whose loss is that of each step, the published theorem says that nothing is left out: there the gradient
 * is compared with back-propagation through time. Deeper and recurrent networks are compared with the published equations,
 * written by hand below. 1e-12 of a block's largest number is a few thousand roundings in double precision.
 */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, ottt } from "../../src/learn/algorithm.ts";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { expectNear } from "./near.ts";
import { drawSamples, labelSteps, shortened } from "./samples.ts";
import type { Samples } from "./simulate.ts";

const [inputs, a, b, steps, classes] = [7, 9, 8, 11, 3];
const lengths = [11, 4, 1, 8, 11];
const count = lengths.length;
const width = 0.8;
const surrogate = triangle(width);

const one = (signal: "spikes" | "values" = "spikes", constant = false, late = 0): Network =>
  network({
    name: "one",
    dt: "1 ms",
    steps,
    output: "output",
    inputs: { input: inputNode(inputs, { signal, constant }) },
    populations: {
      a: population(a, lif({ tau: "5 ms", reset: "subtract" })),
      output: population(classes, linear()),
    },
    connections: [
      connect("input", "a", { weight: uniform(-0.3, 0.8), bias: uniform(0, 0.2), delay: late }),
      connect("a", "output", { weight: uniform(-1, 1), bias: uniform(-0.2, 0.2) }),
    ],
  });
const deep = (model: NeuronModel = lif({ tau: "5 ms", reset: "subtract" })): Network =>
  network({
    name: "deep",
    dt: "1 ms",
    steps,
    output: "output",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(a, model),
      b: population(b, lif({ tau: "6 ms", reset: "subtract" })),
      output: population(classes, leakyIntegrator({ tau: "8 ms" })),
    },
    connections: [
      connect("input", "a", { weight: uniform(-0.3, 0.8), bias: uniform(0, 0.2) }),
      connect("a", "b", { weight: uniform(-0.5, 1) }),
      connect("b", "b", { weight: uniform(-0.5, 0.5), delay: 2 }),
      connect("b", "output", { weight: uniform(-1, 1), bias: uniform(-0.2, 0.2) }),
    ],
  });

type Backend = typeof wasm | typeof interpret;
const make = (net: Network, algorithm: Algorithm, more: Partial<TrainerOptions> = {}, backend: Backend = wasm) =>
  createTrainer(net, backend, {
    algorithm,
    loss: crossEntropyEachStep("sum"),
    optimiser: sgd(0.1),
    batch: count,
    seed: 3,
    type: "f64",
    ...more,
  });
function batchFor(kind: "events" | "values" | "constant" = "events", seed = 1) {
  const drawn = shortened(drawSamples({ count, steps, inputs, classes, kind, seed, density: 0.4 }), lengths);
  return { ...labelSteps(drawn, steps, classes, seed), whole: drawn.batch };
}

describe("one layer, and a loss of each step: the gradient of back-propagation through time", () => {
  test.each([
    ["spikes", one(), "events", {}],
    ["late spikes", one("spikes", false, 3), "events", {}],
    ["values as lists", one("values"), "values", { form: "lists" }],
    ["values as rows", one("values"), "values", { form: "rows" }],
    ["constant values as lists", one("values", true), "constant", { form: "lists" }],
    ["constant values as rows", one("values", true), "constant", { form: "rows" }],
    ["rates held near a target", one(), "events", { regularisers: [rate(0.2, { strength: 3 })] }],
  ] as const)("%s", async (_name, net, kind, more) => {
    using whole = await make(net, bptt(surrogate), more);
    using trainer = await make(net, ottt(surrogate), more);
    trainer.gradients(batchFor(kind, 2).batch); // leftovers
    const { batch } = batchFor(kind);
    const [expected, found] = [whole.gradients(batch), trainer.gradients(batch)];
    expect({ ...found, loss: 0 }).toEqual({ ...expected, loss: 0 });
    expect(Math.abs(found.loss / expected.loss - 1)).toBeLessThan(1e-14);
    expectNear(trainer.gradientBlocks(), whole.gradientBlocks(), 1e-12);
  });
  test("an answer that is the mean over the steps", async () => {
    const more = { loss: crossEntropy("mean") };
    using whole = await make(one(), bptt(surrogate), more);
    using trainer = await make(one(), ottt(surrogate), more);
    const { whole: batch } = batchFor();
    expect(trainer.gradients(batch)).toEqual(whole.gradients(batch));
    expectNear(trainer.gradientBlocks(), whole.gradientBlocks(), 1e-12);
  });
});

/** Eq. 3 to 8 of the paper for `deep`: â[t] = λ·â[t-1] + s[t], δ of one step from the layers above it in that step. */
function published(
  p: Readonly<Record<string, ArrayLike<number>>>,
  samples: Samples,
  labels: readonly (readonly number[])[],
) {
  const zeros = (n: number): number[] => new Array<number>(n).fill(0);
  const [ka, kb, ko] = [5, 6, 8].map((tau) => Math.exp(-1 / tau)) as [number, number, number];
  const block = (name: string) => Array.from(p[name]!, () => 0);
  const g: Record<string, number[]> = Object.fromEntries(Object.keys(p).map((name) => [name, block(name)]));
  const drive = (w: ArrayLike<number>, x: readonly number[], n: number): number[] =>
    zeros(n).map((_, j) => x.reduce((sum, xi, i) => sum + xi * w[i * n + j]!, 0));
  const sum = (...rows: ArrayLike<number>[]): number[] =>
    Array.from(rows[0]!, (_, j) => rows.reduce((s, r) => s + r[j]!, 0));
  const back = (w: ArrayLike<number>, d: readonly number[], n: number): number[] =>
    zeros(n).map((_, i) => d.reduce((s, dj, j) => s + dj * w[i * d.length + j]!, 0));
  const add = (name: string, trace: readonly number[], d: readonly number[]): void =>
    trace.forEach((x, i) => {
      for (const [j, dj] of d.entries()) g[name]![i * d.length + j]! += x * dj;
    });
  samples.forEach((sample, k) => {
    let [u, v, y] = [zeros(a), zeros(b), zeros(classes)];
    let [x, s, r, z] = [zeros(inputs), zeros(a), zeros(b), zeros(b)]; // traces
    let [ones, oneOut] = [0, 0];
    const past: number[][] = [];
    sample.forEach((row, t) => {
      u = sum(
        u.map((c) => ka * c),
        drive(p["input>a.weight"]!, row, a),
        p["input>a.bias"]!,
      );
      const psiA = u.map((c) => Math.max(0, 1 - Math.abs(c - 1) / width) / width);
      const sa = u.map((c) => Number(c > 1));
      u = u.map((c, j) => c - sa[j]!);
      const late = past[t - 2] ?? zeros(b);
      v = sum(
        v.map((c) => kb * c),
        drive(p["a>b.weight"]!, sa, b),
        drive(p["b>b.weight"]!, late, b),
      );
      const psiB = v.map((c) => Math.max(0, 1 - Math.abs(c - 1) / width) / width);
      const sb = v.map((c) => Number(c > 1));
      v = v.map((c, j) => c - sb[j]!);
      past.push(sb);
      y = sum(
        y.map((c) => ko * c),
        drive(p["b>output.weight"]!, sb, classes),
        p["b>output.bias"]!,
      );
      x = x.map((c, i) => ka * c + row[i]!);
      s = s.map((c, i) => kb * c + sa[i]!);
      r = r.map((c, i) => kb * c + late[i]!);
      z = z.map((c, i) => ko * c + sb[i]!);
      [ones, oneOut] = [ka * ones + 1, ko * oneOut + 1];
      const label = labels[k]![t]!;
      if (label < 0) return;
      const e = y.map(Math.exp);
      const total = e.reduce((m, n) => m + n, 0);
      const d = e.map((c, j) => (c / total - Number(j === label)) / samples.length);
      const db = back(p["b>output.weight"]!, d, b).map((c, j) => c * psiB[j]!);
      const da = back(p["a>b.weight"]!, db, a).map((c, j) => c * psiA[j]!);
      add("b>output.weight", z, d);
      add("b>output.bias", [oneOut], d);
      add("a>b.weight", s, db);
      add("b>b.weight", r, db);
      add("input>a.weight", x, da);
      add("input>a.bias", [ones], da);
    });
  });
  return g;
}

test("two layers, one of them recurrent: the published equations", async () => {
  using trainer = await make(deep(), ottt(surrogate));
  const { batch, samples, stepLabels } = batchFor();
  trainer.gradients(batch);
  const expected = published(trainer.parameters(), samples, stepLabels);
  expectNear(trainer.gradientBlocks(), expected, 1e-12);
  using whole = await make(deep(), bptt(surrogate));
  whole.gradients(batch);
  expect(() => expectNear(whole.gradientBlocks(), expected, 0.01)).toThrow(); // it is another one
});

const THREADS = [1, 2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const t of THREADS) t.dispose();
});
test.each(["f32", "f64"] as const)("interpreter, wasm, any number of threads: the same bits in %s", async (type) => {
  const run = async (backend: Backend | (typeof THREADS)[number]) => {
    const more: Partial<TrainerOptions> = { type, regularisers: [rate(0.2, { strength: 3 })] };
    using trainer = await make(deep(), ottt(surrogate), more, backend as Backend);
    const results = [1, 2, 3].map((seed) => trainer.step(batchFor("events", seed).batch));
    return { results, parameters: trainer.parameters(), gradients: trainer.gradientBlocks() };
  };
  const expected = await run(interpret);
  for (const backend of THREADS) expect(await run(backend)).toEqual(expected);
});

test("nothing grows with the steps of a sample but what the host gives", async () => {
  const bytes = async (steps: number): Promise<number> => {
    using trainer = await make({ ...deep(), steps }, ottt(surrogate));
    const mine = trainer.program.buffers.filter(
      (b) => b.role !== "argument" && !/^(step\.best|segment\.)/.test(b.name),
    );
    return mine.reduce((sum, b) => sum + b.length, 0);
  };
  const [short, long, longest] = [await bytes(100), await bytes(1000), await bytes(10_000)];
  expect([long, longest]).toEqual([short, short]);
});

test.each([
  ["a reset to zero", deep(lif({ tau: "5 ms" })), /membranes with one leak/],
  ["an adaptation", deep(alif()), /it remembers v, b, s/],
] as const)("refused: %s", async (_name, net, message) => {
  await expect(make(net, ottt(surrogate))).rejects.toThrow(message);
});
