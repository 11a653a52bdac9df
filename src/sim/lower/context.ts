/** What every part of the lowering shares: the network, the options, and the buffers made so far. */

import type { Elements } from "../../backend/backend.ts";
import { along, type Buffer, type Place, padded, place, type Role, type Term } from "../../ir/program.ts";
import type { FloatType, Type } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import type { RowCounter } from "../../model/connectivity/rows.ts";
import type { Network } from "../../model/network.ts";
import { sizeOf } from "../../model/nodes.ts";
import { ageOf } from "../../model/timing.ts";
import { isNorm } from "../../model/transform.ts";
import type { Mill, Plan } from "../mill/mill.ts";
import { type Delivery, deliveryOf } from "./delivery.ts";
import type { Form } from "./forms.ts";
import { type Need, needsOf } from "./needs.ts";
import type { TimedTable } from "./timed.ts";

/**
 * - `stream`: states live on between runs; a run is a block of at most `steps` steps of all samples; what happened
 *   before is kept in rings as long as the longest delay.
 * - `samples`: each sample starts from the initial state and lasts at most `steps` steps, all of which are kept; a run
 *   works through a batch in chunks of `samples`. With `segment`, only that many steps are kept at a time: what lasts
 *   longer is addressed by segment and step, and the rest by step alone (`segments.ts`).
 */
export type Mode = "stream" | "samples";

export interface LowerOptions {
  readonly type: FloatType;
  readonly mode: Mode;
  /** Samples (trials) side by side: of a run in `stream`, of a chunk in `samples`. */
  readonly samples: number;
  /** The most steps of one run. */
  readonly steps: number;
  /** `samples` only: steps of a segment of time, where samples are worked through in segments. */
  readonly segment?: number | undefined;
  /**
   * `samples` with segments: of how many segments, a power of two, the host's arrays are in memory at a time, where a run takes
   * all samples of a batch through one segment after the other (`learn/timeOutermost.ts`). The host brings what comes next.
   * Default all.
   */
  readonly staged?: number | undefined;
  /** `samples` only: the most samples of a run. */
  readonly batch: number;
  /** `samples` only: runs of chunks that may go on side by side (`shards.ts`). */
  readonly shards: number;
  /**
   * Which mean and variance batch normalisation takes: those of the batch (`samples` only, with a chunk for each shard,
   * because all samples are kept; with segments of one step those of the step), or those that training has noted. Default
   * `running`.
   */
  readonly statistics?: "batch" | "running";
  /** `stream` only: parts of populations that run side by side within a step (`parts.ts`); default 1. */
  readonly parts?: number;
  /** `node.port` of everything that the host reads back. */
  readonly record: readonly string[];
  readonly seed: number;
  /** What counts the synapses of rows in bulk. */
  readonly counter?: RowCounter | undefined;
  /** The form of inputs that may have either; by default the cheaper one of each batch (`forms.ts`). */
  readonly form?: Form;
  /** The form of errors that go back through windows and may have either; by default the cheaper one of each step. */
  readonly errors?: ErrorForm;
}
/** To sources that are listed, one by one, or to all of them (`learn/errorForms.ts`). */
export const ERROR_FORMS = ["listed", "all"] as const;
export type ErrorForm = (typeof ERROR_FORMS)[number];

/** Host-provided numbers of a run, by name, at these places of the `run` buffer. */
export const RUN = { start: 0, steps: 1 } as const;
export const RUN_LENGTH = 4;
/** `samples` mode: how many steps each sample of the batch lasts. Holds `steps` for all until the host says otherwise. */
export const SAMPLE_STEPS = "sample.steps";
/** Those by which it is shorter than the longest. */
export const SAMPLE_REST = "sample.rest";
/** The loop over the segments of time, and the same two numbers of each sample in the segment at hand. */
export const SEGMENT = "segment";
export const SEGMENT_STEPS = "segment.steps";
export const SEGMENT_REST = "segment.rest";
/** What keys the random draws of a run, in the `key` buffer: the seed, and for draws outside the time loop a step. */
export const KEY = { seed: 0, stepLow: 1, stepHigh: 2 } as const;
export const runNumber = (name: keyof typeof RUN): Place => place("run", RUN[name]);

/**
 * Writes what a buffer holds before the first run, so that large tables exist but once.
 * @param array other buffers, of which those made earlier are filled already
 * @param mill what draws and lays out in bulk, where that pays
 */
export type Fill = (to: Elements, array: (name: string) => Elements, mill?: Mill) => void;
export type Contents = ArrayLike<number> | Fill;

