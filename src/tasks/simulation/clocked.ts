/** Runs a network with the clocked engine. */

import { type ThreadedBackend, threadedWasm } from "../../backend/wasm/wasm.ts";
import { RunError } from "../../base/errors.ts";
import type { FloatType } from "../../ir/types.ts";
import { hasMatrix } from "../../model/connection.ts";
import type { Network } from "../../model/network.ts";
import { createEngine, type Engine } from "../../sim/engine.ts";
import { WINDOWS } from "../../sim/health/activity.ts";
import type { HealthFinding } from "../../sim/health/finding.ts";
import { Growth } from "../../sim/health/growth.ts";
import { findNotFinite, notFiniteFinding } from "../../sim/health/notFinite.ts";
import { initialParameters, type Parameters } from "../../sim/lower/parameters.ts";
import type { RecordedSeries } from "../../sim/records/memorySink.ts";
import type { SynapseEnds } from "../../sim/records/plan.ts";
import type { Records, VariableRecord } from "../../sim/records/spec.ts";
import type { Snapshot } from "../../sim/snapshot.ts";
import { secondsText } from "../explainQuantity.ts";
import { inputCounts, stepInputs } from "../subject/given.ts";
import { requireLength } from "../subject/inputs.ts";
import type { Subject } from "../subject/subject.ts";
import { Collected } from "./collected.ts";
import type { RecordedSynapses, RecordedValues, RecordPlan } from "./record.ts";
import { matrixEnds, type Runner, type Work } from "./runner.ts";

export interface ClockedOptions {
  readonly type: FloatType;
  readonly seed: number;
  readonly threads: number;
}

/** Numbers that are recorded in one piece at most: 4 MB, of which several copies wait to be collected. */
const MOST_VALUES = 5e5;
/** The same of spikes, were every neuron to fire in every step: 320 MB, of which a few per cent are ever used. */
const MOST_SPIKES = 2e7;
/** Looking back costs this share of the time at most, and this memory. */
const SNAPSHOTS = 0.02;
const MOST_COPIED = 2 ** 30;

/** A stop costs as much as reading so many numbers, and letting a step's numbers out as much as reading this share of them. */
const STOP = 1500;
const LETTING = 1 / 40;
/** Whether stopping to look at a state is cheaper than reading it in every step. Other variables are known within a step alone. */
function isPeeked({ populations }: Network, { node, variable, neurons, every }: RecordedValues): boolean {
  const population = populations[node];
  if (!population?.model.variables.some((v) => v.name === variable)) return false;
  return (every - 1) * (neurons.length + LETTING * population.size) > STOP;
}
const nameOf = ({ node, variable }: RecordedValues): string => `${node}.${variable}`;

/** What a piece is told to record: spikes by `spikes NODE`, the k-th variable by `values K`. */
const spikesName = (node: string): string => `spikes ${node}`;
const valuesName = (k: number): string => `values ${k}`;
function recordsOf(net: Network, { values }: RecordPlan): Records {
  const spiking = Object.keys(net.populations).filter((node) => net.populations[node]!.model.spike);
  return Object.fromEntries([
    ...spiking.map((of) => [spikesName(of), { kind: "spikes", of }] as const),
    ...values.map((of, k) => [valuesName(k), variableOf(net, of)] as const),
  ]);
}
/**
 * A sample at tick t is what stands between steps t - 1 and t. Records after a step have the numbers of the steps, so that
 * those of ticks `every`, 2 `every`, … are among those of every step alone.
 */
function variableOf(net: Network, of: RecordedValues): VariableRecord {
  const what = { kind: "variable", of: nameOf(of), neurons: of.neurons } as const;
  return isPeeked(net, of) ? { ...what, every: of.every, when: "before" } : what;
}
/** Numbers that a step leaves behind, on average. */
const numbersOf = (net: Network, { values }: RecordPlan): number =>
  values.reduce((sum, v) => sum + v.neurons.length / (isPeeked(net, v) ? v.every : 1), 0);

