/** What an evaluator answers and counts, against the naive simulation and against the streaming engine. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { EventInput } from "../../src/learn/feed.ts";
import { crossEntropy, type Loss, meanSquared } from "../../src/learn/loss.ts";
import { ANSWERS } from "../../src/learn/lossKernels.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { timedArray } from "../../src/model/timedArray.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { batchOf, drawSamples, type SampleOptions, watched } from "./samples.ts";
import { simulate } from "./simulate.ts";

const [inputs, steps, classes, count] = [12, 10, 4, 6];
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.6 } } as const;
const layered = sequential(
  [
    input(inputs),
    denseLayer(21, strong),
    lif({ tau: "5 ms", reset: "subtract" }),
    denseLayer(18, { ...strong, delay: 1 }),
    neurons(lif({ refractory: "2 ms" }), { recurrent: true }),
    denseLayer(classes),
    readout(),
  ],
  { steps },
);

interface Case {
  readonly net: Network;
  readonly loss?: Loss;
  readonly kind?: SampleOptions["kind"];
}
const cases: Record<string, Case> = {
  "two layers of spikes": { net: layered },
  "schedule loihi, the answer counted": {
    net: sequential(
      [input(inputs), denseLayer(21, strong), lif(), denseLayer(classes, strong), neurons(lif(), { name: "output" })],
      { steps, schedule: "loihi" },
    ),
    loss: crossEntropy("count"),
  },
  "constant currents": {
    net: sequential(
      [
        input(inputs, { signal: "values", constant: true }),
        denseLayer(21, strong),
        lif(),
        denseLayer(classes),
        readout(),
      ],
      { steps },
    ),
    kind: "constant",
    loss: meanSquared("last"),
  },
  "changing currents": {
    net: sequential(
      [input(inputs, { signal: "values" }), denseLayer(21, strong), lif(), denseLayer(classes), readout()],
      { steps },
    ),
    kind: "values",
    loss: crossEntropy("max"),
  },
  "the conventional twin": {
    net: sequential(
      [input(inputs, { signal: "values", constant: true }), denseLayer(21), relu(), denseLayer(classes), linear()],
      { steps: 1 },
    ),
    kind: "constant",
  },
};

test.each(Object.entries(cases))(
  "answers and counts equal the naive simulation: %s",
  async (_name, { net, loss = crossEntropy(), kind = "events" }) => {
    const { samples, labels, batch } = drawSamples({ count, steps: net.steps!, inputs, classes, kind });
    const parameters = initialParameters(net, 3, "f64");
    const backend = watched();
    using evaluator = await createEvaluator(net, backend, { loss, batch: count + 2, parameters, type: "f64" });
    evaluator.evaluate(drawSamples({ count, steps: net.steps!, inputs, classes, kind, seed: 8 }).batch); // leftovers must not matter
    const found = evaluator.evaluate(batch);
    const expected = simulate(net, parameters, samples, labels, { loss, surrogate: triangle(1) });
    expect(found.loss).toBeCloseTo(expected.loss, 12);
    const best = expected.answers.map((a) => a.indexOf(Math.max(...a)));
    expect([...found.predictions]).toEqual(best);
    expect(found.correct).toBe(best.filter((c, s) => c === labels[s]).length);
    expect(found.inputEvents).toBe(batch.input.list.length);
    for (const [node, p] of Object.entries(net.populations)) {
      const { active, membraneUpdates } = found.activity[node]!;
      const keepsState = p.model.variables.length > 0;
      expect(active, node).toBe(p.model.spike || !keepsState ? expected.active[node] : undefined);
      expect(membraneUpdates, node).toBe(keepsState ? expected.membraneUpdates[node] : undefined);
      if (p.model.spike) expect(active, node).toBeGreaterThan(10);
    }
    const stride = evaluator.lowered.context.stride("output");
    const answers = Array.from({ length: count }, (_, s) =>
      backend.loaded.array(ANSWERS).slice(s * stride, s * stride + classes),
    );
    answers.forEach((a, s) => a.forEach((x, c) => expect(x).toBeCloseTo(expected.answers[s]![c]!, 11)));
  },
);

/** The engine streams; it knows nothing of batches, chunks or losses. Its f32 numbers are the same to the last bit. */
test.each(["layered", "nest", "loihi", "brian"] as const)(
  "one sample at a time, an evaluator does what the engine does: schedule %s",
  async (schedule) => {
    const delay = schedule === "nest" ? 1 : 0;
    const net = sequential(
      [
        input(inputs),
        denseLayer(21, { ...strong, delay }),
        lif({ tau: "5 ms" }),
        denseLayer(18, { ...strong, delay: 2 }),
        neurons(lif(), { recurrent: true }),
        denseLayer(classes, { delay }),
        readout(),
      ],
      { steps, schedule },
    );
    const { samples, labels, batch } = drawSamples({ count, steps, inputs, classes, kind: "events" });
    const parameters = initialParameters(net, 3);
    const backend = watched();
    using evaluator = await createEvaluator(net, backend, { loss: crossEntropy("last"), batch: count, parameters });
    const total: Record<string, number> = { hidden1: 0, hidden2: 0 };
    for (const [s, sample] of samples.entries()) {
      using engine = await createEngine(net, wasm, { parameters, record: ["output.v"] });
      const events = sample.flatMap((row, t) => row.flatMap((x, i) => (x ? [[t, i]] : [])));
      const run = engine.run(steps, { input: { steps: events.map(([t]) => t!), indices: events.map(([, i]) => i!) } });
      const one = evaluator.evaluate(batchOf([sample], labels.slice(s, s + 1), "events"));
      for (const node of Object.keys(total)) {
        expect(one.activity[node]!.active).toBe(run.spikes[node]!.steps.length);
        total[node]! += run.spikes[node]!.steps.length;
      }
      expect(Array.from(run.values["output.v"]!.slice(-classes))).toEqual(
        Array.from(backend.loaded.array(ANSWERS).subarray(0, classes)),
      );
    }
    const all = evaluator.evaluate(batch).activity;
    for (const node of Object.keys(total)) expect(all[node]!.active).toBe(total[node]);
    expect(total.hidden2).toBeGreaterThan(20);
  },
);

