/** Training that goes on from a snapshot is the training that was never interrupted: equal bits, equal reports. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { type EpochReport, type FitOptions, type FitPosition, fitting, fit as train } from "../../src/learn/fit.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam, chain, cosine, type Optimiser, scaleByRate, sgd, trace } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import type { TrainerSnapshot } from "../../src/learn/snapshot.ts";
import { createTrainer, type Trainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import type { Network } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { batchOf, drawSamples, watched } from "./samples.ts";

const [inputs, steps, classes] = [11, 6, 3];
const [EPOCHS, BATCHES] = [3, 4];
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.6 } } as const;
const net: Network = sequential(
  [
    input(inputs),
    denseLayer(13, strong),
    neurons(lif({ tau: "5 ms", reset: "subtract" }), { recurrent: true, dropout: 0.3 }),
    denseLayer(7, { ...strong, delay: 1 }),
    neurons(lif(), { dropout: 0.2 }),
    denseLayer(classes),
    readout(),
  ],
  { steps },
);
const options: TrainerOptions = {
  algorithm: bptt(triangle(0.8)),
  loss: crossEntropy("mean"),
  optimiser: adam(cosine(0.02, EPOCHS * BATCHES, { warmup: 2 }), { clip: 0.5, decay: 0.01 }),
  regularisers: [rate(0.1, { strength: 2 })],
  batch: 5,
  chunk: 2,
  seed: 3,
};
/** Others in every epoch; the last of an epoch is smaller. */
const batches = (epoch: number): Batch[] =>
  Array.from({ length: BATCHES }, (_, k) => {
    const seed = 1 + epoch * BATCHES + k;
    const { samples, labels } = drawSamples({ count: 5, steps, inputs, classes, kind: "events", seed });
    const count = k === BATCHES - 1 ? 3 : 5;
    const numbers = Uint32Array.from({ length: count }, (_, s) => seed * 100 + s);
    return { ...batchOf(samples.slice(0, count), labels.slice(0, count), "events"), numbers };
  });

const make = (o: Partial<TrainerOptions> = {}): Promise<Trainer> => createTrainer(net, wasm, { ...options, ...o });
/** All that a run may depend on; a clone, as it would be from another process. */
const keep = (trainer: Trainer): TrainerSnapshot => structuredClone(trainer.snapshot());
const timeless = (reports: readonly EpochReport[]): unknown[] => reports.map((r) => ({ ...r, seconds: 0 }));

interface Pause {
  readonly snapshot: TrainerSnapshot;
  readonly position: FitPosition;
}
async function uninterrupted(
  o: FitOptions,
): Promise<{ pauses: Pause[]; reports: EpochReport[]; end: TrainerSnapshot }> {
  using trainer = await make();
  const pauses: Pause[] = [];
  const run = fitting(trainer, o);
  for (;;) {
    const next = run.next();
    if (next.done) return { pauses, reports: next.value, end: keep(trainer) };
    pauses.push({ snapshot: keep(trainer), position: structuredClone(next.value) });
  }
}

describe("resumed at any batch boundary", () => {
  test("weights, moments, reports and validation are those of an uninterrupted run", async () => {
    using first = await make();
    const parameters = first.deployed();
    using evaluator = await createEvaluator(net, wasm, { loss: options.loss, batch: 5, seed: 3, parameters });
    const o: FitOptions = { epochs: EPOCHS, batches, validate: { evaluator, batches: () => batches(99) } };
    const { pauses, reports, end } = await uninterrupted(o);
    expect(pauses.length).toBe(EPOCHS * BATCHES);
    using plain = await make();
    expect(timeless(train(plain, o))).toEqual(timeless(reports));
    expect(keep(plain)).toEqual(end);
    using dirty = await make();
    for (const { snapshot, position } of pauses) {
      dirty.restore(snapshot); // its other buffers hold what another stretch of training has left there
      expect(timeless(train(dirty, { ...o, from: position }))).toEqual(timeless(reports));
      expect(keep(dirty)).toEqual(end);
    }
    using fresh = await make();
    const { snapshot, position } = pauses[6]!;
    fresh.restore(snapshot);
    train(fresh, { ...o, from: position });
    expect(keep(fresh)).toEqual(end);
  });
  test("the seconds of an epoch are those of its parts, pauses left out", async () => {
    let clock = 0;
    const o: FitOptions = { epochs: 1, batches, now: () => (clock += 1000) };
    using trainer = await make();
    const run = fitting(trainer, o);
    run.next();
    const { value } = run.next();
    expect((value as FitPosition).seconds).toBe(2);
    clock += 1e6;
    const [report] = train(trainer, { ...o, from: value as FitPosition });
    expect(report!.seconds).toBe(2 + 2 + 1); // two batches more, and the look for another
  });
});

