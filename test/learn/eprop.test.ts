/**
 * E-prop. Where a network has one hidden layer without recurrent connections nothing is left out, and its gradient is that of
 * back-propagation through time but for the order of additions; where it is recurrent, it is compared with the equations of
 * the paper, written synapse by synapse (`paperEprop.ts`). A tolerance of 1e-12 of a block's largest number is a few thousand
 * roundings in double precision: no sum here has more terms.
 */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, type Eprop, eprop } from "../../src/learn/algorithm.ts";
import { feedbackWeights } from "../../src/learn/eprop.ts";
import {
  crossEntropy,
  crossEntropyEachStep,
  meanSquared,
  meanSquaredEachStep,
  softmaxSum,
} from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { cubaLif } from "../../src/model/neuron/cubaLif.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { expectNear } from "./near.ts";
import { paperEprop } from "./paperEprop.ts";
import { drawSamples, labelSteps, type SampleOptions, shortened } from "./samples.ts";

const [inputs, neurons, steps, classes] = [7, 9, 11, 3];
const lengths = [11, 4, 1, 8, 11];
const count = lengths.length;
const width = 0.8;
const surrogate = triangle(width);
const SEGMENTS = [1, 3, 5, 11];

/** Adaptive LIF of the paper: eq. 6 to 10. The membrane loses its threshold one step after a spike, without a gradient. */
const [alpha, rho, beta] = [Math.exp(-1 / 6), Math.exp(-1 / 20), 0.4];
const bellec = (b = beta): NeuronModel =>
  neuron({
    name: "bellec-alif",
    equations: `
      v[t+1] = exp(-dt/tau)*v : 1
      a[t+1] = exp(-dt/tauA)*a + s : 1
      s : 1`,
    parameters: { tau: "6 ms", tauA: "20 ms", vTh: 1, beta: b },
    port: "v",
    spike: "v > vTh + beta*a",
    reset: "v -= vTh*exp(dt/tau)",
    after: "s = spike",
  });

/** What a net may differ in. */
interface Shape {
  readonly model: NeuronModel;
  readonly out?: NeuronModel;
  readonly weight?: readonly [number, number];
  readonly more?: Parameters<typeof population>[2];
  readonly recurrent?: boolean;
  readonly signal?: "spikes" | "values";
  readonly constant?: boolean;
  readonly late?: number;
}
const net = ({
  model,
  out = leakyIntegrator({ tau: "8 ms" }),
  weight: [low, high] = [-0.3, 0.8],
  ...o
}: Shape): Network =>
  network({
    name: "net",
    dt: "1 ms",
    steps,
    output: "output",
    inputs: { input: inputNode(inputs, { signal: o.signal ?? "spikes", constant: o.constant ?? false }) },
    populations: { hidden: population(neurons, model, o.more ?? {}), output: population(classes, out) },
    connections: [
      connect("input", "hidden", { weight: uniform(low, high), bias: uniform(0, 0.2), delay: o.late ?? 0 }),
      ...(o.recurrent ? [connect("hidden", "hidden", { weight: uniform(-0.5, 0.5), delay: 1 })] : []),
      connect("hidden", "output", { weight: uniform(-1, 1), bias: uniform(-0.2, 0.2) }),
    ],
  });
/** Two layers that the readout hears, neither of which hears the other, and the input itself. */
const parallel = (): Network =>
  network({
    name: "parallel",
    dt: "1 ms",
    steps,
    output: "output",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(neurons, lif({ tau: "5 ms", reset: "subtract" })),
      b: population(6, alif({ tauM: "6 ms", tauA: "20 ms" })),
      output: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", { weight: uniform(-0.3, 0.8) }),
      connect("input", "b", { weight: uniform(-1, 3), delay: 2 }),
      connect("a", "output", { bias: 0.1 }),
      connect("b", "output"),
      connect("input", "output", { delay: 3 }),
    ],
  });
const tau = { kind: "values", values: Float64Array.from({ length: neurons }, (_, k) => (3 + k) * 1e-3) } as const;
const second = neuron({
  name: "second",
  equations: "dv/dt = (i - v)/tau : 1\n di/dt = -i/tauSyn : 1",
  parameters: { tau: "8 ms", tauSyn: "4 ms" },
  port: "i",
});

