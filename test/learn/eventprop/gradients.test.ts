/**
 * Exact gradients of spike times. Oracles: the closed form of one neuron behind one synapse; the paper's own adjoint
 * equations; and finite differences of the exact engine's spike times, through layers, loops, delays and any linear neuron.
 */
import { describe, expect, test } from "vitest";
import { vanRossumDistance } from "../../../src/analysis/distance.ts";
import {
  firstSpikeCrossEntropy,
  highestVoltage,
  squaredTimes,
  type TimeLoss,
  trainDistance,
} from "../../../src/learn/eventprop/timeLoss.ts";
import { createEventTrainer, type EventBatch, type EventTrainerOptions } from "../../../src/learn/eventprop/trainer.ts";
import { sgd } from "../../../src/learn/optimiser.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { cubaLif } from "../../../src/model/neuron/cubaLif.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { values } from "../../backend/cases.ts";

const options = (o: Partial<EventTrainerOptions> = {}): EventTrainerOptions => ({
  loss: firstSpikeCrossEntropy(),
  optimiser: sgd(0.1),
  duration: 0.05,
  seed: 4,
  ...o,
});

describe("one neuron behind one synapse", () => {
  // tau = 2 tauSyn: v(t) = w (x - x²) with x = e^(-t/tau), so that v = 1 where x = (1 + sqrt(1 - 4/w)) / 2.
  const net = network({
    dt: "1 ms",
    output: "out",
    inputs: { input: inputNode(1) },
    populations: { out: population(1, cubaLif({ tau: "20 ms", tauSyn: "10 ms" })) },
    connections: [connect("input", "out", { weight: { kind: "constant", value: 5 } })],
  });
  test.each([4.2, 5, 9])("the time and its derivative by the weight %d are those of the closed form", (w) => {
    const trainer = createEventTrainer(net, options({ loss: squaredTimes(1), duration: 0.04 }));
    trainer.setParameters({ "input>out.weight": Float64Array.of(w) });
    const target = 0.001;
    const start = 0.002;
    const batch = { count: 1, spikes: [{ times: [start], indices: [0] }], trains: [[[target]]] };
    const { loss } = trainer.gradients(batch);
    const root = Math.sqrt(1 - 4 / w);
    const x = (1 + root) / 2;
    const time = start - 0.02 * Math.log(x);
    const slope = (-0.02 / x) * (1 / (w * w * root)); // dx/dw = 1 / (w² root)
    expect(Math.sqrt(loss)).toBeCloseTo(time - target, 12);
    const found = trainer.gradientBlocks()["input>out.weight"]![0]! / (2 * (time - target));
    expect(found / slope).toBeCloseTo(1, 9); // the root loses digits as w nears 4
  });
});

const next = values(991);
for (let k = 0; k < 20; k++) next();
const drawnSpikes = (inputs: number, each: number) => {
  const list = Array.from({ length: inputs * each }, (_, k) => [0.002 + 0.025 * next(), k % inputs] as const);
  list.sort((a, b) => a[0] - b[0]);
  return { times: list.map((x) => x[0]), indices: list.map((x) => x[1]) };
};

const cell = cubaLif({ tau: "20 ms", tauSyn: "5 ms" });
const strong = { weight: { kind: "uniform", low: 0.2, high: 2.2 } } as const;
const alpha = neuron({
  name: "alpha",
  equations: `
    dv/dt = (g - v)/(15*ms) : 1
    dg/dt = (h - g)/(4*ms) : 1
    dh/dt = -h/(4*ms) : 1`,
  spike: "v > 0.4",
  reset: "v -= 0.4; g *= 0.5",
  port: "h",
});
const integrator = neuron({
  name: "integrator",
  equations: `
    dv/dt = i/(10*ms) : 1
    di/dt = -i/(5*ms) : 1`,
  spike: "v > 1",
  reset: "v = -0.2",
  port: "i",
});
const twoLayers = (hidden = cell, out = cell): Network =>
  network({
    dt: "1 ms",
    output: "out",
    inputs: { input: inputNode(4) },
    populations: { hidden: population(7, hidden), out: population(3, out) },
    connections: [connect("input", "hidden", strong), connect("hidden", "out", strong)],
  });
const loops = network({
  dt: "1 ms",
  output: "out",
  inputs: { input: inputNode(4) },
  populations: { hidden: population(6, cell), out: population(3, cell) },
  connections: [
    connect("input", "hidden", { ...strong, delay: 2 }),
    connect("hidden", "hidden", { weight: { kind: "uniform", low: -1, high: 0.6 }, delay: 1 }),
    connect("hidden", "out", strong),
    connect("input", "out", { weight: { kind: "uniform", low: -0.5, high: 0.5 } }),
    connect("out", "hidden", { weight: { kind: "uniform", low: -0.5, high: 0.5 }, delay: 3 }),
  ],
});

