import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import type { RheobaseError } from "../../src/base/errors.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import { BACKENDS, run } from "./run.ts";

/** Shows what arrives: x is the sum of the step. */
const meter = neuron({ name: "meter", equations: "x = i : 1\ni : 1 (input)" });
const net = network({
  dt: "1 ms",
  inputs: {
    spikes: inputNode(3),
    values: inputNode(2, { signal: "values" }),
    constant: inputNode(2, { signal: "values", constant: true }),
  },
  populations: { s: population(3, meter), v: population(2, meter), c: population(2, meter) },
  connections: [
    connect("spikes", "s", { weight: 1, connectivity: oneToOne, delay: 1 }),
    connect("values", "v", { weight: 1, connectivity: oneToOne, delay: 2 }),
    connect("constant", "c", { weight: 1, connectivity: oneToOne, delay: 2 }),
  ],
});
const RECORD = ["s.x", "v.x", "c.x"];

test("events and values arrive where and when they should; a constant has always been there", async () => {
  const inputs: Inputs = {
    spikes: { steps: [3, 0, 0, 0], indices: [1, 2, 0, 2], samples: [1, 0, 0, 0] },
    values: { values: Array.from({ length: 2 * 5 * 2 }, (_, k) => k + 1) },
    constant: { values: [5, 6, 7, 8] },
  };
  const { values } = await run(net, 5, { samples: 2, block: 2, record: RECORD, inputs });
  // Trial 0, then trial 1; a row a step. Two events of one input in one step count twice.
  // biome-ignore format: rows are steps
  expect([...values["s.x"]!]).toEqual([
    0,0,0, 1,0,2, 0,0,0, 0,0,0, 0,0,0,
    0,0,0, 0,0,0, 0,0,0, 0,0,0, 0,1,0,
  ]);
  expect([...values["v.x"]!]).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 11, 12, 13, 14, 15, 16]);
  expect([...values["c.x"]!]).toEqual([5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 7, 8, 7, 8, 7, 8, 7, 8, 7, 8]);
});

test("typed arrays serve as well as plain ones", async () => {
  const plain: Inputs = { spikes: { steps: [0, 2], indices: [1, 1] }, constant: { values: [1, 2] } };
  const typed: Inputs = {
    spikes: { steps: Uint16Array.of(0, 2), indices: Int32Array.of(1, 1) },
    constant: { values: Float32Array.of(1, 2) },
  };
  const [a, b] = await Promise.all([plain, typed].map((inputs) => run(net, 4, { record: RECORD, inputs })));
  expect(a).toEqual(b);
});

test("lists, trial by trial and step by step, are the same spikes", async () => {
  const events: Inputs = { spikes: { steps: [3, 0, 0, 0], indices: [1, 2, 0, 2], samples: [1, 0, 0, 0] } };
  // Of 2 trials of 4 steps, behind something that belongs to others.
  const lists: Inputs = { spikes: { list: [9, 0, 2, 2, 1, 9], ends: [1, 4, 4, 4, 4, 4, 4, 4, 5] } };
  const [a, b] = await Promise.all(
    [events, lists].map((inputs) => run(net, 4, { samples: 2, block: 3, record: RECORD, inputs })),
  );
  expect(a).toEqual(b);
  expect(a!.values["s.x"]!.reduce((x, y) => x + y)).toBe(3); // one is still on its way
});

test("the order in which events are given does not change a sum", async () => {
  const weight = [0.1, 1e8, -1e8];
  const one = network({
    dt: 1,
    inputs: { x: inputNode(3) },
    populations: { m: population(1, meter) },
    connections: [connect("x", "m", { weight })],
  });
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [0, 2, 1],
  ]; // prettier-ignore
  const sums = orders.map(async (indices) => {
    const { values } = await run(one, 1, { record: ["m.x"], inputs: { x: { steps: [0, 0, 0], indices } } });
    return values["m.x"]![0]!;
  });
  expect(new Set(await Promise.all(sums)).size).toBe(1);
});

