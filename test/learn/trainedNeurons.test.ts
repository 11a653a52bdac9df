/**
 * Neurons that train: every parameter, initial state and weight. Oracle: central differences of the trainer's own loss in f64.
 * Neurons answer by value, so that the loss is smooth while no spike comes or goes; resets are the same on both sides. Central
 * differences of relative step 1e-6 err by rounding, 1e-16/1e-6 of the loss, and by 1e-12 times the third derivative.
 */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { gatedLayer, spikingLstm } from "../../src/model/gated.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { balancedResonateAndFire } from "../../src/model/neuron/balancedResonateAndFire.ts";
import { cubaLif } from "../../src/model/neuron/cubaLif.ts";
import { izhikevich } from "../../src/model/neuron/izhikevich.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { maskedPsn, maskedPsnWeights } from "../../src/model/neuron/maskedPsn.ts";
import { resonateAndFire } from "../../src/model/neuron/resonateAndFire.ts";
import { secondOrderLif } from "../../src/model/neuron/secondOrderLif.ts";
import { slidingPsn, slidingPsnWeights } from "../../src/model/neuron/slidingPsn.ts";
import { synapseFilter } from "../../src/model/neuron/synapseFilter.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { drawSamples } from "./samples.ts";

const [inputs, size, classes, steps, count] = [6, 5, 3, 14, 3];

/** A user's own neuron: a dendrite, a membrane, and a slow current that spikes feed. */
const own = neuron({
  name: "dendrite-and-adaptation",
  equations: `
    dv/dt = (d - w - v)/tauM : 1
    dd/dt = (-d + gain*tanh(d))/tauD : 1
    dw/dt = -w/tauW : 1`,
  parameters: { tauM: "10 ms", tauD: "5 ms", tauW: "50 ms", gain: 0.3, b: 0.2, vTh: 1 },
  spike: "v > vTh",
  reset: "v = 0; w += b",
  port: "d",
  method: "rk2",
});

/** Its current comes from a table, at a time that the neuron moves: the table's value is a factor in the gradient. */
const listening = neuron({
  name: "listening",
  equations: `
    dv/dt = (gain*drive(t - 0.3*ms - lag) + i - v)/tauM : 1
    dlag/dt = 0.7 : second
    i : 1 (input)`,
  parameters: { tauM: "10 ms", gain: 0.7, b: 0.2 },
  timedArrays: { drive: { values: [0.5, 2, 3, 1.5], dt: "2 ms" } },
  spike: "v > 1",
  reset: "v = 0; gained = drive(lag); v = b*gained",
});

interface Case {
  readonly model: NeuronModel;
  readonly output: string;
  /** Scale of the weights that arrive. */
  readonly weight: number;
  readonly trainable: readonly string[];
  readonly initial?: Readonly<Record<string, number>>;
  readonly dt?: string;
  /** Whether neurons are to fire and to be reset. */
  readonly fires: boolean;
}
const spiking = { fires: true } as const;
const cases: Record<string, Case> = {
  "a table looked up": {
    ...spiking,
    model: listening,
    output: "v",
    weight: 1,
    trainable: ["gain", "tauM", "b", "v.initial"],
  },
  izhikevich: {
    ...spiking,
    model: izhikevich(),
    output: "v",
    weight: 30,
    trainable: ["a", "b", "c", "d", "p2", "p1", "p0", "v.initial"],
  },
  "izhikevich, Euler": {
    ...spiking,
    model: neuron({ ...izhikevich().spec, method: "symplecticEuler" }),
    output: "v",
    weight: 30,
    trainable: ["a", "b", "c", "d"],
  },
  "resonate and fire": {
    ...spiking,
    model: resonateAndFire(),
    output: "x",
    weight: 2,
    trainable: ["b", "omega", "vTh"],
  },
  "balanced resonate and fire": {
    fires: false, // its spikes have the surrogate's derivative in the trace
    model: balancedResonateAndFire({ vTh: 1e3 }),
    output: "x",
    weight: 50,
    dt: "10 ms",
    trainable: ["omega", "offset", "x.initial"],
  },
  "sliding PSN": {
    ...spiking,
    model: slidingPsn({ order: 3 }),
    output: "h",
    weight: 1,
    trainable: slidingPsnWeights(3),
  },
  "masked PSN": {
    ...spiking,
    model: maskedPsn({ steps: 14, order: 3 }),
    output: "h",
    weight: 1,
    trainable: maskedPsnWeights(14, 3),
  },
  "snnTorch's Synaptic": {
    ...spiking,
    model: neuron({
      name: "synaptic",
      equations: `
        v[t+1] = beta*v + alpha*i + x - where(v > vTh, vTh, 0) : 1
        i[t+1] = alpha*i + x : 1
        x : 1 (input)`,
      parameters: { alpha: 0.7, beta: 0.9, vTh: 1 },
      spike: "v > vTh",
      port: "x",
    }),
    output: "v",
    weight: 0.6,
    trainable: ["alpha", "beta", "vTh"],
  },
  "exponential current": { ...spiking, model: cubaLif(), output: "v", weight: 4, trainable: ["tau", "tauSyn"] },
  "double exponential current": {
    ...spiking,
    model: secondOrderLif({ tauRise: "2 ms" }),
    output: "v",
    weight: 8,
    trainable: ["tau", "tauRise", "tauDecay"],
  },
  "synapse filter": { fires: false, model: synapseFilter(), output: "i", weight: 1, trainable: ["tau", "i.initial"] },
  "synapse filter that rises": {
    fires: false,
    model: synapseFilter({ tauRise: "2 ms" }),
    output: "i",
    weight: 1,
    trainable: ["tau", "tauRise"],
  },
  "a user's own": {
    ...spiking,
    model: own,
    output: "v",
    weight: 3,
    trainable: ["tauM", "tauD", "tauW", "gain", "b", "d.initial"],
  },
};