/** Every number that training ever changes is spoilt; padding and rows of zeros, which it does not, are left alone. */
test("nothing but parameters, moments and the count is needed: all else that changes may be ruined", async () => {
  using whole = await make();
  for (const b of batches(0)) whole.step(b);
  const snapshot = keep(whole);
  for (const b of batches(1)) whole.step(b);
  const backend = watched();
  using ruined = await createTrainer(net, backend, options);
  const arrays = ruined.program.buffers.map((b) => backend.loaded.array(b.name));
  const first = arrays.map((x) => x.slice());
  for (const epoch of [2, 3]) for (const b of batches(epoch)) ruined.step(b);
  let spoilt = 0;
  arrays.forEach((x, b) => {
    for (let k = 0; k < x.length; k++) if (x[k] !== first[b]![k] && ++spoilt) x[k] = 7;
  });
  expect(spoilt).toBeGreaterThan(1000);
  ruined.restore(snapshot);
  for (const b of batches(1)) ruined.step(b);
  expect(keep(ruined)).toEqual(keep(whole));
});

test("the masks of dropout go by the number of updates: a count that is off by one gives other weights", async () => {
  using a = await make();
  for (const b of batches(0)) a.step(b);
  const snapshot = keep(a);
  const next = (updates: number): unknown => {
    a.restore({ ...snapshot, updates });
    return a.gradients(batches(1)[0]!).loss;
  };
  expect(next(4)).toBe(next(4));
  expect(next(5)).not.toBe(next(4));
});

describe("each optimiser's state is in the snapshot", () => {
  test.each<[string, Optimiser, string[]]>([
    ["Adam", adam(0.1), ["optimiser.0.m", "optimiser.0.v"]],
    ["Adam after clipping", adam(0.1, { clip: 1 }), ["optimiser.1.m", "optimiser.1.v", "optimiser.skipped"]],
    ["averages", sgd(0.1, { average: 0.9 }), ["optimiser.1.average"]],
    ["momentum", chain(trace({ nesterov: true }), scaleByRate(0.1)), ["optimiser.0.velocity"]],
    ["plain descent", sgd(0.1), []],
  ])("%s", async (_, optimiser, names) => {
    using trainer = await make({ optimiser });
    expect([...trainer.snapshot().buffers.keys()].sort()).toEqual([...names, "parameters"]);
  });
});

test("a snapshot that does not fit is refused, and nothing has changed", async () => {
  using trainer = await make();
  trainer.step(batches(0)[0]!);
  const [before, other] = [keep(trainer), keep(trainer)];
  const parameters = other.buffers.get("parameters")!;
  const wrong: [TrainerSnapshot["buffers"], string][] = [
    [new Map([["parameters", parameters]]), "optimiser.1.m"],
    [new Map([...other.buffers, ["parameters", parameters.slice(1)]]), "parameters"],
    [new Map([...other.buffers, ["parameters", new Float64Array(parameters.length)]]), "parameters"],
    [new Map([...other.buffers, ["more", parameters]]), "more"],
  ];
  for (const [buffers, name] of wrong)
    expect(() => trainer.restore({ updates: 9, buffers: new Map([...buffers].reverse()) })).toThrow(
      `snapshot: '${name}' does not fit this trainer`,
    );
  expect(keep(trainer)).toEqual(before);
});
