/**
 * Batches of samples that differ in length, in double precision against the naive simulation of samples that are that
 * long, and in single precision against networks of as many steps: what lies behind the end of a sample, and what
 * other samples left in memory there, must not matter.
 */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, type Surrogate, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
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
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { expectNear } from "./near.ts";
import { drawSamples, labelSteps, type SampleOptions, shortened } from "./samples.ts";
import { simulate } from "./simulate.ts";

const [inputs, steps, classes] = [13, 9, 4];
const lengths = [9, 4, 1, 7, 2, 9, 5];
const count = lengths.length;
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.7 } } as const;
const cell = lif({ tau: "5 ms", reset: "subtract" });

/** Everything at once: a cycle, delays of all kinds, a membrane by value. */
const cyclic = (n: number, dropout = 0): Network =>
  network({
    name: "cyclic",
    dt: "1 ms",
    steps: n,
    output: "out",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(11, cell, { dropout }),
      b: population(9, lif({ tau: "8 ms" })),
      out: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", strong),
      connect("input", "b", { ...strong, delay: 3 }),
      connect("a", "b", { ...strong, delay: 2 }),
      connect("b", "a", { delay: 1 }),
      connect("a", "out", { delay: 1, bias: 0.1 }),
      connect("b", "out"),
      connect("a", "out", { name: "membrane", output: "v", delay: 4 }),
    ],
  });
const values = (constant: boolean): Network =>
  network({
    name: "values",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs, { signal: "values", constant }) },
    populations: {
      a: population(6, leakyIntegrator({ tau: "6 ms" })),
      b: population(7, relu()),
      out: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", { bias: 0.1, port: "i", weight: { kind: "uniform", low: -1, high: 1 } }),
      connect("a", "b", { weight: { kind: "uniform", low: -1, high: 1 }, bias: 0.2 }),
      connect("b", "a", { delay: 2 }),
      connect("b", "out"),
      connect("input", "out", constant ? {} : { delay: 1 }),
    ],
  });
const chain = (n: number): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(17, strong),
      neurons(cell, { dropout: 0.2 }),
      denseLayer(15, { ...strong, delay: 2 }),
      neurons(lif(), { recurrent: true }),
      denseLayer(classes),
      readout({ tau: "8 ms" }),
    ],
    { steps: n },
  );
const counted = (): Network =>
  sequential([input(inputs), denseLayer(20, strong), cell, denseLayer(classes, strong), neurons(cell)], { steps });

const losses: Record<string, Loss> = {
  sum: crossEntropy("sum"),
  mean: crossEntropy("mean"),
  last: crossEntropy("last"),
  max: crossEntropy("max"),
  "softmax sum": crossEntropy(softmaxSum()),
  "softmax sum, squared": meanSquared(softmaxSum(), 3),
  squared: meanSquared("mean", 2),
  "each step, summed": crossEntropyEachStep("sum"),
  "each step, mean": crossEntropyEachStep("mean"),
  "each step, squared": meanSquaredEachStep("sum", 2),
};
interface Case {
  readonly net: Network;
  readonly kind: SampleOptions["kind"];
  readonly losses: Readonly<Record<string, Loss>>;
  readonly surrogate?: Surrogate;
}
const few = { mean: losses.mean!, "each step, mean": losses["each step, mean"]! };
const cases: Record<string, Case> = {
  "spikes around a cycle": { net: cyclic(steps), kind: "events", losses },
  "errors of all neurons": { net: cyclic(steps), kind: "events", losses: few, surrogate: arctan(2) },
  "values that change": { net: values(false), kind: "values", losses: few },
  "values that are constant": { net: values(true), kind: "constant", losses: few },
  "an answer that is counted": { net: counted(), kind: "events", losses: { count: crossEntropy("count") } },
};
const options = (loss: Loss, o: Partial<TrainerOptions> = {}): TrainerOptions => ({
  algorithm: bptt(triangle(0.8)),
  loss,
  optimiser: sgd(0.1),
  batch: count,
  seed: 3,
  ...o,
});
const drawn = (kind: SampleOptions["kind"], seed = 1) =>
  drawSamples({ count, steps, inputs, classes, kind, seed, density: 0.4 });

