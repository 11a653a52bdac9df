/** Values of the host as lists or as rows: the same bits, and the cheaper one is chosen. */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { chooseForm, FORMS, type Form, formBuffer, formCosts, formThreshold } from "../../src/sim/lower/forms.ts";
import { drawSamples, watched } from "./samples.ts";

const [inputs, steps, classes, count] = [19, 7, 5, 11];
const netOf = (constant: boolean) =>
  sequential(
    [
      input(inputs, { signal: "values", constant }),
      denseLayer(70, { weight: uniform(-0.3, 0.6) }),
      neurons(lif({ tau: "5 ms" }), { recurrent: true }),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
/** Two ports, and a port that hears the input twice. */
const branched = (constant: boolean) =>
  network({
    dt: "1 ms",
    steps,
    inputs: { input: inputNode(inputs, { signal: "values", constant }) },
    populations: { a: population(9, lif()), b: population(classes, lif({ tau: "3 ms" })) },
    connections: [
      connect("input", "a", { port: "i", weight: uniform(-1, 2), bias: uniform(0, 1) }),
      connect("input", "b", { port: "i", weight: uniform(-1, 2), name: "first" }),
      connect("input", "b", { port: "i", weight: uniform(-1, 2), name: "again", bias: uniform(0, 1) }),
      connect("a", "b", { weight: uniform(-1, 1) }),
    ],
    output: "b",
  });
const options = {
  algorithm: bptt(),
  loss: crossEntropy("mean"),
  optimiser: adam(0.02),
  batch: count,
  chunk: 3,
  seed: 4,
};
const drawn = (constant: boolean, density: number): Batch =>
  drawSamples({ count, steps, inputs, classes, kind: constant ? "constant" : "values", density }).batch;

describe.each([
  ["constant", true],
  ["changing", false],
])("%s values", (_name, constant) => {
  const ragged: Partial<Batch> = { lengths: Array.from({ length: count }, (_, s) => 1 + ((s * 3) % steps)) };
  test.each([
    ["one connection", netOf(constant), {}],
    ["several connections", branched(constant), {}],
    ["ragged", netOf(constant), ragged],
  ])("%s: lists and rows learn and answer the same bits, on both backends", async (_what, net, more) => {
    const run = async (form: Form, backend = wasm) => {
      using trainer = await createTrainer(net, backend, { ...options, form });
      const results = [0.2, 0.9, 0.5].map((density) => trainer.step({ ...drawn(constant, density), ...more }));
      const parameters = trainer.deployed();
      const asked = { loss: options.loss, batch: count, parameters, seed: 4, form };
      using evaluator = await createEvaluator(net, backend, asked);
      const answers = evaluator.evaluate({ ...drawn(constant, 0.4), ...more });
      return { results, parameters, answers, gradients: trainer.gradientBlocks() };
    };
    const lists = await run("lists");
    expect(await run("rows")).toEqual(lists);
    expect(await run("rows", interpret)).toEqual(lists);
    expect(await run("lists", interpret)).toEqual(lists);
    expect(lists.results[0]!.loss).not.toBe(lists.results[1]!.loss);
  });

  test("each batch is given in the form that is predicted to be cheaper", async () => {
    const backend = watched();
    using trainer = await createTrainer(netOf(constant), backend, options);
    const chosen = (): Form => FORMS[backend.loaded.array(formBuffer("input")).indexOf(1)]!;
    const threshold = formThreshold(netOf(constant), "input");
    expect(threshold).toBeGreaterThan(0.5);
    expect(threshold).toBeLessThan(0.95);
    for (const [density, form] of [
      [0.1, "lists"],
      [1, "rows"],
      [0.3, "lists"],
    ] as const) {
      trainer.step(drawn(constant, density));
      expect(chosen()).toBe(form);
    }
  });
});

test("a matrix beyond the cache is read row by row at any share: a product is no faster", () => {
  const wide = sequential([input(784, { signal: "values" }), denseLayer(1000), lif(), denseLayer(3), readout()], {
    steps,
  });
  expect(formThreshold(wide, "input")).toBe(1);
  expect(chooseForm(wide, "input", { rows: 1, entries: 784 })).toBe("lists");
});

test("at the threshold both cost the same; below it lists, above it rows", () => {
  for (const [n, width] of [
    [784, 256],
    [64, 36],
  ] as const) {
    const net = sequential([input(n, { signal: "values" }), denseLayer(width), lif(), denseLayer(3), readout()], {
      steps,
    });
    const at = formThreshold(net, "input") * n;
    const cost = formCosts(net, "input", { rows: 1, entries: at });
    expect(cost.lists).toBeCloseTo(cost.rows, 6);
    expect(chooseForm(net, "input", { rows: 10, entries: 10 * at * 0.98 })).toBe("lists");
    expect(chooseForm(net, "input", { rows: 10, entries: 10 * at * 1.02 })).toBe("rows");
  }
});
