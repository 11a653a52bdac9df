/**
 * What arrives at a port in a step: its biases, then each connection in the order listed, those from earlier
 * components first. Sums that are the same in every step are formed once a sample, and sums that need no answer from
 * the population's own component are formed for all steps before its time loop.
 */
import { along, type Count, invoke, loop, type Node, type Place, place } from "../../ir/program.ts";
import { type Connection } from "../../model/connection.ts";
import { addStep, copyStep, deliverStep, deliverValueStep } from "./bodies.ts";
import { type Context, runNumber } from "./context.ts";
import { type ParameterLayout } from "./parameters.ts";
import { type Events, InputSpikes, SparseInput, type SpikeSignal, type ValueSignal } from "./signals.ts";
import { type SynapseTables } from "./synapses.ts";

export interface Sources {
  readonly spikes: ReadonlyMap<string, SpikeSignal>;
  /** By `node.port`. */
  readonly values: ReadonlyMap<string, ValueSignal>;
  /** By `node@delay`. */
  readonly inputSpikes: ReadonlyMap<string, InputSpikes>;
  readonly sparseInputs: ReadonlyMap<string, SparseInput>;
  readonly parameters: ParameterLayout;
  readonly synapses: ReadonlyMap<string, SynapseTables>;
}

/** Where a port's sum lies when the population's step reads it, and what computes it when. */
export interface PortSum {
  readonly port: string;
  readonly place: Place;
  /** Once a chunk, once a sample, once a step before the time loop, and within it. */
  readonly chunk: readonly Node[];
  readonly sample: readonly Node[];
  readonly step: readonly Node[];
  readonly loop: readonly Node[];
}

export type Signal =
  | { readonly kind: "spikes"; readonly events: Events }
  | { readonly kind: "sparse"; readonly events: Events & { readonly values: Place } }
  | { readonly kind: "values"; readonly signal: ValueSignal };

/** What a connection carries, already delayed. */
export function signalOf(c: Connection, context: Context, sources: Sources): Signal {
  const delay = context.delayOf(c);
  const sparse = sources.sparseInputs.get(c.from.node);
  if (sparse) return { kind: "sparse", events: sparse.events() };
  const input = sources.inputSpikes.get(`${c.from.node}@${delay}`);
  if (input) return { kind: "spikes", events: input.events() };
  if (c.from.port === "spike") return { kind: "spikes", events: sources.spikes.get(c.from.node)!.events(delay) };
  return { kind: "values", signal: sources.values.get(`${c.from.node}.${c.from.port}`)! };
}
const isConstant = (s: Signal): boolean => s.kind === "sparse" || (s.kind === "values" && s.signal.constant);

/** The row of a parameter array. */
export const parameterPlace = (layout: ParameterLayout, name: string): Place => place("parameters", layout.blocks.get(name)!.offset);

/** @param late connections from the population's own component */
export function portSum(node: string, port: string, incoming: readonly Connection[], late: ReadonlySet<string>, context: Context, sources: Sources): PortSum {
  return new SumBuilder(node, port, context, sources).build(incoming, late);
}

class SumBuilder {
  readonly #node: string;
  readonly #port: string;
  readonly #c: Context;
  readonly #sources: Sources;
  readonly #phases = { chunk: [] as Node[], sample: [] as Node[], step: [] as Node[], loop: [] as Node[] };
  /** The sum so far. */
  #sum: Place | undefined;

  constructor(node: string, port: string, context: Context, sources: Sources) {
    this.#node = node;
    this.#port = port;
    this.#c = context;
    this.#sources = sources;
  }

  build(incoming: readonly Connection[], late: ReadonlySet<string>): PortSum {
    const at = (c: Connection): Signal => signalOf(c, this.#c, this.#sources);
    const early = incoming.filter((c) => !late.has(c.name) && !c.synapse);
    for (const c of incoming) if (c.bias) this.#bias(c);
    this.#all("sample", early.filter((c) => isConstant(at(c))));
    this.#all("step", early.filter((c) => !isConstant(at(c))));
    const own = incoming.filter((c) => late.has(c.name) || c.synapse);
    if (own.length > 0) this.#inLoop(own);
    return { port: this.#port, place: this.#sum ?? this.#zeros(), ...this.#phases };
  }

  /** Nothing arrives but zero. */
  #zeros(): Place {
    return place(this.#c.buffer(`${this.#node}.in.${this.#port}.zero`, this.#c.type, this.#c.stride(this.#node), "constant"));
  }

  #bias(c: Connection): void {
    const bias = parameterPlace(this.#sources.parameters, `${c.name}.bias`);
    if (!this.#sum) {
      this.#sum = bias;
      return;
    }
    const out = this.#target("bias");
    this.#phases.chunk.push(this.#copy(this.#sum, out), this.#elementwise(addStep(this.#c.type), bias, out));
    this.#sum = out;
  }

  #all(phase: "sample" | "step", connections: readonly Connection[]): void {
    if (connections.length === 0) return;
    const out = this.#target(phase);
    for (const c of connections) {
      this.#phases[phase].push(...this.#deliver(c, out, this.#sum));
      this.#sum = out;
    }
  }

  #inLoop(connections: readonly Connection[]): void {
    const out = this.#target("loop");
    for (const c of connections.filter((c) => !c.synapse)) {
      this.#phases.loop.push(...this.#deliver(c, out, this.#sum));
      this.#sum = out;
    }
    if (this.#sum !== out) {
      this.#phases.loop.push(this.#sum ? this.#copy(this.#sum, out) : this.#clear(out));
      this.#sum = out;
    }
  }

