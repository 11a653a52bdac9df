/** Runs a network with the exact engine: ticks are seconds. */
import { RunError } from "../../base/errors.ts";
import { hasMatrix } from "../../model/connection.ts";
import type { Network } from "../../model/network.ts";
import { createExactEngine, type ExactEngine } from "../../sim/exact/engine.ts";
import type { ExactRecording } from "../../sim/exact/recording.ts";
import type { HealthFinding } from "../../sim/health/finding.ts";
import { initialParameters, type Parameters } from "../../sim/lower/parameters.ts";
import type { SynapseEnds } from "../../sim/records/plan.ts";
import { timeInputs } from "../subject/given.ts";
import { requireLength } from "../subject/inputs.ts";
import type { Subject } from "../subject/subject.ts";
import { Collected } from "./collected.ts";
import type { RecordedSynapses, RecordedValues, RecordPlan } from "./record.ts";
import { matrixEnds, type Runner, type Work } from "./runner.ts";

/** @throws {ModelError} `unsupported` for what has no closed form */
export function exactRunner(subject: Subject, plan: RecordPlan, seconds: number, seed: number): Runner {
  requireLength(subject.net, subject.given, 1);
  return new ExactRunner(subject, plan, seconds, seed);
}

class ExactRunner implements Runner {
  readonly collected: Collected;
  readonly most = Number.POSITIVE_INFINITY;
  readonly threads = 1;
  readonly synapses = undefined;
  readonly findings = [];
  readonly says = "exact, without a grid of time, f64";
  readonly #net: Network;
  readonly #subject: Subject;
  readonly #values: readonly RecordedValues[];
  readonly #engine: ExactEngine;
  readonly #parameters: Parameters;

  constructor(subject: Subject, plan: RecordPlan, seconds: number, seed: number) {
    this.#net = subject.net;
    this.#subject = subject;
    this.#values = plan.values;
    this.#parameters = subject.parameters ?? initialParameters(subject.net, seed, "f64", false);
    this.#engine = createExactEngine(subject.net, {
      seed,
      record: [...new Set(plan.values.map((v) => `${v.node}.${v.variable}`))],
      parameters: this.#parameters,
      sources: subject.given.sources,
    });
    this.collected = new Collected(subject.net, plan, { total: seconds, tick: 1, whole: false });
  }

  advance(seconds: number): HealthFinding | undefined {
    const from = this.#engine.now;
    const to = from + seconds;
    const inputs = timeInputs(this.#subject.given, from, to);
    try {
      this.#collect(this.#engine.run(seconds, { inputs, sampleAt: this.#sampleTimes(from, to) }));
      return undefined;
    } catch (error) {
      if (error instanceof RunError && error.code === "out-of-range") return endless(error);
      if (error instanceof RunError && error.code === "not-finite") return notFinite(error);
      throw error;
    }
  }
  /** Of all variables: multiples of their intervals, each time once. */
  #sampleTimes(from: number, to: number): Float64Array {
    const times = new Set<number>();
    for (const { every } of this.#values)
      for (let k = firstMultiple(from, every * this.#net.dt); ; k++) {
        const t = k * every * this.#net.dt;
        if (t >= to) break;
        if (t >= from && k > 0) times.add(t);
      }
    return Float64Array.from(times).sort();
  }
  #collect({ spikes, times, values }: ExactRecording): void {
    for (const [node, s] of Object.entries(spikes)) this.collected.spikes(node, s.times, s.indices);
    this.#values.forEach(({ node, variable, every }, k) => {
      const { size } = this.#net.populations[node]!;
      const interval = every * this.#net.dt;
      const all = values[`${node}.${variable}`]!;
      times.forEach((t, row) => {
        if (Math.round(t / interval) * every * this.#net.dt === t) this.collected.sample(k, t, all, row * size);
      });
    });
    this.collected.done = this.#engine.now;
  }

  get digest(): string {
    return this.#engine.digest;
  }
  look({ connection, variable }: RecordedSynapses): ArrayLike<number> | undefined {
    const own = this.#net.connections.some((c) => c.name === connection && hasMatrix(c));
    return own && variable === "w" ? this.#parameters[`${connection}.weight`] : undefined;
  }
  ends(connection: string): SynapseEnds | undefined {
    return matrixEnds(this.#net, connection);
  }
  work(): Work {
    const { inputSpikes, synapticEvents, updates } = this.#engine.counts;
    const hasInputs = Object.keys(this.#net.inputs).length > 0;
    return { synapticEvents, neuronUpdates: updates, ...(hasInputs && { inputSpikes }) };
  }
  [Symbol.dispose](): void {}
}

const firstMultiple = (from: number, interval: number): number => Math.max(0, Math.floor(from / interval) - 1);

/** The engine's own words end in advice, behind a semicolon. */
const endless = ({ path, message }: RunError): HealthFinding => ({
  code: "endless",
  where: path,
  says: `Time stands still: ${message.split("; ")[0]}.`,
  advice: "Give the neuron a refractory period, a reset below its threshold, or the loop a delay.",
});
const notFinite = ({ path, message }: RunError): HealthFinding => ({
  code: "not-finite",
  where: path,
  says: `${message}.`,
  advice: "Look at weights and inputs: they are too large to be added up.",
});
