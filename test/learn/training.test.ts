/** Whole updates: the same on both backends bit for bit, for the same seed, for any chunk; f32 near f64; tasks are learned. */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy, meanSquared } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import type { Network } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { distances, expectNear } from "./near.ts";
import { batchOf, drawSamples } from "./samples.ts";

const [inputs, steps, classes, count] = [17, 8, 5, 7];
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.6 } } as const;
const spiking = (dropout = 0): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(23, strong),
      neurons(lif({ tau: "5 ms", reset: "subtract" }), { recurrent: true, dropout }),
      denseLayer(19, { ...strong, delay: 1 }),
      neurons(lif(), { dropout }),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
const options: TrainerOptions = {
  algorithm: bptt(triangle(0.8)),
  loss: crossEntropy("mean"),
  optimiser: adam(0.01, { clip: 0.5, decay: 0.01 }),
  batch: count,
  seed: 3,
};
const drawn = (seed = 1) => drawSamples({ count, steps, inputs, classes, kind: "events", seed });

const distance = (a: Parameters, b: Parameters): number => Math.max(...Object.values(distances(a, b)));

test("interpreter and wasm learn the same bits: dropout, regulariser, clipping, Adam, f32", async () => {
  const made: Parameters[] = [];
  for (const backend of [wasm, interpret]) {
    using trainer = await createTrainer(spiking(0.3), backend, {
      ...options,
      chunk: 3,
      regularisers: [rate(0.1, { strength: 2 })],
    });
    for (const seed of [1, 2]) trainer.step(drawn(seed).batch);
    made.push(trainer.parameters());
  }
  expect(made[0]).toEqual(made[1]);
});

async function learned(net: Network, o: Partial<TrainerOptions> = {}, updates = 3): Promise<Parameters> {
  using trainer = await createTrainer(net, wasm, { ...options, ...o });
  for (let k = 1; k <= updates; k++) trainer.step(drawn(k).batch);
  return trainer.parameters();
}

test("the same seed gives the same weights, another seed others; also where only the dropout differs", async () => {
  const net = spiking(0.4);
  expect(await learned(net)).toEqual(await learned(net));
  expect(distance(await learned(net, { seed: 4 }), await learned(net))).toBeGreaterThan(0.1);
  const parameters = await learned(net, {}, 0);
  expect(distance(await learned(net, { parameters, seed: 4 }), await learned(net, { parameters }))).toBeGreaterThan(
    0.001,
  );
});

/** The batch is cut into chunks of 4 and 3, of 1, or not at all. */
test.each([1, 2, 4, 100])("chunks of %i give the gradients of chunks of 3, to rounding", async (chunk) => {
  const gradients = async (chunk: number): Promise<Parameters> => {
    using trainer = await createTrainer(spiking(0.3), wasm, { ...options, chunk, type: "f64" });
    trainer.gradients(drawn(9).batch); // leftovers must not matter
    trainer.gradients(drawn().batch);
    return trainer.gradientBlocks();
  };
  expect(distance(await gradients(chunk), await gradients(3))).toBeLessThan(1e-13);
});

test("a smaller batch in the place of a larger one", async () => {
  const { samples, labels } = drawn();
  const few = batchOf(samples.slice(0, 2), labels.slice(0, 2), "events");
  using large = await createTrainer(spiking(), wasm, { ...options, type: "f64" });
  using small = await createTrainer(spiking(), wasm, { ...options, type: "f64", batch: 2 });
  large.gradients(drawn().batch);
  expect([large.gradients(few), large.gradientBlocks()]).toEqual([small.gradients(few), small.gradientBlocks()]);
});

/**
 * Both start from the same f32 weights, and no membrane comes so near to its threshold that a spike differs (the losses
 * would show it). A gradient is then a sum of products over paths; along the longest, each of 8 steps adds in turn up to
 * 17 + 23 + 19 terms: some 500 roundings of 6e-8, were they all in the same direction.
 */
test("f32 gradients are near those of f64", async () => {
  using single = await createTrainer(spiking(), wasm, options);
  using double = await createTrainer(spiking(), wasm, { ...options, type: "f64", parameters: single.parameters() });
  const [a, b] = [single.gradients(drawn().batch), double.gradients(drawn().batch)];
  expect(a.loss).toBeCloseTo(b.loss, 5);
  expect(distance(single.gradientBlocks(), double.gradientBlocks())).toBeLessThan(500 * 6e-8);
  expect(distance(single.gradientBlocks(), double.gradientBlocks())).toBeGreaterThan(0);
});

/** Two hidden layers of rectified linear units, cross-entropy: back-propagation as in any textbook. */
function mlp(
  p: Parameters,
  samples: readonly (readonly number[])[],
  labels: ArrayLike<number>,
): Record<string, number[]> {
  const names = ["input>hidden1", "hidden1>hidden2", "hidden2>output"];
  const gradients = Object.fromEntries(
    Object.entries(p).map(([name, w]) => [name, new Array<number>(w.length).fill(0)]),
  );
  samples.forEach((sample, s) => {
    const x = [sample] as (readonly number[])[];
    for (const [k, name] of names.entries()) {
      const [w, bias] = [p[`${name}.weight`]!, p[`${name}.bias`]!];
      const z = Array.from(bias, (b, j) => x[k]!.reduce((sum, a, i) => sum + a * w[i * bias.length + j]!, b));
      x.push(k < 2 ? z.map((a) => Math.max(0, a)) : z);
    }
    const e = x[3]!.map(Math.exp);
    const total = e.reduce((a, b) => a + b);
    let delta = e.map((a, j) => (a / total - Number(j === labels[s])) / samples.length);
    for (let k = 2; k >= 0; k--) {
      const [w, width] = [p[`${names[k]}.weight`]!, delta.length];
      for (const [j, d] of delta.entries()) {
        gradients[`${names[k]}.bias`]![j]! += d;
        for (const [i, a] of x[k]!.entries()) gradients[`${names[k]}.weight`]![i * width + j]! += a * d;
      }
      delta = x[k]!.map((a, i) => (a > 0 ? delta.reduce((sum, d, j) => sum + d * w[i * width + j]!, 0) : 0));
    }
  });
  return gradients;
}