interface Case {
  readonly net: Network;
  readonly kind?: SampleOptions["kind"];
  readonly more?: Partial<TrainerOptions>;
}
const subtracting = lif({ tau: "5 ms", reset: "subtract" });
const CASES: Readonly<Record<string, Case>> = {
  LIF: { net: net({ model: subtracting }) },
  "LIF, a reset to zero and a refractory period": { net: net({ model: lif({ tau: "8 ms", refractory: "2 ms" }) }) },
  "LIF whose time constants differ": { net: net({ model: subtracting, more: { parameters: { tau } } }) },
  "adaptive LIF of the paper": { net: net({ model: bellec() }) },
  "adaptive LIF, nothing detached": { net: net({ model: alif({ tauM: "6 ms", tauA: "20 ms" }), weight: [-1, 3] }) },
  "adaptive LIF, symplectic": { net: net({ model: seAdLif(), weight: [-1, 6] }) },
  "synaptic currents": { net: net({ model: cubaLif({ reset: "subtract" }) }) },
  dropout: { net: net({ model: subtracting, more: { dropout: 0.3 } }) },
  "late inputs": { net: net({ model: subtracting, late: 4 }) },
  "a readout of two states": { net: net({ model: bellec(), out: second }) },
  "a readout without memory": { net: net({ model: bellec(), out: linear() }) },
  "two layers side by side": { net: parallel() },
  "rates held near a target": {
    net: net({ model: bellec() }),
    more: { regularisers: [rate(0.2, { strength: 3 })] },
  },
  "rates and an answer each step": {
    net: net({ model: bellec() }),
    more: { regularisers: [rate(0.2, { strength: 3 })], loss: crossEntropyEachStep("mean") },
  },
  "squares each step": { net: net({ model: bellec() }), more: { loss: meanSquaredEachStep("sum", 2) } },
  "the last step": { net: net({ model: bellec() }), more: { loss: crossEntropy("last") } },
  "the largest step": { net: net({ model: bellec() }), more: { loss: meanSquared("max") } },
  "summed softmaxes": { net: net({ model: bellec() }), more: { loss: crossEntropy(softmaxSum()) } },
  "values as rows": { net: net({ model: bellec(), signal: "values" }), kind: "values", more: { form: "rows" } },
  "values as lists": { net: net({ model: bellec(), signal: "values" }), kind: "values", more: { form: "lists" } },
  "constant values as rows": {
    net: net({ model: bellec(), signal: "values", constant: true }),
    kind: "constant",
    more: { form: "rows" },
  },
  "constant values as lists": {
    net: net({ model: bellec(), signal: "values", constant: true }),
    kind: "constant",
    more: { form: "lists" },
  },
};
const make = (net: Network, algorithm: Algorithm, more: Partial<TrainerOptions> = {}, backend: Backend = wasm) =>
  createTrainer(net, backend, {
    algorithm,
    loss: crossEntropyEachStep("sum"),
    optimiser: sgd(0.1),
    batch: count,
    seed: 3,
    type: "f64",
    ...more,
  });
type Backend = typeof wasm | typeof interpret;
function batchFor({ kind = "events", more }: Case, seed = 1) {
  const drawn = shortened(drawSamples({ count, steps, inputs, classes, kind, seed, density: 0.4 }), lengths);
  const each = more?.loss === undefined || "each" in more.loss;
  return each ? labelSteps(drawn, steps, classes, seed) : { ...drawn, stepLabels: [] };
}

describe.each(Object.entries(CASES))("one hidden layer, nothing recurrent: %s", (_name, c) => {
  test.each(SEGMENTS)("the gradient of back-propagation through time, in segments of %i", async (segment) => {
    using whole = await make(c.net, bptt(surrogate), c.more);
    using trainer = await make(c.net, eprop(surrogate, { segment }), c.more);
    trainer.gradients(batchFor(c, 2).batch); // leftovers
    const { batch } = batchFor(c);
    const [{ loss, ...expected }, found] = [whole.gradients(batch), trainer.gradients(batch)];
    expect(found).toMatchObject(expected);
    expect(Math.abs(found.loss / loss - 1)).toBeLessThan(1e-14);
    expectNear(trainer.gradientBlocks(), whole.gradientBlocks(), 1e-12);
  });
});

describe.each([
  ["LIF", 0],
  ["adaptive LIF", beta],
] as const)("a recurrent layer: %s", (_name, adaptation) => {
  const recurrent = net({ model: bellec(adaptation), recurrent: true });
  const c = { net: recurrent };
  const { batch, samples, stepLabels } = batchFor(c);
  const paper = (p: Readonly<Record<string, ArrayLike<number>>>, feedback?: ArrayLike<number>) =>
    paperEprop(
      {
        ...{ inputs, neurons, classes, alpha, rho, beta: adaptation, threshold: 1, kappa: Math.exp(-1 / 8) },
        psi: (u) => Math.max(0, 1 - Math.abs(u) / width) / width,
        input: p["input>hidden.weight"]!,
        recurrent: p["hidden>hidden.weight"]!,
        output: p["hidden>output.weight"]!,
        inputBias: p["input>hidden.bias"]!,
        outputBias: p["hidden>output.bias"]!,
        feedback: feedback ?? p["hidden>output.weight"]!,
      },
      samples,
      stepLabels,
    );
  test.each(SEGMENTS)("symmetric feedback: the paper's equations, in segments of %i", async (segment) => {
    using trainer = await make(recurrent, eprop(surrogate, { segment }));
    trainer.gradients(batch);
    expectNear(trainer.gradientBlocks(), paper(trainer.parameters()), 1e-12);
  });
  test("and not the gradient of back-propagation through time", async () => {
    using trainer = await make(recurrent, bptt(surrogate));
    trainer.gradients(batch);
    const [found, other] = [trainer.gradientBlocks(), paper(trainer.parameters())];
    expect(() => expectNear(found, other, 0.01)).toThrow();
    const { "hidden>output.weight": own } = found;
    expectNear({ own: own! }, { own: other["hidden>output.weight"] }, 1e-12); // the readout's are exact
  });
  test("random feedback: the paper's equations with weights that the seed draws", async () => {
    for (const seed of [1, 2]) {
      using trainer = await make(recurrent, eprop(surrogate, { feedback: "random", seed, segment: 4 }));
      trainer.gradients(batch);
      const drawn = feedbackWeights(seed, "hidden", neurons, classes);
      expectNear(trainer.gradientBlocks(), paper(trainer.parameters(), drawn), 1e-12);
    }
  });
});

