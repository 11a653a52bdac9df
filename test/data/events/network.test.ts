/** From a file of events to a network: simulated by an engine, and trained. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { binEvents, inputsOf } from "../../../src/data/events/bin.ts";
import { spikesOf } from "../../../src/data/events/binned.ts";
import { readEvents } from "../../../src/data/events/read.ts";
import { type EventRecording, isMonotone } from "../../../src/data/events/recording.ts";
import { openSpikeSet } from "../../../src/data/events/spikeSet.ts";
import { triangle } from "../../../src/ir/surrogate.ts";
import { bptt } from "../../../src/learn/algorithm.ts";
import { crossEntropy } from "../../../src/learn/loss.ts";
import { adam } from "../../../src/learn/optimiser.ts";
import { createTrainer } from "../../../src/learn/trainer.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { integrateAndFire } from "../../../src/model/neuron/integrateAndFire.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../../src/model/sequential.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";
import { type Event, nmnistFile } from "./files.ts";
import { GOLDEN, unpack } from "./spikeFiles.ts";

const nmnist = (bytes: Uint8Array) => readEvents({ path: "f.bin", bytes }, { format: "nmnist" });

/** A bar that moves to the right (class 1) or to the left (0), as an N-MNIST file. */
async function bar(label: number, row: number): Promise<EventRecording> {
  const events: Event[] = [];
  for (let k = 0; k < 34; k++)
    for (let y = row; y < row + 8; y++) events.push({ t: 1000 * k + y, x: label ? k : 33 - k, y, p: (k + y) % 2 });
  return nmnist(nmnistFile(events));
}

/** Each spike of the input makes one neuron fire in its step: its threshold is 1, and so is the weight. */
async function relayed(recording: EventRecording, options: Parameters<typeof binEvents>[1]) {
  const binned = binEvents([recording], { ...options, duplicates: "clip" });
  const net = network({
    dt: options.dt,
    inputs: { events: inputNode(binned.inputs) },
    populations: { relay: population(binned.inputs, integrateAndFire()) },
    connections: [connect("events", "relay", { weight: 1.5, connectivity: oneToOne })],
  });
  using engine = await createEngine(net, wasm);
  const given = spikesOf(binned);
  const { steps, indices } = engine.run(binned.steps, { events: given }).spikes["relay"]!;
  return { given, fired: { steps, indices } };
}

describe("an engine", () => {
  test("sees every spike of an N-MNIST recording in its step", async () => {
    const { given, fired } = await relayed(await bar(1, 3), { dt: "1 ms", steps: 34 });
    expect([...fired.indices]).toEqual([...given.indices]);
    expect([...fired.steps]).toEqual([...given.steps]);
    expect(given.indices.length).toBe(34 * 8);
  });
  test("sees every spike of a sample of SHD", async () => {
    using set = await openSpikeSet({ path: "shd.h5", bytes: unpack(GOLDEN["float16, oldest format"]) });
    const { given, fired } = await relayed(set.sample(4), { dt: "10 ms", steps: 60, polarity: "merged" });
    expect([...fired.indices]).toEqual([...given.indices]);
    expect([...fired.steps]).toEqual([...given.steps]);
    expect(given.indices.length).toBe(16);
  });
  test("sees a real N-MNIST recording", async ({ skip }) => {
    skip(!hasData("event-samples"), `event-samples: ${NEEDS}`);
    const recording = await nmnist(readFileSync(`${dataFolder}/event-samples/sample_nmnist.bin`));
    const { given, fired } = await relayed(recording, { dt: "1 ms", steps: 320 });
    expect([...fired.indices]).toEqual([...given.indices]);
    expect(given.indices.length).toBeGreaterThan(4000); // of 4,325 events
    expect(isMonotone(recording)).toBe(true);
  });
});

/** Trains two layers on all samples at once. @returns loss of the first update, and outcome of the last */
async function trained(
  recordings: readonly EventRecording[],
  labels: readonly number[],
  options: Parameters<typeof binEvents>[1],
  updates: number,
) {
  const { duplicates = "clip", steps } = options;
  const { count, inputs, input: given } = binEvents(recordings, { ...options, duplicates });
  const classes = Math.max(...labels) + 1;
  const signal = duplicates === "count" ? ({ signal: "values" } as const) : {};
  const net = sequential([input(inputs, signal), denseLayer(24), neurons(lif()), denseLayer(classes), readout()], {
    steps,
  });
  using trainer = await createTrainer(net, wasm, {
    ...{ algorithm: bptt(triangle(1)), loss: crossEntropy("mean"), optimiser: adam(5e-3), batch: count, seed: 1 },
  });
  const first = trainer.step({ count, input: given, labels });
  let last = first;
  for (let k = 1; k < updates; k++) last = trainer.step({ count, input: given, labels });
  return { first, last };
}

describe("a trainer", () => {
  const samples = () => Promise.all(Array.from({ length: 16 }, (_, k) => bar(k % 2, k)));
  const labels = Array.from({ length: 16 }, (_, k) => k % 2);
  test.each(["clip", "count"] as const)("tells bars that go left from bars that go right (%s)", async (duplicates) => {
    const options = { dt: "2 ms", steps: 17, square: 4, duplicates };
    expect(inputsOf({ width: 34, height: 34 }, options)).toBe(2 * 9 * 9);
    const { first, last } = await trained(await samples(), labels, options, 60);
    expect(last.correct).toBe(16);
    expect(last.loss).toBeLessThan(first.loss / 4);
  });
  test("learns ten real N-MNIST digits", async ({ skip }) => {
    skip(!hasData("nmnist-small"), `nmnist-small: ${NEEDS}`);
    const folder = `${dataFolder}/nmnist-small`;
    const lines = readFileSync(`${folder}/train1K.txt`, "utf8").trim().split("\n").slice(1, 41);
    const pairs = lines.map((line) => line.split(/\s+/).map(Number) as [number, number]);
    const recordings = await Promise.all(pairs.map(([k]) => nmnist(readFileSync(`${folder}/${k}.bs2`))));
    const { last } = await trained(
      recordings,
      pairs.map(([, label]) => label),
      { dt: "20 ms", steps: 16, square: 2 },
      60,
    );
    expect(last.correct).toBeGreaterThan(36); // of 40, which it has seen: chance is 4
  });
});
