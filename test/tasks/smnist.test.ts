/** Digits as sequences: what the networks are, and that the real recipes learn on a few real digits. */
import { expect, test } from "vitest";
import { threadedWasm } from "../../src/backend/wasm/wasm.ts";
import { Examples } from "../../src/data/dataset.ts";
import { sampleDesign } from "../../src/tasks/networks.ts";
import { trainDesign } from "../../src/tasks/session.ts";
import { SMNIST, SMNIST_ROWS } from "../../src/tasks/smnist.ts";
import type { Training } from "../../src/tasks/task.ts";
import { dataFolder, hasData, NEEDS } from "../data/shared.ts";

const present = hasData("mnist");

test("pixel by pixel a recurrent layer of resonators, row by row a liquid one; gated units beside each", () => {
  const nets = [SMNIST, SMNIST_ROWS].flatMap((t) => [t.spiking.network(), t.twin.network()]);
  expect(nets.map((n) => [n.steps, n.inputs.input!.size, n.populations.output!.size])).toEqual([
    [784, 1, 10],
    [784, 1, 10],
    [28, 28, 10],
    [28, 28, 10],
  ]);
  expect(nets.map((n) => n.populations.hidden!.model.name)).toEqual([
    "balanced-resonate-and-fire",
    "gru",
    "liquid",
    "gru",
  ]);
  expect(SMNIST.spiking.training.algorithm).toBeUndefined();
  expect(SMNIST_ROWS.spiking.training.algorithm).toMatchObject({ kind: "fptt", every: 7 });
});

test.for<[string, typeof SMNIST, number, Partial<Training>]>([
  ["row by row", SMNIST_ROWS, 1024, { epochs: 3, batch: 64 }],
  ["pixel by pixel", SMNIST, 320, { epochs: 8, batch: 16, rate: 0.05 }],
])(
  "a few epochs on a few digits, better than chance: %s",
  { timeout: 120_000 },
  async ([, task, count, changes], { skip }) => {
    skip(!present, NEEDS);
    const { train } = await task.load({ directory: dataFolder, seed: 1 });
    if (!(train instanceof Examples)) throw new Error("digits are examples");
    const few = new Examples(
      "few",
      train.size,
      train.features.subarray(0, count * train.size),
      train.labels.subarray(0, count),
    );
    using backend = threadedWasm(2);
    const design = sampleDesign(task.spiking);
    const session = { backend, seed: 1, stage: "test", onProgress: () => {} };
    const { epochs } = await trainDesign({ ...design, training: { ...design.training, ...changes } }, few, session);
    expect(epochs.at(-1)!.accuracy).toBeGreaterThan(0.2);
    expect(epochs.at(-1)!.loss).toBeLessThan(0.97 * epochs[0]!.loss);
  },
);