const networkOf = ({ model, output, weight, trainable, dt = "1 ms" }: Case): Network =>
  network({
    dt,
    steps,
    output: "out",
    inputs: { x: inputNode(inputs) },
    populations: {
      a: population(size, model, { trainable: Object.fromEntries(trainable.map((n) => [n, "neuron" as const])) }),
      out: population(classes, leakyIntegrator({ tau: "30 ms" })),
    },
    connections: [
      connect("x", "a", { weight: uniform(0.1 * weight, weight) }),
      connect("a", "out", { output, weight: uniform(-0.3, 0.3) }),
    ],
  });

const { batch } = drawSamples({ count, steps, inputs, classes, kind: "events", density: 0.4 });

async function worstDifferences(net: Network): Promise<Record<string, number>> {
  const o = { loss: crossEntropy("mean"), optimiser: sgd(1), batch: count, chunk: 2, seed: 2, type: "f64" } as const;
  using trainer = await createTrainer(net, wasm, { algorithm: bptt(arctan(2)), ...o });
  trainer.gradients(batch);
  const [gradients, parameters] = [trainer.gradientBlocks(), trainer.parameters()];
  const found: Record<string, number> = {};
  for (const [name, w] of Object.entries(parameters)) {
    const scale = Math.max(...Array.from(gradients[name]!, Math.abs));
    expect(scale, name).toBeGreaterThan(0);
    const at = (k: number, x: number): number => {
      const before = w[k]!;
      w[k] = x;
      trainer.setParameters(parameters);
      w[k] = before;
      return trainer.gradients(batch).loss;
    };
    const size = Math.max(...Array.from(w, Math.abs)) || 1;
    const h = 1e-6 * size;
    const slopes = Array.from(w, (x, k) => (at(k, x + h) - at(k, x - h)) / (2 * h));
    const worst = Math.max(...slopes.map((s, k) => Math.abs(s - gradients[name]![k]!)));
    // What a gradient says of the loss, beside the rounding of the loss itself.
    found[name] = worst / Math.max(scale, 1e-3 / size);
  }
  return found;
}

test.each(Object.entries(cases))("%s: gradients equal central differences", async (_name, c) => {
  const net = networkOf(c);
  for (const [name, d] of Object.entries(await worstDifferences(net))) expect(d, name).toBeLessThan(1e-5);
  if (!c.fires) return;
  using engine = await createEngine(networkOf(c), wasm, { seed: 2, type: "f64" });
  const events = Array.from({ length: steps }, (_, t) => (t % 2 === 0 ? [0, 1, 2, 3] : [4, 5])).flatMap((l, t) =>
    l.map((i) => [t, i] as const),
  );
  const { spikes } = engine.run(steps, { x: { steps: events.map(([t]) => t), indices: events.map(([, i]) => i) } });
  expect(spikes.a!.steps.length).toBeGreaterThan(0);
});