const layers = (): Network =>
  network({
    name: "layers",
    dt: "1 ms",
    steps,
    output: "output",
    inputs: { input: inputNode(inputs) },
    populations: {
      a: population(neurons, subtracting),
      b: population(70, bellec()),
      output: population(classes, leakyIntegrator()),
    },
    connections: [
      connect("input", "a", { weight: uniform(-0.3, 0.8) }),
      connect("a", "b", { weight: uniform(-0.5, 1), delay: 2 }),
      connect("b", "a", { weight: uniform(-0.2, 0.2), delay: 1 }),
      connect("b", "output"),
    ],
  });
test("random feedback reaches a layer from which nothing leads to the readout", async () => {
  using trainer = await make(layers(), eprop(surrogate, { feedback: "random" }));
  trainer.gradients(batchFor({ net: layers() }).batch);
  for (const block of Object.values(trainer.gradientBlocks())) expect(block.some((x) => x !== 0)).toBe(true);
});

const THREADS = [1, 2, 3, 8].map((n) => threadedWasm(n));
afterAll(() => {
  for (const b of THREADS) b.dispose();
});
test.each(["f32", "f64"] as const)("interpreter, wasm, any number of threads: the same bits in %s", async (type) => {
  const algorithm = eprop(surrogate, { feedback: "random", segment: 4 });
  const more: Partial<TrainerOptions> = { type, regularisers: [rate(0.2, { strength: 3 })] };
  const run = async (backend: Backend | (typeof THREADS)[number]) => {
    using trainer = await make(layers(), algorithm, more, backend as Backend);
    const results = [1, 2, 3].map((seed) => trainer.step(batchFor({ net: layers() }, seed).batch));
    return { results, parameters: trainer.parameters(), gradients: trainer.gradientBlocks() };
  };
  const expected = await run(interpret);
  for (const backend of THREADS) expect(await run(backend)).toEqual(expected);
});

describe("what is kept", () => {
  const buffers = async (net: Network, algorithm: Eprop = eprop(surrogate, { segment: 4 })) => {
    using trainer = await make(net, algorithm);
    return [...trainer.lowered.context.buffers.keys()].filter((n) => /\.(trace|eligibility)\.[\w.]+$/.test(n)).sort();
  };
  test("one number a source where the leak is all there is, and one a synapse for the readout's filter", async () => {
    expect(await buffers(net({ model: subtracting }))).toEqual([
      "hidden>output.bias.trace.v",
      "hidden>output.weight.trace.v",
      "input>hidden.bias.eligibility.filter.v",
      "input>hidden.bias.trace.v",
      "input>hidden.weight.eligibility.filter.v",
      "input>hidden.weight.trace.v",
    ]);
  });
  test("none a synapse where the readout has no memory either", async () => {
    const found = await buffers(net({ model: subtracting, out: linear() }));
    expect(found).toEqual(["input>hidden.bias.trace.v", "input>hidden.weight.trace.v"]);
  });
  test("one a synapse where a reset, an adaptation or a time constant of its own says what the target remembers", async () => {
    const weight = async (shape: Shape) =>
      (await buffers(net({ ...shape, out: linear() }))).filter((n) => n.startsWith("input>hidden.weight"));
    expect(await weight({ model: lif({ tau: "8 ms" }) })).toEqual(["input>hidden.weight.eligibility.v"]);
    expect(await weight({ model: subtracting, more: { parameters: { tau } } })).toEqual([
      "input>hidden.weight.eligibility.v",
    ]);
    expect(await weight({ model: bellec() })).toEqual([
      "input>hidden.weight.eligibility.a",
      "input>hidden.weight.eligibility.s",
      "input>hidden.weight.trace.v",
    ]);
    // No adaptation: the trace of its spikes changes nothing.
    expect(await weight({ model: bellec(0) })).toEqual(["input>hidden.weight.trace.v"]);
  });
  test("nothing grows with the steps of a sample but what the host gives", async () => {
    const bytes = async (steps: number): Promise<number> => {
      using trainer = await make({ ...net({ model: bellec(), recurrent: true }), steps }, eprop(surrogate));
      const mine = trainer.program.buffers.filter(
        (b) => b.role !== "argument" && !/^(step\.best|segment\.)/.test(b.name),
      );
      return mine.reduce((sum, b) => sum + b.length, 0);
    };
    const [short, long, longest] = [await bytes(200), await bytes(1000), await bytes(10_000)];
    expect([long, longest]).toEqual([short, short]);
  });
});