test("timed arrays, the number of the step, events, lastspike and what is held over a step do in samples what they do in the engine", async () => {
  const rows = Array.from({ length: 5 }, (_, t) => Array.from({ length: 21 }, (_, k) => ((t * 7 + k * 3) % 11) / 20));
  const model = neuron({
    name: "language",
    equations: `
      dv/dt = (held + drive(t) + 2*table(t, i) + x + turn + sought - v)/(5*ms) : 1
      sought = 0.2*drive(t - x*4*ms) + 0.1*table(t - v*ms, (i + 1) % N) : 1
      turn = 0.1*(t_in_timesteps % 4) : 1
      held = 0.1*v : 1 (constant over dt)
      x : 1`,
    timedArrays: { drive: timedArray([0.2, 1.5, 0.1], "3 ms"), table: timedArray(rows, "2 ms") },
    spike: "v > 1 + exp(-(t - lastspike)/(4*ms))",
    reset: "v = 0",
    events: { near: "v > 0.8" },
    onEvent: { near: "x += 0.1" },
    port: "v",
  });
  const net = sequential([input(inputs), denseLayer(21, strong), model, denseLayer(classes), readout()], { steps });
  const { samples, labels } = drawSamples({ count, steps, inputs, classes, kind: "events" });
  const parameters = initialParameters(net, 3);
  const backend = watched();
  using evaluator = await createEvaluator(net, backend, { loss: crossEntropy("last"), batch: count, parameters });
  let total = 0;
  for (const [s, sample] of samples.entries()) {
    using engine = await createEngine(net, wasm, { parameters, record: ["output.v"] });
    const events = sample.flatMap((row, t) => row.flatMap((x, i) => (x ? [[t, i]] : [])));
    const run = engine.run(steps, { input: { steps: events.map(([t]) => t!), indices: events.map(([, i]) => i!) } });
    const one = evaluator.evaluate(batchOf([sample], labels.slice(s, s + 1), "events"));
    expect(one.activity.hidden!.active).toBe(run.spikes.hidden!.steps.length);
    total += run.spikes.hidden!.steps.length;
    expect(Array.from(run.values["output.v"]!.slice(-classes))).toEqual(
      Array.from(backend.loaded.array(ANSWERS).subarray(0, classes)),
    );
  }
  expect(total).toBeGreaterThan(50);
});

