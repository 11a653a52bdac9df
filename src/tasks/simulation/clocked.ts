/** Runs a network with the clocked engine. */

import type { Elements } from "../../backend/backend.ts";
import { type ThreadedBackend, threadedWasm } from "../../backend/wasm/wasm.ts";
import { RunError } from "../../base/errors.ts";
import type { FloatType } from "../../ir/types.ts";
import type { Network } from "../../model/network.ts";
import { sizeOf } from "../../model/nodes.ts";
import { createEngine, type Engine } from "../../sim/engine.ts";
import type { HealthFinding } from "../../sim/health/finding.ts";
import { findNotFinite, notFiniteFinding } from "../../sim/health/notFinite.ts";
import type { Hook } from "../../sim/hooks.ts";
import { initialParameters, type Parameters } from "../../sim/lower/parameters.ts";
import type { Recording } from "../../sim/recording.ts";
import type { Snapshot } from "../../sim/snapshot.ts";
import { secondsText } from "../explainQuantity.ts";
import { inputCounts, stepInputs } from "../subject/given.ts";
import { requireLength } from "../subject/inputs.ts";
import type { Subject } from "../subject/subject.ts";
import { Collected } from "./collected.ts";
import type { RecordedSynapses, RecordedValues, RecordPlan } from "./record.ts";
import type { Runner, Work } from "./runner.ts";

export interface ClockedOptions {
  readonly type: FloatType;
  readonly seed: number;
  readonly threads: number;
}

/** Numbers that are recorded in one piece at most: 16 MB. */
const MOST_VALUES = 2e6;
/** Looking back costs this share of the time at most, and this memory. */
const SNAPSHOTS = 0.02;
const MOST_COPIED = 2 ** 30;

/** From so many steps on, looking at a state between steps is cheaper than recording its whole population in all of them. */
const PEEK = 8;
const isPeeked = ({ populations }: Network, { node, variable, every }: RecordedValues): boolean =>
  every >= PEEK && (populations[node]?.model.variables.some((v) => v.name === variable) ?? false);
const nameOf = ({ node, variable }: RecordedValues): string => `${node}.${variable}`;

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
    const parameters = subject.parameters ?? initialParameters(net, options.seed, options.type);
    const engine = await createEngine(net, backend, {
      type: options.type,
      seed: options.seed,
      record: [...new Set(plan.values.filter((v) => !isPeeked(net, v)).map(nameOf))],
      sources: given.sources,
      parameters,
    });
    return new ClockedRunner(
      { subject, plan, engine, backend, parameters, type: options.type, seed: options.seed },
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
  readonly engine: Engine;
  readonly backend: ThreadedBackend;
  readonly parameters: Parameters;
  readonly type: FloatType;
  readonly seed: number;
}

/** A sample of the k-th variable that is recorded. */
interface Peeked {
  readonly k: number;
  readonly tick: number;
  readonly values: readonly number[];
}

class ClockedRunner implements Runner {
  readonly collected: Collected;
  readonly most: number;
  readonly threads: number;
  readonly says: string;
  readonly #parts: Parts;
  readonly #engine: Engine;
  readonly #net: Network;
  /** From before the run went wrong, if it does, and what it cost; nothing of an engine that is too large to be copied. */
  #snapshot: Snapshot | undefined;
  #cost = 0;
  #taken = 0;

  constructor(parts: Parts, steps: number) {
    const { subject, plan, engine, backend, type } = parts;
    this.#parts = parts;
    this.#engine = engine;
    this.#net = subject.net;
    this.collected = new Collected(subject.net, plan, { total: steps, tick: subject.net.dt, whole: true });
    const recorded = plan.values.filter((v) => !isPeeked(subject.net, v));
    const row = recorded.reduce((sum, v) => sum + sizeOf(subject.net, v.node), 0);
    this.most = row === 0 ? steps : Math.max(1, Math.floor(MOST_VALUES / row));
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
    const from = this.#engine.stepsDone;
    try {
      this.#run(from, steps);
      return undefined;
    } catch (error) {
      if (!(error instanceof RunError && error.code === "not-finite")) throw error;
      return this.#explain(error, from, from + steps);
    }
  }
  #inputs(from: number, count: number) {
    return stepInputs(this.#net, this.#parts.subject.given, from, count);
  }

  /** Runs and collects; nothing is collected of a run that fails. */
  #run(from: number, steps: number): void {
    const peeked: Peeked[] = [];
    const peek = (k: number, tick: number, values: Elements): void => {
      const { neurons } = this.#parts.plan.values[k]!;
      peeked.push({ k, tick, values: neurons.map((n) => values[n]!) });
    };
    const all = this.#parts.plan.values.map((of, k) => ({ of, k })).filter(({ of }) => isPeeked(this.#net, of));
    const hooks = all.map(({ of, k }): Hook => {
      const { every } = of;
      return {
        every,
        from: every - (from % every),
        run: (view) => peek(k, view.step, view.state(nameOf(of))),
      };
    });
    const recording = this.#engine.run(steps, this.#inputs(from, steps), hooks.length > 0 ? { hooks } : {});
    // A hook is called before a step: after the last one, nobody was.
    for (const { of, k } of all)
      if ((from + steps) % of.every === 0) peek(k, from + steps, this.#engine.state(nameOf(of)));
    this.#collect(recording, from);
    for (const { k, tick, values } of peeked) this.collected.sampleOf(k, tick, values);
  }

  #collect({ spikes, values, steps }: Recording, from: number): void {
    for (const [node, { steps: at, indices }] of Object.entries(spikes))
      this.collected.spikes(
        node,
        Float64Array.from(at, (s) => from + s),
        indices,
      );
    this.#parts.plan.values.forEach((of, k) => {
      if (isPeeked(this.#net, of)) return;
      const { node, variable, every } = of;
      const all = values[`${node}.${variable}`]!;
      const size = sizeOf(this.#net, node);
      // What is recorded is the end of a step: step s ends at tick s + 1.
      for (let t = every - 1 - (from % every); t < steps; t += every)
        this.collected.sample(k, from + t + 1, all, t * size);
    });
    this.collected.done = from + steps;
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
    const dense = this.#parts.parameters[`${connection}.weight`];
    if (dense) return variable === "w" ? dense : undefined;
    return this.#engine.synapses(connection)[variable]?.slice();
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
