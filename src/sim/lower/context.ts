/** What every part of the lowering shares: the network, the options, and the buffers made so far. */
import { type Buffer, type Place, place, along, type Role, type Term, padded } from "../../ir/program.ts";
import { type FloatType, type Type } from "../../ir/types.ts";
import { type Connection } from "../../model/connection.ts";
import { type Network, sizeOf } from "../../model/network.ts";

/**
 * - `stream`: states live on between runs; a run is a block of at most `steps` steps of all samples; what happened
 *   before is kept in rings as long as the longest delay.
 * - `samples`: each sample starts from the initial state and lasts `steps` steps, all of which are kept; a run works
 *   through a batch in chunks of `samples`.
 */
export type Mode = "stream" | "samples";

export interface LowerOptions {
  readonly type: FloatType;
  readonly mode: Mode;
  /** Samples (trials) side by side: of a run in `stream`, of a chunk in `samples`. */
  readonly samples: number;
  /** The most steps of one run. */
  readonly steps: number;
  /** `samples` only: the most samples of a run. */
  readonly batch: number;
  /** `node.port` of everything that the host reads back. */
  readonly record: readonly string[];
  readonly seed: number;
}

/** Host-provided numbers of a run, by name, at these places of the `run` buffer. */
export const RUN = { start: 0, steps: 1, chunks: 2 } as const;
export const RUN_LENGTH = 4;
/** What keys the random draws of a run, in the `key` buffer: the seed, and for draws outside the time loop a step. */
export const KEY = { seed: 0, stepLow: 1, stepHigh: 2 } as const;
export const runNumber = (name: keyof typeof RUN): Place => place("run", RUN[name]);

export class Context {
  readonly net: Network;
  readonly options: LowerOptions;
  readonly buffers = new Map<string, Buffer>();
  /** Contents of constant buffers. */
  readonly constants = new Map<string, ArrayLike<number>>();

  constructor(net: Network, options: LowerOptions) {
    this.net = net;
    this.options = options;
    this.buffer("run", "i32", RUN_LENGTH, "argument");
    this.buffer("key", "u32", 4, "argument");
    this.buffer("zero", "i32", 4, "constant");
    if (options.mode === "samples") this.buffer("chunk.samples", "i32", this.chunks, "argument");
  }

  get type(): FloatType {
    return this.options.type;
  }
  get chunks(): number {
    return Math.ceil(this.options.batch / this.options.samples);
  }
  /** The samples of the chunk at hand. */
  get sampleCount(): number | Place {
    return this.options.mode === "samples" ? place("chunk.samples", 0, along("chunk", 1)) : this.options.samples;
  }

  buffer(name: string, type: Type, length: number, role: Role): string {
    const known = this.buffers.get(name);
    if (known && (known.type !== type || known.length !== length)) throw new Error(`buffer '${name}' was made differently before`);
    if (!known) this.buffers.set(name, { name, type, length, role });
    return name;
  }
  constant(name: string, values: ArrayLike<number>, type: Type = this.type): string {
    this.buffer(name, type, values.length, "constant");
    this.constants.set(name, values);
    return name;
  }

  size(node: string): number {
    return sizeOf(this.net, node);
  }
  /** Elements of a node's row in memory. */
  stride(node: string): number {
    return padded(this.size(node), this.type);
  }

  /** The longest delay at which anything leaves a port. */
  maxDelay(node: string, port: string): number {
    const longest = (c: Connection, trigger: string): number => Math.max(0, ...(c.synapse?.pathways ?? []).filter((p) => p.trigger === trigger).map((p) => p.delay));
    const used = this.net.connections.filter((c) => c.from.node === node && c.from.port === port).map((c) => this.delayOf(c) + longest(c, "pre"));
    const heard = port === "spike" ? this.net.connections.filter((c) => c.to.node === node).map((c) => longest(c, "post")) : [];
    return Math.max(0, ...used, ...heard);
  }
  /**
   * Steps by which what leaves the source is older than the step that uses it. With phases in several groups, a value
   * is read before its population moves on: it is one step old.
   */
  delayOf(c: Connection): number {
    const early = this.net.schedule.groups.length > 1 && c.from.port !== "spike" && !(c.from.node in this.net.inputs) ? 1 : 0;
    return c.delay + this.net.schedule.latency + early;
  }

  /** Rows that a time-indexed array keeps. */
  rows(maxDelay: number): number {
    const least = this.options.steps + maxDelay;
    return this.options.mode === "stream" ? 2 ** Math.ceil(Math.log2(Math.max(1, least))) : least;
  }
  /** Row `t - delay` of an array with that many rows of `stride`, as an offset and a term. */
  at(stride: number, rows: number, delay: number, maxDelay: number): { offset: number; term: Term } {
    if (this.options.mode === "stream") return { offset: 0, term: along("t", stride, { shift: rows - delay, modulo: rows }) };
    return { offset: (maxDelay - delay) * stride, term: along("t", stride) };
  }
}