test.each(
  Object.entries(cases).flatMap(([name, c]) => Object.entries(c.losses).map(([how, loss]) => ({ name, how, loss, c }))),
)("gradients and answers equal the naive simulation: $name, $how", async ({ loss, c }) => {
  const { net, kind, surrogate = triangle(0.8) } = c;
  const whole = shortened(drawn(kind), lengths);
  const { samples, labels, batch, stepLabels } =
    "each" in loss ? labelSteps(whole, steps, classes) : { ...whole, stepLabels: undefined };
  using trainer = await createTrainer(net, wasm, options(loss, { chunk: 3, type: "f64", algorithm: bptt(surrogate) }));
  const parameters = trainer.parameters();
  using evaluator = await createEvaluator(net, wasm, { loss, batch: count, parameters, type: "f64" });
  for (const x of [trainer.gradients.bind(trainer), evaluator.evaluate.bind(evaluator)]) x(drawn(kind, 2).batch); // leftovers
  const [found, answered] = [trainer.gradients(batch), evaluator.evaluate(batch)];
  const expected = simulate(net, parameters, samples, labels, {
    loss,
    surrogate,
    ...(stepLabels && { stepLabels }),
  });
  expect(found.loss).toBeCloseTo(expected.loss, 12);
  expect(answered.loss).toBeCloseTo(expected.loss, 12);
  expectNear(trainer.gradientBlocks(), expected.gradients, 1e-12); // a few hundred roundings of 1e-16
  for (const [node, p] of Object.entries(net.populations))
    if (p.model.spike) expect(answered.activity[node]!.active, node).toBe(expected.active[node]);
  for (const [node, { membraneUpdates }] of Object.entries(answered.activity))
    if (membraneUpdates !== undefined) expect(membraneUpdates, node).toBe(expected.membraneUpdates[node]);
  const best = expected.answers.map((a) => a.indexOf(Math.max(...a)));
  expect([...answered.predictions].filter((p) => p >= 0)).toEqual(best);
  const wanted = stepLabels ? stepLabels.flatMap((row, s) => row.slice(0, lengths[s])) : [...labels];
  const right = wanted.filter((label, k) => label === best[k]).length;
  expect(answered).toMatchObject({ samples: count, steps: 37, counted: wanted.filter((l) => l >= 0).length });
  expect([answered.correct, found.correct, found.counted]).toEqual([right, right, answered.counted]);
  wanted.forEach((label, k) => label >= 0 && answered.confusion[label * classes + best[k]!]!--);
  expect(answered.confusion.every((n) => n === 0)).toBe(true);
});

describe("one sample in a network with more steps than it has", () => {
  const bits = async (net: Network, loss: Loss, sample: number, dirty: boolean) => {
    const { samples, labels, batch } = drawn("events");
    const [length, n] = [lengths[sample]!, net.steps!];
    const one = drawSamples({ count: 1, steps: n, inputs, classes, kind: "events" });
    const rows = Array.from({ length: n }, (_, t) => samples[sample]![t]!);
    const ends = Int32Array.from([
      0,
      ...rows.map(
        (_, t) =>
          rows
            .slice(0, t + 1)
            .flat()
            .filter(Boolean).length,
      ),
    ]);
    const list = Uint32Array.from(rows.flatMap((row) => row.flatMap((x, i) => (x ? [i] : []))));
    const mine = {
      ...one.batch,
      labels: labels.slice(sample, sample + 1),
      numbers: [sample],
      input: { kind: "events", list, ends } as const,
      lengths: [length],
    };
    const o = options(loss, { regularisers: [rate(0.2, { strength: 3 })], optimiser: adam(0.01) });
    using trainer = await createTrainer(net, wasm, o);
    const parameters = trainer.parameters();
    using evaluator = await createEvaluator(net, wasm, { loss, batch: count, parameters });
    if (dirty) trainer.gradients(batch);
    if (dirty) evaluator.evaluate(batch);
    const { predictions, activity, ...answered } = evaluator.evaluate(mine);
    const result = trainer.gradients(mine);
    const gradients = trainer.gradientBlocks();
    const same = { ...answered, activity, predictions: [...predictions].filter((p) => p >= 0) };
    trainer.step(mine);
    return { result, gradients, same, learned: trainer.parameters() };
  };

  test.each(Object.entries(losses).flatMap(([how, loss]) => [1, 3, 4].map((sample) => ({ how, loss, sample }))))(
    "the same bits as in one of its own length: $how, sample $sample",
    async ({ loss, sample }) => {
      for (const make of [cyclic, chain])
        expect(await bits(make(steps), loss, sample, true)).toEqual(
          await bits(make(lengths[sample]!), loss, sample, false),
        );
    },
  );
});

