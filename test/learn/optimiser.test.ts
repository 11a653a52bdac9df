/** Optimisers against their published formulas, written out by hand, and against sequences that others printed. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { meanSquared } from "../../src/learn/loss.ts";
import {
  adam,
  adamax,
  averageWeights,
  chain,
  clipByNorm,
  cosine,
  type Optimiser,
  scaleByAdam,
  scaleByRate,
  sgd,
  stepwise,
  trace,
  weightDecay,
} from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { drawSamples } from "./samples.ts";

/** One input x, weights w, answers x·w: with a target of 0 the loss is Σ (x·w)² / n. */
const quadratic = (weight: number[]): Network =>
  network({
    dt: 1,
    steps: 1,
    output: "out",
    inputs: { input: inputNode(1, { signal: "values", constant: true }) },
    populations: { out: population(weight.length, linear()) },
    connections: [connect("input", "out", { weight })],
  });
const one = (x: number) =>
  ({
    count: 1,
    labels: [0],
    input: { kind: "sparse", list: Uint32Array.of(0), values: Float32Array.of(x), ends: Int32Array.of(0, 1) },
  }) as const;

/** The weights after each update of `scale · Σ w²`. */
async function course(weight: number[], scale: number, optimiser: Optimiser, updates: number): Promise<number[][]> {
  using trainer = await createTrainer(quadratic(weight), wasm, {
    algorithm: bptt(),
    loss: meanSquared("mean", 0),
    optimiser,
    batch: 1,
    type: "f64",
  });
  const batch = one(Math.sqrt(scale * weight.length));
  return Array.from({ length: updates }, () => {
    trainer.step(batch);
    return Array.from(trainer.parameters()["input>out.weight"]!);
  });
}

test("SGD with momentum: the sequence of the Keras documentation (tf.keras.optimizers.SGD, usage)", async () => {
  const [[plain]] = (await course([1], 0.5, sgd(0.1), 1)) as [[number]];
  expect(plain).toBeCloseTo(0.9, 7);
  const [[first], [second]] = (await course([1], 0.5, sgd(0.1, { momentum: 0.9 }), 2)) as [[number], [number]];
  expect([1 - first, first - second].map((x) => x.toFixed(6))).toEqual(["0.100000", "0.180000"]);
});

test("Adam: the first step of the Keras documentation, and the sequence of optax's (optax.adam, examples)", async () => {
  expect((await course([10], 0.5, adam(0.1), 1))[0]![0]).toBeCloseTo(9.9, 6);
  const objective = (await course([1, 2, 3], 1, adam(0.003), 5)).map((w) => w.reduce((s, x) => s + x * x, 0));
  expect(objective.map((x) => x.toPrecision(3))).toEqual(["14.0", "13.9", "13.9", "13.9", "13.8"]);
});

test("Adamax: the sequence of optax's (optax.adamax, examples)", async () => {
  const objective = (await course([1, 2, 3], 1, adamax(0.003), 5)).map((w) => w.reduce((s, x) => s + x * x, 0));
  expect(objective.map((x) => x.toPrecision(3))).toEqual(["14.0", "13.9", "13.9", "13.9", "13.8"]);
});

/** Kingma & Ba 2015, algorithm 1; Loshchilov & Hutter 2019, algorithm 2, for the decay. */
function adamByHand(rate: (t: number) => number, decay: number, [b1, b2, epsilon] = [0.9, 0.999, 1e-8]) {
  const [m, v] = [[], []] as [number[], number[]];
  return (w: number, g: number, k: number, t: number): number => {
    m[k] = b1! * (m[k] ?? 0) + (1 - b1!) * g;
    v[k] = b2! * (v[k] ?? 0) + (1 - b2!) * g * g;
    const [mHat, vHat] = [m[k]! / (1 - b1! ** t), v[k]! / (1 - b2! ** t)];
    return w - rate(t) * (mHat / (Math.sqrt(vHat) + epsilon!) + decay * w);
  };
}
/** Kingma & Ba 2015, algorithm 2, in the form of PyTorch's Adamax; decay apart, as in AdamW. */
function adamaxByHand(rate: number, decay: number, [b1, b2, epsilon] = [0.9, 0.999, 1e-8]) {
  const [m, u] = [[], []] as [number[], number[]];
  return (w: number, g: number, k: number, t: number): number => {
    m[k] = b1! * (m[k] ?? 0) + (1 - b1!) * g;
    u[k] = Math.max(b2! * (u[k] ?? 0), Math.abs(g) + epsilon!);
    return w - rate * (m[k]! / (1 - b1! ** t) / u[k]! + decay * w);
  };
}
/** Sutskever et al. 2013 in the form of PyTorch's SGD; decay is added to the gradient. */
function sgdByHand(rate: number, momentum: number, nesterov: boolean, decay: number) {
  const b: number[] = [];
  return (w: number, g: number, k: number): number => {
    const d = g + decay * w;
    b[k] = momentum * (b[k] ?? 0) + d;
    return w - rate * (nesterov ? d + momentum * b[k]! : b[k]!);
  };
}