/** Writes the row of a step or segment from `at` on. */
export type TableRow = (k: number, to: { [k: number]: number }, at: number) => void;
export interface StagedTable {
  readonly per: "step" | "segment";
  readonly width: number;
  readonly write: TableRow;
}

/** Seconds: at 10 spikes a second and neuron, one of a hundred fires in a step of this length. */
const RARE = 1e-3;

export class Context {
  readonly net: Network;
  readonly options: LowerOptions;
  readonly delivery: Delivery;
  readonly needs: readonly Need[];
  readonly transients = new Set<string>();
  readonly buffers = new Map<string, Buffer>();
  /** What buffers hold before the first run, where that is not zero: the host writes it when a program is loaded. */
  readonly contents = new Map<string, Contents>();
  /** `stream` mode: timed arrays, by the buffer that the host fills with the rows of the steps that come. */
  readonly timed = new Map<string, TimedTable>();
  /** Where not all segments are staged: tables of steps or segments, by the buffer that the host fills for those that come. */
  readonly tables = new Map<string, StagedTable>();
  /** Synapses that a mill may draw when the program is loaded. */
  readonly drawn: Plan[] = [];

  constructor(net: Network, options: LowerOptions) {
    this.net = net;
    this.options = options;
    this.delivery = deliveryOf(net, options);
    this.needs = needsOf(net, options.record, this.delivery);
    this.buffer("run", "i32", RUN_LENGTH, "argument");
    this.buffer("key", "u32", 4, "argument");
    this.buffer("zero", "i32", 4, "constant");
    if (options.mode !== "samples") return;
    this.buffer("chunk.samples", "i32", this.chunks, "argument");
    this.contents.set(this.ofSample(SAMPLE_STEPS, "i32").buffer, new Int32Array(this.batchRoom).fill(options.steps));
  }

