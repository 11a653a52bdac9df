/**
 * Gradients of recurrent layers of adaptive neurons, in double precision. Oracle: their published statements, written
 * out below and differentiated by `graph.ts`. With smoothed spikes the same code equals finite differences of itself,
 * which also shows what is detached: nothing in ALIF; in SE-adLIF the reset, which asks only which side of the
 * threshold a membrane is on.
 */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { fastSigmoid, type Surrogate, sigmoid, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { Graph, type Value } from "./graph.ts";
import { expectNear } from "./near.ts";
import { drawSamples } from "./samples.ts";

const [inputs, size, classes, steps] = [6, 7, 3, 12];

/** Value and slope of a surrogate's antiderivative. */
const SMOOTH: readonly { surrogate: Surrogate; at: (u: number) => readonly [number, number] }[] = [
  {
    surrogate: triangle(0.8),
    at: (u) => {
      const c = Math.max(-0.8, Math.min(0.8, u));
      return [0.5 + c / 0.8 - (c * Math.abs(c)) / 1.28, Math.max(0, 1 - Math.abs(u) / 0.8) / 0.8];
    },
  },
  {
    surrogate: sigmoid(3),
    at: (u) => {
      const y = 1 / (1 + Math.exp(-3 * u));
      return [y, 3 * y * (1 - y)];
    },
  },
  {
    surrogate: fastSigmoid(4),
    at: (u) => [u / (1 + 4 * Math.abs(u)), 1 / (1 + 4 * Math.abs(u)) ** 2],
  },
];

/** One step of a neuron: the current and the states before, the spike and the states after. */
type Step = (i: Value, states: readonly Value[], g: Graph, spike: (u: Value) => Value) => readonly [Value, Value[]];
interface Neuron {
  readonly model: NeuronModel;
  readonly states: number;
  readonly step: Step;
}
const ALIF = { tauM: 8, tauA: 25, b0: 0.2, beta: 1.8 };
const ADLIF = { tauU: 6, tauW: 30, a: 0.7, b: 1.2, q: 2 };
const NEURONS: Record<string, Neuron> = {
  ALIF: {
    model: alif({ ...ALIF, tauM: "8 ms", tauA: "25 ms" }),
    states: 3,
    step: (i, [m, b, s], g, spike) => {
      const [alpha, rho] = [Math.exp(-1 / ALIF.tauM), Math.exp(-1 / ALIF.tauA)];
      const trace = g.linear([
        [rho, b!],
        [1 - rho, s!],
      ]);
      const threshold = g.linear([[ALIF.beta, trace]], ALIF.b0);
      const taken = g.dot([threshold], () => s!);
      const membrane = g.linear([
        [alpha, m!],
        [1 - alpha, i],
        [-1, taken],
      ]);
      const fired = spike(
        g.linear([
          [1, membrane],
          [-1, threshold],
        ]),
      );
      return [fired, [membrane, trace, fired]];
    },
  },
  "SE-adLIF": {
    model: seAdLif({ ...ADLIF, tauU: "6 ms", tauW: "30 ms" }),
    states: 2,
    step: (i, [u, w], g, spike) => {
      const [alpha, rho] = [Math.exp(-1 / ADLIF.tauU), Math.exp(-1 / ADLIF.tauW)];
      const before = g.linear([
        [alpha, u!],
        [1 - alpha, i],
        [alpha - 1, w!],
      ]);
      const fired = spike(g.linear([[1, before]], -1));
      const after = before.value > 1 ? g.leaf(0) : before;
      const adaptation = g.linear([
        [rho, w!],
        [(1 - rho) * ADLIF.q * ADLIF.a, after],
        [(1 - rho) * ADLIF.q * ADLIF.b, fired],
      ]);
      return [fired, [after, adaptation]];
    },
  },
};

const { samples, labels, batch } = drawSamples({ count: 3, steps, inputs, classes, kind: "events", density: 0.4 });
const networkOf = (model: NeuronModel) =>
  sequential(
    [
      input(inputs),
      denseLayer(size, { weight: { kind: "uniform", low: -3, high: 8 } }),
      neurons(model, { recurrent: true }),
      denseLayer(classes, { weight: { kind: "uniform", low: -1, high: 1 } }),
      readout({ tau: "8 ms" }),
    ],
    { steps },
  );

interface Options {
  readonly at: (u: number) => readonly [number, number];
  readonly smooth: boolean;
}
function reference({ states, step }: Neuron, parameters: Parameters, { at, smooth }: Options) {
  const g = new Graph();
  const p = Object.fromEntries(Object.entries(parameters).map(([name, x]) => [name, Array.from(x, (w) => g.leaf(w))]));
  const [W, b, V] = [p["input>hidden.weight"]!, p["input>hidden.bias"]!, p["hidden>hidden.weight"]!];
  const [U, c] = [p["hidden>output.weight"]!, p["hidden>output.bias"]!];
  let spikes = 0;
  const spike = (u: Value): Value => {
    const [value, slope] = at(u.value);
    spikes += Number(u.value > 0);
    return g.apply(smooth ? value : Number(u.value > 0), [u], [slope]);
  };
  const losses = samples.map((sample, n) => {
    let cells = Array.from({ length: size }, () => Array.from({ length: states }, () => g.leaf(0)));
    let sent = Array.from({ length: size }, () => g.leaf(0));
    let m = Array.from({ length: classes }, () => g.leaf(0));
    const answers: Value[][] = [];
    for (const [t, row] of sample.entries()) {
      const out = cells.map((cell, j) => {
        const below = g.linear(row.flatMap((x, i) => (x === 0 ? [] : [[x, W[i * size + j]!] as const])));
        const own = t === 0 ? [] : [g.dot(sent, (i) => V[i * size + j]!)];
        return step(g.sum([b[j]!, below, ...own]), cell, g, spike);
      });
      sent = out.map(([s]) => s);
      cells = out.map(([, after]) => after);
      m = m.map((x, k) => g.sum([g.linear([[Math.exp(-1 / 8), x]]), c[k]!, g.dot(sent, (i) => U[i * classes + k]!)]));
      answers.push(m);
    }
    const answer = m.map((_, k) => g.sum(answers.map((a) => a[k]!)));
    const top = Math.max(...answer.map((a) => a.value));
    const e = answer.map((a) => Math.exp(a.value - top));
    const total = e.reduce((x, y) => x + y, 0);
    return g.apply(
      Math.log(total) + top - answer[labels[n]!]!.value,
      answer,
      e.map((x, k) => x / total - Number(k === labels[n])),
    );
  });
  const loss = g.linear(losses.map((l) => [1 / losses.length, l]));
  g.backward(loss);
  const gradients = Object.fromEntries(Object.entries(p).map(([name, w]) => [name, w.map((x) => x.gradient)]));
  return { loss: loss.value, gradients, rate: spikes / samples.length / steps / size };
}

describe.each(Object.entries(NEURONS))("%s", (_name, cell) => {
  const net = networkOf(cell.model);
  const start = (): Parameters => initialParameters(net, 4, "f64");

  test.each(SMOOTH)("the reference, smoothed, equals its finite differences: $surrogate.kind", ({ at }) => {
    const [parameters, h] = [start(), 1e-5];
    const { gradients } = reference(cell, parameters, { at, smooth: true });
    const differences = Object.fromEntries(
      Object.entries(parameters).map(([name, w]) => [
        name,
        Array.from(w, (before, k) => {
          const loss = (x: number): number => {
            w[k] = x;
            return reference(cell, parameters, { at, smooth: true }).loss;
          };
          const slope = (loss(before + h) - loss(before - h)) / (2 * h);
          w[k] = before;
          return slope;
        }),
      ]),
    );
    // h²/6 times third derivatives below 1e3, and rounding 1e-16/h: some 1e-8; kinks of the surrogate are met by few.
    expectNear(gradients, differences, 1e-6);
  });

  test.each(SMOOTH.flatMap((s) => [interpret, wasm].map((backend) => ({ ...s, backend }))))(
    "our kernels equal the reference: $surrogate.kind, $backend.name",
    async ({ surrogate, at, backend }) => {
      using trainer = await createTrainer(net, backend, {
        algorithm: bptt(surrogate),
        loss: crossEntropy("sum"),
        optimiser: sgd(1),
        batch: 3,
        chunk: 2,
        seed: 4,
        type: "f64",
      });
      const { loss } = trainer.gradients(batch);
      const expected = reference(cell, start(), { at, smooth: false });
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-12 * expected.loss);
      expectNear(trainer.gradientBlocks(), expected.gradients, 1e-11);
      expect(expected.rate).toBeGreaterThan(0.1);
      expect(expected.rate).toBeLessThan(0.7);
    },
  );
});