/** Neurons that may fire in a step. */
const spikingOf = ({ populations }: Network): number =>
  Object.values(populations).reduce((sum, p) => sum + (p.model.spike ? p.size : 0), 0);

/** @throws {ModelError}, {DataError} for what cannot run */
export async function clockedRunner(
  subject: Subject,
  plan: RecordPlan,
  steps: number,
  options: ClockedOptions,
): Promise<Runner> {
  const { net, given } = subject;
  requireLength(net, given, steps);
  const backend = threadedWasm(options.threads);
  try {
    const parameters = subject.parameters ?? initialParameters(net, options.seed, options.type, false);
    const records = recordsOf(net, plan);
    const engine = await createEngine(net, backend, {
      type: options.type,
      seed: options.seed,
      records,
      sources: given.sources,
      parameters,
    });
    return new ClockedRunner(
      { subject, plan, records, engine, backend, parameters, type: options.type, seed: options.seed },
      steps,
    );
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

interface Parts {
  readonly subject: Subject;
  readonly plan: RecordPlan;
  readonly records: Records;
  readonly engine: Engine;
  readonly backend: ThreadedBackend;
  readonly parameters: Parameters;
  readonly type: FloatType;
  readonly seed: number;
}

class ClockedRunner implements Runner {
  readonly collected: Collected;
  readonly most: number;
  readonly threads: number;
  readonly says: string;
  readonly #parts: Parts;
  readonly #engine: Engine;
  readonly #net: Network;
  readonly #growth: Growth;
  /** From before the run went wrong, if it does, and what it cost; nothing of an engine that is too large to be copied. */
  #snapshot: Snapshot | undefined;
  #cost = 0;
  #taken = 0;

  constructor(parts: Parts, steps: number) {
    const { subject, plan, engine, backend, type } = parts;
    this.#parts = parts;
    this.#engine = engine;
    this.#net = subject.net;
    this.#growth = new Growth(engine);
    this.collected = new Collected(subject.net, plan, { total: steps, tick: subject.net.dt, whole: true });
    const room = Math.min(MOST_VALUES / numbersOf(subject.net, plan), MOST_SPIKES / spikingOf(subject.net));
    this.most = Math.max(1, Math.min(steps, Math.floor(room)));
    this.threads = engine.lowered.context.parts > 1 ? backend.threads : 1;
    this.says = `clocked, in steps of ${secondsText(subject.net.dt)}, ${type}`;
    this.#snapshot = this.#take();
  }

  #take(): Snapshot | undefined {
    const start = performance.now();
    if (this.#engine.bytes > MOST_COPIED) return undefined;
    const snapshot = this.#engine.snapshot();
    this.#taken = performance.now();
    this.#cost = this.#taken - start;
    return snapshot;
  }

  advance(steps: number): HealthFinding | undefined {
    if (performance.now() - this.#taken > this.#cost / SNAPSHOTS) this.#snapshot = this.#take();
    const end = this.#engine.stepsDone + steps;
    let [from, to] = [this.#engine.stepsDone, 0];
    try {
      for (; from < end; from = to) {
        to = Math.min(end, this.#nextLook(from));
        this.#run(from, to - from);
        if (to === this.#nextLook(from)) this.#growth.look();
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof RunError && error.code === "not-finite")) throw error;
      return this.#explain(error, from, to);
    }
  }
  /** The end of the window that a step lies in. */
  #nextLook(step: number): number {
    const { total } = this.collected.extent;
    const window = Math.floor((step * WINDOWS) / total) + 1;
    return Math.max(step + 1, Math.round((window * total) / WINDOWS));
  }
  get findings(): HealthFinding[] {
    return this.#growth.findings();
  }
  #inputs(from: number, count: number) {
    return stepInputs(this.#net, this.#parts.subject.given, from, count);
  }

  /** Runs and collects; nothing is collected of a run that fails. */
  #run(from: number, steps: number): void {
    const { records, plan } = this.#parts;
    const recording = this.#engine.run(steps, this.#inputs(from, steps), { records });
    this.#collectSpikes(recording.records);
    plan.values.forEach((of, k) => this.#collectValues(of, k, recording.records, from));
    this.collected.done = from + steps;
  }
  #collectSpikes(series: RecordedSeries): void {
    for (const node of this.collected.perNeuron.keys()) {
      const { ticks, indices } = series[spikesName(node)]!;
      this.collected.spikes(node, ticks, indices);
    }
  }
  #collectValues(of: RecordedValues, k: number, series: RecordedSeries, from: number): void {
    const { ticks, values, columns, offset } = series[valuesName(k)]!;
    ticks.forEach((step, row) => {
      const tick = step + offset;
      // The piece before has given what stands at its end, and nobody samples the beginning.
      if (tick > from && tick % of.every === 0) this.collected.sampleOf(k, tick, values, row * columns);
    });
    // After the last step nobody stops to look.
    const end = this.#engine.stepsDone;
    if (isPeeked(this.#net, of) && end % of.every === 0)
      this.collected.sample(k, end, this.#engine.state(nameOf(of)), 0);
  }

  /** Finds the step in which a state stopped being a number, and collects what came before it. */
  #explain(error: RunError, from: number, to: number): HealthFinding {
    const engine = this.#engine;
    const snapshot = this.#snapshot;
    const start = snapshot?.step ?? from;
    const inputs = (k: number) => this.#inputs(start + k, 1);
    const found = snapshot && findNotFinite(engine, { snapshot, steps: to - start, inputs });
    if (!found)
      return {
        code: "not-finite",
        where: error.path,
        says: `${error.message}.`,
        advice: "Look at the equations that it is computed by; try half the step, or f64.",
      };
    engine.restore(snapshot);
    if (from > start) engine.run(from - start, this.#inputs(start, from - start));
    if (found.step > from) this.#run(from, found.step - from);
    return notFiniteFinding(engine, found);
  }

  get digest(): string {
    return this.#engine.digest;
  }
  get synapses(): number {
    return this.#net.connections.reduce((sum, c) => {
      for (const degree of this.#engine.outDegrees(c.name)) sum += degree;
      return sum;
    }, 0);
  }
  look({ connection, variable }: RecordedSynapses): ArrayLike<number> | undefined {
    const matrix = this.#net.connections.some((c) => c.name === connection && hasMatrix(c));
    const dense = matrix ? this.#parts.parameters[`${connection}.weight`] : undefined;
    if (dense) return variable === "w" ? dense : undefined;
    return this.#engine.synapses(connection)[variable]?.slice();
  }
  ends(connection: string): SynapseEnds | undefined {
    const matrix = matrixEnds(this.#net, connection);
    if (matrix) return matrix;
    const { source, target } = this.#engine.synapses(connection);
    return source && target && { source, target };
  }
  work(): Work {
    const { given } = this.#parts.subject;
    const inputs = inputCounts(this.#net, given, { seed: this.#parts.seed, steps: this.collected.done });
    const spikesOf = (node: string): Uint32Array | undefined => inputs.get(node) ?? this.collected.perNeuron.get(node);
    let synapticEvents = 0;
    for (const c of this.#net.connections) {
      const spikes = c.from.port === "spike" ? spikesOf(c.from.node) : undefined;
      if (!spikes) continue;
      const degrees = this.#engine.outDegrees(c.name);
      for (let k = 0; k < degrees.length; k++) synapticEvents += spikes[k]! * degrees[k]!;
    }
    const neurons = Object.values(this.#net.populations).reduce((sum, p) => sum + p.size, 0);
    let inputSpikes = 0;
    for (const counts of inputs.values()) for (const n of counts) inputSpikes += n;
    return { synapticEvents, neuronUpdates: neurons * this.collected.done, ...(inputs.size > 0 && { inputSpikes }) };
  }
  [Symbol.dispose](): void {
    this.#engine.dispose();
    this.#parts.backend.dispose();
  }
}