const net = network({
  dt: "1 ms",
  steps: 1,
  output: "out",
  inputs: { input: inputNode(7, { signal: "values", constant: true }) },
  populations: { a: population(5, linear()), out: population(3, linear()) },
  connections: [
    connect("input", "a", { bias: 0.5 }),
    connect("a", "out", { bias: 0.1, name: "fixed", trainable: false }),
    connect("input", "out", { name: "skip" }),
  ],
});
const batches = Array.from(
  { length: 6 },
  (_, k) =>
    drawSamples({ count: 4, steps: 1, inputs: 7, classes: 3, kind: "constant", density: 0.7, seed: k + 1 }).batch,
);

/** Runs six updates, and after each compares the weights with `update` applied to the gradients that were found. */
async function compare(
  optimiser: Optimiser,
  update: (w: number, g: number, index: number, t: number) => number,
  factor: (norm: number) => number = () => 1,
): Promise<void> {
  using trainer = await createTrainer(net, wasm, {
    algorithm: bptt(),
    loss: meanSquared("mean", 1),
    optimiser,
    batch: 4,
    type: "f64",
  });
  let expected: Parameters = trainer.parameters();
  batches.forEach((batch, t) => {
    trainer.step(batch);
    const gradients = trainer.gradientBlocks();
    const all = Object.entries(gradients).filter(([name]) => !name.startsWith("fixed"));
    const scale = factor(Math.hypot(...all.flatMap(([, g]) => [...g])));
    let index = 0;
    expected = Object.fromEntries(
      Object.entries(expected).map(([name, w]) => [
        name,
        name.startsWith("fixed") ? w : w.map((x, k) => update(x, scale * gradients[name]![k]!, index++, t + 1)),
      ]),
    );
    for (const [name, w] of Object.entries(trainer.parameters())) {
      if (name.startsWith("fixed")) expect(w).toEqual(expected[name]);
      w.forEach((x, k) => expect(x, `${name}[${k}]`).toBeCloseTo(expected[name]![k]!, 13));
    }
  });
}

test("Adamax, with decay apart, other moments and epsilon, and clipped", async () => {
  await compare(adamax(0.01), adamaxByHand(0.01, 0));
  await compare(adamax(0.01, { decay: 0.3 }), adamaxByHand(0.01, 0.3));
  await compare(adamax(0.02, { b1: 0.5, b2: 0.9, epsilon: 1e-3 }), adamaxByHand(0.02, 0, [0.5, 0.9, 1e-3]));
  await compare(adamax(0.02, { clip: 0.1 }), adamaxByHand(0.02, 0), (norm) => Math.min(1, 0.1 / norm));
});

test("Adam, and AdamW with its decay apart from the moments; other moments and epsilon", async () => {
  await compare(
    adam(0.01),
    adamByHand(() => 0.01, 0),
  );
  await compare(
    adam(0.01, { decay: 0.3 }),
    adamByHand(() => 0.01, 0.3),
  );
  await compare(
    adam(0.02, { b1: 0.5, b2: 0.9, epsilon: 1e-3 }),
    adamByHand(() => 0.02, 0, [0.5, 0.9, 1e-3]),
  );
  await compare(
    adam(0.02, { b1: 0, b2: 0 }),
    adamByHand(() => 0.02, 0, [0, 0, 1e-8]),
  );
});

test("SGD: plain, momentum, Nesterov, with decay", async () => {
  await compare(sgd(0.05), sgdByHand(0.05, 0, false, 0));
  await compare(sgd(0.05, { momentum: 0.9 }), sgdByHand(0.05, 0.9, false, 0));
  await compare(sgd(0.05, { momentum: 0.9, nesterov: true }), sgdByHand(0.05, 0.9, true, 0));
  await compare(sgd(0.05, { momentum: 0.5, decay: 0.2 }), sgdByHand(0.05, 0.5, false, 0.2));
});

