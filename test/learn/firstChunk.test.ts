/** Gradients that the first chunk of a shard writes are the same bits as those that are added to zeros, whatever lay there. */
import { afterEach, expect, test, vi } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { drawSamples } from "./samples.ts";

const [inputs, steps, classes] = [13, 6, 4];
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.7 } } as const;
/** Rows of 70 go by way of sorted lists, those of the readout do not. */
const net = sequential(
  [
    input(inputs),
    denseLayer(70, strong),
    neurons(lif({ tau: "5 ms" }), { recurrent: true }),
    denseLayer(66, { ...strong, delay: 2 }),
    neurons(lif()),
    denseLayer(classes),
    readout({ tau: "8 ms" }),
  ],
  { steps },
);
const drawn = (count: number, seed: number) =>
  drawSamples({ count, steps, inputs, classes, kind: "events", density: 0.4, seed }).batch;

/** Gradients of batches one after the other, on each backend; and how many loops only first chunks run. */
async function trained(counts: readonly number[]) {
  const { createTrainer } = await import("../../src/learn/trainer.ts");
  using team = threadedWasm(2);
  const found = [];
  let firsts = 0;
  for (const backend of [wasm, interpret, team]) {
    const options = {
      algorithm: bptt(triangle(0.8)),
      loss: crossEntropy("mean"),
      optimiser: sgd(0.1),
      batch: 12,
      chunk: 2,
    };
    using trainer = await createTrainer(net, backend, { ...options, seed: 3 });
    const runs = counts.map((count, seed) => {
      const { loss } = trainer.gradients(drawn(count, seed + 1));
      return { loss, gradients: trainer.gradientBlocks() };
    });
    found.push(runs);
    firsts = JSON.stringify(trainer.program.regions).split('"name":"first"').length - 1;
  }
  return { found, firsts };
}
afterEach(() => {
  vi.doUnmock("../../src/learn/firstChunk.ts");
  vi.resetModules();
});

test("full batches and small ones, after which shards are idle", async () => {
  const counts = [12, 1, 5, 12, 3];
  const written = await trained(counts);
  vi.resetModules();
  vi.doMock("../../src/learn/firstChunk.ts", async (original) => ({
    ...(await original<object>()),
    firstChunkWrites: (start: unknown, chunk: unknown) => ({ start, chunk }),
  }));
  const added = await trained(counts);
  expect([written.firsts, added.firsts]).toEqual([3, 0]);
  for (const runs of written.found) expect(runs).toEqual(added.found[0]);
});
