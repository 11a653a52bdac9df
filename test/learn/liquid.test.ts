/**
 * Liquid time constants. Oracle: the published equations, unit by unit in double precision, differentiated by `graph.ts`
 * with the surrogate for the derivative of the spike, nothing detached; and central differences of the trainer's own loss
 * where the spike is smooth.
 */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { multiGaussian, triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, fptt } from "../../src/learn/algorithm.ts";
import { crossEntropyEachStep, crossEntropyRising, meanSquared } from "../../src/learn/loss.ts";
import { adamax, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { liquid, liquidLayer, liquidReadout } from "../../src/model/liquid.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { numbers, run } from "../sim/run.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { Graph, type Value } from "./graph.ts";
import { expectNear } from "./near.ts";
import { drawSamples } from "./samples.ts";

const [inputs, size, classes, steps, count] = [3, 5, 2, 8, 3];
const width = 0.8;
const net = (): Network =>
  sequential([input(inputs, { signal: "values" }), liquid(size), liquidReadout(classes)], { steps });
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

/** The published step of layer and readout, as values that know their past. */
class ByHand {
  readonly g = new Graph();
  readonly leaves: Record<string, Value[]>;
  readonly #zero = this.g.leaf(0);

  constructor(p: Parameters) {
    this.leaves = Object.fromEntries(Object.entries(p).map(([n, w]) => [n, Array.from(w, (x) => this.g.leaf(x))]));
  }
  zeros(n: number): Value[] {
    return Array(n).fill(this.#zero);
  }
  #dense(x: readonly Value[], name: string, n: number): Value[] {
    const [w, b] = [this.leaves[`${name}.weight`]!, this.leaves[`${name}.bias`]];
    return range(n).map((j) => this.g.sum([this.g.dot(x, (k) => w[k * n + j]!), ...(b ? [b[j]!] : [])]));
  }
  #plus(a: readonly Value[], b: readonly Value[]): Value[] {
    return a.map((x, k) => this.g.sum([x, b[k]!]));
  }
  #sigmoid(x: Value): Value {
    const y = 1 / (1 + Math.exp(-x.value));
    return this.g.apply(y, [x], [y * (1 - y)]);
  }
  times(a: Value, b: Value): Value {
    return this.g.apply(a.value * b.value, [a, b], [b.value, a.value]);
  }
  /** `b + a·(x - b)` */
  #towards(b: Value, a: Value, x: Value): Value {
    return this.g.sum([
      b,
      this.times(
        a,
        this.g.linear([
          [1, x],
          [-1, b],
        ]),
      ),
    ]);
  }
  #gate(node: string, port: string, drive: readonly Value[], own: readonly Value[]): Value[] {
    const n = own.length;
    const sum = this.#plus(
      this.#dense(drive, `${node}_drive>${node}.${port}`, n),
      this.#dense(own, `${node}>${node}.${port}`, n),
    );
    return sum.map((x) => this.#sigmoid(x));
  }
  hidden(x: readonly Value[], { v, b, s }: { v: Value[]; b: Value[]; s: Value[] }) {
    const drive = this.#plus(this.#dense(x, "input>hidden_drive", size), this.#dense(s, "hidden>hidden_drive", size));
    const [tauM, tauA] = [this.#gate("hidden", "membrane", drive, v), this.#gate("hidden", "adaptation", drive, b)];
    const moved = v.map((m, k) => this.#towards(m, tauM[k]!, drive[k]!));
    const adapted = b.map((a, k) =>
      this.g.sum([this.times(tauA[k]!, a), this.times(this.g.linear([[-1, tauA[k]!]], 1), s[k]!)]),
    );
    const fired = moved.map((m, k) => {
      const u = this.g.linear(
        [
          [1, m],
          [-1.8, adapted[k]!],
        ],
        -0.1,
      );
      return this.g.apply(Number(u.value > 0), [u], [Math.max(0, 1 - Math.abs(u.value) / width) / width]);
    });
    return { v: moved.map((m, k) => this.times(this.g.linear([[-1, fired[k]!]], 1), m)), b: adapted, s: fired };
  }
  output(s: readonly Value[], v: readonly Value[]): Value[] {
    const drive = this.#dense(s, "hidden>output_drive", classes);
    const tau = this.#gate("output", "membrane", drive, v);
    return v.map((m, k) => this.#towards(m, tau[k]!, drive[k]!));
  }
  crossEntropy(o: readonly Value[], label: number): Value {
    const sum = o.reduce((a, x) => a + Math.exp(x.value), 0);
    const slopes = o.map((x, k) => Math.exp(x.value) / sum - Number(k === label));
    return this.g.apply(Math.log(sum) - o[label]!.value, o, slopes);
  }
}

/** Larger weights than published, so that a short sample fires and gates move. */
function lively(n: Network): Parameters {
  const next = numbers(7);
  const start = initialParameters(n, 3, "f64");
  return Object.fromEntries(
    Object.entries(start).map(([name, w]) => [name, Float64Array.from(w, () => 2.4 * next() + 0.1)]),
  );
}

test("the published step, and its gradient through time", async () => {
  const parameters = lively(net());
  const { samples, labels, batch } = drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.8 });
  const hand = new ByHand(parameters);
  let fired = 0;
  const losses = samples.flatMap((sample, k) => {
    let layer = { v: hand.zeros(size), b: hand.zeros(size), s: hand.zeros(size) };
    let o = hand.zeros(classes);
    return sample.map((row) => {
      layer = hand.hidden(
        row.map((x) => hand.g.leaf(x)),
        layer,
      );
      fired += layer.s.filter((s) => s.value > 0).length;
      o = hand.output(layer.s, o);
      return hand.crossEntropy(o, labels[k]!);
    });
  });
  const loss = hand.g.linear(losses.map((l) => [1 / count, l]));
  hand.g.backward(loss);
  expect(fired / (count * steps * size)).toBeGreaterThan(0.1);
  expect(fired / (count * steps * size)).toBeLessThan(0.7);
  for (const algorithm of [bptt(triangle(width)), bptt(triangle(width), { checkpoint: 3 })]) {
    using trainer = await createTrainer(net(), wasm, {
      algorithm,
      loss: crossEntropyEachStep("sum"),
      optimiser: sgd(1),
      batch: count,
      chunk: 2,
      type: "f64",
      parameters,
    });
    expect(trainer.gradients({ ...batch }).loss).toBeCloseTo(loss.value, 12);
    const expected = Object.fromEntries(Object.entries(hand.leaves).map(([n, w]) => [n, w.map((x) => x.gradient)]));
    expectNear(trainer.gradientBlocks(), expected, 1e-11);
  }
  // The engine runs the same network.
  const x = Float64Array.from(samples[0]!.flat());
  const { spikes } = await run(net(), steps, { type: "f64", parameters, inputs: { input: { values: x } } });
  const own = new ByHand(parameters);
  let layer = { v: own.zeros(size), b: own.zeros(size), s: own.zeros(size) };
  const found = samples[0]!.flatMap((row, t) => {
    layer = own.hidden(
      row.map((value) => own.g.leaf(value)),
      layer,
    );
    return layer.s.flatMap((s, k) => (s.value > 0 ? [[t, k]] : []));
  });
  expect([...spikes.hidden!.steps].map((t, k) => [t, spikes.hidden!.indices[k]])).toEqual(found);
});