describe("refused, with where and what", () => {
  const failing = async (inputs: Inputs, options: EngineOptions = {}, steps = 4): Promise<RheobaseError> => {
    using e = await createEngine(net, wasm, { record: RECORD, ...options });
    try {
      e.run(steps, inputs);
    } catch (error) {
      // Nothing was taken: the engine goes on as if nothing had been given.
      expect(e.stepsDone).toBe(0);
      expect(e.run(8).values["s.x"]!.every((x) => x === 0)).toBe(true);
      return error as RheobaseError;
    }
    throw new Error("not refused");
  };
  const good = { steps: [0], indices: [0] };
  test.each<[string, Inputs, string, string]>([
    [
      "an unknown input",
      { spikes: good, spike: good },
      "unknown-name",
      "inputs.spike: no such input; known: constant, spikes, values",
    ],
    [
      "values for spikes",
      { spikes: { values: [1, 2, 3] } },
      "type-mismatch",
      "inputs.spikes: takes spikes: { steps, indices }, or { list, ends }",
    ],
    ["spikes for values", { spikes: good, values: good }, "type-mismatch", "inputs.values: takes values: { values }"],
    [
      "columns of different lengths",
      { spikes: { steps: [0], indices: [0, 1] } },
      "shape-mismatch",
      "inputs.spikes: 2 indices with 1 steps",
    ],
    [
      "too few samples",
      { spikes: { ...good, samples: [] } },
      "shape-mismatch",
      "inputs.spikes: 1 indices with 1 steps and 0 samples",
    ],
    [
      "an index too high",
      { spikes: { steps: [0, 1], indices: [0, 3] } },
      "out-of-range",
      "inputs.spikes.indices[1]: must be a whole number from 0 to 2, got 3",
    ],
    [
      "a step too late",
      { spikes: { steps: [4], indices: [0] } },
      "out-of-range",
      "inputs.spikes.steps[0]: must be a whole number from 0 to 3, got 4",
    ],
    [
      "a step that is not whole",
      { spikes: { steps: [0.5], indices: [0] } },
      "out-of-range",
      "inputs.spikes.steps[0]: must be a whole number from 0 to 3, got 0.5",
    ],
    [
      "a step that is no number",
      { spikes: { steps: [Number.NaN], indices: [0] } },
      "out-of-range",
      "inputs.spikes.steps[0]: must be a whole number from 0 to 3, got NaN",
    ],
    [
      "a trial that is not run",
      { spikes: { ...good, samples: [1] } },
      "out-of-range",
      "inputs.spikes.samples[0]: must be a whole number from 0 to 0, got 1",
    ],
    [
      "too few lists",
      { spikes: { list: [1], ends: [0, 1, 1, 1] } },
      "shape-mismatch",
      "inputs.spikes.ends: needs where each of 4 lists ends, and 0 before it, got 4",
    ],
    [
      "a list that ends before it begins",
      { spikes: { list: [1, 1], ends: [0, 2, 1, 2, 2] } },
      "out-of-range",
      "inputs.spikes.ends[2]: must be a whole number from 2 to 2, got 1",
    ],
    [
      "an entry of a list too high",
      { spikes: { list: [1, 3], ends: [0, 1, 2, 2, 2] } },
      "out-of-range",
      "inputs.spikes.list[1]: must be a whole number from 0 to 2, got 3",
    ],
    [
      "too few values",
      { values: { values: [1, 2] } },
      "shape-mismatch",
      "inputs.values: needs 1 x 4 x 2 values, got 2",
    ],
    [
      "too many values",
      { constant: { values: [1, 2, 3] } },
      "shape-mismatch",
      "inputs.constant: needs 1 x 2 values, got 3",
    ],
    [
      "NaN",
      { spikes: good, constant: { values: [1, Number.NaN] } },
      "not-finite",
      "inputs.constant.values[1]: must be finite, got NaN",
    ],
    [
      "infinity",
      { constant: { values: [1, Number.POSITIVE_INFINITY] } },
      "not-finite",
      "inputs.constant.values[1]: must be finite, got Infinity",
    ],
  ])("%s", async (_what, inputs, code, message) => {
    const error = await failing(inputs);
    expect([error.name, error.code, error.message]).toEqual(["DataError", code, message]);
  });
  test("an event when there are no steps", async () => {
    expect((await failing({ spikes: good }, {}, 0)).message).toBe("inputs.spikes.steps[0]: there is none, got 0");
  });
  test("more events than a list holds", async () => {
    using e = await createEngine(net, wasm, { block: 2 });
    const many = { steps: new Array(20).fill(1), indices: new Array(20).fill(0) };
    expect(() => e.run(4, { spikes: many })).toThrow(
      "inputs.spikes: 20 events arrive in 2 steps; there is room for 10 (one of each input in each step)",
    );
  });
  test("a single step: positions and values of one step", async () => {
    using e = await createEngine(net, wasm, { samples: 2, record: RECORD });
    expect(() => e.step({ spikes: [0, 6] })).toThrow("inputs.spikes[1]: must be a whole number from 0 to 5, got 6");
    expect(() => e.step({ values: [1] })).toThrow("inputs.values: needs 2 x 1 x 2 values, got 1");
    expect(() => e.step({ other: [1] })).toThrow("inputs.other: no such input");
    e.step({ spikes: [4, 0] });
    expect([...e.step().values["s.x"]!]).toEqual([1, 0, 0, 0, 1, 0]);
  });
});