  /** A buffer for the sum of a phase. */
  #target(phase: "bias" | "sample" | "step" | "loop"): Place {
    const { samples } = this.#c.options;
    const stride = this.#c.stride(this.#node);
    const name = `${this.#node}.in.${this.#port}`;
    if (phase === "bias") return place(this.#c.buffer(`${name}.bias`, this.#c.type, stride, "work"));
    if (phase === "sample") return place(this.#c.buffer(`${name}.constant`, this.#c.type, samples * stride, "work"), 0, along("s", stride));
    if (phase === "loop") return place(this.#c.buffer(`${name}.now`, this.#c.type, samples * stride, "work"), 0, along("s", stride));
    const rows = this.#c.rows(0);
    const { offset, term } = this.#c.at(stride, rows, 0, 0);
    return place(this.#c.buffer(name, this.#c.type, samples * rows * stride, "work"), offset, along("s", rows * stride), term);
  }

  #copy(x: Place, out: Place): Node {
    return this.#elementwise(copyStep(this.#c.type), x, out);
  }
  #clear(out: Place): Node {
    return invoke({ kind: "zero", type: this.#c.type }, { out }, { n: this.#c.stride(this.#node) });
  }
  #elementwise(step: ReturnType<typeof copyStep>, x: Place, out: Place): Node {
    return invoke({ kind: "perElement", step }, { x, out }, { n: this.#c.stride(this.#node) });
  }

  /** `out = start + what the connection brings` */
  #deliver(c: Connection, out: Place, start: Place | undefined): Node[] {
    if (c.connectivity.kind !== "dense") return [...this.#begin(out, start), ...this.#sparse(c, out)];
    const signal = signalOf(c, this.#c, this.#sources);
    const weights = parameterPlace(this.#sources.parameters, `${c.name}.weight`);
    const { type } = this.#c;
    const width = this.#c.stride(this.#node);
    const init = start && { init: start };
    if (signal.kind === "values") {
      const a = signal.signal.row(this.#c.delayOf(c));
      const kernel = { kind: "product", type, width, bStride: width, outStride: width, aRow: 0, aColumn: 1, start: start ? "init" : "zero" } as const;
      return [invoke(kernel, { out, a, b: weights, ...init }, { rows: 1, depth: this.#c.size(c.from.node) })];
    }
    const valued = signal.kind === "sparse";
    const { list, from, to } = signal.events;
    return [invoke({ kind: "gatherRows", type, width, stride: width, valued, init: start !== undefined },
      { out, weights, list, ...init, ...(signal.kind === "sparse" && { values: signal.events.values }) }, { from, to })];
  }
  #begin(out: Place, start: Place | undefined): Node[] {
    if (!start) return [this.#clear(out)];
    return start === out ? [] : [this.#copy(start, out)];
  }

  #sparse(c: Connection, out: Place): Node[] {
    const tables = this.#sources.synapses.get(c.name)!;
    const signal = signalOf(c, this.#c, this.#sources);
    const args = { w: tables.variable("w"), in: out, ...tables.rows };
    if (signal.kind === "values")
      return [invoke({ kind: "perSynapse", domain: "all", step: deliverValueStep(this.#c.type) },
        { ...args, x: signal.signal.row(this.#c.delayOf(c)) }, { sources: this.#c.size(c.from.node) })];
    if (signal.kind === "sparse") throw new Error(`connection ${c.name}: sparse values through sparse synapses`);
    const { list, from, to } = signal.events;
    return [invoke({ kind: "perSynapse", domain: "rows", step: deliverStep(this.#c.type) }, { ...args, list }, { from, to })];
  }
}

/** The loop over the steps of a run. */
export function overSteps(context: Context, body: readonly Node[], reverse = false): Node[] {
  if (body.length === 0) return [];
  const from: Count = context.options.mode === "stream" ? runNumber("start") : 0;
  return [loop("t", runNumber("steps"), body, { from, reverse })];
}
/** The loop over the samples at hand. */
export const overSamples = (context: Context, body: readonly Node[]): Node[] => (body.length === 0 ? [] : [loop("s", context.sampleCount, body)]);