test("the conventional twin: gradients of a perceptron with two hidden layers", async () => {
  const net = sequential(
    [
      input(inputs, { signal: "values", constant: true }),
      denseLayer(23),
      relu(),
      denseLayer(19),
      relu(),
      denseLayer(classes),
      linear(),
    ],
    { steps: 1 },
  );
  const { samples, labels, batch } = drawSamples({ count, steps: 1, inputs, classes, kind: "constant", density: 0.5 });
  using trainer = await createTrainer(net, wasm, { ...options, type: "f64" });
  trainer.gradients(batch);
  const expected = mlp(
    trainer.parameters(),
    samples.map((s) => s[0]!),
    labels,
  );
  expectNear(trainer.gradientBlocks(), expected, 1e-13);
});

test("seven random samples are learned by heart, by spikes and by their twin", async () => {
  const twin = sequential(
    [input(inputs, { signal: "values", constant: true }), denseLayer(30), relu(), denseLayer(classes), linear()],
    { steps: 1 },
  );
  for (const [net, kind] of [
    [spiking(), "events"],
    [twin, "constant"],
  ] as const) {
    const { batch } = drawSamples({ count, steps: net.steps!, inputs, classes, kind });
    using trainer = await createTrainer(net, wasm, { ...options, optimiser: adam(0.02) });
    const first = trainer.gradients(batch);
    for (let k = 0; k < 200; k++) trainer.step(batch);
    const last = trainer.gradients(batch);
    expect(first.loss).toBeGreaterThan(1);
    expect([last.loss < 0.01, last.correct]).toEqual([true, count]);
    expect(trainer.updates).toBe(200);
  }
});

test("spikes counted reach their targets: the loss falls to zero exactly", async () => {
  const net = sequential(
    [
      input(inputs),
      denseLayer(23, strong),
      lif({ tau: "5 ms" }),
      denseLayer(classes, strong),
      neurons(lif({ tau: "5 ms" }), { name: "output" }),
    ],
    { steps },
  );
  using trainer = await createTrainer(net, wasm, {
    ...options,
    algorithm: bptt(arctan(2)),
    loss: meanSquared("count", 3),
    optimiser: adam(0.01),
  });
  let loss = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 400 && loss > 0; k++) ({ loss } = trainer.step(drawn().batch));
  expect(loss).toBe(0);
});

test("connections that are not trainable keep their weights, and errors still pass through them", async () => {
  const net = spiking();
  const frozen: Network = {
    ...net,
    connections: net.connections.map((c) => (c.name.startsWith("hidden1>hidden2") ? { ...c, trainable: false } : c)),
  };
  using trainer = await createTrainer(frozen, wasm, { ...options, optimiser: sgd(0.1, { decay: 0.5, momentum: 0.9 }) });
  const before = trainer.parameters();
  for (let k = 1; k < 4; k++) trainer.step(drawn(k).batch);
  const after = trainer.parameters();
  const changed = Object.keys(before).filter(
    (name) => distance({ [name]: before[name]! }, { [name]: after[name]! }) > 0,
  );
  expect(changed.sort()).toEqual(
    Object.keys(before)
      .filter((name) => !name.startsWith("hidden1>hidden2"))
      .sort(),
  );
});

test("noise is drawn anew for each update, sample and step, and the same again for the same", async () => {
  const noisy = neuron({
    name: "noisy",
    equations: "v[t+1] = 0.8*v + 0.3*randn() : 1",
    spike: "v > 1",
    reset: "v = 0",
    port: "v",
  });
  const net = sequential(
    [
      input(inputs),
      denseLayer(40, { weight: 0, bias: 0 }),
      neurons(noisy, { name: "a" }),
      denseLayer(classes, { weight: { kind: "uniform", low: -1, high: 1 } }),
      neurons(noisy, { name: "output" }),
    ],
    { steps: 12 },
  );
  const { batch } = drawSamples({ count: 5, steps: 12, inputs, classes, kind: "events" });
  const losses = async (): Promise<number[]> => {
    using trainer = await createTrainer(net, wasm, { ...options, optimiser: sgd(0), batch: 5 });
    return [trainer.step(batch).loss, trainer.step(batch).loss];
  };
  const [first, second] = await losses();
  expect(first).not.toBe(second);
  expect(await losses()).toEqual([first, second]);
});

describe("options are looked at before anything is compiled", () => {
  const { optimiser, ...without } = options;
  const cases: readonly [string, object, string, string][] = [
    ["misspelt", { ...without, optimizer: optimiser }, "unknown-name", "trainer.optimizer: unknown property; known: "],
    ["missing", without, "usage", "trainer.optimiser: is missing"],
    ["no such pooling", { ...options, loss: crossEntropy("meen" as "mean") }, "unknown-name", "unknown pooling 'meen'"],
  ];
  test.each(cases)("%s", async (_, given, code, message) => {
    const made = createTrainer(spiking(), interpret, given as TrainerOptions);
    await expect(made).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
