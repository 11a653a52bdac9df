/** A network that learns by exact spike times: forwards by the exact engine, backwards by EventProp. */
import type { Dimension } from "../../base/dimension.ts";
import { DataError, ModelError, RunError, requireInteger, requireKnown } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import type { Network } from "../../model/network.ts";
import { Cells } from "../../sim/exact/cells.ts";
import { createExactEngine, type ExactEngine } from "../../sim/exact/engine.ts";
import type { ExactDelays } from "../../sim/exact/rows.ts";
import type { ExactEvents } from "../../sim/exact/sources.ts";
import { initialParameters, type Parameters, parameterLayout, writeParameters } from "../../sim/lower/parameters.ts";
import { inputOf } from "../batch.ts";
import type { Evaluation } from "../evaluator.ts";
import type { Learner } from "../fit.ts";
import { requireGiven } from "../given.ts";
import type { Optimiser } from "../optimiser.ts";
import { argmax } from "../readout.ts";
import type { StepResult } from "../trainer.ts";
import { Adjoint, type Fired, type Look } from "./adjoint.ts";
import { Maxima, type Peak } from "./maxima.ts";
import { Path } from "./paths.ts";
import { PlainOptimiser } from "./plainOptimiser.ts";
import {
  isOfClasses,
  type Judged,
  judge,
  judgeVoltages,
  requireWanted,
  type TimeLoss,
  type Trains,
  type Wanted,
} from "./timeLoss.ts";

/** Samples whose spikes come at exact times. */
export interface EventBatch {
  readonly count: number;
  /** Of each sample the spikes that enter: element `indices[k]` at `times[k]`, in seconds from its start. */
  readonly spikes: readonly ExactEvents[];
  /** The class of each sample, for losses that ask for one. */
  readonly labels?: ArrayLike<number>;
  /** Of each sample and output the spike times that it should have, in seconds, for losses that ask for them. */
  readonly trains?: readonly Trains[];
}
/** What to do about neurons that do not spike, through which no gradient flows. */
export interface Raise {
  /**
   * Where more than this share of a population's neurons is silent in a batch, on the average over its samples, or of the
   * output where in more than this share of the samples the label's neuron is silent …
   */
  readonly share: number;
  /**
   * … this is added to all trained weights that reach the population; of the output to those of labels' neurons that were
   * silent. Of several such populations only the first listed is raised.
   */
  readonly by: number;
}
/** Options of `createEventTrainer`. */
export interface EventTrainerOptions {
  readonly loss: TimeLoss;
  readonly optimiser: Optimiser;
  /** How long a sample lasts: seconds, or a quantity such as "60 ms". */
  readonly duration: number | string;
  readonly seed?: number;
  /** Weights to start from; drawn by `seed` where absent. */
  readonly parameters?: Parameters;
  /** Instead of the network's: any durations. */
  readonly delays?: ExactDelays;
  /** By population, in the order of the network. */
  readonly raise?: Readonly<Record<string, Raise>>;
  /** Samples of one update, at most; by default as many as come. */
  readonly batch?: number;
}
const OPTIONS = ["loss", "optimiser", "duration", "seed", "parameters", "delays", "raise", "batch"] as const;

/** What came of one update by exact spike times. */
export interface EventStepResult extends StepResult {
  /** Samples in which an output that must spike did not: their gradient is zero. */
  readonly silent: number;
  /** By population, the share of neurons that did not spike, averaged over the samples. */
  readonly silentShare: Readonly<Record<string, number>>;
}

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

/**
 * Makes a network learn by the exact gradients of its spike times (EventProp). Neurons are those of the exact engine whose
 * spikes have times that move smoothly: linear, with a synaptic current between weight and threshold, without refractory
 * period. Weights are all that learns. It runs on one thread, in double precision.
 *
 * @see Wunderlich and Pehle 2021, Sci. Rep. 11:12829
 * @throws {ModelError} `unsupported`, `not-differentiable` where the network cannot be trained so; `usage`, `out-of-range`
 *   for an option
 */
export function createEventTrainer(net: Network, options: EventTrainerOptions): EventTrainer {
  requireKnown("eventTrainer", options, OPTIONS);
  requireGiven("eventTrainer", options, ["loss", "optimiser", "duration"]);
  const { seed = 0, duration, raise = {} } = options;
  requireInteger("eventTrainer.seed", seed, 0, 2 ** 32 - 1);
  const end = typeof duration === "string" ? quantityOf(duration, SECOND, "duration") : duration;
  if (!(end > 0 && Number.isFinite(end)))
    throw new ModelError("out-of-range", "eventTrainer.duration", `must be above 0 s, got ${end}`);
  if (net.inputs[inputOf(net)]!.signal !== "spikes")
    throw new ModelError("unsupported", `${net.name}.${inputOf(net)}`, "training by spike times needs spikes to enter");
  requireKnown("eventTrainer.raise", raise, Object.keys(net.populations));
  requireOutput(net, options.loss);
  return new EventTrainer(net, options, end);
}