  /** Whether hardly any neuron fires in a step, as in simulations of short steps. */
  get rareSpikes(): boolean {
    return this.options.mode === "stream" && this.net.dt < RARE;
  }
  get parts(): number {
    return this.options.parts ?? 1;
  }
  get type(): FloatType {
    return this.options.type;
  }
  get chunks(): number {
    return Math.ceil(this.options.batch / this.options.samples);
  }
  /** Samples of a batch, the last chunk filled up. */
  get batchRoom(): number {
    return this.chunks * this.options.samples;
  }
  /** `samples` mode: a number of each sample of the batch, which the host gives. */
  ofSample(name: string, type: Type = this.type): Place {
    const buffer = this.buffer(name, type, this.batchRoom, "argument");
    return place(buffer, 0, along("chunk", this.options.samples), along("s", 1));
  }
  /** `samples` mode: all steps of the sample at hand. */
  get sampleSteps(): Place {
    return this.ofSample(SAMPLE_STEPS, "i32");
  }
  /** Steps of the sample at hand, or of the run; with segments those in the segment at hand. */
  get stepCount(): Place {
    if (this.options.mode === "stream") return runNumber("steps");
    return this.hasSegments ? this.#ofSegment(SEGMENT_STEPS) : this.sampleSteps;
  }
  /** `samples` mode: by how many steps that is less than there could be. */
  get restCount(): Place {
    return this.hasSegments ? this.#ofSegment(SEGMENT_REST) : this.ofSample(SAMPLE_REST, "i32");
  }
  /** Worked out when a segment begins (`segments.ts`). */
  #ofSegment(name: string): Place {
    const buffer = this.buffer(name, "i32", this.batchRoom, "work");
    return place(buffer, 0, along("chunk", this.options.samples), along("s", 1));
  }

  /**
   * Whether batch normalisation has its statistics within the step, because all samples of the batch take it together: where
   * segments are of one step and each has statistics of its own.
   */
  meetsInStep(norm: string): boolean {
    const t = this.net.transforms[norm];
    const { statistics, segment } = this.options;
    return statistics === "batch" && segment === 1 && isNorm(t) && t.over === "batch";
  }
  get hasSegments(): boolean {
    return this.options.segment !== undefined;
  }
  /** Steps that are kept at a time. */
  get stepsKept(): number {
    return this.options.segment ?? this.options.steps;
  }
  get segments(): number {
    return Math.ceil(this.options.steps / this.stepsKept);
  }
  /** The step at hand among all steps of the sample, in arrays that have `stride` elements for each of them. */
  inSample(stride: number): Term[] {
    return [...(this.hasSegments ? [along(SEGMENT, this.stepsKept * stride)] : []), along("t", stride)];
  }
  /** Steps of which what the host gives is in memory at a time. */
  get stepsStaged(): number {
    const { staged, steps } = this.options;
    return staged === undefined ? steps : staged * this.stepsKept;
  }
  /** The step at hand among those. */
  inStaged(stride: number): Term[] {
    return [...(this.hasSegments ? [this.#stagedSegment(this.stepsKept * stride)] : []), along("t", stride)];
  }
  #stagedSegment(stride: number): Term {
    const { staged } = this.options;
    return along(SEGMENT, stride, staged === undefined ? {} : { modulo: staged });
  }
  /** A number of the host for each segment, of the one at hand. */
  ofEachSegment(name: string, type: Type, role: "argument" | "constant"): Place {
    const buffer = this.buffer(name, type, this.options.staged ?? this.segments, role);
    return place(buffer, 0, this.#stagedSegment(1));
  }
  /** An integer that follows from the number of a segment, of the one at hand. */
  segmentTable(name: string, value: (segment: number) => number): Place {
    const { staged } = this.options;
    if (staged !== undefined) {
      this.tables.set(name, { per: "segment", width: 1, write: (k, to, at) => void (to[at] = value(k)) });
      return this.ofEachSegment(name, "i32", "argument");
    }
    this.constant(
      name,
      Int32Array.from({ length: this.segments }, (_, k) => value(k)),
      "i32",
    );
    return this.ofEachSegment(name, "i32", "constant");
  }
  /** A row that follows from the number of a step, of the one at hand. */
  stepTable(name: string, width: number, write: TableRow, type: Type = this.type): Place {
    const { staged, steps } = this.options;
    if (staged !== undefined) {
      this.tables.set(name, { per: "step", width, write });
      this.buffer(name, type, this.stepsStaged * width, "argument");
    } else if (!this.buffers.has(name)) {
      const rows = new Float64Array(steps * width);
      for (let step = 0; step < steps; step++) write(step, rows, step * width);
      this.constant(name, rows, type);
    }
    return place(name, 0, ...this.inStaged(width));
  }
  /** The samples of the chunk at hand. */
  get sampleCount(): number | Place {
    return this.options.mode === "samples" ? place("chunk.samples", 0, along("chunk", 1)) : this.options.samples;
  }

  buffer(name: string, type: Type, length: number, role: Role): string {
    const known = this.buffers.get(name);
    if (known && (known.type !== type || known.length !== length))
      throw new Error(`buffer '${name}' was made differently before`);
    if (!known) this.buffers.set(name, { name, type, length, role });
    return name;
  }
  /** A buffer in which nothing is that later steps need: a snapshot leaves it out, and its length may follow from the parts. */
  transient(name: string, type: Type, length: number): string {
    this.transients.add(name);
    return this.buffer(name, type, length, "work");
  }
  constant(name: string, values: ArrayLike<number>, type: Type = this.type): string {
    this.buffer(name, type, values.length, "constant");
    this.contents.set(name, values);
    return name;
  }
  /** A buffer that is filled in place. */
  filled(name: string, type: Type, length: number, role: "constant" | "state", fill: Fill): string {
    this.buffer(name, type, length, role);
    this.contents.set(name, fill);
    return name;
  }

  size(node: string): number {
    return sizeOf(this.net, node);
  }
  /** Elements of a node's row in memory. */
  stride(node: string): number {
    return padded(this.size(node), this.type);
  }

  /** The greatest age at which anything that left a port is used. */
  maxDelay(node: string, port: string): number {
    return Math.max(0, ...this.needs.filter((n) => n.node === node && n.port === port).map((n) => n.age));
  }
  /** Steps by which what a connection brings is older than the step that uses it. */
  delayOf(c: Connection): number {
    return ageOf(this.net, c);
  }

  /** Rows that a time-indexed array keeps. */
  rows(maxDelay: number): number {
    const least = this.stepsKept + maxDelay;
    return this.options.mode === "stream" ? 2 ** Math.ceil(Math.log2(Math.max(1, least))) : least;
  }
  /** Row `t - delay` of an array with that many rows of `stride`, as an offset and a term. */
  at(stride: number, rows: number, delay: number, maxDelay: number): { offset: number; term: Term } {
    if (this.options.mode === "stream")
      return { offset: 0, term: along("t", stride, { ...(delay > 0 && { shift: rows - delay }), modulo: rows }) };
    return { offset: (maxDelay - delay) * stride, term: along("t", stride) };
  }
}
