/**
 * What arrives at a port in a step: its biases, then each connection in the order listed, those from earlier
 * components first. Sums that are the same in every step are formed once a sample, and sums that need no answer from
 * the population's own component are formed for all steps before its time loop.
 */
import { along, type Count, invoke, loop, type Node, type Place, place } from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import { joined } from "../../ir/together.ts";
import {
  addsValues,
  type Connection,
  hasMatrix,
  isWindowed,
  type WindowedConnection,
  windowsIn,
} from "../../model/connection.ts";
import { biasOf } from "../../model/connectivity/windowed.ts";
import { hasTwoGroups } from "../../model/timing.ts";
import { addStep, clearStep, copyStep, deliverStep, deliverValueStep, drainStep } from "./bodies.ts";
import { type Context, runNumber } from "./context.ts";
import { arrivalsAt } from "./delivery.ts";
import { arrivesDirectly } from "./direct.ts";
import { inForm } from "./forms.ts";
import { isTold } from "./needs.ts";
import type { ParameterLayout } from "./parameters.ts";
import { byPart, FROM_PART, fromParts, type PART } from "./parts.ts";
import { statePlace } from "./places.ts";
import { type Events, listKey, type ValueSignal } from "./signals.ts";
import type { Sources } from "./sources.ts";
import { overSynapses } from "./synapses.ts";
import { isConstant, windowNodes } from "./windows.ts";

/** Where a port's sum lies when the population's step reads it, and what computes it when. */
export interface PortSum {
  readonly port: string;
  readonly place: Place;
  /** Once a chunk, once a sample, for all steps at hand at once, once a step before the time loop, and within it. */
  readonly chunk: readonly Node[];
  readonly sample: readonly Node[];
  readonly steps: readonly Node[];
  readonly step: readonly Node[];
  readonly loop: readonly Node[];
  /** Whether what is formed before the time loop comes from the host alone. */
  readonly given: boolean;
  /** Whether the place is the state itself (`direct.ts`). */
  readonly direct: boolean;
  /** Whether the place belongs to a ring, so that who reads it last makes it zero (`delivery.ts`). */
  readonly ring: boolean;
}

export type Signal =
  | { readonly kind: "spikes"; readonly events: Events }
  /** In one form or the other. */
  | { readonly kind: "either"; readonly events: Events & { readonly values: Place }; readonly signal: ValueSignal }
  | { readonly kind: "values"; readonly signal: ValueSignal };

/** What a connection carries, already delayed. */
export function signalOf(c: Connection, context: Context, sources: Sources): Signal {
  const { node, port } = c.from;
  const sparse = sources.sparseInputs.get(node);
  if (sparse) return { kind: "either", events: sparse.events(), signal: sources.values.get(`${node}.${port}`)! };
  if (port === "spike" || isTold(context.net, c))
    return { kind: "spikes", events: spikeEvents(node, context.delayOf(c), sources) };
  return { kind: "values", signal: sources.values.get(`${node}.${port}`)! };
}

/** The spikes of an input or a population, some steps old: of all parts in turn, or of the part at hand. */
export const spikeEvents = (
  node: string,
  age: number,
  { spikes, inputSpikes }: Sources,
  part: typeof PART | typeof FROM_PART = FROM_PART,
  port = "spike",
): Events => inputSpikes.get(`${node}@${age}`)?.events() ?? spikes.get(listKey(node, port))!.events(age, part);

/** The row of a parameter array. */
export const parameterPlace = (layout: ParameterLayout, name: string): Place =>
  place("parameters", layout.blocks.get(name)!.offset);
/** The weights of a connection, or of a part of one. */
export const weightPlace = (layout: ParameterLayout, { name }: Connection): Place => layout.weights.get(name)!.place;

/** @param late connections from the population's own component */
export function portSum(
  node: string,
  port: string,
  incoming: readonly Connection[],
  late: ReadonlySet<string>,
  context: Context,
  sources: Sources,
): PortSum {
  return new SumBuilder(node, port, context, sources).build(incoming, late);
}

type Phase = "chunk" | "sample" | "steps" | "step" | "loop";

