/** Every algorithm learns a task, and refuses what it cannot train in words that name the part and a way out. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, eprop, ottt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { ALGORITHMS } from "../../src/learn/algorithms.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, type NetworkSpec, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { values } from "../backend/cases.ts";
import { batchOf } from "./samples.ts";

const [inputs, steps, classes, count] = [20, 30, 4, 32];
const surrogate = triangle(1);
const subtracting = lif({ tau: "10 ms", reset: "subtract" });
const task = (): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(40, { weight: uniform(-0.3, 0.5) }),
      neurons(subtracting, { recurrent: true }),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );

/** A class is when which inputs fire; a tenth of the spikes are others. The mean rates of all classes are the same. */
function patterns(): (seed: number) => Batch {
  const next = values(77);
  for (let k = 0; k < 20; k++) next();
  const row = (): number[] => Array.from({ length: inputs }, () => Number(next() < 0.08));
  const prototypes = Array.from({ length: classes }, () => Array.from({ length: steps }, row));
  return (seed) => {
    const noise = values(seed * 7919);
    for (let k = 0; k < 20; k++) noise();
    const labels = Int32Array.from({ length: count }, (_, k) => k % classes);
    const samples = Array.from(labels, (c) =>
      prototypes[c]!.map((r) => r.map((x) => (noise() < 0.1 ? Number(noise() < 0.08) : x))),
    );
    return batchOf(samples, labels, "events");
  };
}

const LEARNING: Readonly<Record<string, Algorithm>> = {
  BPTT: bptt(surrogate),
  "BPTT with checkpoints": bptt(surrogate, { checkpoint: "auto" }),
  "truncated BPTT": truncatedBptt(surrogate, { segment: 8 }),
  "e-prop": eprop(surrogate, { segment: 8 }),
  "e-prop, random feedback": eprop(surrogate, { feedback: "random", seed: 2, segment: 8 }),
  OTTT: ottt(surrogate),
  "OTTT, an update each step": ottt(surrogate, { update: "step" }),
};
test.each(Object.entries(LEARNING))("%s learns when which inputs fire", async (_name, algorithm) => {
  const stepwise = algorithm.kind === "ottt" && algorithm.update === "step";
  const optimiser = adam(stepwise ? 1e-4 : 5e-3); // thirty updates a batch
  for (const loss of stepwise ? [crossEntropyEachStep()] : [crossEntropyEachStep(), crossEntropy("mean")]) {
    using trainer = await createTrainer(task(), wasm, {
      algorithm,
      loss,
      optimiser,
      batch: count,
      seed: 1,
    });
    const batch = patterns();
    const first = trainer.step(batch(1));
    for (let k = 2; k <= 60; k++) trainer.step(batch(k));
    const last = trainer.gradients(batch(1000));
    expect(first.correct / first.counted).toBeLessThan(0.6);
    expect(last.correct / last.counted).toBeGreaterThan("each" in loss ? 0.7 : 0.95);
    expect(last.loss).toBeLessThan(0.7 * first.loss);
  }
});
test("without hidden weights less is learned: errors reach them", async () => {
  const loss = crossEntropy("mean");
  const run = async (algorithm: Algorithm, trainable: boolean): Promise<number> => {
    const net = task();
    const fixed = net.connections.map((c) => (c.to.node === net.output ? c : { ...c, trainable }));
    const o = { algorithm, loss, optimiser: adam(5e-3), batch: count, seed: 1 };
    using trainer = await createTrainer({ ...net, connections: fixed }, wasm, o);
    const batch = patterns();
    for (let k = 1; k <= 60; k++) trainer.step(batch(k));
    return trainer.gradients(batch(1000)).loss;
  };
  for (const algorithm of [eprop(surrogate), eprop(surrogate, { feedback: "random" }), ottt(surrogate)])
    expect(await run(algorithm, true)).toBeLessThan(0.8 * (await run(algorithm, false)));
});

const base = (o: Partial<NetworkSpec> = {}, late: ConnectOptions = {}): Network =>
  network({
    name: "net",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { x: inputNode(inputs) },
    populations: {
      a: population(9, subtracting),
      b: population(8, subtracting),
      out: population(classes, leakyIntegrator()),
    },
    connections: [connect("x", "a"), connect("a", "b"), connect("b", "out", late), connect("a", "out")],
    ...o,
  });