const layered = (parts: ReturnType<typeof gatedLayer>, output: string): Network =>
  network({
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { x: inputNode(inputs) },
    populations: { ...parts.populations, out: population(classes, linear()) },
    connections: [...parts.connections, connect("a", "out", { output, weight: uniform(-1, 1) })],
  });
test("spiking LSTM: gradients equal central differences, and its spikes train", async () => {
  const parts = gatedLayer("a", "x", spikingLstm(6));
  for (const [name, d] of Object.entries(await worstDifferences(layered(parts, "h"))))
    expect(d, name).toBeLessThan(1e-6);
  await expectLearns(layered(gatedLayer("a", "x", spikingLstm(12)), "spike"), 0.02);
});

async function expectLearns(net: Network, rate: number): Promise<void> {
  const o = { algorithm: bptt(triangle(1)), loss: crossEntropy("mean"), optimiser: adam(rate), batch: 3, seed: 2 };
  using trainer = await createTrainer(net, wasm, o);
  const losses = Array.from({ length: 200 }, () => trainer.step(batch).loss);
  trainer.requireFinite();
  expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!);
}
test.each(Object.entries(cases).filter(([, c]) => c.fires || c.dt))(
  "%s: by its spikes it learns its samples",
  async (name, c) => {
    const brf = name.startsWith("balanced");
    const model = brf ? balancedResonateAndFire() : c.model;
    const net = network({
      dt: c.dt ?? "1 ms",
      steps,
      output: "out",
      inputs: { x: inputNode(inputs) },
      populations: { a: population(20, model), out: population(classes, leakyIntegrator({ tau: "30 ms" })) },
      connections: [
        connect("x", "a", { weight: uniform(brf ? 10 : 0.1 * c.weight, brf ? 100 : c.weight) }),
        connect("a", "out", { weight: uniform(-0.5, 0.5) }),
      ],
    });
    await expectLearns(net, 0.03);
  },
);

test("a filter of each synapse's source, and of a group: through weights of 1, one to one", async () => {
  const net = network({
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { x: inputNode(inputs) },
    populations: {
      a: population(size, lif({ tau: "8 ms" })),
      fast: population(size, synapseFilter({ tau: "3 ms" }), { trainable: { tau: "neuron" } }),
      slow: population(size, synapseFilter({ tau: "20 ms", tauRise: "4 ms" }), { trainable: ["tau", "tauRise"] }),
      out: population(classes, lif({ tau: "9 ms" })),
      answer: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("x", "a", { weight: uniform(0.2, 0.9) }),
      connect("a", ["fast", "slow"], { connectivity: oneToOne, weight: 1, trainable: false }),
      connect("fast", "out", { port: "i", weight: uniform(0, 4) }),
      connect("slow", "out", { port: "i", weight: uniform(0, 4) }),
      connect("out", "answer", { weight: uniform(-1, 1) }),
    ],
  });
  await expectLearns({ ...net, output: "answer" }, 0.01);
});

test("balanced resonate and fire: without input and offset its modulus stays, to the last places", async () => {
  // |1 + dt (b + i omega)| = 1 is what the divergence boundary says (Higuchi et al. 2024, section 4).
  const model = balancedResonateAndFire({ vTh: 1e3, offset: "1e-12/second" });
  const net = network({
    dt: "10 ms",
    populations: { a: population(3, model, { initial: { x: 1 }, parameters: { omega: [5, 7.5, 10] } }) },
  });
  using engine = await createEngine(net, wasm, { type: "f64" });
  engine.run(1000, {});
  for (let k = 0; k < 3; k++)
    expect(Math.hypot(Number(engine.state("a.x")[k]), Number(engine.state("a.y")[k]))).toBeCloseTo(1, 9);
});
test("sliding PSN: a convolution in time, without reset", async () => {
  const net = network({
    dt: "1 ms",
    inputs: { x: inputNode(1) },
    populations: { a: population(1, slidingPsn({ order: 3 })) },
    connections: [connect("x", "a", { weight: 1 })],
  });
  using engine = await createEngine(net, wasm, { record: ["a.h"] });
  const { spikes } = engine.run(8, { x: { steps: [0, 1, 4, 5, 6], indices: [0, 0, 0, 0, 0] } });
  // h = x + x'/2 + x''/4 = 1, 1.5, 0.75, 0.25, 1, 1.5, 1.75, 0.75: above 1 in steps 1, 5 and 6.
  expect([...spikes.a!.steps]).toEqual([1, 5, 6]);
});