test("random draws are those of the engine's trials, by the sample's number and step", async () => {
  const noisy = neuron({
    name: "noisy",
    equations: "v[t+1] = 0.8*v + 0.4*randn() : 1",
    spike: "v > 1",
    reset: "v = 0",
    port: "v",
  });
  const net = sequential([input(inputs), denseLayer(30, strong), neurons(noisy), denseLayer(classes), readout()], {
    steps,
  });
  const parameters = initialParameters(net, 3);
  using evaluator = await createEvaluator(net, wasm, { loss: crossEntropy(), batch: count, parameters, seed: 11 });
  using engine = await createEngine(net, wasm, { parameters, samples: count, seed: 11 });
  const silent = batchOf(
    Array.from({ length: count }, () => Array.from({ length: steps }, () => new Array<number>(inputs).fill(0))),
    new Int32Array(count),
    "events",
  );
  const { spikes } = engine.run(steps);
  const bySample = (s: number): number => spikes.hidden!.samples.filter((x) => x === s).length;
  expect(evaluator.evaluate(silent).activity.hidden!.active).toBe(spikes.hidden!.steps.length);
  const reversed = Uint32Array.from({ length: count }, (_, k) => count - 1 - k);
  for (let s = 0; s < count; s++) {
    const one = batchOf(
      [Array.from({ length: steps }, () => new Array<number>(inputs).fill(0))],
      new Int32Array(1),
      "events",
    );
    expect(evaluator.evaluate({ ...one, numbers: reversed.subarray(s, s + 1) }).activity.hidden!.active).toBe(
      bySample(count - 1 - s),
    );
  }
  expect(new Set(Array.from({ length: count }, (_, s) => bySample(s))).size).toBeGreaterThan(1);
});

test("membranes are counted where spikes are decided, not where currents arrive; not at all where a step moves them twice", async () => {
  const cuba = neuron({
    name: "cuba",
    equations: "dv/dt = (g - v) / (5*ms) : 1\n dg/dt = -g / (3*ms) : 1",
    spike: "v > 100",
    reset: "v = 0",
    port: "g",
  });
  const make = (schedule: "layered" | "brian") =>
    network({
      dt: "1 ms",
      steps: 4,
      output: "out",
      schedule,
      inputs: { input: inputNode(1) },
      populations: { out: population(3, cuba) },
      connections: [connect("input", "out", { weight: [1, 0, 1] })],
    });
  const one = {
    count: 1,
    labels: [0],
    input: { kind: "events", list: Uint32Array.of(0), ends: Int32Array.of(0, 0, 1, 1, 1) } satisfies EventInput,
  };
  const updates = async (schedule: "layered" | "brian"): Promise<number | undefined> => {
    const net = make(schedule);
    using evaluator = await createEvaluator(net, wasm, {
      loss: crossEntropy("last"),
      batch: 1,
      parameters: initialParameters(net, 0),
    });
    return evaluator.evaluate(one).activity.out!.membraneUpdates;
  };
  // A spike in step 1 sets g of neurons 0 and 2; v follows in steps 2 and 3. Step 0 counts all three.
  expect(await updates("layered")).toBe(3 + 2 * 2);
  expect(await updates("brian")).toBeUndefined();
});

test("a counter that might overflow is refused", async () => {
  const net = sequential([input(2), denseLayer(2 ** 11), lif(), denseLayer(2), readout()], { steps: 2 ** 10 });
  const made = createEvaluator(net, wasm, {
    loss: crossEntropy(),
    batch: 2 ** 10,
    parameters: initialParameters(net, 0),
  });
  await expect(made).rejects.toThrow(/evaluator.batch: 1024 samples of 'hidden'/);
});

test("a network without steps, output or spikes to count is refused", async () => {
  const make = (net: Network, loss: Loss = crossEntropy()) =>
    createEvaluator(net, wasm, { loss, batch: 1, parameters: {} });
  const { steps: _steps, ...timeless } = layered;
  const { output: _output, ...mute } = layered;
  await expect(make(timeless)).rejects.toThrow(/needs 'steps'/);
  await expect(make(mute)).rejects.toThrow(/needs 'output'/);
  await expect(make(layered, crossEntropy("count"))).rejects.toThrow(/'output' does not spike/);
  const other: Network = {
    ...layered,
    populations: { ...layered.populations, output: population(classes, leakyIntegrator()) },
  };
  await expect(make(other)).rejects.toThrow(
    expect.objectContaining({ code: "unknown-name", path: "parameters.input>hidden1.weight" }),
  );
});
