/** What training needs in memory, against the memory that trainers have; and what is chosen within a budget. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { type ThreadedBackend, threadedWasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, eprop, ottt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { ALGORITHMS } from "../../src/learn/algorithms.ts";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { fitToMemory, trainingMemory } from "../../src/learn/trainingMemory.ts";
import type { Network } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";

const net = (
  steps: number,
  model: NeuronModel,
  o: { recurrent?: boolean; inputs?: number; hidden?: number } = {},
): Network =>
  sequential(
    [
      input(o.inputs ?? 3),
      denseLayer(o.hidden ?? 60),
      neurons(model, { recurrent: o.recurrent ?? false }),
      denseLayer(5),
      readout(),
    ],
    { steps },
  );
const subtracting = lif({ reset: "subtract" });
const options: TrainerOptions = {
  algorithm: bptt(triangle(1)),
  loss: crossEntropyEachStep(),
  optimiser: adam(0.01),
  batch: 24,
};
const EACH: Readonly<Record<string, Algorithm>> = {
  bptt: bptt(),
  checkpoint: bptt(triangle(1), { checkpoint: "auto" }),
  truncated: truncatedBptt(triangle(1), { segment: 10 }),
  eprop: eprop(),
  ottt: ottt(),
};

const BACKENDS = [interpret, ...[1, 2, 3].map((n) => threadedWasm(n))];
afterAll(() => {
  for (const b of BACKENDS) if (b !== interpret) (b as ThreadedBackend).dispose();
});
describe.each([
  ["LIF", net(40, subtracting)],
  ["recurrent LIF", net(60, subtracting, { recurrent: true, hidden: 90 })],
  ["recurrent ALIF", net(50, alif(), { recurrent: true })],
  ["LIF, many inputs", net(20, subtracting, { inputs: 300 })],
])("%s", (_name, network) => {
  test.each(Object.entries(EACH))(
    "%s: what is counted is what the trainer has, on any number of threads",
    async (kind, algorithm) => {
      if (kind === "ottt" && network.populations.hidden!.model.name === "alif") return;
      for (const loss of [crossEntropyEachStep(), crossEntropy()])
        for (const backend of BACKENDS) {
          const o = { ...options, algorithm, loss };
          using trainer = await createTrainer(network, backend, o);
          const { threads } = backend as { threads?: number };
          expect(trainingMemory(network, { ...o, threads: threads ?? 1 }).bytes).toBe(trainer.bytes);
          expect(trainingMemory(network, o).bytes).toBeGreaterThanOrEqual(trainer.bytes);
        }
    },
  );
});

/** Bytes beside what the host gives, of samples of so many steps. */
const grown = (algorithm: Algorithm) =>
  [100, 1000, 10_000].map((steps) => {
    const { bytes, host } = trainingMemory(net(steps, subtracting, { recurrent: true }), {
      ...options,
      algorithm,
      chunk: 1,
    });
    return bytes - host;
  }) as [number, number, number];
const SLACK = 130_000; // constants with a number for each step or segment, 12 bytes a step at most
test("growth with the steps is that of the table", () => {
  const [a, b, c] = grown(bptt());
  expect((c - b) / (b - a)).toBeCloseTo(10, 0);
  const root = grown(bptt(triangle(1), { checkpoint: "auto" }));
  expect((root[2] - root[1]) / (root[1] - root[0])).toBeCloseTo(Math.sqrt(10), 0);
  for (const flat of [eprop(), ottt(), truncatedBptt(triangle(1), { segment: 10 })]) {
    const [short, , long] = grown(flat);
    expect(long - short).toBeLessThan(SLACK);
  }
  expect(ALGORITHMS.bptt.map((x) => x.growth)).toEqual(["T", "k + T/k; √T at its least"]);
  expect([...ALGORITHMS.eprop, ...ALGORITHMS.ottt].map((x) => x.growth)).toEqual(["1", "1"]);
});