function requireOutput(net: Network, loss: TimeLoss): void {
  const p = net.output === undefined ? undefined : net.populations[net.output];
  const spikes = loss.kind !== "highestVoltage";
  if (!p || (p.model.spike !== undefined) !== spikes)
    throw new ModelError(
      "usage",
      net.name,
      `the loss ${loss.kind} needs 'output', a population that ${spikes ? "spikes" : "does not spike"}`,
    );
  const driven = net.connections.find((c) => c.to.node === net.output && (c.bias || c.from.port !== "spike"));
  if (!spikes && driven)
    throw new ModelError(
      "unsupported",
      `connection ${driven.name}`,
      "a constant current into the output is not known to this loss",
    );
}

interface Ran {
  readonly fired: Fired[];
  readonly trains: Fired[][];
  readonly peaks: readonly Peak[];
  readonly judged: Judged;
  /** The class answered; -1 for none. */
  readonly answer: number;
}

/** A network that learns by exact spike times. Make it with `createEventTrainer`. */
export class EventTrainer implements Learner<EventBatch> {
  readonly network: Network;
  readonly #options: EventTrainerOptions;
  readonly #end: number;
  readonly #engine: ExactEngine;
  readonly #paths: readonly Path[];
  readonly #adjoint: Adjoint;
  readonly #maxima: Maxima | undefined;
  readonly #optimiser: PlainOptimiser;
  readonly #weights: ReadonlyMap<string, Float64Array>;
  readonly #gradients: ReadonlyMap<string, Float64Array>;
  readonly #input: string;
  /** Labels whose neuron was silent in the last batch. */
  readonly #missed = new Set<number>();

  /** Use `createEventTrainer`. */
  constructor(net: Network, options: EventTrainerOptions, end: number) {
    const { seed = 0, delays = {}, parameters = initialParameters(net, seed, "f64") } = options;
    [this.network, this.#options, this.#end, this.#input] = [net, options, end, inputOf(net)];
    const layout = parameterLayout(net, "f64");
    writeParameters(new Float64Array(layout.length), layout, parameters); // checks them
    for (const b of layout.blocks.values())
      if (b.kind === "neuron")
        throw new ModelError("unsupported", b.name, "training by exact spike times moves weights alone");
    this.#weights = new Map(Object.entries(parameters).map(([name, w]) => [name, Float64Array.from(w)]));
    this.#engine = createExactEngine(net, { seed, delays, parameters: this.parameters() });
    let first = 0;
    const cells = new Map(
      Object.entries(net.populations).map(([node, p]) => {
        const made = new Cells(node, p, first, parameters, seed);
        first += p.size;
        refuseRefractory(made);
        return [node, made];
      }),
    );
    this.#paths = net.connections.map(
      (c, k) => new Path(net, k, cells.get(c.to.node)!, this.parameters(), seed, delays),
    );
    this.#adjoint = new Adjoint([...cells.values()], this.#paths);
    const output = cells.get(net.output!)!;
    if (options.loss.kind === "highestVoltage")
      this.#maxima = new Maxima(output, net.populations[net.output!]!.model.outputs[0]!, this.#paths);
    const trained = this.#paths.filter((p) => this.#weights.has(p.name) && p.parameter.some((k) => k >= 0));
    this.#gradients = new Map(trained.map((p) => [p.name, p.gradient]));
    this.#optimiser = new PlainOptimiser(options.optimiser, new Map(trained.map((p) => [p.name, p.gradient.length])));
  }

