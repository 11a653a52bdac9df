/** Training from disk: the same weights as from memory, bit for bit. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import type { Examples } from "../../src/data/dataset.ts";
import { bernoulli, current, type Encoder } from "../../src/data/encoder.ts";
import { binSequences } from "../../src/data/events/binned.ts";
import type { EventRecording } from "../../src/data/events/recording.ts";
import { binStore, recordingStore } from "../../src/data/events/store.ts";
import { idxExamples } from "../../src/data/format/idx.ts";
import { Sequences } from "../../src/data/sequences.ts";
import { type IdxStore, openIdxStore } from "../../src/data/stored.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { type FitPosition, fit as fitted, fitting, summarise } from "../../src/learn/fit.ts";
import { fitStream, fittingStream, summariseStream } from "../../src/learn/fitStream.ts";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { AS_EVENTS, readerOf } from "../../src/tasks/batches.ts";
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

describe("recordings in steps", () => {
  const classes = ["left", "right"];
  /** A bar that moves to the left or to the right. */
  const recordings = Array.from({ length: 30 }, (_, s): EventRecording => {
    const at = Array.from({ length: 16 }, (_, k) => k);
    const [t, x] = [Float64Array.from(at, (k) => 1000 * k), Uint16Array.from(at, (k) => (s % 2 ? k : 15 - k))];
    const [y, polarity] = [new Uint16Array(16).fill(s % 4), Uint8Array.from(at, (k) => k % 2)];
    return { width: 16, height: 4, count: 16, t, x, y, polarity };
  });
  const labels = Uint8Array.from(recordings, (_, s) => s % 2);
  const options = { dt: "4 ms", steps: 4 };
  const parts = { name: "bars", sensor: { width: 16, height: 4 }, classes, labels, names: recordings.map(String) };
  const onDisk = binStore(
    recordingStore(parts, async (indices) => indices.map((k) => recordings[k]!)),
    options,
  );
  const memory = binSequences("bars", recordings, labels, classes, options);
  const layers = [input(onDisk.inputs), denseLayer(12), neurons(lif(), { dropout: 0.3 }), denseLayer(2), readout()];
  const net = sequential(layers as Parameters<typeof sequential>[0], { steps: 4 });

  test.each([
    ["steps", crossEntropyEachStep("mean")],
    ["samples", crossEntropy("mean")],
  ] as const)("a label for %s: the same weights and reports as from memory", async (labelled, loss) => {
    const trainers = () =>
      createTrainer(net, wasm, { algorithm: bptt(triangle(1)), loss, optimiser: adam(2e-2), batch: 8, seed: 3 });
    using kept = await trainers();
    using stored = await trainers();
    const encoding = { encoder: { kind: "events", labelled }, steps: 4, seed: 3 } as const;
    const pass = (epoch: number) => ({ batch: 8, epoch, shuffle: true });
    const now = () => 0;
    const expected = fitted(kept, {
      epochs: 12,
      batches: (epoch) => readerOf(memory, encoding).pass(pass(epoch)),
      now,
    });
    const disk = storedReader(onDisk, encoding);
    const batches = (epoch: number, first: number) => disk.pass({ ...pass(epoch), first });
    const reports = await fitStream(stored, { epochs: 12, batches, now });
    expect(reports).toEqual(expected);
    expect(stored.parameters()).toEqual(kept.parameters());
    expect(reports.at(-1)!.loss).toBeLessThan(reports[0]!.loss / 2);
  });
  test("a selection draws by its own numbers, as from memory", async () => {
    const encoding = { encoder: AS_EVENTS, steps: 4, seed: 3 };
    const found: number[] = [];
    for await (const batch of storedReader(onDisk, encoding).pass({ batch: 8, epoch: 1, shuffle: true }))
      found.push(...Array.from(batch.numbers!));
    const expected = [...readerOf(memory, encoding).pass({ batch: 8, epoch: 1, shuffle: true })];
    expect(found).toEqual(expected.flatMap(({ numbers }) => Array.from(numbers!)));
    expect(found.slice().sort((a, b) => a - b)).toEqual(recordings.map((_, k) => k));
  });
  test("an encoder, and sequences that have no label as a whole, are refused", async () => {
    const pass = { batch: 8, epoch: 0, shuffle: false };
    const encoded = storedReader(onDisk, encoding(current())).pass(pass);
    await expect(encoded.next()).rejects.toThrow("sequences of events take no encoder, got 'current'");
    const changing = new Sequences("changing", {
      ...memory,
      labels: memory.labels.map((label, k) => (k === 6 ? 1 - label : label)),
    });
    const read = readerOf(changing, { encoder: { kind: "events", labelled: "samples" }, steps: 4, seed: 3 }).pass(pass);
    expect(() => read.next()).toThrow("sequences[1]: has the label 1 at first and 0 in step 2: it has none as a whole");
  });
});
