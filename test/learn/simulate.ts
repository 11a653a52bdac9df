/**
 * A naive simulation of a network of dense connections, sample by sample and neuron by neuron in double precision,
 * written from the equations of each model and not from our kernels. Its gradients come from `graph.ts`.
 *
 * With `smooth`, spikes are the surrogate's antiderivative of the distance to threshold, while the reset still asks
 * whether that distance is above zero. The network then is differentiable almost everywhere, and its true gradient is
 * what back-propagation with that surrogate and a detached reset computes: finite differences can check this file.
 */
import { vanRossumDistance } from "../../src/analysis/distance.ts";
import type { Surrogate } from "../../src/ir/surrogate.ts";
import type { Loss, Measure, Pooling } from "../../src/learn/loss.ts";
import type { Connection } from "../../src/model/connection.ts";
import type { Connectivity } from "../../src/model/connectivity.ts";
import type { Network, Population } from "../../src/model/network.ts";
import { sizeOf } from "../../src/model/nodes.ts";
import { evaluationOrder } from "../../src/model/topology.ts";
import type { Parameters } from "../../src/sim/lower/parameters.ts";
import { Graph, type Value } from "./graph.ts";

export interface Penalty {
  readonly kind: "rate" | "rateAbove";
  readonly target: number;
  readonly strength: number;
  readonly population: string;
}
export interface SimulateOptions {
  readonly loss: Loss;
  readonly surrogate: Surrogate;
  readonly smooth?: boolean;
  /** Default true; without, all gradients are 0. */
  readonly gradients?: boolean;
  readonly penalties?: readonly Penalty[];
  /** By population and sample: 1 for neurons that are heard. */
  readonly masks?: Readonly<Record<string, readonly ArrayLike<number>[]>>;
  /** By sample and step, for losses of each step; without, a sample's label is that of its steps. */
  readonly stepLabels?: readonly (readonly number[])[];
  /** Numbers to compare with, by sample (and step) and output; a step of NaN does not count. */
  readonly targets?: readonly (readonly number[])[] | readonly (readonly (readonly number[])[])[];
  /** What a user's own loss adds for one output, and its derivative by the answer. */
  readonly own?: (answer: number, at: OwnTerm) => readonly [value: number, slope: number];
  /** Steps after which errors do not go back: what a step takes from before such a border is a number without a past. */
  readonly cut?: number;
}
export interface OwnTerm {
  readonly label: number;
  readonly target: number;
  readonly output: number;
  readonly step: number;
}
/** Values of the one input by sample, step and element; samples may differ in their number of steps. */
export type Samples = readonly (readonly (readonly number[])[])[];

export interface Simulated {
  /** Mean over the samples, penalties included. */
  readonly loss: number;
  readonly answers: number[][];
  /** Spikes, or values that are not zero, of each population over all samples. */
  readonly active: Record<string, number>;
  /** Spikes of each population by sample, step and neuron. */
  readonly spikes: Record<string, number[][][]>;
  /** NeuroBench: neurons of step 1, and later changes of the membrane. */
  readonly membraneUpdates: Record<string, number>;
  readonly gradients: Record<string, number[]>;
}

/** Surrogates as published, and their antiderivatives (up to a constant where it does not matter). */
const SURROGATES: {
  readonly [K in Surrogate["kind"]]?: (s: Surrogate, u: number) => { slope: number; smooth: number };
} = {
  triangle: (s, u) => {
    const { width: w } = s as Extract<Surrogate, { kind: "triangle" }>;
    const c = Math.max(-w, Math.min(w, u));
    return { slope: Math.max(0, 1 - Math.abs(u) / w) / w, smooth: 0.5 + c / w - (c * Math.abs(c)) / (2 * w * w) };
  },
  boxcar: (s, u) => {
    const { width: w } = s as Extract<Surrogate, { kind: "boxcar" }>;
    return { slope: Math.abs(u) < w ? 1 / (2 * w) : 0, smooth: 0.5 + Math.max(-w, Math.min(w, u)) / (2 * w) };
  },
  sigmoid: (s, u) => {
    const { slope: k } = s as Extract<Surrogate, { kind: "sigmoid" }>;
    const y = 1 / (1 + Math.exp(-k * u));
    return { slope: k * y * (1 - y), smooth: y };
  },
  fastSigmoid: (s, u) => {
    const { slope: k } = s as Extract<Surrogate, { kind: "fastSigmoid" }>;
    return { slope: 1 / (1 + k * Math.abs(u)) ** 2, smooth: u / (1 + k * Math.abs(u)) };
  },
  arctan: (s, u) => {
    const { alpha } = s as Extract<Surrogate, { kind: "arctan" }>;
    const z = (Math.PI / 2) * alpha * u;
    return { slope: alpha / 2 / (1 + z * z), smooth: 0.5 + Math.atan(z) / Math.PI };
  },
};