  /** Updates done so far. */
  get updates(): number {
    return this.#optimiser.updates;
  }
  /** Weights as they are. */
  parameters(): Parameters {
    return Object.fromEntries([...this.#weights].map(([name, w]) => [name, w.slice()]));
  }
  /** The same: nothing is dropped here. */
  deployed(): Parameters {
    return this.parameters();
  }
  /** The gradients of the mean loss that the last `gradients` or `step` left, by the names of `parameters`. */
  gradientBlocks(): Parameters {
    return Object.fromEntries([...this.#gradients].map(([name, g]) => [name, g.slice()]));
  }
  /**
   * Goes on from these weights; the optimiser knows nothing of it.
   * @throws {ModelError} `unknown-name`, `shape-mismatch`
   */
  setParameters(parameters: Parameters): void {
    this.#engine.restart(parameters);
    for (const [name, w] of Object.entries(parameters)) this.#weights.get(name)!.set(w);
    for (const p of this.#paths) p.setWeights(this.parameters());
  }
  /** @throws {RunError} `not-finite` */
  requireFinite(): void {
    for (const [name, w] of this.#weights)
      if (!w.every(Number.isFinite))
        throw new RunError("not-finite", `update ${this.updates}`, `${name} is not finite; try a lower rate`);
  }

  /** The loss of a batch and its gradients; weights stay. @throws {DataError} for a batch that does not fit */
  gradients(batch: EventBatch): EventStepResult {
    for (const g of this.#gradients.values()) g.fill(0);
    const tally = new Tally(this.network, this.#options.loss);
    this.#missed.clear();
    this.#each(batch, (ran, wanted) => {
      tally.note(ran, wanted);
      if (ran.judged.silent && wanted.label !== undefined) this.#missed.add(wanted.label);
      if (!ran.judged.silent) this.#backwards(ran, batch.count);
    });
    return tally.result(batch.count);
  }
  #backwards({ fired, trains, peaks, judged: { slopes } }: Ran, count: number): void {
    for (const [k, train] of trains.entries()) for (const [n, f] of train.entries()) f.slope = slopes[k]![n]! / count;
    const looks = peaks.map(({ cells, neuron, place, time, ended }, k): Look => {
      const slope = slopes[k]![0]! / count;
      if (ended) ended.by.slope += slope * ended.rise;
      return { node: cells.node, neuron, time, place, slope };
    });
    this.#adjoint.run(fired, this.#end, looks);
  }

  /**
   * One update.
   * @throws {RunError} `not-finite`; `out-of-range` where no sample has the spikes that a gradient needs, and `raise` does
   *   not help
   */
  step(batch: EventBatch): EventStepResult {
    const result = this.gradients(batch);
    if (!Number.isFinite(result.loss))
      throw new RunError("not-finite", `update ${this.updates + 1}`, `the loss became ${result.loss}`);
    const quiet = (node: string): number =>
      this.#isLabelled(node) ? result.silent / batch.count : result.silentShare[node]!;
    const raised = Object.entries(this.#options.raise ?? {}).find(([node, { share }]) => quiet(node) > share);
    if (result.silent === batch.count && !raised)
      throw new RunError(
        "out-of-range",
        `update ${this.updates + 1}`,
        `in no sample of the batch does every output of '${this.network.output}' spike that must, so there is no gradient; start from larger weights, or give 'raise'`,
      );
    const trained = new Map([...this.#gradients.keys()].map((name) => [name, this.#weights.get(name)!]));
    this.#optimiser.update(trained, this.#gradients);
    if (raised) this.#raise(...raised);
    this.requireFinite();
    this.setParameters(this.parameters());
    return result;
  }
  /** Whether it is known which of a population's neurons should have spiked. */
  #isLabelled(node: string): boolean {
    return node === this.network.output && isOfClasses(this.#options.loss);
  }
  #raise(node: string, { by }: Raise): void {
    const all = !this.#isLabelled(node);
    for (const p of this.#paths) {
      const w = this.#weights.get(p.name);
      if (p.target !== node || !w || !this.#gradients.has(p.name)) continue;
      for (let k = 0; k < p.targets.length; k++) {
        const own = p.parameter[k]!;
        if (own >= 0 && (all || this.#missed.has(p.targets[k]!))) w[own]! += p.sign * by;
      }
    }
  }

  /** Answers a batch: the class whose output spikes first, or has the highest voltage. There are no steps: `steps` is NaN. @throws {DataError} for a batch that does not fit */
  evaluate(batch: EventBatch): Evaluation & EventStepResult {
    const tally = new Tally(this.network, this.#options.loss);
    this.#each(batch, (ran, wanted) => tally.note(ran, wanted));
    return {
      ...tally.evaluation(),
      ...tally.result(batch.count),
      samples: batch.count,
      inputEvents: batch.spikes.reduce((sum, s) => sum + s.times.length, 0),
    };
  }

  #each(batch: EventBatch, use: (ran: Ran, wanted: Wanted) => void): void {
    const { count, spikes, labels, trains } = batch;
    if (!Array.isArray(spikes))
      throw new DataError("type-mismatch", "batch.spikes", `must be a list with { times, indices } of each sample`);
    if (!(Number.isInteger(count) && count >= 1 && spikes.length === count))
      throw new DataError("shape-mismatch", "batch.spikes", `holds ${spikes.length} samples, count is ${count}`);
    const { batch: most = count } = this.#options;
    if (count > most)
      throw new DataError("shape-mismatch", "batch", `holds ${count} samples, at most ${most} were asked for`);
    for (let s = 0; s < count; s++) {
      const wanted = { label: labels?.[s], trains: trains?.[s] };
      requireWanted(this.#options.loss, wanted, this.network.populations[this.network.output!]!.size, `[${s}]`);
      use(this.#run(spikes[s]!, wanted), wanted);
    }
  }
  #run(spikes: ExactEvents, wanted: Wanted): Ran {
    const fired: Fired[] = Array.from(spikes.times, (time, k) => ({
      node: this.#input,
      neuron: spikes.indices[k]!,
      time,
      slope: 0,
    }));
    const output = this.network.output!;
    const trains: Fired[][] = Array.from({ length: this.network.populations[output]!.size }, () => []);
    this.#engine.restart();
    this.#engine.runWatched(this.#end, { [this.#input]: spikes }, (cells, neuron, time) => {
      const one: Fired = { node: cells.node, neuron, time, cells, state: cells.distances(neuron), slope: 0 };
      fired.push(one);
      if (cells.node === output) trains[neuron]!.push(one);
    });
    return { fired, trains, ...this.#judged(fired, trains, wanted) };
  }
  #judged(
    fired: readonly Fired[],
    trains: readonly Fired[][],
    wanted: Wanted,
  ): Pick<Ran, "peaks" | "judged" | "answer"> {
    const { loss } = this.#options;
    if (loss.kind === "highestVoltage") {
      const peaks = this.#maxima!.find(fired, this.#end);
      const voltages = peaks.map((p) => p.value);
      const { slopes, ...rest } = judgeVoltages(loss, voltages, wanted.label!);
      const judged = { ...rest, slopes: slopes.map((s) => [s]), silent: false };
      return { peaks, judged, answer: argmax(voltages, 0, voltages.length) };
    }
    const times = trains.map((t) => t.map((f) => f.time));
    const first = times.map((t) => t[0] ?? Number.POSITIVE_INFINITY);
    const least = Math.min(...first);
    const answer = least < Number.POSITIVE_INFINITY ? first.indexOf(least) : -1;
    return { peaks: [], judged: judge(loss, times, wanted, this.#end), answer };
  }
}

function refuseRefractory(cells: Cells): void {
  for (let n = 0; n < cells.size; n++)
    if (cells.kind(n).refractory > 0)
      throw new ModelError(
        "unsupported",
        `${cells.node}.refractory`,
        "training by exact spike times needs neurons without a refractory period",
      );
}

/** What became of the samples of a batch. */
class Tally {
  readonly #net: Network;
  readonly #loss: TimeLoss;
  readonly #active = new Map<string, number>();
  readonly #quiet = new Map<string, number>();
  readonly #predictions: number[] = [];
  readonly #confusion: Uint32Array;
  readonly #classes: number;
  #sum = 0;
  #silent = 0;
  #correct = 0;

  constructor(net: Network, loss: TimeLoss) {
    [this.#net, this.#loss] = [net, loss];
    this.#classes = net.populations[net.output!]!.size;
    this.#confusion = new Uint32Array(this.#classes ** 2);
  }

  note({ fired, judged, answer }: Ran, { label }: Wanted): void {
    this.#sum += judged.loss;
    this.#silent += Number(judged.silent);
    this.#predictions.push(answer);
    if (label !== undefined && answer >= 0) this.#confusion[label * this.#classes + answer]!++;
    this.#correct += Number(answer >= 0 && answer === label);
    for (const [node, p] of Object.entries(this.#net.populations)) {
      if (!p.model.spike) continue;
      const own = fired.filter((f) => f.node === node);
      this.#active.set(node, (this.#active.get(node) ?? 0) + own.length);
      const quiet = p.size - new Set(own.map((f) => f.neuron)).size;
      this.#quiet.set(node, (this.#quiet.get(node) ?? 0) + quiet / p.size);
    }
  }

  result(count: number): EventStepResult {
    return {
      loss: this.#sum / count,
      penalty: 0,
      counted: count,
      correct: isOfClasses(this.#loss) ? this.#correct : Number.NaN,
      silent: this.#silent,
      silentShare: Object.fromEntries([...this.#quiet].map(([node, sum]) => [node, sum / count])),
    };
  }
  evaluation(): Pick<Evaluation, "predictions" | "confusion" | "activity" | "steps"> {
    return {
      steps: Number.NaN,
      predictions: Int32Array.from(this.#predictions),
      confusion: this.#confusion,
      activity: Object.fromEntries([...this.#active].map(([node, active]) => [node, { active }])),
    };
  }
}
