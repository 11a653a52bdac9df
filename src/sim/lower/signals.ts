/** Where what leaves a port lies in memory, step by step: lists of spikes, or rows of values. */
import { along, type Count, type Place, place } from "../../ir/program.ts";
import type { Context } from "./context.ts";
import { type FROM_PART, listStart, type PART } from "./parts.ts";

/** One row of spikes: entries `[from, to)` of a list. */
export interface Events {
  readonly list: Place;
  readonly from: Count;
  readonly to: Place;
}

/** Numbers of a cache line. */
const LINE = 16;
/** Room after each list for a vector store that runs over its end. */
const LIST_SLACK = 4;

/** What lists are found by: a population's name for its spikes, and with the event's behind for those of a custom event. */
export const listKey = (node: string, port: string): string =>
  port === "spike" ? node : `${node}${port.slice("spike".length)}`;
/** The slot that a step appends to. */
export const listSlot = (port: string): string => (port === "spike" ? "spikes" : `events${port.slice("spike".length)}`);
export const isListed = (port: string): boolean => port === "spike" || port.startsWith("spike.");

/** The spikes of a population, or its neurons with a custom event: a list of fixed room for each sample and step, and its length. */
export class SpikeSignal {
  readonly #c: Context;
  readonly node: string;
  readonly #port: string;
  readonly rows: number;
  readonly maxDelay: number;
  readonly room: number;
  /** From the ends of a part's lists to those of the next: threads write to lines of their own, and the host reads few. */
  readonly #apart: number;