class SumBuilder {
  readonly #node: string;
  readonly #port: string;
  readonly #c: Context;
  readonly #sources: Sources;
  readonly #phases: Record<Phase, Node[]> = { chunk: [], sample: [], steps: [], step: [], loop: [] };
  /** The row of a transform whose value the sum is. */
  readonly #value: Place | undefined;
  /** The sum so far. */
  #sum: Place | undefined;

  constructor(node: string, port: string, context: Context, sources: Sources) {
    this.#node = node;
    this.#port = port;
    this.#c = context;
    this.#sources = sources;
    this.#value = node in context.net.transforms ? sources.values.get(`${node}.${port}`)!.row() : undefined;
  }

  build(all: readonly Connection[], late: ReadonlySet<string>): PortSum {
    const { delivered } = this.#c.delivery;
    const incoming = all.filter((c) => !delivered.has(c.name));
    const rings = incoming.length < all.length ? this.#rings() : [];
    if (!this.#value && incoming.length === 0 && rings.length === 1) return this.#ofRing(rings[0]!);
    const [only] = incoming;
    if (
      !this.#value &&
      rings.length === 0 &&
      incoming.length === 1 &&
      addsValues(only!) &&
      !only!.bias &&
      !hasTwoGroups(this.#c.net)
    )
      return this.#ofRow(only!);
    const inLoop = (c: Connection): boolean => late.has(c.name) || c.synapse !== undefined;
    const early = incoming.filter((c) => !inLoop(c));
    if (
      !this.#value &&
      rings.length === 0 &&
      early.length === 0 &&
      arrivesDirectly(this.#node, this.#port, incoming, this.#c)
    )
      return this.#direct(incoming);
    const constant = new Set(early.filter((c) => isConstant(signalOf(c, this.#c, this.#sources))));
    for (const c of incoming) if (c.bias && c.to.port === this.#port) this.#bias(c);
    const changing = early.filter((c) => !constant.has(c));
    this.#all("sample", [...constant]);
    this.#all("step", changing);
    for (const ring of rings) this.#drain(ring);
    this.#inLoop(incoming.filter(inLoop));
    if (this.#value && this.#sum!.buffer !== this.#value.buffer) this.#bring(this.#value);
    const given = changing.every((c) => c.from.node in this.#c.net.inputs);
    return { port: this.#port, place: this.#sum!, ...this.#phases, given, direct: false, ring: false };
  }
  /** What does not change is written into the row of each step. */
  #bring(value: Place): void {
    this.#phases.loop.push(this.#elementwise(copyStep(this.#c.type), { x: this.#sum!, out: value }));
    this.#sum = value;
  }
  /** Where what delayed spikes bring has been added up: at two moments where they come with different ages. */
  #rings(): Place[] {
    const { delivery, parts } = this.#c;
    return delivery.rings.flatMap((ring) => arrivalsAt(ring, this.#node, this.#port, parts) ?? []);
  }
  #ofRing(ring: Place): PortSum {
    return { port: this.#port, place: ring, ...this.#phases, given: false, direct: false, ring: true };
  }
  /** Nothing but one row of values arrives: the sum is that row. */
  #ofRow(c: Connection): PortSum {
    return { port: this.#port, place: this.#row(c), ...this.#phases, given: false, direct: false, ring: false };
  }
  #row(c: Connection): Place {
    return this.#sources.values.get(`${c.from.node}.${c.from.port}`)!.row(this.#c.delayOf(c));
  }
  /** Adds what a ring holds to the sum so far, and clears it. */
  #drain(ring: Place): void {
    const out = this.#target("loop");
    this.#phases.loop.push(...this.#begin(out), this.#elementwise(drainStep(this.#c.type), { x: ring, out }));
    this.#sum = out;
  }
  #direct(incoming: readonly Connection[]): PortSum {
    const state = statePlace(this.#node, this.#port, this.#c);
    this.#sum = state;
    const loop = incoming.filter((c) => !c.synapse).flatMap((c) => this.#deliver(c, state));
    return { port: this.#port, place: state, ...this.#phases, loop, given: false, direct: true, ring: false };
  }

  #bias(c: Connection): void {
    const bias = parameterPlace(this.#sources.parameters, `${c.name}.bias`);
    if (isWindowed(c)) return this.#channelBias(c, bias);
    if (!this.#sum) {
      this.#sum = bias;
      return;
    }
    const out = this.#target("chunk");
    this.#phases.chunk.push(...this.#begin(out), this.#elementwise(addStep(this.#c.type), { x: bias, out }));
    this.#sum = out;
  }

  /** Every position of a target has the biases of its channels. */
  #channelBias(c: WindowedConnection, x: Place): void {
    const { channels, positions } = biasOf(windowsIn(this.#c.net, c));
    const out = this.#target("chunk");
    const step = this.#sum ? addStep : copyStep;
    const at = { ...out, terms: [along("position", channels)] };
    this.#phases.chunk.push(
      ...(this.#sum ? this.#begin(out) : []),
      loop("position", positions, [
        invoke({ kind: "perElement", step: step(this.#c.type) }, { x, out: at }, { n: channels }),
      ]),
    );
    this.#sum = out;
  }

  #all(phase: Phase, connections: readonly Connection[]): void {
    if (connections.length === 0) return;
    const out = this.#target(phase);
    for (const c of connections) {
      const rows = this.#sum === undefined || c === connections[0] ? this.#manyRows(c, phase, out) : undefined;
      if (rows) this.#phases[rows.phase].push(...rows.nodes);
      this.#phases[phase].push(...this.#deliver(c, out, rows !== undefined));
      this.#sum = out;
    }
  }

  /**
   * Rows of values as one product: those of all steps of a sample or, where they are constant, of all samples of a chunk.
   * Only for the first connection of a phase, which starts from a sum that is the same in all rows.
   */
  #manyRows(c: Connection, phase: Phase, out: Place): { phase: "chunk" | "steps"; nodes: Node[] } | undefined {
    const signal = signalOf(c, this.#c, this.#sources);
    if (signal.kind !== "either" || !hasMatrix(c) || this.#sum?.terms.some((t) => t.loop === "s" && phase === "sample"))
      return undefined;
    const [inner, rows] = phase === "sample" ? ["s", this.#c.sampleCount] : ["t", this.#c.stepCount];
    const without = (p: Place): Place => ({ ...p, terms: p.terms.filter((t) => t.loop !== inner) });
    const product = this.#product(c, without(out), without(signal.signal.row()), rows, signal.signal.stride);
    const nodes = inForm(this.#c, c.from.node, "rows", [product]);
    return { phase: phase === "sample" ? "chunk" : "steps", nodes };
  }
  #product(c: Connection, out: Place, a: Place, rows: Count, aRow: number): Node {
    const width = this.#c.stride(this.#node);
    const start = this.#sum && { init: this.#sum };
    const matrix = { type: this.#c.type, width, bStride: width, outStride: width, aRow, aColumn: 1 };
    const kernel = { kind: "product", ...matrix, start: start ? "init" : "zero" } as const;
    const b = weightPlace(this.#sources.parameters, c);
    return invoke(kernel, { out, a, b, ...start }, { rows, depth: this.#c.size(c.from.node) });
  }

  /** Synapses with pathways add to the sum themselves, so it begins with what the others brought. */
  #inLoop(connections: readonly Connection[]): void {
    this.#all(
      "loop",
      connections.filter((c) => !c.synapse),
    );
    if (!connections.some((c) => c.synapse)) return;
    const out = this.#target("loop");
    this.#phases.loop.push(...this.#begin(out));
    this.#sum = out;
  }

  get #parts() {
    return { context: this.#c, sources: this.#sources };
  }

  /** A buffer for the sum of a phase. */
  #target(phase: Phase): Place {
    if (this.#value && (phase === "step" || phase === "loop")) return this.#value;
    const { samples } = this.#c.options;
    const stride = this.#c.stride(this.#node);
    const name = `${this.#node}.in.${this.#port}`;
    const buffer = (suffix: string, length: number): string =>
      this.#c.buffer(name + suffix, this.#c.type, length, "work");
    if (phase === "chunk") return place(buffer(".bias", stride));
    if (phase === "sample") return place(buffer(".constant", samples * stride), 0, along("s", stride));
    if (phase === "loop") return place(buffer(".now", samples * stride), 0, along("s", stride));
    const rows = this.#c.rows(0);
    const { offset, term } = this.#c.at(stride, rows, 0, 0);
    return place(buffer("", samples * rows * stride), offset, along("s", rows * stride), term);
  }

  #elementwise(step: Step, args: Readonly<Record<string, Place>>): Node {
    return byPart(invoke({ kind: "perElement", step }, args, { n: this.#c.stride(this.#node) }), this.#node, this.#c);
  }

  /** `out = the sum so far` */
  #begin(out: Place): Node[] {
    const { type } = this.#c;
    if (this.#sum)
      return this.#sum.buffer === out.buffer ? [] : [this.#elementwise(copyStep(type), { x: this.#sum, out })];
    if (this.#c.parts > 1) return [this.#elementwise(clearStep(type), { out })];
    return [invoke({ kind: "zero", type }, { out }, { n: this.#c.stride(this.#node) })];
  }

  /** `out = the sum so far + what the connection brings`; without what its rows bring, where that is done elsewhere. */
  #deliver(c: Connection, out: Place, withoutRows = false): Node[] {
    if (addsValues(c)) return [...this.#begin(out), this.#elementwise(addStep(this.#c.type), { x: this.#row(c), out })];
    if (isWindowed(c)) {
      const parts = { context: this.#c, parameters: this.#sources.parameters };
      return [...this.#begin(out), ...windowNodes(c, out, signalOf(c, this.#c, this.#sources), parts)];
    }
    if (!hasMatrix(c)) return [...this.#begin(out), ...this.#sparse(c, out)];
    const signal = signalOf(c, this.#c, this.#sources);
    if (signal.kind === "spikes") return this.#gatherSpikes(c, out, signal.events);
    const { node } = c.from;
    const row = (): Node => this.#product(c, out, signal.signal.row(this.#c.delayOf(c)), 1, 0);
    if (signal.kind === "values") return [row()];
    return [
      ...inForm(this.#c, node, "lists", [this.#gather(c, out, signal.events)]),
      ...(withoutRows ? [] : inForm(this.#c, node, "rows", [row()])),
    ];
  }
  #gatherSpikes(c: Connection, out: Place, events: Events): Node[] {
    if (this.#c.parts === 1 || c.from.node in this.#c.net.inputs) return [this.#gather(c, out, events)];
    const begin = this.#begin(out);
    this.#sum = out;
    return [...begin, ...fromParts([this.#gather(c, out, events)], c.from.node, this.#c)];
  }
  #gather(c: Connection, out: Place, { list, from, to, values }: Events & { readonly values?: Place }): Node {
    const width = this.#c.stride(this.#node);
    const init = this.#sum && { init: this.#sum };
    const shape = { type: this.#c.type, width, stride: width, valued: values !== undefined, init: init !== undefined };
    const weights = weightPlace(this.#sources.parameters, c);
    return invoke(
      { kind: "gatherRows", ...shape },
      { out, weights, list, ...init, ...(values && { values }) },
      { from, to },
    );
  }

  #sparse(c: Connection, out: Place): Node[] {
    const tables = this.#sources.synapses.get(c.name)!;
    const signal = signalOf(c, this.#c, this.#sources);
    const args = { w: tables.variable("w"), in: out };
    if (signal.kind === "values") {
      const x = signal.signal.row(this.#c.delayOf(c));
      return [
        overSynapses(
          c,
          { kind: "perSynapse", domain: "all", step: deliverValueStep(this.#c.type, tables.weights) },
          { ...args, x },
          this.#parts,
        ),
      ];
    }
    if (signal.kind === "either") throw new Error(`connection ${c.name}: lists of values through sparse synapses`);
    const kernel = { kind: "perSynapse", domain: "rows", step: deliverStep(this.#c.type, tables.weights) } as const;
    return [overSynapses(c, kernel, args, this.#parts, signal.events)];
  }
}

/** The loop over the steps of a run, or of the sample at hand. */
export function overSteps(context: Context, body: readonly Node[], reverse = false): Node[] {
  if (body.length === 0) return [];
  const from: Count = context.options.mode === "stream" ? runNumber("start") : 0;
  return [loop("t", context.stepCount, context.parts > 1 ? joined(body, "t") : body, { from, reverse })];
}
/** The loop over the samples at hand. Trials of a stream need nothing of each other, and may run side by side. */
export function overSamples(context: Context, body: readonly Node[]): Node[] {
  const { mode, samples } = context.options;
  if (body.length === 0) return [];
  return [loop("s", context.sampleCount, body, mode === "stream" && samples > 1 ? { parallel: true } : {})];
}
