/** Updates that are left out because their gradients overflow are counted by a training, and told with its result. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { Examples } from "../../src/data/dataset.ts";
import { current } from "../../src/data/encoder.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { meanSquared } from "../../src/learn/loss.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import type { Design } from "../../src/tasks/networks.ts";
import { trainNotes } from "../../src/tasks/sentences.ts";
import { type Trained, trainDesign } from "../../src/tasks/session.ts";
import type { Side } from "../../src/tasks/side.ts";

/** One number in, answers x·w: of a sample of 1e30 and weights of 1e-20 the loss is finite and the gradient is not. */
const design: Design = {
  encoder: current(),
  net: network({
    dt: 1,
    steps: 1,
    output: "out",
    inputs: { input: inputNode(1, { signal: "values", constant: true }) },
    populations: { out: population(2, linear()) },
    connections: [connect("input", "out", { weight: [1e-20, 1e-20] })],
  }),
  training: {
    epochs: 1,
    batch: 1,
    rate: 1e-30,
    warmup: 0,
    dropout: 0,
    loss: meanSquared("mean", 0),
    surrogate: triangle(1),
    clip: 1,
    overflow: "skip",
  },
};
const trained = (x: number[]): Promise<Trained> =>
  trainDesign(design, new Examples("x", 1, Float32Array.from(x), new Uint8Array(x.length)), {
    backend: wasm,
    seed: 1,
    stage: "training",
    onProgress: () => {},
  });
const notes = (t: Trained): string[] =>
  trainNotes({ trained: t, design, result: { warnings: [] } } as unknown as Side, 1, true);

test("two of three updates overflow: both are counted, and a sentence says so", async () => {
  const found = await trained([1e30, 1, 1e30]);
  expect(found.skipped).toEqual({ updates: 2, of: 3 });
  expect(notes(found)[0]).toBe("Of 3 updates 2 were left out: their gradients were beyond what a number can hold.");
});

test("none overflows, and nothing is said of it", async () => {
  const found = await trained([1, 2]);
  expect(found.skipped).toBeUndefined();
  expect(notes(found)).toEqual([]);
});