test("clipping scales the whole gradient to the limit, and leaves a smaller one alone to the last bit", async () => {
  const clip = (limit: number) => (norm: number) => Math.min(1, limit / norm);
  for (const limit of [1e-3, 0.7, 1e3])
    await compare(sgd(0.05, { clip: limit }), sgdByHand(0.05, 0, false, 0), clip(limit));
  await compare(
    adam(0.01, { clip: 0.3 }),
    adamByHand(() => 0.01, 0),
    clip(0.3),
  );
  const run = async (optimiser: Optimiser) => course([3, -4], 1, optimiser, 1);
  expect(await run(sgd(0.1, { clip: 20 }))).toEqual(await run(sgd(0.1))); // the norm is 10
  const [[a, b]] = (await run(sgd(0.1, { clip: 5 }))) as [[number, number]];
  expect([3 - a, b + 4]).toEqual([expect.closeTo(0.3, 7), expect.closeTo(0.4, 7)]); // half of 0.1·2w
});

test("a norm that overflows single precision is clipped all the same", async () => {
  const net = quadratic([1e15, -1e15]);
  using trainer = await createTrainer(net, wasm, {
    algorithm: bptt(),
    loss: meanSquared("mean", 0),
    optimiser: sgd(1, { clip: 1e14 }),
    batch: 1,
  });
  trainer.gradients(one(1e2)); // the loss is 1e34; the squares of the gradients, 1e38 each, sum beyond f32
  trainer.step(one(1e2));
  const [a, b] = trainer.parameters()["input>out.weight"]!;
  expect([a, b]).toEqual([expect.closeTo(1e15 - 1e14 / Math.SQRT2, -9), expect.closeTo(-1e15 + 1e14 / Math.SQRT2, -9)]);
});

describe("a gradient beyond single precision, of a finite loss", () => {
  // y = x·w is 1e10, the loss 1e20, and the gradient 2·x·y 2e40.
  const broken = one(1e30);
  const sound = one(1);
  const make = (optimiser: Optimiser) =>
    createTrainer(quadratic([1e-20]), wasm, { algorithm: bptt(), loss: meanSquared("mean", 0), optimiser, batch: 1 });
  const optimiser = adam(0.1, { clip: 1, overflow: "skip" });

  test("breaks weights, unless it is to be skipped", async () => {
    using trainer = await make(adam(0.1, { clip: 1 }));
    expect(trainer.step(broken).loss).toBeCloseTo(1e20, -14);
    expect(() => trainer.requireFinite()).toThrow("input>out.weight is not finite");
  });
  test("counts as 0 where it is skipped: moments fade, and the count is told and kept", async () => {
    using trainer = await make(optimiser);
    trainer.step(sound);
    const [first] = trainer.parameters()["input>out.weight"]!;
    expect(trainer.skipped).toBe(0);
    trainer.step(broken);
    trainer.requireFinite();
    const [second] = trainer.parameters()["input>out.weight"]!;
    const [m, v] = [0.9 / (1 - 0.9 ** 2), 0.999 / (1 - 0.999 ** 2)].map((c, k) => c * (1 - [0.9, 0.999][k]!)) as [
      number,
      number,
    ];
    const g = 2e-20; // too small for Adam's epsilon
    expect(second! - first!).toBeCloseTo((-0.1 * m * g) / (Math.sqrt(v) * g + 1e-8), 19); // to some last places of 9.5e-14 in f32
    expect(trainer.skipped).toBe(1);
    using other = await make(optimiser);
    other.restore(trainer.snapshot());
    expect(other.skipped).toBe(1);
  });
});

test("clipping anywhere but first is refused", async () => {
  const optimiser = chain(trace(), clipByNorm(1), scaleByRate(1));
  const made = createTrainer(quadratic([1]), wasm, { algorithm: bptt(), loss: meanSquared(), optimiser, batch: 1 });
  await expect(made).rejects.toThrow(/optimiser\[1\]: a gradient is clipped first of all/);
});

test("rates by step: cosine with warm-up meets its corners and its half-way point; stepwise falls in steps", () => {
  const rate = cosine(2, 110, { warmup: 10, floor: 0.5 });
  expect([1, 5, 10].map(rate)).toEqual([0.2, 1, 2]);
  expect(rate(60)).toBeCloseTo(1.25, 12);
  expect(rate(35)).toBeCloseTo(0.5 + 0.75 * (1 + Math.SQRT1_2), 12); // a quarter: cos 45°
  expect([110, 111, 500].map(rate)).toEqual([0.5, 0.5, 0.5]);
  expect([1, 10, 11, 20, 21].map(stepwise(1, 10, 0.1))).toEqual([1, 1, 0.1, 0.1, expect.closeTo(0.01, 15)]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(50), (total, warmup) => {
      const all = Array.from({ length: total + warmup }, (_, k) => cosine(1, total + warmup, { warmup })(k + 1));
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...all)).toBeLessThanOrEqual(1);
      all.slice(warmup).forEach((r, k, after) => expect(r).toBeLessThanOrEqual(after[k - 1] ?? 1));
    }),
    { numRuns: 50 },
  );
});