describe("within a budget", () => {
  const long = net(2000, subtracting, { recurrent: true });
  const needs = (o: Partial<TrainerOptions>, network = long): number =>
    trainingMemory(network, { ...options, ...o }).bytes;
  const chosen = (budget: number, o: Partial<TrainerOptions> = {}, network = long) =>
    fitToMemory(network, { ...options, ...o }, budget);

  test("BPTT where it fits, to the byte; then with one sample at a time, then with checkpoints", () => {
    const whole = net(30, subtracting, { recurrent: true });
    const all = needs({}, whole);
    expect(chosen(all, {}, whole)).toMatchObject({ algorithm: bptt(triangle(1)), bytes: all, budget: all });
    expect(chosen(all, {}, whole).chunk).toBeUndefined();
    expect(chosen(all - 1, {}, whole)).toMatchObject({ algorithm: bptt(triangle(1)), chunk: 1 });
    const single = needs({ chunk: 1 });
    const found = chosen(single - 1);
    expect(found.algorithm).toEqual(bptt(triangle(1), { checkpoint: 1000 }));
    expect(found.reason).toMatch(
      /^Trained by BPTT with checkpoints every 1000 steps.* the same gradient; a sample runs forwards twice/,
    );
    expect(found.reason).toContain(`BPTT, one sample at a time needs`);
    for (const budget of [found.bytes, found.bytes - 1]) expect(chosen(budget).bytes).toBeLessThanOrEqual(budget);
  });
  test("the longest checkpoints that fit", () => {
    const budget = Math.floor(
      (needs({ algorithm: bptt(triangle(1), { checkpoint: 500 }), chunk: 1 }) +
        needs({ algorithm: bptt(triangle(1), { checkpoint: 250 }), chunk: 1 })) /
        2,
    );
    expect(chosen(budget).algorithm).toEqual(bptt(triangle(1), { checkpoint: 250 }));
  });
  test("then e-prop, which leaves paths between neurons out", () => {
    const found = chosen(needs({ algorithm: eprop(triangle(1)) }));
    expect(found.algorithm).toEqual(eprop(triangle(1)));
    expect(found.reason).toMatch(
      /another gradient: no error goes from one hidden neuron to another\. Looked at before: /,
    );
    expect(() => chosen(1000)).toThrow(/no algorithm trains .* within 1\.0 kB: .*BPTT needs .*OTTT needs .*smaller batch/);
  });
  test("e-prop before all that is inexact, where no hidden neuron hears another", () => {
    const flat = net(4000, subtracting, { hidden: 200, inputs: 1 });
    const eprops = needs({ algorithm: eprop(triangle(1)) }, flat);
    expect(chosen(eprops, {}, flat)).toMatchObject({
      algorithm: eprop(triangle(1)),
      reason: expect.stringContaining("the same gradient"),
    });
  });
  test("what does not train the network is passed over, and the reason says why", () => {
    const twin = sequential([input(3, { signal: "values" }), denseLayer(200), relu(), denseLayer(5), readout()], {
      steps: 400,
    });
    const budget = needs({ algorithm: truncatedBptt(triangle(1), { segment: 13 }), chunk: 1 }, twin);
    const { algorithm, reason } = chosen(budget, {}, twin);
    expect(algorithm).toEqual(truncatedBptt(triangle(1), { segment: 13 }));
    expect(reason).toMatch(/another gradient: no error goes back behind the start of a segment/);
    expect(reason).toContain("e-prop does not train it (connection hidden>output: e-prop carries no error through 'y'");
  });
  test("the surrogate stays, and the choice trains", async () => {
    const o = { ...options, algorithm: bptt(arctan(2)), loss: crossEntropy() };
    for (const part of [1, 0.5, 0.2]) {
      const { algorithm, chunk, bytes } = fitToMemory(long, o, Math.ceil(needs(o) * part));
      expect(algorithm.surrogate).toEqual(arctan(2));
      using trainer = await createTrainer(long, interpret, { ...o, algorithm, ...(chunk && { chunk }) });
      expect(trainer.bytes).toBeLessThanOrEqual(bytes);
    }
  });
});