function softmaxOf(x: readonly number[]): number[] {
  const e = x.map((a) => Math.exp(a - Math.max(...x)));
  const total = e.reduce((a, b) => a + b, 0);
  return e.map((a) => a / total);
}

export function simulate(
  net: Network,
  parameters: Parameters,
  samples: Samples,
  labels: ArrayLike<number>,
  options: SimulateOptions,
): Simulated {
  return new Simulation(net, parameters, options).run(samples, labels);
}

/** The state of one neuron. */
interface Cell {
  v: Value;
  refractory: number;
}
/** What left a population in a step: values of its port, by neuron. */
type Rows = Map<string, Value[]>[];

class Simulation {
  readonly #net: Network;
  readonly #options: SimulateOptions;
  readonly #g = new Graph();
  readonly #weights: Record<string, Value[]>;
  readonly #zero: Value;
  readonly #out: Pick<Simulated, "active" | "spikes" | "membraneUpdates"> = {
    active: {},
    spikes: {},
    membraneUpdates: {},
  };

  constructor(net: Network, parameters: Parameters, options: SimulateOptions) {
    this.#net = net;
    this.#options = options;
    this.#weights = Object.fromEntries(
      Object.entries(parameters).map(([name, x]) => [name, Array.from(x, (w) => this.#g.leaf(w))]),
    );
    this.#zero = this.#g.leaf(0);
    for (const node of Object.keys(net.populations))
      Object.assign(this.#out, {
        active: { ...this.#out.active, [node]: 0 },
        membraneUpdates: { ...this.#out.membraneUpdates, [node]: 0 },
        spikes: { ...this.#out.spikes, [node]: [] },
      });
  }

  run(samples: Samples, labels: ArrayLike<number>): Simulated {
    const answers: number[][] = [];
    const losses = samples.map((sample, k) => {
      const rows = this.#sample(sample, k);
      const { loss } = this.#options;
      if ("each" in loss) return this.#g.sum([this.#eachStep(rows, k, labels[k]!, answers), ...this.#penalties(rows)]);
      const answer = this.#answer(rows, loss.pooling);
      answers.push(answer.map((a) => a.value));
      const given = this.#options.targets?.[k];
      if (loss.kind === "vanRossum") return this.#vanRossum(rows, given as number[][], loss.tau);
      const times = loss.kind === "meanSquared" && loss.times ? rows.length : 1;
      const compared = this.#g.linear([[times, this.#loss(loss, answer, labels[k]!, given as number[], 0)]]);
      return this.#g.sum([compared, ...this.#penalties(rows)]);
    });
    const loss = this.#g.linear(losses.map((l) => [1 / samples.length, l]));
    if (this.#options.gradients ?? true) this.#g.backward(loss);
    const gradients = Object.fromEntries(
      Object.entries(this.#weights).map(([name, w]) => [name, w.map((x) => x.gradient)]),
    );
    return { loss: loss.value, answers, gradients, ...this.#out };
  }

  #sample(input: Samples[number], number: number): Rows {
    const rows: Rows = [];
    const cells = new Map(
      Object.entries(this.#net.populations).map(([node, p]) => [
        node,
        Array.from({ length: p.size }, (): Cell => ({ v: this.#zero, refractory: 0 })),
      ]),
    );
    for (const spikes of Object.values(this.#out.spikes)) spikes.push([]);
    for (let t = 0; t < input.length; t++) {
      if (this.#segmentOf(t) !== this.#segmentOf(t - 1))
        for (const cell of [...cells.values()].flat()) cell.v = this.#g.leaf(cell.v.value);
      const now = new Map<string, Value[]>();
      rows.push(now);
      for (const node of evaluationOrder(this.#net)) {
        const p = this.#net.populations[node];
        if (p) this.#step(node, p, cells.get(node)!, rows, t, number);
        else
          for (const port of ["spike", "value"])
            now.set(
              `${node}.${port}`,
              input[t]!.map((x) => this.#g.leaf(x)),
            );
      }
    }
    return rows;
  }

  #segmentOf(t: number): number {
    return Math.floor(Math.max(0, t) / (this.#options.cut ?? Number.POSITIVE_INFINITY));
  }

  #step(node: string, p: Population, cells: Cell[], rows: Rows, t: number, sample: number): void {
    const arrived = (port: string): Value[] => cells.map((_, j) => this.#sumAt(node, port, j, rows, t));
    const [direct, current] = [arrived(p.model.port ?? "x"), arrived("i")];
    const before = cells.map((c) => c.v.value);
    const heard = this.#options.masks?.[node]?.[sample];
    const spikes: Value[] = [];
    const values = cells.map((cell, j) => {
      const { value, spike } = this.#cell(p, cell, j, direct[j]!, current[j]!);
      spikes.push(this.#g.linear([[heard?.[j] ?? 1, spike]]));
      return this.#g.linear([[heard?.[j] ?? 1, value]]);
    });
    rows[t]!.set(`${node}.spike`, spikes).set(`${node}.${p.model.outputs[0]}`, values);
    this.#out.spikes[node]!.at(-1)!.push(spikes.map((s) => s.value));
    this.#out.active[node]! += (p.model.spike ? spikes : values).filter((x) => x.value !== 0).length;
    this.#out.membraneUpdates[node]! += cells.filter((c, j) => t === 0 || c.v.value !== before[j]).length;
  }

  /** `bias + Σ weight · what left the source, delay steps ago` */
  #sumAt(node: string, port: string, j: number, rows: Rows, t: number): Value {
    const width = sizeOf(this.#net, node);
    const terms = this.#net.connections
      .filter((c) => c.to.node === node && c.to.port === port)
      .map((c) => {
        const row = this.#sent(c, rows, t);
        if (c.connectivity.kind === "pairs") return this.#throughPairs(c.connectivity, c, row, j);
        const weights = this.#weights[`${c.name}.weight`]!;
        const bias = c.bias ? [this.#weights[`${c.name}.bias`]![j]!] : [];
        const weight = (i: number): Value => weights[i * width + j]!;
        // Nothing asks for the gradient of an input, and one that is 0 brings nothing.
        const brought =
          c.from.node in this.#net.inputs
            ? this.#g.linear(row.flatMap((x, i) => (x.value === 0 ? [] : [[x.value, weight(i)] as const])))
            : this.#g.dot(row, weight);
        return this.#g.sum([...bias, brought]);
      });
    return this.#g.sum(terms);
  }
  /** Synapses with a constant weight, which nothing trains. */
  #throughPairs(
    { source, target }: Extract<Connectivity, { kind: "pairs" }>,
    c: Connection,
    row: readonly Value[],
    j: number,
  ): Value {
    const weight = c.weight.kind === "constant" ? c.weight.value : Number.NaN;
    return this.#g.linear(Array.from(source, (i, k) => [target[k] === j ? weight : 0, row[i]!] as const));
  }
  #sent(c: Connection, rows: Rows, t: number): readonly Value[] {
    const constant = this.#net.inputs[c.from.node]?.constant ?? false;
    const then = constant ? t : t - c.delay - this.#net.schedule.latency;
    const sent = rows[then]?.get(`${c.from.node}.${c.from.port}`) ?? [];
    return this.#segmentOf(then) === this.#segmentOf(t) ? sent : sent.map((x) => this.#g.leaf(x.value));
  }

  #cell(p: Population, cell: Cell, j: number, direct: Value, current: Value): { value: Value; spike: Value } {
    const g = this.#g;
    const of = (name: string): number => {
      const own = p.parameters[name];
      return own?.kind === "values" ? own.values[j]! : p.model.parameters.find((x) => x.name === name)!.value;
    };
    const silent = { spike: this.#zero };
    if (p.model.name === "relu")
      return { ...silent, value: g.apply(Math.max(0, direct.value), [direct], [direct.value > 0 ? 1 : 0]) };
    if (p.model.name === "tanh")
      return { ...silent, value: g.apply(Math.tanh(direct.value), [direct], [1 - Math.tanh(direct.value) ** 2]) };
    if (p.model.name === "linear") return { ...silent, value: direct };
    const leak = p.model.name === "integrate-and-fire" ? undefined : Math.exp(-this.#net.dt / of("tau"));
    cell.refractory = Math.max(0, cell.refractory - 1);
    if (cell.refractory > 0) return { ...silent, value: cell.v };
    cell.v = g.linear([
      [leak ?? 1, cell.v],
      [leak === undefined ? 1 : 1 - leak, current],
      [1, direct],
    ]);
    if (!p.model.spike) return { ...silent, value: cell.v };
    return this.#fire(p, cell, of("vTh"));
  }

  #fire(p: Population, cell: Cell, vTh: number): { value: Value; spike: Value } {
    const u = cell.v.value - vTh;
    const { slope, smooth } = SURROGATES[this.#options.surrogate.kind]!(this.#options.surrogate, u);
    const spike = this.#g.apply(this.#options.smooth ? smooth : Number(u > 0), [cell.v], [slope]);
    if (u > 0) {
      cell.v = p.model.spec.reset === "v = 0" ? this.#zero : this.#g.linear([[1, cell.v]], -vTh);
      const duration = Number.parseFloat(p.model.spec.refractory ?? "0") * 1e-3; // "3 ms"
      cell.refractory = duration > 0 ? Math.max(1, Math.floor(duration / this.#net.dt + 1e-3)) : 0;
    }
    return { value: cell.v, spike };
  }

  /** The sum or the mean over labelled steps; the answers of all steps, sample after sample. */
  #eachStep(rows: Rows, sample: number, label: number, answers: number[][]): Value {
    const node = this.#net.output!;
    const terms: Value[] = [];
    for (const [t, r] of rows.entries()) {
      const spikes = "of" in this.#options.loss;
      const answer = r.get(`${node}.${spikes ? "spike" : this.#net.populations[node]!.model.outputs[0]}`)!;
      answers.push(answer.map((a) => a.value));
      const own = this.#options.stepLabels?.[sample]?.[t] ?? label;
      const wanted = this.#options.targets?.[sample]?.[t] as number[] | undefined;
      if (own >= 0 && !Number.isNaN(wanted?.[0]))
        terms.push(this.#loss(this.#options.loss as Measure, answer, own, wanted, t));
    }
    const { loss } = this.#options;
    const share = "each" in loss && loss.reduce === "mean" ? 1 / terms.length : 1;
    return this.#g.linear(terms.map((x) => [share, x]));
  }

  /** exp(x) / Σ exp(x), one element after the other */
  #softmax(x: readonly Value[]): Value[] {
    const e = x.map((a) => Math.exp(a.value));
    const total = e.reduce((a, b) => a + b, 0);
    const p = e.map((a) => a / total);
    return p.map((pi, i) =>
      this.#g.apply(
        pi,
        x,
        p.map((pj, j) => pi * (Number(i === j) - pj)),
      ),
    );
  }

  #answer(rows: Rows, pooling: Pooling): Value[] {
    const node = this.#net.output!;
    const spikes = pooling === "count" || pooling === "rate" || (typeof pooling === "object" && !("from" in pooling));
    const port = spikes ? "spike" : this.#net.populations[node]!.model.outputs[0]!;
    if (typeof pooling === "object" && !("from" in pooling)) {
      const unit = pooling.unit === "sample" ? rows.length : pooling.unit;
      return Array.from({ length: sizeOf(this.#net, node) }, (_, j) => {
        const course = rows.map((r) => r.get(`${node}.spike`)![j]!);
        const at = course.findIndex((x) => x.value > 0);
        const time = at < 0 ? rows.length - 1 : at;
        return this.#g.apply(-time / unit, [course[time]!], [1]);
      });
    }
    if (typeof pooling === "object") {
      const parts = rows.slice(pooling.from).map((r) => this.#softmax(r.get(`${node}.${port}`)!));
      return parts[0]!.map((_, j) => this.#g.sum(parts.map((p) => p[j]!)));
    }
    return Array.from({ length: sizeOf(this.#net, node) }, (_, j) => {
      const course = rows.map((r) => r.get(`${node}.${port}`)![j]!);
      if (pooling === "last") return course.at(-1)!;
      if (pooling === "max") return course.reduce((a, b) => (b.value > a.value ? b : a));
      return this.#g.linear(course.map((x) => [pooling === "mean" || pooling === "rate" ? 1 / course.length : 1, x]));
    });
  }

  #loss(
    m: Measure,
    answer: readonly Value[],
    label: number,
    wanted: readonly number[] | undefined,
    step: number,
  ): Value {
    const g = this.#g;
    const squares = (of: (j: number) => number): Value =>
      g.linear(answer.map((a, j) => [1 / answer.length, g.square(g.linear([[1, a]], -of(j)))]));
    if (m.kind === "meanSquaredValues") return squares((j) => wanted![j]!);
    if (m.kind === "meanSquared") return squares((j) => (j === label ? m.target : (m.wrong ?? 0)));
    if (m.kind === "mixed")
      return g.linear(m.parts.map((p) => [p.share, this.#loss(p.measure, answer, label, wanted, step)]));
    if (m.kind === "expression")
      return g.sum(
        answer.map((a, output) => {
          const [value, slope] = this.#options.own!(a.value, { label, target: wanted?.[output] ?? 0, output, step });
          return g.apply(value, [a], [slope]);
        }),
      );
    const values = answer.map((a) => a.value);
    if (m.kind === "distillation") {
      const cooled = (x: readonly number[]): number[] => softmaxOf(x.map((a) => a / m.temperature));
      const [q, p] = [cooled(wanted!), cooled(values)];
      const divergence = q.reduce((sum, qj, j) => sum + qj * Math.log(qj / p[j]!), 0);
      const slopes = p.map((pj, j) => m.temperature * (pj - q[j]!));
      return g.apply(m.temperature ** 2 * divergence, answer, slopes);
    }
    const { smoothing = 0, weights } = m;
    const p = softmaxOf(values);
    const q = p.map((_, j) => (j === label ? 1 - smoothing : 0) + smoothing / p.length);
    const weight = weights?.[label] ?? 1;
    const loss = -q.reduce((sum, qj, j) => (qj === 0 ? sum : sum + qj * Math.log(p[j]!)), 0);
    return g.apply(
      weight * loss,
      answer,
      p.map((pj, j) => weight * (pj - q[j]!)),
    );
  }

  /** The closed form of `analysis/`, and derivatives from the sum over all later steps. */
  #vanRossum(rows: Rows, targets: readonly (readonly number[])[], tau: number): Value {
    const { output, dt } = this.#net;
    const terms = Array.from({ length: sizeOf(this.#net, output!) }, (_, j) => {
      const course = rows.map((r) => r.get(`${output}.spike`)![j]!);
      const times = (of: (t: number) => number): number[] => rows.flatMap((_, t) => (of(t) > 0 ? [t * dt] : []));
      const [mine, given] = [times((t) => course[t]!.value), times((t) => targets[t]![j]!)];
      // d D² / d s_u = Σ over all spikes t, with their signs, of e^(-|t - u| / tau): kernels overlap so.
      const slopes = course.map((_, u) => {
        const near = (list: number[]): number => list.reduce((a, t) => a + Math.exp(-Math.abs(t - u * dt) / tau), 0);
        return near(mine) - near(given);
      });
      return this.#g.apply(vanRossumDistance(mine, given, tau) ** 2, course, slopes);
    });
    return this.#g.sum(terms);
  }

  /** strength · mean over the neurons of (rate - target)², or of the excess alone */
  #penalties(rows: Rows): Value[] {
    return (this.#options.penalties ?? []).map(({ kind, target, strength, population }) => {
      const n = sizeOf(this.#net, population);
      return this.#g.linear(
        Array.from({ length: n }, (_, j) => {
          const excess = this.#g.linear(
            rows.map((r) => [1 / rows.length, r.get(`${population}.spike`)![j]!]),
            -target,
          );
          const counts = kind === "rate" || excess.value > 0;
          return [counts ? strength / n : 0, this.#g.square(excess)];
        }),
      );
    });
  }
}
