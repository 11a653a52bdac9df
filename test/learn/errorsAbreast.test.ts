/** Errors of all samples of a chunk at once are the same bits as those of one sample after the other. */
import { afterEach, expect, test, vi } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { invocations, type Node } from "../../src/ir/program.ts";
import { arctan, type Surrogate, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import type { Network } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { drawSamples, shortened } from "./samples.ts";

const [inputs, steps, classes, count] = [13, 9, 4, 11];
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.7 } } as const;
const net = (trainable: readonly string[] = []): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(17, strong),
      neurons(lif({ tau: "5 ms" }), { recurrent: true, ...(trainable.length > 0 && { trainable }) }),
      denseLayer(15, { ...strong, delay: 2 }),
      neurons(lif({ reset: "subtract" })),
      denseLayer(classes),
      readout({ tau: "8 ms" }),
    ],
    { steps },
  );
const drawn = drawSamples({ count, steps, inputs, classes, kind: "events", density: 0.4 });
const lengths = [9, 9, 9, 9, 4, 7, 1, 9, 2, 2, 8];

/** Gradients on each backend, and how many calls of the program are of all samples. */
async function trained(network: Network, surrogate: Surrogate, batch = drawn.batch) {
  const { createTrainer } = await import("../../src/learn/trainer.ts");
  using team = threadedWasm(2);
  const found = [];
  let wide = 0;
  for (const backend of [wasm, interpret, team]) {
    const options = {
      algorithm: bptt(surrogate),
      loss: crossEntropy("mean"),
      optimiser: sgd(0.1),
      batch: count,
      chunk: 4,
    };
    using trainer = await createTrainer(network, backend, { ...options, seed: 3 });
    const { loss } = trainer.gradients(batch);
    found.push({ loss, gradients: trainer.gradientBlocks() });
    const calls = trainer.program.regions.flatMap((r) => [...invocations(r.body)]);
    wide = calls.filter(({ call: { kernel } }) => kernel.kind === "rowDots" && kernel.abreast).length;
  }
  return { found, wide };
}
async function apart(network: Network, surrogate: Surrogate, batch = drawn.batch) {
  vi.resetModules();
  vi.doMock("../../src/learn/errorsAbreast.ts", async (original) => ({
    ...(await original<object>()),
    errorsAbreast: (nodes: readonly unknown[]) => nodes,
  }));
  return trained(network, surrogate, batch);
}
afterEach(() => {
  vi.doUnmock("../../src/learn/errorsAbreast.ts");
  vi.resetModules();
});

test.each([
  ["samples of one length", drawn.batch],
  ["samples of many lengths", shortened(drawn, lengths).batch],
])("%s: the same bits on every backend", async (_name, batch) => {
  const together = await trained(net(), arctan(2), batch);
  const expected = await apart(net(), arctan(2), batch);
  expect([together.wide, expected.wide]).toEqual([2, 0]);
  for (const found of together.found) expect(found).toEqual(expected.found[0]);
  expect(expected.found[1]).toEqual(expected.found[0]);
});

test("not where neurons within the support are listed, nor where what samples share is summed on the way", async () => {
  expect((await trained(net(), triangle(0.8))).wide).toBe(0);
  const summed = await trained(net(["tau"]), arctan(2));
  expect(summed.wide).toBe(1); // the layer behind, in which nothing else learns
});

test("only where time goes backwards: there the loop over the steps that not all samples have may come first", async () => {
  vi.resetModules();
  const seen: [unknown, unknown][] = [];
  const turned = (nodes: readonly Node[]): Node[] =>
    nodes.map((n) => (n.tag === "loop" ? { ...n, reverse: false, body: turned(n.body) } : n));
  vi.doMock("../../src/learn/errorsAbreast.ts", async (original) => {
    const real = await original<typeof import("../../src/learn/errorsAbreast.ts")>();
    return {
      ...real,
      errorsAbreast: (nodes: readonly Node[], c: Parameters<typeof real.errorsAbreast>[1]) => {
        const forwards = turned(nodes);
        seen.push([real.errorsAbreast(forwards, c), forwards]);
        return real.errorsAbreast(nodes, c);
      },
    };
  });
  expect((await trained(net(), arctan(2))).wide).toBe(2);
  expect(seen.length).toBeGreaterThan(0);
  for (const [done, given] of seen) expect(done).toEqual(given);
});
