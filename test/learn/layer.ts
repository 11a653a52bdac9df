/**
 * A recurrent layer of neurons and a leaky readout whose parameters are variables too, in double precision: statements as
 * published, written out and differentiated by `graph.ts`. What the gradients of neuron parameters are compared with.
 */
import type { Surrogate } from "../../src/ir/surrogate.ts";
import { fastSigmoid, sigmoid, triangle } from "../../src/ir/surrogate.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { cubaLif } from "../../src/model/neuron/cubaLif.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { parametricLif } from "../../src/model/neuron/parametricLif.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { Graph, type Value } from "./graph.ts";
import type { Drawn } from "./samples.ts";

/** Value and slope of a surrogate's antiderivative. */
export type Smooth = (u: number) => readonly [number, number];
export const SMOOTH: readonly { surrogate: Surrogate; at: Smooth }[] = [
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
  { surrogate: fastSigmoid(4), at: (u) => [u / (1 + 4 * Math.abs(u)), 1 / (1 + 4 * Math.abs(u)) ** 2] },
];

/** Arithmetic on values, one operation at a time. */
export class Algebra {
  readonly g = new Graph();
  readonly of = (x: number): Value => this.g.leaf(x);
  readonly add = (...terms: Value[]): Value => this.g.sum(terms);
  readonly sub = (a: Value, b: Value): Value =>
    this.g.linear([
      [1, a],
      [-1, b],
    ]);
  readonly mul = (a: Value, b: Value): Value => this.g.apply(a.value * b.value, [a, b], [b.value, a.value]);
  readonly div = (a: Value, b: Value): Value =>
    this.g.apply(a.value / b.value, [a, b], [1 / b.value, -a.value / b.value ** 2]);
  readonly exp = (a: Value): Value => this.g.apply(Math.exp(a.value), [a], [Math.exp(a.value)]);
  readonly rest = (a: Value): Value => this.g.linear([[-1, a]], 1);
  /** exp(-dt/tau), dt = 1 ms. */
  readonly decay = (tau: Value): Value => this.exp(this.div(this.of(-1e-3), tau));
}

/** What arrives, the states before, the layer's parameters by name; gives the spike and the states after. */
type Step = (
  i: Value,
  s: readonly Value[],
  p: (name: string) => Value,
  a: Algebra,
  spike: (u: Value) => Value,
) => readonly [Value, Value[]];

export interface TestNeuron {
  readonly model: NeuronModel;
  /** With a spread, so that neurons differ where each has its own. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly states: readonly string[];
  readonly step: Step;
  readonly weight: { readonly low: number; readonly high: number };
}

const after = (u: Value, v: Value, reset: (v: Value) => Value): Value => (u.value > 0 ? reset(v) : v);
const lifStep =
  (subtract: boolean): Step =>
  (i, [v], p, a, spike) => {
    const moved = a.add(a.mul(a.decay(p("tau")), v!), i);
    const u = a.sub(moved, p("vTh"));
    return [spike(u), [after(u, moved, subtract ? (x) => a.sub(x, p("vTh")) : () => a.of(0))]];
  };

export const TEST_NEURONS: Readonly<Record<string, TestNeuron>> = {
  "LIF, reset to zero": {
    model: lif(),
    parameters: { tau: 0.006, vTh: 0.9 },
    states: ["v"],
    step: lifStep(false),
    weight: { low: -0.4, high: 0.9 },
  },
  "LIF, reset by subtraction": {
    model: lif({ reset: "subtract" }),
    parameters: { tau: 0.006, vTh: 0.9 },
    states: ["v"],
    step: lifStep(true),
    weight: { low: -0.4, high: 0.9 },
  },
  ALIF: {
    model: alif(),
    parameters: { tauM: 0.008, tauA: 0.025, b0: 0.2, beta: 1.8 },
    states: ["v", "b", "s"],
    weight: { low: -3, high: 8 },
    step: (i, [v, b, s], p, a, spike) => {
      const [alpha, rho] = [a.decay(p("tauM")), a.decay(p("tauA"))];
      const trace = a.add(a.mul(rho, b!), a.mul(a.rest(rho), s!));
      const threshold = a.add(p("b0"), a.mul(p("beta"), trace));
      const membrane = a.sub(a.add(a.mul(alpha, v!), a.mul(a.rest(alpha), i)), a.mul(threshold, s!));
      const fired = spike(a.sub(membrane, threshold));
      return [fired, [membrane, trace, fired]];
    },
  },
  "SE-adLIF": {
    model: seAdLif(),
    parameters: { tauU: 0.006, tauW: 0.03, a: 0.7, b: 1.2, q: 2, vTh: 0.9 },
    states: ["u", "w"],
    weight: { low: -3, high: 8 },
    step: (i, [u, w], p, a, spike) => {
      const [alpha, rho] = [a.decay(p("tauU")), a.decay(p("tauW"))];
      const moved = a.add(a.mul(alpha, u!), a.mul(a.rest(alpha), a.sub(i, w!)));
      const above = a.sub(moved, p("vTh"));
      const fired = spike(above);
      const kept = after(above, moved, () => a.of(0));
      const driven = a.mul(p("q"), a.add(a.mul(p("a"), kept), a.mul(p("b"), fired)));
      return [fired, [kept, a.add(a.mul(rho, w!), a.mul(a.rest(rho), driven))]];
    },
  },
  "CUBA-LIF, exact": {
    model: cubaLif(),
    parameters: { tau: 0.007, tauSyn: 0.004, vTh: 0.8 },
    states: ["v", "i"],
    weight: { low: -2, high: 5 },
    step: (x, [v, i], p, a, spike) => {
      const [slow, fast] = [a.decay(p("tau")), a.decay(p("tauSyn"))];
      const one = a.of(1);
      const [rate, other] = [a.div(one, p("tau")), a.div(one, p("tauSyn"))];
      const gain = a.mul(rate, a.div(a.sub(fast, slow), a.sub(rate, other)));
      const moved = a.add(a.mul(slow, v!), a.mul(gain, i!));
      const u = a.sub(moved, p("vTh"));
      return [spike(u), [after(u, moved, () => a.of(0)), a.add(a.mul(fast, i!), x)]];
    },
  },
  "CUBA-LIF, Euler": {
    model: cubaLif({ integration: "euler" }),
    parameters: { tau: 0.007, tauSyn: 0.004, vTh: 0.8 },
    states: ["v", "i"],
    weight: { low: -2, high: 5 },
    step: (x, [v, i], p, a, spike) => {
      const dt = a.of(1e-3);
      const jumped = a.add(i!, x);
      const moved = a.add(v!, a.mul(a.div(dt, p("tau")), a.sub(jumped, v!)));
      const u = a.sub(moved, p("vTh"));
      const current = a.mul(a.rest(a.div(dt, p("tauSyn"))), jumped);
      return [spike(u), [after(u, moved, () => a.of(0)), current]];
    },
  },
  "parametric LIF": {
    model: parametricLif(),
    parameters: { w: -0.7, vTh: 0.8 },
    states: ["v"],
    weight: { low: -1, high: 3 },
    step: (i, [v], p, a, spike) => {
      const y = 1 / (1 + Math.exp(-p("w").value));
      const fraction = a.g.apply(y, [p("w")], [y * (1 - y)]);
      const moved = a.add(v!, a.mul(fraction, a.sub(i, v!)));
      const u = a.sub(moved, p("vTh"));
      return [spike(u), [after(u, moved, () => a.of(0))]];
    },
  },
};

export interface ReferenceOptions {
  readonly at: Smooth;
  readonly smooth: boolean;
  /** Neurons of the layer and of the readout. */
  readonly size: number;
  readonly classes: number;
}