test("with beta 0 there is no gate of an adaptation, and all else as with one that changes nothing", async () => {
  const design = (beta: number): Network =>
    sequential([input(inputs, { signal: "values" }), liquid(size, { b0: 0.3, beta }), liquidReadout(classes)], {
      steps,
    });
  const all = lively(design(1e-30)); // 0.3 + 1e-30 b is 0.3, in double precision
  const shared = Object.fromEntries(Object.entries(all).filter(([name]) => !name.includes("adaptation")));
  expect(Object.keys(initialParameters(design(0), 1)).sort()).toEqual(Object.keys(shared).sort());
  const { batch } = drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.8 });
  const given = { algorithm: bptt(triangle(width)), loss: crossEntropyEachStep("sum"), optimiser: sgd(1) };
  const found = async (net: Network, parameters: Parameters) => {
    using trainer = await createTrainer(net, wasm, { ...given, batch: count, type: "f64", parameters });
    const { loss } = trainer.gradients({ ...batch });
    return { loss, gradients: trainer.gradientBlocks() };
  };
  const [without, withOne] = [await found(design(0), shared), await found(design(1e-30), all)];
  expect(without.loss).toBe(withOne.loss);
  expect(Math.max(...without.gradients["hidden>hidden_drive.weight"]!.map(Math.abs))).toBeGreaterThan(1e-3); // they fire
  expectNear(
    without.gradients,
    Object.fromEntries(Object.keys(shared).map((name) => [name, withOne.gradients[name]!])),
    1e-11,
  );
});

