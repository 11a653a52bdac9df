/** A whole training run on several threads: the same bits. */
import { afterAll, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm } from "../../src/backend/wasm/wasm.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { drawSamples } from "./samples.ts";

const [inputs, steps, classes, count] = [40, 12, 5, 61];
const BACKENDS = [1, 2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const b of BACKENDS) b.dispose();
});

const net = sequential(
  [
    input(inputs),
    denseLayer(150, { weight: uniform(-0.3, 0.6) }),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { recurrent: true, dropout: 0.2 }),
    denseLayer(classes),
    readout(),
  ],
  { steps },
);
const drawn = (seed: number) => drawSamples({ count, steps, inputs, classes, kind: "events", seed });

test("weights, losses and evaluations", async () => {
  const run = async (backend: (typeof BACKENDS)[number] | typeof interpret, updates: number) => {
    using trainer = await createTrainer(net, backend, {
      algorithm: bptt(),
      loss: crossEntropy("mean"),
      optimiser: adam(0.01, { clip: 0.5 }),
      batch: count,
      chunk: 3,
      seed: 2,
      regularisers: [rate(0.1, { strength: 2 })],
    });
    const results = Array.from({ length: updates }, (_, k) => trainer.step(drawn(k + 1).batch));
    const parameters = trainer.deployed();
    using evaluator = await createEvaluator(net, backend, { loss: crossEntropy("mean"), batch: count, parameters });
    return { results, parameters, gradients: trainer.gradientBlocks(), answers: evaluator.evaluate(drawn(99).batch) };
  };
  const runs = await Promise.all(BACKENDS.map((b) => run(b, 12)));
  for (const r of runs.slice(1)) expect(r).toEqual(runs[0]);
  expect(await run(interpret, 2)).toEqual(await run(BACKENDS[1]!, 2));
});

test("trials of an engine", async () => {
  const noisy = network({
    dt: "1 ms",
    inputs: { x: inputNode(20) },
    populations: { a: population(30, lif()), b: population(10, lif({ tau: "8 ms" })) },
    connections: [
      connect("x", "a", { weight: uniform(-0.5, 1), delay: 3 }),
      connect("a", "a", { weight: uniform(-0.5, 0.5), delay: 1 }),
      connect("a", "b", { weight: uniform(-0.5, 1) }),
    ],
  });
  const events = Array.from({ length: 900 }, (_, k) => ({ step: (k * 7) % 150, index: (k * 13) % 20, sample: k % 6 }));
  const x = {
    steps: events.map((e) => e.step),
    indices: events.map((e) => e.index),
    samples: events.map((e) => e.sample),
  };
  const runs = [];
  for (const backend of [interpret, ...BACKENDS]) {
    using engine = await createEngine(noisy, backend, { samples: 6, record: ["b.v"], block: 40 });
    runs.push(engine.run(150, { x }));
  }
  for (const r of runs.slice(1)) expect(r).toEqual(runs[0]);
  expect(runs[0]!.spikes.b!.steps.length).toBeGreaterThan(20);
});
