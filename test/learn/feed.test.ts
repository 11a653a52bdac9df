/** Batches that lie. Kernels compute addresses from them, so nothing wrong may get through. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { DataError } from "../../src/base/errors.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { Batch, EventInput, SparseValueInput } from "../../src/learn/feed.ts";
import { crossEntropy, crossEntropyEachStep, softmaxSum } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { drawSamples, type SampleOptions } from "./samples.ts";

const [inputs, steps, classes, count] = [5, 3, 4, 3];
type Kind = SampleOptions["kind"];
const netFor = (kind: Kind): Network =>
  sequential(
    [
      input(inputs, kind === "events" ? {} : { signal: "values", constant: kind === "constant" }),
      denseLayer(8, { weight: { kind: "uniform", low: 0, high: 0.9 }, delay: kind === "events" ? 1 : 0 }),
      lif(),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
const drawn = (kind: Kind): Batch => drawSamples({ count, steps, inputs, classes, kind, density: 0.6 }).batch;
const trainer = (kind: Kind) =>
  createTrainer(netFor(kind), wasm, { algorithm: bptt(), loss: crossEntropy(), optimiser: sgd(0), batch: 4, chunk: 2 });

const events = drawn("events").input as EventInput;
const lists = drawn("constant").input as SparseValueInput;
const changed = <A extends Uint32Array | Int32Array | Float32Array>(a: A, at: number, to: number): A => {
  const copy = a.slice() as A;
  copy[at] = to;
  return copy;
};
const last = count * steps;

const lies: Record<string, [Kind, Partial<Batch>, string, string]> = {
  "no samples": ["events", { count: 0 }, "shape-mismatch", "batch"],
  "half a sample": ["events", { count: 1.5 }, "shape-mismatch", "batch"],
  "a count that is no number": ["events", { count: Number.NaN }, "shape-mismatch", "batch"],
  "more samples than there is room for": ["events", { count: 5 }, "shape-mismatch", "batch"],
  "too few labels": ["events", { labels: [0] }, "shape-mismatch", "batch.labels"],
  "too many labels": ["events", { labels: [0, 1, 2, 3] }, "shape-mismatch", "batch.labels"],
  "a label that is no class": ["events", { labels: [0, 4, 0] }, "out-of-range", "batch.labels[1]"],
  "a label below 0": ["events", { labels: [0, 0, -1] }, "out-of-range", "batch.labels[2]"],
  "half a label": ["events", { labels: [0.5, 0, 0] }, "out-of-range", "batch.labels[0]"],
  "labels for each step, and a loss that takes one": [
    "events",
    { labelled: "steps", labels: new Int32Array(last) },
    "type-mismatch",
    "batch.labelled",
  ],
  "labels for something else": ["events", { labelled: "all" as "steps" }, "type-mismatch", "batch.labelled"],
  "too few lengths": ["events", { lengths: [3, 3] }, "shape-mismatch", "batch.lengths"],
  "a sample without steps": ["events", { lengths: [3, 0, 3] }, "out-of-range", "batch.lengths[1]"],
  "a sample longer than the network's": ["events", { lengths: [3, 3, 4] }, "out-of-range", "batch.lengths[2]"],
  "half a step": ["events", { lengths: [2.5, 3, 3] }, "out-of-range", "batch.lengths[0]"],
  "a length that is no number": ["events", { lengths: [3, 3, Number.NaN] }, "out-of-range", "batch.lengths[2]"],
  "too few numbers": ["events", { numbers: [1] }, "shape-mismatch", "batch.numbers"],
  "values for a network that takes spikes": ["events", { input: lists }, "type-mismatch", "batch.input"],
  "spikes for a network that takes values": ["constant", { input: events }, "type-mismatch", "batch.input"],
  "too few ends": [
    "events",
    { input: { ...events, ends: events.ends.slice(0, last) } },
    "shape-mismatch",
    "batch.input.ends",
  ],
  "ends that do not start at 0": [
    "events",
    { input: { ...events, ends: changed(events.ends, 0, 1) } },
    "out-of-range",
    "batch.input.ends[0]",
  ],
  "ends that fall": [
    "events",
    { input: { ...events, ends: changed(events.ends, 2, -1) } },
    "out-of-range",
    "batch.input.ends[2]",
  ],
  "an end beyond the list": [
    "events",
    { input: { ...events, ends: changed(events.ends, last, events.list.length + 1) } },
    "out-of-range",
    `batch.input.ends[${last}]`,
  ],
  "an index beyond the input": [
    "events",
    { input: { ...events, list: changed(events.list, 3, inputs) } },
    "out-of-range",
    "batch.input.list[3]",
  ],
  "an index far beyond": [
    "events",
    { input: { ...events, list: changed(events.list, 3, 4294967295) } },
    "out-of-range",
    "batch.input.list[3]",
  ],
  "an index below 0, in an array of another type": [
    "events",
    { input: { ...events, list: changed(new Int32Array(events.list), 3, -1) as unknown as Uint32Array } },
    "out-of-range",
    "batch.input.list[3]",
  ],
  "an index beyond the input, in an array of another type": [
    "events",
    { input: { ...events, list: Float64Array.from(changed(events.list, 3, inputs)) as unknown as Uint32Array } },
    "out-of-range",
    "batch.input.list[3]",
  ],
  "fewer values than the list": [
    "constant",
    { input: { ...lists, values: lists.values.slice(1) } },
    "out-of-range",
    `batch.input.ends[${count}]`,
  ],
  "a value that is no number": [
    "constant",
    { input: { ...lists, values: changed(lists.values, 1, Number.NaN) } },
    "not-finite",
    "batch.input.values[1]",
  ],
  "an index beyond the input, with values": [
    "constant",
    { input: { ...lists, list: changed(lists.list, 0, 99) } },
    "out-of-range",
    "batch.input.list[0]",
  ],
  "one row a sample where each step needs one": ["values", { input: lists }, "shape-mismatch", "batch.input.ends"],
};
test.each(Object.entries(lies))("%s is refused, and nothing has happened", async (_name, [kind, lie, code, path]) => {
  using t = await trainer(kind);
  const before = t.gradients(drawn(kind));
  expect(() => t.step({ ...drawn(kind), ...lie })).toThrow(expect.objectContaining({ code, path, name: "DataError" }));
  expect(t.updates).toBe(0);
  expect(t.gradients(drawn(kind))).toEqual(before);
});

const stepLies: Record<string, [Partial<Batch>, string, string]> = {
  "too few labels": [{ labels: new Int32Array(last - 1) }, "shape-mismatch", "batch.labels"],
  "one label a sample": [{ labels: [0, 1, 2] }, "shape-mismatch", "batch.labels"],
  "a label that is no class": [{ labels: changed(new Int32Array(last), 4, 4) }, "out-of-range", "batch.labels[4]"],
  "a label below -1": [{ labels: changed(new Int32Array(last), 8, -2) }, "out-of-range", "batch.labels[8]"],
  "half a label": [{ labels: changed(new Float32Array(last), 2, 0.5) }, "out-of-range", "batch.labels[2]"],
  "a missing label of a sample": [{ labelled: "samples", labels: [0, -1, 0] }, "out-of-range", "batch.labels[1]"],
};
test.each(Object.entries(stepLies))("with a loss of each step: %s", async (_name, [lie, code, path]) => {
  const net = netFor("events");
  const options = { loss: crossEntropyEachStep(), batch: 4, parameters: initialParameters(net, 0) };
  using e = await createEvaluator(net, wasm, options);
  const good: Batch = { ...drawn("events"), labelled: "steps", labels: new Int32Array(last) };
  expect(() => e.evaluate({ ...good, ...lie })).toThrow(expect.objectContaining({ code, path, name: "DataError" }));
  expect(e.evaluate(good).counted).toBe(last);
});

test("a label behind the end of a sample is not looked at", async () => {
  const net = netFor("events");
  const options = { loss: crossEntropyEachStep(), batch: 4, parameters: initialParameters(net, 0) };
  using e = await createEvaluator(net, wasm, options);
  const batch: Batch = { ...drawn("events"), labelled: "steps", lengths: [3, 2, 3], labels: new Int32Array(last) };
  expect(e.evaluate({ ...batch, labels: changed(new Int32Array(last), 5, 99) })).toEqual(e.evaluate(batch));
});

test("samples shorter than the steps that a loss leaves out, and a network of no more steps", async () => {
  const net = netFor("events");
  const parameters = initialParameters(net, 0);
  using e = await createEvaluator(net, wasm, { loss: crossEntropy(softmaxSum(1)), batch: 4, parameters });
  expect(() => e.evaluate({ ...drawn("events"), lengths: [3, 1, 3] })).toThrow(
    "batch.lengths[1]: is 1; a sample of this network has from 2 to 3 steps, because the loss looks at steps from 1 on",
  );
  const loss = crossEntropy(softmaxSum(steps));
  const message = "loss.pooling.from: samples have 3 steps, and none from 3 on";
  await expect(createEvaluator(net, wasm, { loss, batch: 4, parameters })).rejects.toThrow(message);
  const learning = { algorithm: bptt(), optimiser: sgd(0), batch: 4 };
  await expect(createTrainer(net, wasm, { ...learning, loss })).rejects.toThrow(message);
  expect(() => softmaxSum(-1)).toThrow("softmaxSum.from");
});

test.each<[Kind, string, unknown, string]>([
  ["events", "list", [1], "must be a Uint32Array, got a plain array"],
  ["events", "list", undefined, "must be a Uint32Array, got nothing"],
  ["events", "list", new DataView(new ArrayBuffer(8)), "must be a Uint32Array, got DataView"],
  ["events", "ends", [0, 1, 1, 1], "must be a Uint32Array or an Int32Array, got a plain array"],
  ["events", "ends", new Float32Array(10), "must be a Uint32Array or an Int32Array, got Float32Array"],
  ["constant", "list", [1], "must be a Uint32Array, got a plain array"],
  ["constant", "values", [0.5], "must be a Float32Array, got a plain array"],
  ["constant", "values", null, "must be a Float32Array, got null"],
])("%s: an array that is none of its type: %s", async (kind, name, value, problem) => {
  using t = await trainer(kind);
  const [net, good] = [netFor(kind), drawn(kind)];
  using e = await createEvaluator(net, wasm, { loss: crossEntropy(), batch: 4, parameters: initialParameters(net, 1) });
  const batch = { ...good, input: { ...good.input, [name]: value } } as Batch;
  for (const run of [() => t.step(batch), () => e.evaluate(batch)])
    expect(run).toThrow(
      expect.objectContaining({ name: "DataError", code: "type-mismatch", message: `batch.input.${name}: ${problem}` }),
    );
});

test("more spikes than there is room for, because one input fires many times in a step", async () => {
  using t = await trainer("events");
  const many = 4 * steps * inputs + 5;
  const batch: Batch = {
    count: 1,
    labels: [0],
    input: { kind: "events", list: new Uint32Array(many), ends: Int32Array.of(0, many, many, many) },
  };
  expect(() => t.step(batch)).toThrow(expect.objectContaining({ code: "out-of-range", path: "batch.input" }));
  const twice: Batch = {
    count: 1,
    labels: [0],
    input: { kind: "events", list: Uint32Array.of(1, 1), ends: Int32Array.of(0, 2, 2, 2) },
  };
  expect(Number.isFinite(t.step(twice).loss)).toBe(true);
});

test("whatever the numbers are, a batch is refused or does no harm", async () => {
  using t = await trainer("events");
  const before = t.gradients(drawn("events"));
  const word = fc.oneof(fc.nat(8), fc.constantFrom(2 ** 31 - 1, 2 ** 32 - 1, 1e6, -1));
  const ends = fc.array(word, { maxLength: 12 }).chain((x) =>
    fc.constantFrom(
      x,
      x.slice().sort((a, b) => a - b),
      [0, ...x.slice().sort((a, b) => a - b)],
    ),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), ends, fc.integer({ min: -1, max: 6 }), (list, e, n) => {
      const batch: Batch = {
        count: n,
        labels: new Int32Array(Math.max(0, n)),
        input: { kind: "events", list: Uint32Array.from(list), ends: Int32Array.from(e) },
      };
      try {
        expect(Number.isFinite(t.gradients(batch).loss)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
      expect(t.gradients(drawn("events"))).toEqual(before);
    }),
    { numRuns: 300 },
  );
});

test("an evaluator refuses the same batches", async () => {
  using e = await createEvaluator(netFor("events"), wasm, {
    loss: crossEntropy(),
    batch: 4,
    parameters: initialParameters(netFor("events"), 0),
  });
  for (const [kind, lie, code, path] of Object.values(lies).filter(([kind]) => kind === "events"))
    expect(() => e.evaluate({ ...drawn(kind), ...lie })).toThrow(expect.objectContaining({ code, path }));
});

test("a network of two inputs is refused by name", async () => {
  const net = network({
    name: "pair",
    dt: "1 ms",
    steps: 1,
    output: "out",
    inputs: { a: inputNode(2), b: inputNode(2) },
    populations: { out: population(2, leakyIntegrator()) },
  });
  const made = createEvaluator(net, wasm, { loss: crossEntropy(), batch: 1, parameters: {} });
  await expect(made).rejects.toThrow("pair: batches feed networks with one input; this has 2");
});