const nets: Record<string, { net: Network; delays?: EventTrainerOptions["delays"] }> = {
  "two layers": { net: twoLayers() },
  "loops and delays": { net: loops },
  "delays of each synapse": {
    net: twoLayers(),
    delays: { "input>hidden": Array.from({ length: 28 }, () => 0.004 * next()) },
  },
  "alpha currents, a reset by subtraction that touches a current too": { net: twoLayers(alpha, alpha) },
  "membranes without leak": { net: twoLayers(integrator, cell) },
};
const losses: Record<string, TimeLoss> = {
  "cross-entropy of first spikes": firstSpikeCrossEntropy({ tau: 3e-3 }),
  "squared times": squaredTimes(2e-3),
  "van Rossum": trainDistance(5e-3),
};
const cases = Object.entries(nets).flatMap(([name, n]) =>
  Object.entries(losses).map(([how, loss]) => ({ name, how, loss, ...n })),
);

test.each(cases)("gradients are finite differences of exact spike times: $name, $how", ({ net, loss, delays }) => {
  const count = 3;
  const batch: EventBatch = {
    count,
    spikes: Array.from({ length: count }, () => drawnSpikes(4, 3)),
    labels: [0, 1, 2],
    trains: Array.from({ length: count }, () => [[0.011], [0.017, 0.03], [0.02]]),
  };
  const trainer = createEventTrainer(net, options({ loss, ...(delays && { delays }) }));
  const result = trainer.gradients(batch);
  expect(result.silent).toBe(0);
  const at = trainer.parameters();
  const slopes = trainer.gradientBlocks();
  expect(Object.keys(slopes)).toEqual(net.connections.map((c) => `${c.name}.weight`));
  const scale = Math.max(...Object.values(slopes).flatMap((g) => Array.from(g, Math.abs)));
  expect(scale).toBeGreaterThan(1e-3);
  const h = 1e-5;
  for (const [name, w] of Object.entries(at))
    for (let k = 0; k < w.length; k++) {
      const lossAt = (d: number): number => {
        trainer.setParameters({ ...at, [name]: Float64Array.from(w, (x, i) => (i === k ? x + d : x)) });
        return trainer.evaluate(batch).loss;
      };
      // Fourth order: the error is of h⁴ and of 1e-15 / h.
      const measured = (8 * (lossAt(h) - lossAt(-h)) - (lossAt(2 * h) - lossAt(-2 * h))) / (12 * h);
      expect(Math.abs(slopes[name]![k]! - measured) / scale, `${name}[${k}]`).toBeLessThan(1e-7);
    }
});
const follower = neuron({
  name: "follower",
  equations: `
    dv/dt = (i - v)/(20*ms) : 1
    di/dt = -i/(5*ms) : 1`,
  port: "i",
});
const voltages = network({
  dt: "1 ms",
  output: "out",
  inputs: { input: inputNode(4) },
  populations: { hidden: population(7, cell), out: population(4, follower) },
  connections: [
    connect("input", "hidden", { ...strong, delay: 1 }),
    connect("hidden", "hidden", { weight: { kind: "uniform", low: -1, high: 0.4 }, delay: 1 }),
    connect("hidden", "out", { weight: { kind: "uniform", low: -2, high: 2.5 }, delay: 2 }),
  ],
});
/** The highest of many voltages of the exact engine, from outside. */
function sampledMaxima(
  parameters: ReturnType<ReturnType<typeof createEventTrainer>["parameters"]>,
  spikes: ReturnType<typeof drawnSpikes>,
) {
  const engine = createExactEngine(voltages, { parameters, record: ["out.v"] });
  const sampleAt = Array.from({ length: 50_000 }, (_, k) => k * 1e-6);
  const v = engine.run(0.05, { inputs: { input: spikes }, sampleAt }).values["out.v"]!;
  return [0, 1, 2, 3].map((k) =>
    sampleAt.reduce((top, _, n) => Math.max(top, v[4 * n + k]!), Number.NEGATIVE_INFINITY),
  );
}
test.each([4, 5, 6, 7, 8])("gradients of highest voltages are finite differences, weights of seed %d", (seed) => {
  const batch = { count: 2, spikes: [drawnSpikes(4, 3), drawnSpikes(4, 3)], labels: [2, 1] };
  const trainer = createEventTrainer(voltages, options({ loss: highestVoltage(0.3), seed }));
  const result = trainer.evaluate(batch);
  const at = trainer.parameters();
  const tops = batch.spikes.map((s) => sampledMaxima(at, s));
  const expected = tops.map((v, s) => {
    const e = v.map((x) => Math.exp(x / 0.3));
    return -Math.log(e[batch.labels[s]!]! / e.reduce((a, b) => a + b, 0));
  });
  expect(result.loss).toBeCloseTo((expected[0]! + expected[1]!) / 2, 4); // a microsecond from a corner
  expect([...result.predictions]).toEqual(tops.map((v) => v.indexOf(Math.max(...v))));
  trainer.gradients(batch);
  const slopes = trainer.gradientBlocks();
  const scale = Math.max(...Object.values(slopes).flatMap((g) => Array.from(g, Math.abs)));
  const h = 1e-5;
  for (const [name, w] of Object.entries(at))
    for (let k = 0; k < w.length; k++) {
      const lossAt = (d: number): number => {
        trainer.setParameters({ ...at, [name]: Float64Array.from(w, (x, i) => (i === k ? x + d : x)) });
        return trainer.evaluate(batch).loss;
      };
      const measured = (8 * (lossAt(h) - lossAt(-h)) - (lossAt(2 * h) - lossAt(-2 * h))) / (12 * h);
      expect(Math.abs(slopes[name]![k]! - measured) / scale, `${name}[${k}]`).toBeLessThan(1e-7);
    }
});
test("the losses are what they say of the engine's own spikes", () => {
  const [net, duration] = [twoLayers(), 0.05];
  const spikes = drawnSpikes(4, 3);
  const trains = [[0.011], [0.017, 0.03], [0.02]];
  const batch = { count: 1, spikes: [spikes], labels: [1], trains: [trains] };
  const trainer = createEventTrainer(net, options({ loss: trainDistance(5e-3) }));
  const found = createExactEngine(net, { parameters: trainer.parameters() }).run(duration, {
    inputs: { input: spikes },
  });
  const { times, indices } = found.spikes.out!;
  const mine = [0, 1, 2].map((k) => [...times].filter((_, n) => indices[n] === k));
  const distance = mine.reduce((sum, t, k) => sum + vanRossumDistance(t, trains[k]!, 5e-3) ** 2, 0);
  expect(trainer.evaluate(batch).loss).toBeCloseTo(distance, 12);
  const first = createEventTrainer(net, options()).evaluate(batch);
  const late = mine.map((t) => t[0]!);
  const [tau, late0] = [2e-3, late[1]!];
  const sum = late.reduce((a, t) => a + Math.exp(-t / tau), 0);
  expect(first.loss).toBeCloseTo(-Math.log(Math.exp(-late0 / tau) / sum) + 0.01 * (Math.exp(late0 / 0.01) - 1), 10);
  expect(first.predictions[0]).toBe(late.indexOf(Math.min(...late)));
});