test("a smooth spike: every gradient is its finite difference", async () => {
  const smooth = neuron({
    name: "smooth-liquid",
    equations: `
      v[t+1] = (1 - f)*u : 1
      b[t+1] = a : 1
      s[t+1] = f : 1
      u = v + sigmoid(membrane)*(i - v) : 1
      a = s + sigmoid(adaptation)*(b - s) : 1
      f = sigmoid(3*(u - 0.1 - 1.8*a)) : 1
      i : 1 (input)
      membrane : 1 (input)
      adaptation : 1 (input)`,
  });
  const wired = liquidLayer("hidden", "input", liquid(size));
  const own = network({
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { input: inputNode(inputs, { signal: "values" }) },
    populations: {
      ...wired.populations,
      hidden: population(size, smooth),
      ...liquidLayer("out", "hidden", liquidReadout(classes)).populations,
    },
    connections: [
      // What its spike brings in the layer, the smooth one brings by value.
      ...wired.connections.filter((_, k) => k !== 1),
      ...connect("hidden", "hidden_drive", { output: "s", delay: 1 }),
      ...connect("hidden", "out_drive", { output: "s" }),
      ...liquidLayer("out", "hidden", liquidReadout(classes)).connections.slice(1),
    ],
  });
  const { batch } = drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.8 });
  using trainer = await createTrainer(own, wasm, {
    algorithm: bptt(),
    loss: meanSquared("mean", 2),
    optimiser: sgd(1),
    batch: count,
    chunk: 2,
    type: "f64",
    parameters: lively(own),
  });
  trainer.gradients(batch);
  // Central differences of 1e-5 err by some 1e-8.
  expectNear(trainer.gradientBlocks(), finiteDifferences(trainer, batch), 1e-6);
});

describe("learns its samples", () => {
  const long = 12;
  const small = sequential([input(inputs, { signal: "values" }), liquid(24), liquidReadout(classes)], { steps: long });
  const { batch } = drawSamples({ count: 16, steps: long, inputs, classes, kind: "values", density: 0.8 });
  const surrogate = multiGaussian({ sigma: 0.3 });
  test.each<[string, Algorithm, number]>([
    ["by back-propagation through time", bptt(surrogate), 300],
    ["by forward propagation through time", fptt(surrogate), 160],
  ])("%s", async (_name, algorithm, rounds) => {
    using trainer = await createTrainer(small, wasm, {
      algorithm,
      loss: crossEntropyRising({ prior: 0 }),
      optimiser: adamax(0.01, { clip: 1 }),
      batch: 16,
      seed: 4,
    });
    const results = range(rounds).map(() => trainer.step(batch));
    expect(results[0]!.correct).toBeLessThan(14);
    expect(results.at(-1)!.correct).toBeGreaterThan(14);
    expect(results.at(-1)!.loss).toBeLessThan(0.8 * results[0]!.loss); // early steps do not know yet
  });
});

test("in sequential it has two populations, and a plain layer follows it", () => {
  const mixed = sequential(
    [input(inputs), liquid(size, { name: "wet", delay: 2, beta: 1, dropout: 0.2 }), denseLayer(classes), readout()],
    { steps },
  );
  expect(Object.keys(mixed.populations)).toEqual(["wet_drive", "wet", "output"]);
  expect(mixed.populations.wet!.dropout).toBe(0.2);
  expect(mixed.connections.find((c) => c.name === "input>wet_drive")!.delay).toBe(2);
  expect(mixed.connections.find((c) => c.to.node === "output")!.from).toEqual({ node: "wet", port: "spike" });
});
