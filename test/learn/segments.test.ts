import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { expectNear } from "./near.ts";
import { drawSamples, shortened } from "./samples.ts";
const [inputs, steps, classes] = [13, 9, 4];
const lengths = [9, 4, 1, 7, 2, 9, 5];
test.each([1, 2, 3, 4, 5, 8, 9, 20])("quick %s", async (checkpoint) => {
  const net = sequential([input(inputs), denseLayer(17, { weight: { kind: "uniform", low: -0.3, high: 0.7 } }), neurons(lif({ tau: "5 ms", reset: "subtract" }), { recurrent: true }),
   denseLayer(15, { weight: { kind: "uniform", low: -0.3, high: 0.7 }, delay: 2 }), neurons(lif()), denseLayer(classes), readout({ tau: "8 ms" })], { steps });
  const { batch } = shortened(drawSamples({ count: 7, steps, inputs, classes, kind: "events", density: 0.4 }), lengths);
  const o = { loss: crossEntropy("mean"), optimiser: sgd(0.1), batch: 7, chunk: 3, seed: 3, type: "f64" as const };
  for (const backend of [interpret, wasm]) {
  using a = await createTrainer(net, backend, { ...o, algorithm: bptt(triangle(0.8)) });
  using b = await createTrainer(net, backend, { ...o, algorithm: bptt(triangle(0.8), { checkpoint }) });
  for (let k = 0; k < 2; k++) {
  const ra = a.gradients(batch), rb = b.gradients(batch);
  expect(rb).toEqual(ra);
  expectNear(b.gradientBlocks(), a.gradientBlocks(), 1e-13);
  }}
});