const populations = (o: object) => ({ populations: { ...base().populations, ...o } as NetworkSpec["populations"] });
const REFUSED: readonly (readonly [string, () => Network, Algorithm, string])[] = [
  [
    "parameters of neurons that train",
    () => base(populations({ a: population(9, subtracting, { trainable: ["tau"] }) })),
    eprop(),
    "a.tau: e-prop trains weights and biases, no parameters of neurons: use bptt",
  ],
  [
    "hidden neurons that do not spike",
    () =>
      base({
        ...populations({ a: population(9, leakyIntegrator()) }),
        connections: [connect("x", "a"), connect("a", "out")],
      }),
    ottt(),
    "connection a>out: OTTT carries no error through 'v': connect spikes, or use bptt",
  ],
  [
    "a readout that feeds back",
    () => base({ connections: [connect("x", "a"), connect("a", "out"), connect("out", "a", { delay: 1 })] }),
    eprop(),
    "connection out>a: e-prop knows no readout that feeds back: use bptt",
  ],
  [
    "two groups of phases",
    () => base({ schedule: "brian" }),
    ottt(),
    "schedule brian: training needs a schedule with one group of phases: layered, nest or loihi",
  ],
  [
    "a layer that the readout does not hear, with symmetric feedback",
    () => base({ connections: [connect("x", "a"), connect("a", "b"), connect("b", "out")] }),
    eprop(),
    "a: no connection leads from here to the readout 'out', so that symmetric feedback brings no error; use feedback: \"random\", ottt or bptt",
  ],
  [
    "a readout that hears late",
    () => base({}, { delay: 1 }),
    eprop(),
    "connection b>out: e-prop needs a readout that hears spikes in their own step: delay 0",
  ],
  [
    "a layer from which no error comes in its own step",
    () => base({ connections: [connect("x", "a"), connect("a", "b", { delay: 2 }), connect("b", "out")] }),
    ottt(),
    "a: no connections without delay lead from here to 'out', so that no error reaches it in the step in which it arises: use e-prop or bptt",
  ],
  [
    "a readout that spikes",
    () => base(populations({ out: population(classes, lif()) })),
    eprop(),
    "out: e-prop needs a readout that is a linear filter, the same for all classes, such as leakyIntegrator(); of 'v' that is not so",
  ],
];
test.each(REFUSED)("refused: %s", async (_name, net, algorithm, message) => {
  const o = { algorithm, loss: crossEntropy("mean"), optimiser: adam(0.01), batch: 4 };
  await expect(createTrainer(net(), wasm, o)).rejects.toThrow(message);
});
test("refused: several samples at once, and options that are none", async () => {
  const o = { loss: crossEntropy("mean"), optimiser: adam(0.01), batch: 4, chunk: 2 };
  await expect(createTrainer(task(), wasm, { ...o, algorithm: eprop() })).rejects.toThrow(
    /trainer\.chunk: must be an integer/,
  );
  expect(() => eprop(surrogate, { feedback: "none" as "random" })).toThrow(
    "eprop.feedback: must be one of random, symmetric",
  );
  expect(() => ottt(surrogate, { update: "never" as "step" })).toThrow("ottt.update: must be one of sample, step");
  expect(() => eprop(surrogate, { segment: 0 })).toThrow("eprop.segment: must be an integer >= 1");
});

describe("the table", () => {
  test("algorithms are plain data", () => {
    for (const algorithm of Object.values(LEARNING)) expect(JSON.parse(JSON.stringify(algorithm))).toEqual(algorithm);
  });
  test("each algorithm is in it, with all that it says", () => {
    for (const { kind } of Object.values(LEARNING))
      for (const entry of ALGORITHMS[kind])
        for (const text of Object.values(entry)) expect(text.length).toBeGreaterThan(0);
  });
});

test("a watch counts each spike once, though a sample runs twice", async () => {
  const rates = async (algorithm: Algorithm): Promise<number> => {
    const o = { algorithm, loss: crossEntropy("mean"), optimiser: adam(5e-3), batch: count, seed: 1, watch: true };
    using trainer = await createTrainer(task(), wasm, o);
    trainer.step(patterns()(1));
    return trainer.watched().layers.hidden!.rate;
  };
  const expected = await rates(bptt(surrogate));
  expect(expected).toBeGreaterThan(0);
  for (const algorithm of [eprop(surrogate), ottt(surrogate)]) expect(await rates(algorithm)).toBe(expected);
});
