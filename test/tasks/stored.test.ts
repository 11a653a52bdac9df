/** Training from disk: the same weights as from memory, bit for bit. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import type { Examples } from "../../src/data/dataset.ts";
import { bernoulli, current, type Encoder } from "../../src/data/encoder.ts";
import { idxExamples } from "../../src/data/format/idx.ts";
import { type IdxStore, openIdxStore } from "../../src/data/stored.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { type FitPosition, fit as fitted, fitting, summarise } from "../../src/learn/fit.ts";
import { fitStream, fittingStream, summariseStream } from "../../src/learn/fitStream.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { readerOf } from "../../src/tasks/batches.ts";
import { storedReader } from "../../src/tasks/stored.ts";
import { writeIdx } from "../cli/idx.ts";

let folder: string;
let store: IdxStore;
let examples: Examples;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
  writeIdx(folder, 300, 10);
  const [images, labels] = [join(folder, "train-images-idx3-ubyte"), join(folder, "train-labels-idx1-ubyte")];
  store = await openIdxStore(images, labels, [28, 28], 10);
  const file = (path: string) => ({ path, bytes: readFileSync(path) });
  examples = await idxExamples(file(images), file(labels), [28, 28], 10);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const STEPS = 6;
const make = (encoder: Encoder) =>
  sequential(
    [
      input(784, encoder.kind === "current" ? { signal: "values", constant: true } : {}),
      denseLayer(12),
      neurons(lif(), { dropout: 0.3 }),
      denseLayer(10),
      readout(),
    ],
    { steps: STEPS },
  );
const trainerFor = (encoder: Encoder) =>
  createTrainer(make(encoder), wasm, {
    algorithm: bptt(),
    loss: crossEntropy(),
    optimiser: adam(1e-2),
    batch: 64,
    seed: 3,
  });
const encoding = (encoder: Encoder) => ({ encoder, steps: STEPS, seed: 3 });

describe.each([
  ["spikes by chance, and dropout", bernoulli(0.5)],
  ["values", current()],
] as const)("%s", (_, encoder) => {
  test("the same weights and reports, epoch by epoch", async () => {
    using kept = await trainerFor(encoder);
    using stored = await trainerFor(encoder);
    const now = () => 0;
    const memory = readerOf(examples, encoding(encoder));
    const disk = storedReader(store, encoding(encoder));
    const pass = (epoch: number) => ({ batch: 64, epoch, shuffle: true });
    const expected = fitted(kept, { epochs: 3, batches: (epoch) => memory.pass(pass(epoch)), now });
    const seen: number[] = [];
    const reports = await fitStream(stored, {
      epochs: 3,
      batches: (epoch, first) => disk.pass({ ...pass(epoch), first }),
      onBatch: (_, samples) => seen.push(samples),
      now,
    });
    expect(reports).toEqual(expected);
    expect(reports[2]!.loss).toBeLessThan(reports[0]!.loss);
    expect(stored.parameters()).toEqual(kept.parameters());
    expect(seen.slice(0, 5)).toEqual([64, 128, 192, 256, 300]);
  });
});

test("it goes on from a position as if it had not been interrupted, and reads only what is left", async () => {
  const encoder = bernoulli(0.5);
  const disk = storedReader(store, encoding(encoder));
  const asked: number[][] = [];
  const options = {
    epochs: 2,
    batches: (epoch: number, first: number) => {
      asked.push([epoch, first]);
      return disk.pass({ batch: 64, epoch, shuffle: true, first });
    },
    now: () => 0,
  };
  using whole = await trainerFor(encoder);
  const expected = await fitStream(whole, options);
  for (const stopAt of [1, 3, 5, 6, 10]) {
    using first = await trainerFor(encoder);
    let position: FitPosition | undefined;
    let k = 0;
    for await (position of fittingStream(first, options)) if (++k === stopAt) break;
    using second = await trainerFor(encoder);
    second.restore(first.snapshot());
    asked.length = 0;
    expect(await fitStream(second, { ...options, from: position })).toEqual(expected);
    expect(second.parameters()).toEqual(whole.parameters());
    expect(asked[0]).toEqual([position!.epoch, position!.batches]);
  }
});

test("positions are those of `fitting`", async () => {
  const encoder = current();
  using a = await trainerFor(encoder);
  using b = await trainerFor(encoder);
  const now = () => 0;
  const [memory, disk] = [readerOf(examples, encoding(encoder)), storedReader(store, encoding(encoder))];
  const options = { epochs: 2, now };
  const pass = (epoch: number) => ({ batch: 64, epoch, shuffle: true });
  const expected = [...fitting(a, { ...options, batches: (epoch) => memory.pass(pass(epoch)) })];
  const found: FitPosition[] = [];
  for await (const p of fittingStream(b, { ...options, batches: (epoch) => disk.pass(pass(epoch)) })) found.push(p);
  expect(found).toEqual(expected);
});

test("evaluation", async () => {
  const encoder = bernoulli(0.5);
  using trainer = await trainerFor(encoder);
  const options = { loss: crossEntropy(), batch: 50, seed: 3, parameters: trainer.deployed() };
  using evaluator = await createEvaluator(make(encoder), wasm, options);
  const pass = { batch: 50, epoch: 9, shuffle: false };
  const expected = summarise(evaluator, readerOf(examples, encoding(encoder)).pass(pass));
  expect(await summariseStream(evaluator, storedReader(store, encoding(encoder)).pass(pass))).toEqual(expected);
});

test("an epoch without batches, and an error while reading, end it as they should", async () => {
  const encoder = current();
  using trainer = await trainerFor(encoder);
  const nothing = { async *[Symbol.asyncIterator]() {} };
  await expect(fitStream(trainer, { epochs: 1, batches: () => nothing })).rejects.toThrow(
    "there is nothing to train on",
  );
  const broken = { count: 300, size: 784, read: async () => Promise.reject(new Error("the disk is gone")) };
  const reader = storedReader(broken, encoding(encoder));
  const batches = (epoch: number) => reader.pass({ batch: 64, epoch, shuffle: true });
  await expect(fitStream(trainer, { epochs: 1, batches })).rejects.toThrow("the disk is gone");
});