  constructor(c: Context, node: string, port = "spike") {
    this.#c = c;
    this.node = node;
    this.#port = port;
    this.maxDelay = c.maxDelay(node, port);
    this.rows = c.rows(this.maxDelay);
    this.room = c.size(node) + LIST_SLACK;
    c.buffer(this.list, "u32", c.options.samples * this.rows * this.room, "work");
    const lists = c.options.samples * this.rows;
    this.#apart = c.parts === 1 ? lists : LINE * Math.ceil(lists / LINE);
    c.buffer(this.counts, "i32", c.parts * this.#apart, "work");
  }
  get list(): string {
    return `${this.node}.${listSlot(this.#port)}`;
  }
  get counts(): string {
    return `${this.list}.count`;
  }
  /** Where the end of a part's list of a row is told. */
  endAt(row: number, part: number): number {
    return part * this.#apart + row;
  }

  /** The lists of step `t`, of all parts: where they lie, where their ends are told, and how far these are apart. */
  allParts(): { readonly list: Place; readonly ends: Place; readonly stride: number } {
    const { list, to } = this.events(0, "part");
    const ofStep = (p: Place): Place => ({ ...p, terms: p.terms.filter((t) => t.loop !== "part") });
    return { list: ofStep(list), ends: ofStep(to), stride: this.#apart };
  }

  /**
   * The list of step `t - delay`; of several parts, that of the part at hand.
   * @param part the loop over the parts
   */
  events(delay: number, part: typeof PART | typeof FROM_PART): Events {
    const { parts } = this.#c;
    const rows = this.#c.at(this.room, this.rows, delay, this.maxDelay);
    const ends = this.#c.at(1, this.rows, delay, this.maxDelay);
    const ofPart = parts === 1 ? [] : [along(part, this.#apart)];
    return {
      list: place(this.list, rows.offset, along("s", this.rows * this.room), rows.term),
      from: listStart(this.node, this.#c, part),
      to: place(this.counts, ends.offset, along("s", this.rows), ends.term, ...ofPart),
    };
  }
}

/** Values that leave a node: one row for each sample and step, or one for each sample where they never change (nor arrive late). */
export class ValueSignal {
  readonly #c: Context;
  readonly node: string;
  readonly name: string;
  readonly constant: boolean;
  readonly rows: number;
  readonly maxDelay: number;
  readonly stride: number;
  /** Whether the host gives the rows of all chunks at once. */
  readonly #whole: boolean;
  /** Whether there are rows for all steps of a sample, even where only a segment of them is kept of others. */
  readonly allSteps: boolean;

  constructor(c: Context, node: string, port: string, allSteps = false) {
    const input = c.net.inputs[node];
    this.#c = c;
    this.node = node;
    this.#whole = input !== undefined && c.options.mode === "samples";
    this.allSteps = c.options.mode === "samples" && (allSteps || this.#whole);
    this.name = input ? `${node}.${port}` : `${node}.out.${port}`;
    this.constant = input?.constant ?? false;
    // One number of each step is no row of whole vectors: of long sequences this is most of what the host gives.
    this.stride = this.#whole && c.size(node) === 1 ? 1 : c.stride(node);
    this.maxDelay = c.maxDelay(node, port);
    const steps = this.#whole ? c.stepsStaged : c.options.steps;
    const rows = this.allSteps ? steps + this.maxDelay : c.rows(this.maxDelay);
    this.rows = this.constant ? 1 : rows;
    const samples = this.#whole ? c.chunks * c.options.samples : c.options.samples;
    c.buffer(this.name, c.type, samples * this.rows * this.stride, input ? "argument" : "work");
  }

  /** The row of step `t - delay` of sample `s`. */
  row(delay = 0): Place {
    if (this.constant) return place(this.name, 0, ...this.#samples());
    const { offset, term } = this.#c.at(this.stride, this.rows, delay, this.maxDelay);
    return place(this.name, offset, ...this.#samples(), ...(this.allSteps ? this.#inSteps() : [term]));
  }
  #inSteps(): Place["terms"] {
    return this.#whole ? this.#c.inStaged(this.stride) : this.#c.inSample(this.stride);
  }
  /** `samples` mode: the rows of the steps before the first, the oldest first, along a loop over `maxDelay`. */
  past(loop: string): Place {
    return place(this.name, 0, ...this.#samples(), along(loop, this.stride));
  }
  #samples(): Place["terms"] {
    const sample = this.rows * this.stride;
    const chunk = this.#whole ? [along("chunk", this.#c.options.samples * sample)] : [];
    return [...chunk, along("s", sample)];
  }
}

/**
 * Spikes given by the host, already delayed by it: one list for a run, in order of sample and step.
 * `samples` mode: `ends` holds 0 and then the end of each (sample, step). `stream` mode: begin and end in rings.
 */
export class InputSpikes {
  readonly #c: Context;
  readonly name: string;
  readonly delay: number;
  readonly node: string;
  /** `stream` mode: rows of the rings. */
  readonly rows: number;

  constructor(c: Context, node: string, delay: number, capacity: number) {
    this.#c = c;
    this.node = node;
    this.delay = delay;
    this.name = delay === 0 ? `${node}.spikes` : `${node}.spikes@${delay}`;
    this.rows = c.rows(0);
    const { mode, samples } = c.options;
    c.buffer(this.name, "u32", capacity, "argument");
    if (mode === "samples") c.buffer(this.ends, "i32", c.batchRoom * c.stepsStaged + 1, "argument");
    else {
      c.buffer(this.begin, "i32", samples * this.rows, "argument");
      c.buffer(this.ends, "i32", samples * this.rows, "argument");
    }
  }
  get ends(): string {
    return `${this.name}.end`;
  }
  get begin(): string {
    return `${this.name}.begin`;
  }
  events(): Events {
    const { mode, samples } = this.#c.options;
    const list = place(this.name);
    if (mode === "samples") {
      const steps = this.#c.stepsStaged;
      const terms = [along("chunk", samples * steps), along("s", steps), ...this.#c.inStaged(1)];
      return { list, from: place(this.ends, 0, ...terms), to: place(this.ends, 1, ...terms) };
    }
    const terms = [along("s", this.rows), along("t", 1, { modulo: this.rows })];
    return { list, from: place(this.begin, 0, ...terms), to: place(this.ends, 0, ...terms) };
  }
}

/**
 * Values given by the host as lists of those that are not zero: one list for each sample where they are constant, else
 * one for each sample and step.
 */
export class SparseInput {
  readonly #c: Context;
  readonly node: string;
  readonly name: string;
  readonly constant: boolean;

  constructor(c: Context, node: string) {
    this.#c = c;
    this.node = node;
    this.name = `${node}.value`;
    this.constant = c.net.inputs[node]!.constant;
    const lists = c.batchRoom * this.listsOfSample;
    // Memory that is never touched costs nothing.
    const room = lists * c.size(node) + LIST_SLACK;
    c.buffer(`${this.name}.list`, "u32", room, "argument");
    c.buffer(`${this.name}.values`, c.type, room, "argument");
    c.buffer(this.ends, "i32", lists + 1, "argument");
  }
  get ends(): string {
    return `${this.name}.end`;
  }
  get listsOfSample(): number {
    return this.constant ? 1 : this.#c.stepsStaged;
  }
  events(): Events & { readonly values: Place } {
    const lists = this.listsOfSample;
    const time = this.constant ? [] : this.#c.inStaged(1);
    const terms = [along("chunk", this.#c.options.samples * lists), along("s", lists), ...time];
    return {
      list: place(`${this.name}.list`),
      values: place(`${this.name}.values`),
      from: place(this.ends, 0, ...terms),
      to: place(this.ends, 1, ...terms),
    };
  }
}
