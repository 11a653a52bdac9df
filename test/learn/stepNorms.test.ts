/**
 * Batch normalisation of each step by itself, within cycles and between layers, under forward propagation through time.
 * Oracles: the published layer (Yin, Corradi and Bohté 2023) written out in double precision with one graph for all samples
 * of a step, differentiated by `graph.ts`; and central differences of the loss of a network of one step.
 */
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { fptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropyEachStep, crossEntropyRising } from "../../src/learn/loss.ts";
import { adamax, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { liquid, liquidReadout } from "../../src/model/liquid.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { input, sequential } from "../../src/model/sequential.ts";
import { batchNorm, sum } from "../../src/model/transform.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { Graph, type Value } from "./graph.ts";
import { expectNear } from "./near.ts";
import { drawSamples, shortened } from "./samples.ts";

const [inputs, size, classes, steps, count] = [3, 5, 2, 6, 11];
const width = 0.8;
const surrogate = triangle(width);
const EPSILON = 0.01;
const MOMENTUM = 0.25;
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const lengths = [6, 3, 6, 1, 5, 6, 6, 2, 6, 4, 6];
const drawn = (seed: number, only = lengths) =>
  shortened(drawSamples({ count: only.length, steps, inputs, classes, kind: "values", density: 0.8, seed }), only);

/** @param own steps with running statistics of their own */
const layer = (length = steps, own?: number): Network =>
  sequential(
    [
      input(inputs, { signal: "values" }),
      liquid(size, {
        norm: {
          epsilon: EPSILON,
          momentum: MOMENTUM,
          gain: 0.7,
          offset: 0.1,
          ...(own !== undefined && { steps: own }),
        },
      }),
      liquidReadout(classes),
    ],
    { steps: length, name: "layer" },
  );

/** One step of all samples as published, from states that are plain numbers, and its gradient. */
class Together {
  readonly g = new Graph();
  readonly leaves: Record<string, Value[]>;

  constructor(p: Parameters) {
    this.leaves = Object.fromEntries(Object.entries(p).map(([n, w]) => [n, Array.from(w, (x) => this.g.leaf(x))]));
  }
  row(values: readonly number[]): Value[] {
    return values.map((x) => this.g.leaf(x));
  }
  #times(a: Value, b: Value): Value {
    return this.g.apply(a.value * b.value, [a, b], [b.value, a.value]);
  }
  #less(a: Value, b: Value): Value {
    return this.g.linear([
      [1, a],
      [-1, b],
    ]);
  }
  #plus(a: readonly Value[], b: readonly Value[]): Value[] {
    return a.map((x, k) => this.g.sum([x, b[k]!]));
  }
  dense(x: readonly Value[], name: string, n: number): Value[] {
    const [w, b] = [this.leaves[`${name}.weight`]!, this.leaves[`${name}.bias`]];
    return range(n).map((j) => this.g.sum([this.g.dot(x, (k) => w[k * n + j]!), ...(b ? [b[j]!] : [])]));
  }
  /** Rows of all samples: what is normalised, with the mean and the unbiased variance of each channel. */
  norm(rows: readonly (readonly Value[])[], name: string) {
    const n = rows.length;
    const [gain, offset] = [this.leaves[`${name}.gain`]!, this.leaves[`${name}.offset`]!];
    const columns = range(rows[0]!.length).map((c) => {
      const xs = rows.map((row) => row[c]!);
      const mean = this.g.linear(xs.map((x) => [1 / n, x]));
      const apart = xs.map((x) => this.#less(x, mean));
      const variance = this.g.linear(apart.map((d) => [1 / n, this.g.square(d)]));
      const scale = 1 / Math.sqrt(variance.value + EPSILON);
      const inverse = this.g.apply(scale, [variance], [-0.5 * scale ** 3]);
      const out = apart.map((d) => this.g.sum([this.#times(this.#times(d, inverse), gain[c]!), offset[c]!]));
      return { out, mean: mean.value, variance: n > 1 ? (variance.value * n) / (n - 1) : variance.value };
    });
    const statistics = { mean: columns.map((x) => x.mean), variance: columns.map((x) => x.variance) };
    return { rows: rows.map((_, s) => columns.map((x) => x.out[s]!)), statistics };
  }
  #gate(node: string, port: string, drive: readonly Value[], own: readonly Value[]): Value[] {
    const both = this.#plus(
      this.dense(drive, `${node}_drive>${node}.${port}`, own.length),
      this.dense(own, `${node}>${node}.${port}`, own.length),
    );
    return both.map((x) => {
      const y = 1 / (1 + Math.exp(-x.value));
      return this.g.apply(y, [x], [y * (1 - y)]);
    });
  }
  /** `b + a·(x - b)` */
  #towards(b: Value, a: Value, x: Value): Value {
    return this.g.sum([b, this.#times(a, this.#less(x, b))]);
  }
  hidden(drive: readonly Value[], { v, b, s }: { v: Value[]; b: Value[]; s: Value[] }) {
    const [tauM, tauA] = [this.#gate("hidden", "membrane", drive, v), this.#gate("hidden", "adaptation", drive, b)];
    const moved = v.map((m, k) => this.#towards(m, tauM[k]!, drive[k]!));
    const adapted = b.map((a, k) => this.#towards(s[k]!, tauA[k]!, a));
    const fired = moved.map((m, k) => {
      const u = m.value - 1.8 * adapted[k]!.value - 0.1;
      const slope = Math.max(0, 1 - Math.abs(u) / width) / width;
      return this.g.apply(Number(u > 0), [m, adapted[k]!], [slope, -1.8 * slope]);
    });
    const left = moved.map((m, k) => this.#times(this.g.linear([[-1, fired[k]!]], 1), m));
    return { v: left, b: adapted, s: fired };
  }
  output(s: readonly Value[], v: readonly Value[]): Value[] {
    const drive = this.dense(s, "hidden>output_drive", classes);
    const tau = this.#gate("output", "membrane", drive, v);
    return v.map((m, k) => this.#towards(m, tau[k]!, drive[k]!));
  }
  drive(below: readonly Value[], own: readonly Value[]): Value[] {
    return this.#plus(below, own);
  }
  crossEntropy(o: readonly Value[], target: readonly number[]): Value {
    const all = target.reduce((a, t) => a + t, 0);
    const total = o.reduce((a, x) => a + Math.exp(x.value), 0);
    const slopes = o.map((x, k) => (all * Math.exp(x.value)) / total - target[k]!);
    const value = all * Math.log(total) - o.reduce((a, x, k) => a + target[k]! * x.value, 0);
    return this.g.apply(value, o, slopes);
  }
}

interface State {
  v: number[];
  b: number[];
  s: number[];
  o: number[];
}
const still = (): State => ({
  ...{ v: Array(size).fill(0), b: Array(size).fill(0) },
  ...{ s: Array(size).fill(0), o: Array(classes).fill(0) },
});
const NORMS = ["hidden_belowNorm", "hidden_ownNorm"];
const isStatistic = (name: string): boolean => name.endsWith(".mean") || name.endsWith(".variance");

/** All steps of a batch, an update by SGD after each; `w` has the parameters before and after. */
function trainByHand(w: Record<string, Float64Array>, { samples, labels }: ReturnType<typeof drawn>, rate: number) {
  const states = samples.map(still);
  for (let t = 0; t < Math.max(...samples.map((x) => x.length)); t++) {
    const at = range(samples.length).filter((k) => t < samples[k]!.length);
    const step = new Together(w);
    const before = at.map((k) => ({
      ...{ v: step.row(states[k]!.v), b: step.row(states[k]!.b) },
      ...{ s: step.row(states[k]!.s), o: step.row(states[k]!.o) },
    }));
    const below = step.norm(
      at.map((k) => step.dense(step.row(samples[k]![t]!), "input>hidden_below", size)),
      NORMS[0]!,
    );
    const own = step.norm(
      before.map(({ s }) => step.dense(s, "hidden>hidden_own", size)),
      NORMS[1]!,
    );
    const after = before.map((x, j) => step.hidden(step.drive(below.rows[j]!, own.rows[j]!), x));
    const answers = after.map(({ s }, j) => step.output(s, before[j]!.o));
    const losses = answers.map((o, j) => {
      const [k, share] = [at[j]!, (t + 1) / samples[at[j]!]!.length];
      const target = range(classes).map((c) => share * Number(c === labels[k]) + (1 - share) / classes);
      return step.crossEntropy(o, target);
    });
    const rest = (x: readonly Value[]): number[] => x.map((y) => y.value);
    for (const [j, k] of at.entries()) {
      const { v, b, s } = after[j]!;
      states[k] = { v: rest(v), b: rest(b), s: rest(s), o: rest(answers[j]!) };
    }
    for (const [j, { statistics }] of [below, own].entries())
      for (const kind of ["mean", "variance"] as const) {
        const running = w[`${NORMS[j]}.${kind}`]!;
        const row = Math.min(t * size, running.length - size); // later steps share the last
        for (const [c, x] of statistics[kind].entries())
          running[row + c] = (1 - MOMENTUM) * running[row + c]! + MOMENTUM * x;
      }
    step.g.backward(step.g.linear(losses.map((x) => [1 / samples.length, x])));
    for (const [name, values] of Object.entries(w))
      if (!isStatistic(name)) for (const k of values.keys()) values[k]! -= rate * step.leaves[name]![k]!.gradient;
  }
}

const make = (net: Network, more: Partial<TrainerOptions> = {}, backend: Backend = wasm) =>
  createTrainer(net, backend, {
    ...{ algorithm: fptt(surrogate, { alpha: 0 }), loss: crossEntropyRising(), optimiser: sgd(0.2) },
    ...{ batch: count, seed: 5, type: "f64" },
    ...more,
  });

describe("a layer of liquid neurons with the norms that the published code has", () => {
  // Eleven samples are six shards; two are two of one sample, whose variance is that between shards alone.
  test.each<[string, number[], number | undefined]>([
    ["several samples a shard", lengths, undefined],
    ["one sample a shard", [6, 4], undefined],
    ["four steps with statistics of their own", lengths, 4],
    ["one step with statistics of its own, which all share", lengths, 1],
    ["more steps with statistics than the network has", lengths, 8],
  ])("weights and running statistics as written out by hand: %s", async (_name, only, own) => {
    using trainer = await make(layer(steps, own), { batch: only.length });
    const start = trainer.parameters();
    const w = Object.fromEntries(Object.entries(start).map(([n, x]) => [n, Float64Array.from(x)]));
    const batches = [1, 2, 3].map((seed) => drawn(seed, only));
    for (const each of batches) {
      trainByHand(w, each, 0.2);
      trainer.step(each.batch);
    }
    expectNear(trainer.parameters(), w, 1e-11);
    for (const [name, x] of Object.entries(start)) expect(w[name], name).not.toEqual(x);
    for (const name of NORMS) expect(w[`${name}.mean`]!.length).toBe((own ?? steps) * size);
  });

  test.each([undefined, 4, 1, 8])("evaluation takes the statistics of each step, of %s of them", async (own) => {
    using trainer = await make(layer(steps, own));
    const { samples, labels, batch } = drawn(1);
    for (let k = 0; k < 3; k++) trainer.step(batch);
    const p = trainer.deployed();
    const fixed = (rows: Value[], name: string, t: number, { g }: Together): Value[] =>
      rows.map((x, c) => {
        const row = size * Math.min(t, (own ?? steps) - 1);
        const [mean, variance] = [p[`${name}.mean`]![row + c]!, p[`${name}.variance`]![row + c]!];
        const scale = p[`${name}.gain`]![c]! / Math.sqrt(variance + EPSILON);
        return g.linear([[scale, x]], p[`${name}.offset`]![c]! - mean * scale);
      });
    const losses = samples.map((rows, k) => {
      const one = new Together(p);
      let state = { v: one.row(still().v), b: one.row(still().b), s: one.row(still().s) };
      let o = one.row(still().o);
      const each = rows.map((x, t) => {
        const below = fixed(one.dense(one.row(x), "input>hidden_below", size), NORMS[0]!, t, one);
        const own = fixed(one.dense(state.s, "hidden>hidden_own", size), NORMS[1]!, t, one);
        state = one.hidden(one.drive(below, own), state);
        o = one.output(state.s, o);
        return one.crossEntropy(
          o,
          range(classes).map((c) => Number(c === labels[k])),
        ).value;
      });
      return each.reduce((a, x) => a + x, 0) / rows.length;
    });
    const loss = crossEntropyEachStep("mean");
    using evaluator = await createEvaluator(layer(steps, own), wasm, {
      loss,
      batch: count,
      parameters: p,
      type: "f64",
    });
    const stepLabels = Int32Array.from(samples.flatMap((_, k) => range(steps).map(() => labels[k]!)));
    const found = evaluator.evaluate({ ...batch, labelled: "steps", labels: stepLabels }).loss;
    expect(found).toBeCloseTo(losses.reduce((a, x) => a + x, 0) / count, 12);
  });
});

const start = { kind: "uniform", low: -1, high: 1 } as const;
const add = { weight: 1, connectivity: oneToOne, trainable: false } as const;
const leaky = (n: number, tau = "4 ms") => population(n, leakyIntegrator({ tau }));
/** Norms behind one another and beside each other, over positions, of states and of inputs, in a cycle and out of it. */
const deep = (length: number, spikes: boolean): Network =>
  network({
    ...{ name: "deep", dt: "1 ms", steps: length, output: "out" },
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      a: spikes ? population(6, lif({ tau: "4 ms", vTh: 0.5 })) : leaky(6),
      b: leaky(6, "7 ms"),
      out: leaky(classes),
    },
    transforms: {
      given: batchNorm(inputs, "x", { over: "batch" }),
      s: sum(6),
      first: batchNorm([2, 3], "s", { over: "batch", offset: 0.2 }),
      r: sum(6),
      second: batchNorm(6, "r", { over: "batch", gain: 0.6 }),
      both: sum(6, ["first", "second"]),
      third: batchNorm([3, 2], "both", { over: "batch", trainable: false }),
      fourth: batchNorm(6, { node: "b", port: "v" }, { over: "batch" }),
    },
    connections: [
      connect("given", "s", { weight: start, bias: 0.2 }),
      connect("a", "r", { weight: start, delay: 1 }),
      connect("b", "r", { weight: start, delay: 2 }),
      connect("third", "a", add),
      connect("a", "b", { weight: start }),
      connect("fourth", "out", { weight: start }),
      connect("a", "out", { weight: start }),
    ],
  });

describe("norms that wait for one another", () => {
  test("gradients of a single step equal finite differences", async () => {
    const { batch } = drawn(1, Array(count).fill(1)); // errors end where a step begins, so that more of them would differ
    using trainer = await make(deep(steps, false));
    trainer.gradients(batch);
    const found = trainer.gradientBlocks();
    const reached = Object.fromEntries(
      Object.entries(finiteDifferences(trainer, batch)).filter(([, g]) => g.some((x) => Math.abs(x) > 1e-6)),
    );
    expect(Object.keys(reached)).toEqual(
      expect.arrayContaining(["given>s.weight", "given.gain", "first.gain", "fourth.offset", "a>out.weight"]),
    );
    expectNear(found, reached, 3e-8);
  });

  const team = [1, 2, 3, 8].map((n) => threadedWasm(n));
  afterAll(() => {
    for (const b of team) b.dispose();
  });
  test.each([
    ["norms in cycles", deep(steps, true)],
    ["liquid neurons", layer()],
    ["liquid neurons, later steps with statistics in common", layer(steps, 3)],
  ])("interpreter, wasm and any number of threads: the same bits: %s", async (_name, net) => {
    const runs = [];
    for (const backend of [interpret, wasm, ...team]) {
      const options = { algorithm: fptt(surrogate), optimiser: adamax(0.01, { clip: 0.2 }), type: "f32" } as const;
      using trainer = await make(net, options, backend as Backend);
      const results = [1, 2, 3].map((seed) => trainer.step(drawn(seed, seed === 2 ? [3, 6, 2] : lengths).batch));
      const still = trainer.gradients(drawn(4).batch);
      runs.push({ results, snapshot: trainer.snapshot(), still, gradients: trainer.gradientBlocks() });
    }
    for (const run of runs.slice(1)) expect(run).toEqual(runs[0]);
  });
});

test("memory: nothing grows with the steps of a sample where later ones share statistics, else two rows a norm", async () => {
  const bytes = async (length: number, own?: number): Promise<number> => {
    using trainer = await make(layer(length, own), {
      algorithm: fptt(surrogate),
      optimiser: adamax(0.01, { clip: 1 }),
    });
    return trainer.bytes;
  };
  const [short, middle, long] = [await bytes(100, 50), await bytes(1000, 50), await bytes(10_000, 50)];
  expect(long).toBe(middle);
  expect(middle - short).toBeLessThan(1024); // a table by which states of long samples are looked through
  const row = 6 * 8; // five numbers of f64, filled up to whole vectors
  expect((await bytes(10_000)) - long).toBeCloseTo((10_000 - 50) * NORMS.length * 2 * row, -2);
});

test("a trainer goes on from a snapshot bit for bit, with its running statistics", async () => {
  const options = { algorithm: fptt(surrogate), optimiser: adamax(0.01) };
  using whole = await make(layer(), options);
  using half = await make(layer(), { ...options, seed: 8 });
  whole.step(drawn(1).batch);
  half.restore(structuredClone(whole.snapshot()));
  for (const t of [whole, half]) t.step(drawn(2).batch);
  expect(half.snapshot()).toEqual(whole.snapshot());
});

describe("refused", () => {
  const over = (which: "batch" | "batch-and-time"): Network => {
    const net = layer();
    const norms = Object.entries(net.transforms).map(([n, t]) => [
      n,
      t.kind === "batchNorm" ? { ...t, over: which } : t,
    ]);
    return { ...net, transforms: Object.fromEntries(norms) };
  };
  test.each<[string, Network, Partial<TrainerOptions>, string]>([
    ["an update after several steps", layer(), { algorithm: fptt(surrogate, { every: 2 }) }, "algorithm: batch norm"],
    ["statistics over time", over("batch-and-time"), {}, "algorithm: batch normalisation needs all samples"],
    ["chunks", layer(), { chunk: 2 }, "trainer.chunk: batch normalisation keeps all samples"],
    ["a batch of one sample", layer(), { batch: 1 }, "trainer.batch: batch normalisation needs more than one sample"],
  ])("%s", async (_name, net, more, message) => {
    await expect(make(net, more)).rejects.toThrow(message);
  });
  test("weights that grow without bound, with what is to blame", async () => {
    using trainer = await make(layer(), { optimiser: sgd(1e200) });
    const run = (): unknown => [1, 2, 3].map((seed) => trainer.step(drawn(seed).batch));
    expect(run).toThrow(/^update \d+: the loss became NaN: .* is not finite; try a lower rate, or clip/);
  });
});
