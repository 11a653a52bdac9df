/** Rates told while learning are those that a watch counts neuron by neuron, whatever the algorithm and the lengths. */
import { afterAll, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, eprop, fptt, ottt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { crossEntropy, crossEntropyEachStep, crossEntropyRising, type Loss } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { drawSamples, labelSteps, shortened } from "./samples.ts";

const THREADS = threadedWasm(3);
afterAll(() => THREADS.dispose());

const [inputs, steps, classes, count] = [12, 18, 3, 10];
const net = sequential(
  [
    input(inputs),
    denseLayer(21, { weight: { kind: "uniform", low: -0.3, high: 0.5 } }),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { name: "a", recurrent: true }),
    denseLayer(classes),
    readout(),
  ],
  { steps },
);
const drawn = drawSamples({ count, steps, inputs, classes, kind: "events" });
const ragged = shortened(drawn, [18, 3, 7, 1, 18, 12, 9, 16, 2, 5]);
const shape = triangle(1);
const EACH = crossEntropyEachStep("mean");

test.each<[string, Algorithm, Loss, typeof wasm, number | undefined]>([
  ["bptt", bptt(shape), crossEntropy(), wasm, undefined],
  ["bptt, chunks of 3", bptt(shape), crossEntropy(), wasm, 3],
  ["bptt, three threads", bptt(shape), crossEntropy(), THREADS, 2],
  ["bptt, interpreter", bptt(shape), crossEntropy(), interpret, undefined],
  ["with checkpoints, a loss of each step", bptt(shape, { checkpoint: 5 }), EACH, wasm, undefined],
  ["truncated, a loss of each step", truncatedBptt(shape, { segment: 4 }), EACH, wasm, undefined],
  ["fptt", fptt(shape), crossEntropyRising(), wasm, undefined],
  ["fptt, every 5 steps", fptt(shape, { every: 5 }), crossEntropyRising(), wasm, undefined],
  ["ottt", ottt(shape), EACH, wasm, undefined],
  ["e-prop", eprop(shape), EACH, wasm, undefined],
])("%s", async (_, algorithm, loss, backend, chunk) => {
  using trainer = await createTrainer(net, backend, {
    ...{ algorithm, loss, optimiser: adam(0.01), batch: count, seed: 3, watch: true },
    ...(chunk && { chunk }),
  });
  const { batch } = loss === EACH ? labelSteps(ragged, steps, classes) : ragged;
  for (let look = 0; look < 2; look++) {
    for (let k = 0; k <= look; k++) trainer.step(batch);
    const { a } = trainer.watched().layers;
    expect(a!.rate).toBeGreaterThan(0.01);
    expect(trainer.rates().a).toBeCloseTo(a!.rate, 10);
  }
});