describe("what cannot be trained so", () => {
  const one = (model: Parameters<typeof population>[1]) =>
    network({
      dt: "1 ms",
      output: "out",
      inputs: { input: inputNode(2) },
      populations: { out: population(2, model) },
      connections: [connect("input", "out", strong)],
    });
  test.each([
    [one(lif()), "connection input>out: adds to 'v', which the threshold looks at"],
    [
      one(cubaLif({ refractory: "2 ms" })),
      "out.refractory: training by exact spike times needs neurons without a refractory period",
    ],
  ] as const)("%#", (net, problem) => {
    expect(() => createEventTrainer(net, options())).toThrow(problem);
  });
  test("a network that is silent says so, and may be raised", () => {
    const weak = network({
      dt: "1 ms",
      output: "out",
      inputs: { input: inputNode(2) },
      populations: { out: population(2, cell) },
      connections: [connect("input", "out", { weight: { kind: "constant", value: 0.01 } })],
    });
    const batch = { count: 1, spikes: [{ times: [0.001, 0.002], indices: [0, 1] }], labels: [1] };
    const trainer = createEventTrainer(weak, options());
    expect(() => trainer.step(batch)).toThrow("every output of 'out' spike that must, so there is no gradient");
    const raised = createEventTrainer(weak, options({ raise: { out: { share: 0.5, by: 0.25 } } }));
    expect(raised.step(batch)).toMatchObject({ silent: 1, silentShare: { out: 1 }, correct: 0 });
    expect([...raised.parameters()["input>out.weight"]!]).toEqual([0.01, 0.26, 0.01, 0.26]); // the label's
    const hidden = createEventTrainer(
      twoLayers(),
      options({ raise: { hidden: { share: 0.5, by: 0.25 } }, loss: trainDistance(5e-3) }),
    );
    hidden.setParameters({
      "input>hidden.weight": new Float64Array(28).fill(0.01),
      "hidden>out.weight": new Float64Array(21).fill(1),
    });
    const still = { count: 1, spikes: batch.spikes, trains: [[[], [], []]] };
    expect(hidden.step(still).silentShare).toEqual({ hidden: 1, out: 1 });
    expect([...hidden.parameters()["input>hidden.weight"]!]).toEqual(new Array(28).fill(0.26));
  });
  test.each([
    [{ labels: [2] }, "batch.labels[0]: is 2; there are 2 classes"],
    [{}, "batch.labels[0]: is undefined; there are 2 classes"],
    [{ spikes: undefined as never }, "batch.spikes: must be a list with { times, indices } of each sample"],
    [{ spikes: [] }, "batch.spikes: holds 0 samples, count is 1"],
    [{ labels: [0], spikes: [{ times: [1], indices: [0] }] }, "inputs.input.times[0]"],
  ])("a batch that does not fit: %#", (part, problem) => {
    const batch = { count: 1, spikes: [{ times: [0.001], indices: [0] }], ...part };
    expect(() => createEventTrainer(one(cell), options()).gradients(batch)).toThrow(problem);
  });
});