describe("options refused", () => {
  const refused = (options: EngineOptions, of = net): Promise<unknown> =>
    createEngine(of, wasm, options).then(
      () => "accepted",
      (e: Error) => e.message,
    );
  test.each<[EngineOptions, string]>([
    [{ seed: -1 }, "engine.seed: must be an integer from 0 to 4294967295, got -1"],
    [{ seed: 0.5 }, "engine.seed: must be an integer"],
    [{ samples: 0 }, "engine.samples: must be an integer from 1"],
    [{ block: 0 }, "engine.block: must be an integer from 1"],
    [{ firstStep: -1 }, "engine.firstStep: must be an integer from 0"],
    [{ firstSample: 2 ** 32 }, "engine.firstSample: must be an integer from 0"],
    [{ record: ["s.y"] }, "record: cannot record 's.y'; known: "],
    [{ record: ["s"] }, "record: cannot record 's'; known: "],
    [{ record: ["s.x.y"] }, "record: cannot record 's.x.y'"],
    [{ record: ["s.spike"] }, "record: cannot record 's.spike'"],
    [{ record: ["spikes.spike"] }, "record: cannot record 'spikes.spike'"],
    [{ parameters: { q: Float32Array.of(1) } }, "parameters.q: no such array; known: (none)"],
  ])("%o", async (options, message) => {
    expect(await refused(options)).toContain(message);
  });
  test("weights", async () => {
    const dense = network({
      dt: 1,
      inputs: { x: inputNode(2) },
      populations: { n: population(3, lif()) },
      connections: [connect("x", "n")],
    });
    const at = (w: Record<string, Float32Array>) => refused({ parameters: w }, dense);
    expect(await at({})).toBe("parameters.x>n.weight: is missing");
    expect(await at({ "x>n.weight": new Float32Array(5) })).toBe("parameters.x>n.weight: needs 2 x 3 numbers, got 5");
    expect(await at({ "x>n.weight": new Float32Array(6).fill(Number.NaN, 2, 3) })).toBe(
      "parameters.x>n.weight[2]: must be finite, got NaN",
    );
    expect(await at({ "x>n.weight": new Float32Array(6), "x>n.bias": new Float32Array(3) })).toBe(
      "parameters.x>n.bias: no such array; known: x>n.weight",
    );
    expect(await at({ "x>n.weight": new Float32Array(6) })).toBe("accepted");
  });
  test.each([-1, 0.5, Number.NaN])("%d steps", async (steps) => {
    using e = await createEngine(net, wasm);
    expect(() => e.run(steps)).toThrow(`steps: must be an integer >= 0, got ${steps}`);
  });
});

describe.each(BACKENDS.map((b) => [b.name, b] as const))("a run that goes wrong on %s", (_name, backend) => {
  const bad = neuron({ name: "bad", equations: "x[t+1] = x*x : 1\ny[t+1] = x - x : 1", initial: { x: 0.5 } });
  const start = new Float64Array(5).fill(0.5);
  start[3] = 2; // 2, 4, 16, 256, 65536, 2^32, 2^64, then above the largest f32 (2^128) in step 6
  const wrong = network({
    dt: 1,
    populations: { good: population(2, lif()), p: population(5, bad, { initial: { x: start } }) },
  });
  test("names population, neuron and step of a recorded value", async () => {
    using e = await createEngine(wrong, backend, { record: ["p.x"] });
    expect(() => e.run(20)).toThrow("p.x: neuron 3 became Infinity in step 6");
    expect(e.stepsDone).toBe(20);
  });
  test("names the block of one that is not recorded, or the step", async () => {
    using e = await createEngine(wrong, backend, { firstStep: 100, samples: 2 });
    expect(() => e.run(20)).toThrow("p.x: neuron 3 became Infinity in one of the steps 100 to 119");
    using one = await createEngine(wrong, backend, { block: 1 });
    expect(() => one.run(20)).toThrow("p.x: neuron 3 became Infinity in step 6");
    using step = await createEngine(wrong, backend);
    expect(() => Array.from({ length: 20 }, () => step.step())).toThrow("in step 6");
  });
  test("is a RunError with a code", async () => {
    using e = await createEngine(wrong, backend);
    expect(() => e.run(9)).toThrow(expect.objectContaining({ name: "RunError", code: "not-finite", path: "p.x" }));
  });
  test("a disposed engine does nothing more", async () => {
    const e = await createEngine(wrong, backend);
    const snapshot = e.snapshot();
    e.dispose();
    e.dispose();
    for (const call of [
      () => e.run(0),
      () => e.run(1),
      () => e.step(),
      () => e.snapshot(),
      () => e.restore(snapshot),
      () => e.setParameters({}),
      () => e.state("p.x"),
    ])
      expect(call).toThrow(expect.objectContaining({ name: "RunError", code: "disposed" }));
  });
});
