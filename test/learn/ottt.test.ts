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

/**
 * Eq. 3 to 8 of the paper for `deep`: â[t] = λ·â[t-1] + s[t], δ of one step from the layers above it in that step. All samples
 * go through a step before the next; `then` is given the gradient of each, and may change the weights.
 */
function follow(
  p: Readonly<Record<string, ArrayLike<number>>>,
  samples: Samples,
  labels: readonly (readonly number[])[],
  then: (gradient: Readonly<Record<string, number[]>>) => void,
): void {
  const zeros = (n: number): number[] => new Array<number>(n).fill(0);
  const [ka, kb, ko] = [5, 6, 8].map((tau) => Math.exp(-1 / tau)) as [number, number, number];
  const drive = (w: ArrayLike<number>, x: readonly number[], n: number): number[] =>
    zeros(n).map((_, j) => x.reduce((sum, xi, i) => sum + xi * w[i * n + j]!, 0));
  const sum = (...rows: ArrayLike<number>[]): number[] =>
    Array.from(rows[0]!, (_, j) => rows.reduce((s, r) => s + r[j]!, 0));
  const back = (w: ArrayLike<number>, d: readonly number[], n: number): number[] =>
    zeros(n).map((_, i) => d.reduce((s, dj, j) => s + dj * w[i * d.length + j]!, 0));
  const all = samples.map(() => ({
    ...{ u: zeros(a), v: zeros(b), y: zeros(classes), past: [] as number[][] },
    ...{ x: zeros(inputs), s: zeros(a), r: zeros(b), z: zeros(b), ones: 0, oneOut: 0 }, // traces
  }));
  for (let t = 0; t < steps; t++) {
    const g: Record<string, number[]> = Object.fromEntries(
      Object.entries(p).map(([name, block]) => [name, zeros(block.length)]),
    );
    const add = (name: string, trace: readonly number[], d: readonly number[]): void =>
      trace.forEach((x, i) => {
        for (const [j, dj] of d.entries()) g[name]![i * d.length + j]! += x * dj;
      });
    samples.forEach((sample, k) => {
      const row = sample[t];
      if (!row) return;
      const c = all[k]!;
      c.u = sum(
        c.u.map((x) => ka * x),
        drive(p["input>a.weight"]!, row, a),
        p["input>a.bias"]!,
      );
      const psiA = c.u.map((x) => Math.max(0, 1 - Math.abs(x - 1) / width) / width);
      const sa = c.u.map((x) => Number(x > 1));
      c.u = c.u.map((x, j) => x - sa[j]!);
      const late = c.past[t - 2] ?? zeros(b);
      c.v = sum(
        c.v.map((x) => kb * x),
        drive(p["a>b.weight"]!, sa, b),
        drive(p["b>b.weight"]!, late, b),
      );
      const psiB = c.v.map((x) => Math.max(0, 1 - Math.abs(x - 1) / width) / width);
      const sb = c.v.map((x) => Number(x > 1));
      c.v = c.v.map((x, j) => x - sb[j]!);
      c.past.push(sb);
      c.y = sum(
        c.y.map((x) => ko * x),
        drive(p["b>output.weight"]!, sb, classes),
        p["b>output.bias"]!,
      );
      c.x = c.x.map((x, i) => ka * x + row[i]!);
      c.s = c.s.map((x, i) => kb * x + sa[i]!);
      c.r = c.r.map((x, i) => kb * x + late[i]!);
      c.z = c.z.map((x, i) => ko * x + sb[i]!);
      [c.ones, c.oneOut] = [ka * c.ones + 1, ko * c.oneOut + 1];
      const label = labels[k]![t]!;
      if (label < 0) return;
      const e = c.y.map(Math.exp);
      const total = e.reduce((m, n) => m + n, 0);
      const d = e.map((x, j) => (x / total - Number(j === label)) / samples.length);
      const db = back(p["b>output.weight"]!, d, b).map((x, j) => x * psiB[j]!);
      const da = back(p["a>b.weight"]!, db, a).map((x, j) => x * psiA[j]!);
      add("b>output.weight", c.z, d);
      add("b>output.bias", [c.oneOut], d);
      add("a>b.weight", c.s, db);
      add("b>b.weight", c.r, db);
      add("input>a.weight", c.x, da);
      add("input>a.bias", [c.ones], da);
    });
    then(g);
  }
}
/** The sum over all steps, with the same weights in all of them. */
function published(...given: [Parameters<typeof follow>[0], Samples, readonly (readonly number[])[]]) {
  const total: Record<string, number[]> = {};
  follow(...given, (g) => {
    for (const [name, block] of Object.entries(g)) total[name] = block.map((x, k) => x + (total[name]?.[k] ?? 0));
  });
  return total;
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

/** Weights after each step of all samples: gradient descent along the published gradient of that step alone. */
test("an update each step: weights follow the published gradient of one step after another", async () => {
  const { batch, samples, stepLabels } = batchFor();
  using trainer = await make(deep(), ottt(surrogate, { update: "step" }));
  const rate = 0.1;
  const p: Record<string, number[]> = {};
  for (const [name, block] of Object.entries(trainer.parameters())) p[name] = Array.from(block);
  const start = structuredClone(p);
  follow(p, samples, stepLabels, (g) => {
    for (const [name, block] of Object.entries(g)) block.forEach((x, k) => (p[name]![k]! -= rate * x));
  });
  trainer.step(batch);
  expect(trainer.updates).toBe(steps);
  const change = (to: Readonly<Record<string, ArrayLike<number>>>) =>
    Object.fromEntries(Object.entries(start).map(([name, block]) => [name, block.map((x, k) => to[name]![k]! - x)]));
  expectNear(change(trainer.parameters()), change(p), 1e-11);
  using sums = await make(deep(), ottt(surrogate));
  sums.step(batch);
  expect(() => expectNear(change(sums.parameters()), change(p), 0.01)).toThrow(); // it is another way
});
test("an update each step needs a loss of each step", async () => {
  const o = { loss: crossEntropy("mean") };
  await expect(make(deep(), ottt(surrogate, { update: "step" }), o)).rejects.toThrow(
    /changes weights while samples run/,
  );
});

const THREADS = [1, 2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const t of THREADS) t.dispose();
});
test.each([
  ["f32", "sample"],
  ["f64", "sample"],
  ["f32", "step"],
] as const)("interpreter, wasm, any number of threads: the same bits in %s, an update a %s", async (type, update) => {
  const run = async (backend: Backend | (typeof THREADS)[number]) => {
    const regularisers = update === "sample" ? [rate(0.2, { strength: 3 })] : [];
    const more: Partial<TrainerOptions> = { type, regularisers };
    using trainer = await make(deep(), ottt(surrogate, { update }), more, backend as Backend);
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
  const [short, long, longest] = [await bytes(200), await bytes(1000), await bytes(10_000)];
  expect([long, longest]).toEqual([short, short]);
});

test.each([
  ["a reset to zero", deep(lif({ tau: "5 ms" })), /membranes with one leak/],
  ["an adaptation", deep(alif()), /it remembers v, b, s/],
] as const)("refused: %s", async (_name, net, message) => {
  await expect(make(net, ottt(surrogate))).rejects.toThrow(message);
});