test("a ragged batch is the mean of its samples one by one, penalties too", async () => {
  const o = { regularisers: [rate(0.2, { strength: 3 })], type: "f64" } as const;
  const { batch, samples, labels } = shortened(drawn("events"), lengths);
  for (const loss of Object.values(few)) {
    using trainer = await createTrainer(chain(steps), wasm, options(loss, { ...o, chunk: 2 }));
    const whole = trainer.gradients(batch);
    const gradients = trainer.gradientBlocks();
    let [sum, penalty] = [0, 0];
    const mean = Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, new Float64Array(g.length)]));
    for (const [s, sample] of samples.entries()) {
      using alone = await createTrainer(chain(sample.length), wasm, options(loss, o));
      const list = sample.map((row) => row.flatMap((x, i) => (x ? [i] : [])));
      let end = 0;
      const ends = Int32Array.from([0, ...list.map((row) => (end += row.length))]);
      const input = { kind: "events", list: Uint32Array.from(list.flat()), ends } as const;
      const result = alone.gradients({ count: 1, input, labels: [labels[s]!], numbers: [s] });
      sum += result.loss / count;
      penalty += result.penalty / count;
      for (const [name, g] of Object.entries(alone.gradientBlocks()))
        g.forEach((x, k) => {
          mean[name]![k]! += x / count;
        });
    }
    expect(whole.loss).toBeCloseTo(sum, 12);
    expect(whole.penalty).toBeCloseTo(penalty, 12);
    expect(penalty).toBeGreaterThan(0.01);
    expectNear(gradients, mean, 1e-12);
  }
});

describe("backends", () => {
  const team = [1, 3].map((n) => threadedWasm(n));
  afterAll(() => {
    for (const b of team) b.dispose();
  });
  test.each(Object.entries(losses))(
    "interpreter, wasm, one thread and three: the same bits: %s",
    async (_how, loss) => {
      const runs = [];
      for (const backend of [interpret, wasm, ...team]) {
        using trainer = await createTrainer(chain(steps), backend, options(loss, { chunk: 2, optimiser: adam(0.01) }));
        const results = [1, 2, 3].map((seed) => {
          const ragged = shortened(drawn("events", seed), [...lengths.slice(seed), ...lengths.slice(0, seed)]);
          return trainer.step("each" in loss ? labelSteps(ragged, steps, classes, seed).batch : ragged.batch);
        });
        const parameters = trainer.deployed();
        using evaluator = await createEvaluator(chain(steps), backend, { loss, batch: count, parameters });
        const answers = evaluator.evaluate(shortened(drawn("events", 9), lengths).batch);
        runs.push({ results, parameters, answers });
      }
      for (const r of runs.slice(1)) expect(r).toEqual(runs[0]);
    },
  );
});

test("lengths that are all there are change no bit", async () => {
  for (const [loss, extra] of [
    [crossEntropy("mean"), {}],
    [crossEntropyEachStep("sum"), {}],
  ] as const) {
    const { batch } = drawn("events");
    const run = async (lengths?: number[]) => {
      using trainer = await createTrainer(cyclic(steps), wasm, options(loss, extra));
      const result = trainer.step({ ...batch, ...(lengths && { lengths }) });
      return { result, parameters: trainer.parameters() };
    };
    expect(await run(new Array(count).fill(steps))).toEqual(await run());
  }
});

test("a sample of which no step counts adds nothing", async () => {
  const { batch } = drawn("events");
  for (const loss of [crossEntropyEachStep("mean"), crossEntropyEachStep("sum"), meanSquaredEachStep("mean")]) {
    using trainer = await createTrainer(cyclic(steps), wasm, options(loss, { type: "f64" }));
    const labels = new Int32Array(count * steps).fill(-1);
    const nothing = trainer.gradients({ ...batch, labelled: "steps", labels });
    expect(nothing).toEqual({ loss: 0, penalty: 0, counted: 0, correct: 0 });
    for (const g of Object.values(trainer.gradientBlocks())) expect(g.every((x) => x === 0)).toBe(true);
    labels[3 * steps + 2] = 1;
    const one = trainer.gradients({ ...batch, labelled: "steps", labels });
    expect(one.counted).toBe(1);
    expect(one.loss).toBeGreaterThan(0);
  }
});

test("the same label in each step: with one step, losses of each step are those of the answer", async () => {
  const { batch } = drawSamples({ count, steps: 1, inputs, classes, kind: "events" });
  const run = async (loss: Loss) => {
    using trainer = await createTrainer(cyclic(1), wasm, options(loss));
    return { result: trainer.gradients(batch), gradients: trainer.gradientBlocks() };
  };
  for (const reduce of ["mean", "sum"] as const) {
    expect(await run(crossEntropyEachStep(reduce))).toEqual(await run(crossEntropy("sum")));
    expect(await run(meanSquaredEachStep(reduce, 2))).toEqual(await run(meanSquared("sum", 2)));
  }
});

test("answers of each step: rows of the network's steps, -1 behind the end", async () => {
  const net = cyclic(steps);
  const loss = crossEntropyEachStep();
  const parameters = initialParameters(net, 3);
  using evaluator = await createEvaluator(net, wasm, { loss, batch: count, parameters });
  const { predictions } = evaluator.evaluate(shortened(drawn("events"), lengths).batch);
  expect(predictions.length).toBe(count * steps);
  predictions.forEach((p, k) => expect(p >= 0 && p < classes).toBe(k % steps < lengths[Math.floor(k / steps)]!));
});