/** Cross-entropy of the summed membranes of the readout, the mean over the samples, and its gradients. */
export function reference(
  { states, step }: Pick<TestNeuron, "states" | "step">,
  parameters: Parameters,
  { samples, labels }: Drawn,
  { at, smooth, size, classes }: ReferenceOptions,
) {
  const a = new Algebra();
  const { g } = a;
  const p = Object.fromEntries(Object.entries(parameters).map(([name, x]) => [name, Array.from(x, (w) => g.leaf(w))]));
  /** A layer's single value serves all its neurons. */
  const own = (name: string, j: number): Value | undefined =>
    p[name] && (p[name].length === 1 ? p[name][0]! : p[name][j]!);
  const [W, b, V] = [p["input>hidden.weight"]!, p["input>hidden.bias"]!, p["hidden>hidden.weight"]!];
  const [U, c] = [p["hidden>output.weight"]!, p["hidden>output.bias"]!];
  let spikes = 0;
  const spike = (u: Value): Value => {
    const [value, slope] = at(u.value);
    spikes += Number(u.value > 0);
    return g.apply(smooth ? value : Number(u.value > 0), [u], [slope]);
  };
  const losses = samples.map((sample, n) => {
    const start = (node: string, state: string, j: number): Value => own(`${node}.${state}.initial`, j) ?? g.leaf(0);
    let cells = Array.from({ length: size }, (_, j) => states.map((s) => start("hidden", s, j)));
    let sent: Value[] = [];
    let m = Array.from({ length: classes }, (_, k) => start("output", "v", k));
    const answers: Value[][] = [];
    for (const row of sample) {
      const out = cells.map((cell, j) => {
        const below = g.linear(row.flatMap((x, i) => (x === 0 ? [] : [[x, W[i * size + j]!] as const])));
        const back = sent.length === 0 ? [] : [g.dot(sent, (i) => V[i * size + j]!)];
        return step(g.sum([b[j]!, below, ...back]), cell, (name) => own(`hidden.${name}`, j)!, a, spike);
      });
      sent = out.map(([s]) => s);
      cells = out.map(([, next]) => next);
      m = m.map((x, k) =>
        g.sum([a.mul(a.decay(own("output.tau", k)!), x), c[k]!, g.dot(sent, (i) => U[i * classes + k]!)]),
      );
      answers.push(m);
    }
    const answer = m.map((_, k) => g.sum(answers.map((x) => x[k]!)));
    const top = Math.max(...answer.map((x) => x.value));
    const e = answer.map((x) => Math.exp(x.value - top));
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
  return { loss: loss.value, gradients, rate: spikes / samples.length / samples[0]!.length / size };
}