test("a rate by step is asked for steps 1, 2, 3", async () => {
  await compare(
    adam(stepwise(0.1, 2, 0.5)),
    adamByHand((t) => 0.1 * 0.5 ** Math.floor((t - 1) / 2), 0),
  );
});

test("transforms compose: decay before the moments is L2, after them it is decoupled", async () => {
  const before = await course([2], 0.5, chain(weightDecay(1), scaleByAdam(), scaleByRate(0.1)), 1);
  const after = await course([2], 0.5, chain(scaleByAdam(), weightDecay(1), scaleByRate(0.1)), 1);
  expect(before[0]![0]).toBeCloseTo(1.9, 6); // Adam's first step has size 1, whatever the gradient
  expect(after[0]![0]).toBeCloseTo(1.7, 6); // and here 2·0.1 more
});

test.each([
  ["a negative rate", () => sgd(-1)],
  ["a rate that is not a number", () => adam(Number.NaN)],
  ["b1 of 1", () => adam(1, { b1: 1 })],
  ["b2 of 1, of Adamax", () => adamax(1, { b2: 1 })],
  ["epsilon of 0, of Adamax", () => adamax(1, { epsilon: 0 })],
  ["negative momentum", () => sgd(1, { momentum: -0.1 })],
  ["clipping at 0", () => clipByNorm(0)],
  ["a negative clip", () => adam(1, { clip: -1 })],
  ["negative decay", () => adam(1, { decay: -1 })],
  ["epsilon 0", () => adam(1, { epsilon: 0 })],
])("%s is refused", (_name, make) => expect(make).toThrow(expect.objectContaining({ code: "out-of-range" })));

test("averages of weights: by hand, of what trains alone, and training goes on as without them", async () => {
  const make = (optimiser: Optimiser) =>
    createTrainer(net, wasm, { algorithm: bptt(), loss: meanSquared("mean", 1), optimiser, batch: 4, type: "f64" });
  using plain = await make(adam(0.1));
  using trainer = await make(adam(0.1, { average: 0.4 }));
  const averages = structuredClone(trainer.deployed()) as Record<string, Float64Array>;
  batches.forEach((batch, t) => {
    plain.step(batch);
    trainer.step(batch);
    const kept = [2 / 11, 3 / 12, 4 / 13, 5 / 14, 0.4, 0.4][t]!; // (1 + k) / (10 + k), at most 0.4
    expect(trainer.parameters()).toEqual(plain.parameters());
    for (const [name, mean] of Object.entries(averages)) {
      mean.forEach((x, k) => {
        mean[k] = kept * x + (1 - kept) * trainer.parameters()[name]![k]!;
      });
      trainer.deployed()[name]!.forEach((x, k) => {
        expect(x).toBeCloseTo(mean[k]!, 12);
      });
    }
  });
  expect(trainer.deployed()["fixed.weight"]).toEqual(trainer.parameters()["fixed.weight"]);
  expect(trainer.deployed()["skip.weight"]).not.toEqual(trainer.parameters()["skip.weight"]);

  using other = await make(chain(adam(0.1), averageWeights(0.4)));
  other.restore(trainer.snapshot());
  for (const t of [other, trainer]) t.step(batches[0]!);
  expect(other.deployed()).toEqual(trainer.deployed());
  trainer.setParameters(plain.parameters());
  expect(trainer.deployed()).toEqual(plain.parameters());
});

test("an overflow that is neither kept nor skipped is refused", () => {
  expect(() => adam(0.1, { clip: 1, overflow: "drop" as "skip" })).toThrow(
    "clipByNorm.overflow: must be 'keep' or 'skip', got 'drop'",
  );
});

test.each([-0.1, 1, Number.NaN])("an average that keeps %d is refused", (decay) => {
  expect(() => averageWeights(decay)).toThrow("averageWeights: must be from 0 to below 1");
});

test.each(["0.001", undefined, -1, Number.NaN])("a rate of %s is refused", (rate) => {
  for (const make of [adam, sgd, adamax])
    expect(() => make(rate as never)).toThrow(`a learning rate is a finite number >= 0, got ${rate}`);
});
