/**
 * Losses that compare with numbers which a batch gives, for each sample and for each step, in samples of different length
 * and with steps that do not count. Oracle: the naive simulation in double precision, and what a line through the data must find.
 */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { fit as train } from "../../src/learn/fit.ts";
import { type Loss, meanSquaredValues, meanSquaredValuesEachStep, softmaxSum } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { values } from "../backend/cases.ts";
import { expectNear } from "./near.ts";
import { drawSamples, shortened } from "./samples.ts";
import { simulate } from "./simulate.ts";

const [inputs, steps, classes] = [13, 9, 3];
const lengths = [9, 4, 1, 7, 2];
const count = lengths.length;
const net = sequential(
  [
    input(inputs),
    denseLayer(11, { weight: { kind: "uniform", low: -0.3, high: 0.7 } }),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { recurrent: true }),
    denseLayer(classes),
    readout({ tau: "8 ms" }),
  ],
  { steps },
);
const options = (loss: Loss, o: Partial<TrainerOptions> = {}): TrainerOptions => ({
  algorithm: bptt(triangle(0.8)),
  loss,
  optimiser: sgd(0.1),
  batch: count,
  chunk: 3,
  seed: 3,
  type: "f64",
  ...o,
});
const drawn = shortened(drawSamples({ count, steps, inputs, classes, kind: "events", density: 0.4 }), lengths);
const { labels: _, ...unlabelled } = drawn.batch;

const next = values(4711);
const row = (): number[] => Array.from({ length: classes }, () => 4 * next() - 2);
const ofSamples = lengths.map(row);
/** Every third step does not count, and the last sample has none that does. */
const ofSteps = lengths.map((n, s) =>
  Array.from({ length: steps }, (_, t) => {
    if (t >= n) return row().fill(Number.POSITIVE_INFINITY); // not looked at
    return (s + t) % 3 === 2 || s === count - 1 ? row().fill(Number.NaN) : row();
  }),
);
const whole: Loss[] = [...(["mean", "sum", "max", "last"] as const), softmaxSum(0)].map((p) => meanSquaredValues(p));
const each = [meanSquaredValuesEachStep("mean"), meanSquaredValuesEachStep("sum")];

test.each([...whole, ...each])("gradients and answers equal the naive simulation: %o", async (loss) => {
  const given = "each" in loss ? ofSteps : ofSamples;
  const batch = { ...unlabelled, targets: Float64Array.from(given.flat(2)) };
  const ways: Partial<TrainerOptions>[] = [{}, { algorithm: bptt(triangle(0.8), { checkpoint: 4 }) }];
  for (const o of ways) {
    using trainer = await createTrainer(net, wasm, options(loss, o));
    const parameters = trainer.parameters();
    using evaluator = await createEvaluator(net, wasm, { loss, batch: count, parameters, type: "f64" });
    const [found, answered] = [trainer.gradients(batch), evaluator.evaluate(batch)];
    const expected = simulate(net, parameters, drawn.samples, drawn.labels, {
      loss,
      surrogate: triangle(0.8),
      targets: given,
    });
    expect(found.loss).toBeCloseTo(expected.loss, 12);
    expect(answered.loss).toBeCloseTo(expected.loss, 12);
    expectNear(trainer.gradientBlocks(), expected.gradients, 1e-12); // a few hundred roundings of 1e-16
    const compared =
      "each" in loss
        ? lengths.reduce((a, n, s) => a + ofSteps[s]!.slice(0, n).filter((r) => !Number.isNaN(r[0])).length, 0)
        : count;
    expect([found.counted, answered.counted]).toEqual([compared, compared]);
    expect([found.correct, answered.correct]).toEqual([Number.NaN, Number.NaN]);
    const seen = [...answered.answers!].filter((x) => !Number.isNaN(x));
    expect(seen.length).toBe(expected.answers.flat().length);
    expected.answers.flat().forEach((x, k) => expect(seen[k]).toBeCloseTo(x, 12));
  }
});

test("the interpreter gives the same bits", async () => {
  for (const loss of [meanSquaredValues(), meanSquaredValuesEachStep()]) {
    const targets = Float64Array.from(("each" in loss ? ofSteps : ofSamples).flat(2));
    const results = [];
    for (const backend of [wasm, interpret]) {
      using trainer = await createTrainer(net, backend, options(loss, { type: "f32" }));
      results.push([trainer.step({ ...unlabelled, targets }), trainer.parameters()]);
    }
    expect(results[0]).toEqual(results[1]);
  }
});

test("a network learns numbers, and fit reports the loss and no accuracy", async () => {
  const loss = meanSquaredValues("last");
  const batch = { ...unlabelled, targets: Float64Array.from(ofSamples.flat()) };
  using trainer = await createTrainer(net, wasm, options(loss, { optimiser: adam(2e-2), type: "f32" }));
  const reports = train(trainer, { epochs: 200, batches: () => [batch] });
  expect(reports.at(-1)!.loss).toBeLessThan(reports[0]!.loss / 20);
  expect(reports.at(-1)!.accuracy).toBeNaN();
});

describe("targets that do not fit", () => {
  const finite = Float64Array.from(ofSamples.flat());
  test.each([
    {
      loss: meanSquaredValues(),
      targets: undefined,
      problem: "batch.targets: are missing; the loss compares with numbers, 5 x 3",
    },
    {
      loss: meanSquaredValues(),
      targets: finite.slice(1),
      problem: "batch.targets: 14 numbers; the loss compares with numbers, 5 x 3",
    },
    { loss: meanSquaredValuesEachStep(), targets: finite, problem: "compares with numbers, 5 x 9 x 3" },
    {
      loss: meanSquaredValues(),
      targets: finite.with(4, Number.NaN),
      problem: "batch.targets[4]: must be finite, got NaN",
    },
    {
      loss: meanSquaredValuesEachStep(),
      targets: Float64Array.from(ofSteps.flat(2)).with(1, Number.NaN),
      problem: "batch.targets[1]: must be finite, or NaN in all of a step that does not count, got NaN",
    },
  ])("$problem", async ({ loss, targets, problem }) => {
    using trainer = await createTrainer(net, wasm, options(loss));
    expect(() => trainer.gradients({ ...unlabelled, ...(targets && { targets }) })).toThrow(problem);
  });
  test("labels that are missing", async () => {
    using trainer = await createTrainer(net, wasm, options({ kind: "crossEntropy", pooling: "mean" }));
    expect(() => trainer.gradients(unlabelled)).toThrow("batch.labels: are missing; the loss compares with them");
  });
});
