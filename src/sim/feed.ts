/** Brings the host's inputs to where the program reads them, delayed as each connection asks. */
import type { Executable } from "../backend/backend.ts";
import { DataError, listNames } from "../base/errors.ts";
import { type StepSource, stepSource } from "./clockedSource.ts";
import { EventQueue, type PendingEvents } from "./eventQueue.ts";
import type { Lowered } from "./lower/lower.ts";
import type { InputSpikes, ValueSignal } from "./lower/signals.ts";
import type { Window } from "./recording.ts";
import { checkSources, type SpikeSources } from "./spikeSource.ts";

/** Spikes: event k is input `indices[k]` in step `steps[k]` (of trial `samples[k]`, else of the first). */
export interface EventData {
  readonly steps: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly samples?: ArrayLike<number>;
}
/**
 * Spikes as they are encoded: those of step t of trial s are `list[ends[s·steps + t] … ends[s·steps + t + 1])`, ascending, and
 * `steps` are those of the run.
 */
export interface ListData {
  readonly list: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
}
/** Values `[samples][size]` of an input that is constant, else `[samples][steps][size]`. */
export interface ValueData {
  readonly values: ArrayLike<number>;
}
/** What an input gets: events if it carries spikes, else values. */
export type InputData = EventData | ListData | ValueData;
/** Data by the name of the input. */
export type Inputs = Readonly<Record<string, InputData>>;

/** Event k arrives at input `indices[k]` in absolute step `steps[k] + delay`, of trial `samples[k]` or of the one at hand. */
interface ArrivingEvents {
  readonly steps: ArrayLike<number>;
  readonly delay: number;
  readonly samples: ArrayLike<number> | number;
  readonly indices: ArrayLike<number>;
}

export class InputFeed {
  readonly #l: Lowered;
  /** By signal: events of one input may arrive after several delays. */
  readonly #queues: ReadonlyMap<string, EventQueue>;
  /** By input, those of this run. */
  #values: ReadonlyMap<string, ArrayLike<number>> = new Map();
  #steps = 0;
  /** By input: those that fire by themselves. */
  readonly #sources: ReadonlyMap<string, StepSource>;
  readonly #firstSample: number;

  /** @throws {ModelError} for sources that cannot be */
  constructor(lowered: Lowered, sources: SpikeSources = {}, firstSample = 0) {
    this.#l = lowered;
    const { seed } = lowered.context.options;
    const { net } = lowered;
    checkSources(net, sources);
    this.#firstSample = firstSample;
    this.#sources = new Map(
      Object.entries(sources).map(([name, source]) => [
        name,
        stepSource(source, { name, seed, size: net.inputs[name]!.size, dt: net.dt }),
      ]),
    );
    this.#queues = new Map(this.#signals().map((s) => [s.name, new EventQueue()]));
  }
  #signals(): InputSpikes[] {
    return [...this.#l.sources.inputSpikes.values()];
  }

  /**
   * Takes the inputs of a run of `steps` steps from absolute step `now`. Inputs that are not given are silent.
   * @throws {DataError} with the input's name: `unknown-name`, `type-mismatch`, `shape-mismatch`, `out-of-range`,
   *   `not-finite`; then nothing has been taken
   */
  add(inputs: Inputs, now: number, steps: number): void {
    const check = new InputCheck(this.#l, steps);
    const events = new Map<string, EventData | ListData>();
    const values = new Map<string, ArrayLike<number>>();
    const own = Object.keys(inputs).find((name) => this.#sources.has(name));
    if (own !== undefined)
      throw new DataError("unsupported", `inputs.${own}`, "this input has a source: it fires by itself");
    for (const [name, data] of Object.entries(inputs))
      if (check.signalOf(name) === "spikes") events.set(name, check.events(name, data));
      else values.set(name, check.values(name, data));
    this.#steps = steps;
    this.#values = values;
    for (const [name, e] of events) this.#queue(name, e, now, steps);
  }
  /**
   * Lets an input spike in absolute step `now`, beside what it was given.
   * @throws {DataError} as `add`
   */
  inject(name: string, now: number, { indices, samples }: Pick<EventData, "indices" | "samples">): void {
    const check = new InputCheck(this.#l, 1);
    if (check.signalOf(name) !== "spikes")
      throw new DataError("type-mismatch", `inputs.${name}`, "is an input by value: only spikes can be injected");
    const data = { steps: new Uint8Array(indices.length), indices, ...(samples && { samples }) };
    this.#queue(name, check.events(name, data), now, 1);
  }
  #queue(name: string, data: EventData | ListData, now: number, steps: number): void {
    for (const signal of this.#signals()) {
      if (signal.node !== name) continue;
      const queue = this.#queues.get(signal.name)!;
      const first = now + signal.delay;
      if ("list" in data) addLists(queue, data, first, steps, this.#l.context.options.samples);
      else addEvents(queue, data, first);
    }
  }

  /** Forgets what has not arrived. */
  clear(): void {
    for (const queue of this.#queues.values()) queue.clear();
  }
  pending(): Map<string, PendingEvents> {
    return new Map([...this.#queues].map(([name, queue]) => [name, queue.pending()]));
  }
  restore(pending: ReadonlyMap<string, PendingEvents>): void {
    for (const [name, queue] of this.#queues) queue.restore(pending.get(name)!);
  }

  /** Writes what arrives in a block of steps. */
  write(x: Executable, block: Window): void {
    for (const signal of this.#signals()) this.#writeEvents(x, signal, block);
    for (const name of Object.keys(this.#l.net.inputs)) {
      const signal = this.#l.sources.values.get(`${name}.value`);
      if (signal) this.#writeValues(x, signal, this.#values.get(name), this.#l.net.inputs[name]!.size, block);
    }
  }

  /** Given before, and then fired by a source, in steps that count from 0. */
  #arriving({ name, node, delay }: InputSpikes, now: number, count: number): ArrivingEvents[] {
    const given = { ...this.#queues.get(name)!.takeBefore(now + count), delay: 0 };
    const source = this.#sources.get(node);
    const out: ArrivingEvents[] = given.steps.length > 0 ? [given] : [];
    if (!source) return out;
    // A hook may let an input spike that fires by itself too.
    const [from, to] = [Math.max(0, now - delay), now + count - delay];
    for (let samples = 0; samples < this.#l.context.options.samples; samples++)
      out.push({ ...source(this.#firstSample + samples, from, to), delay, samples });
    return out;
  }
  /** Sorts the events into one list for each trial and step (a counting sort: order within a list is kept). */
  #writeEvents(x: Executable, signal: InputSpikes, { now, count }: Window): void {
    const arriving = this.#arriving(signal, now, count);
    const [list, begin, end] = [x.array(signal.name), x.array(signal.begin), x.array(signal.ends)];
    const events = arriving.reduce((sum, a) => sum + a.steps.length, 0);
    if (events > list.length)
      throw new DataError(
        "out-of-range",
        `inputs.${signal.node}`,
        `${events} events arrive in ${count} steps; there is room for ${list.length} (one of each input in each step)`,
      );
    // Steps may be beyond 2^32; from the first of the block on they are small, and rings are as long as a power of two.
    const [mask, first] = [signal.rows - 1, now % signal.rows];
    const rowsOf = ({ steps, samples, delay }: ArrivingEvents): Int32Array => {
      const out = new Int32Array(steps.length);
      const since = first + delay - now;
      for (let k = 0; k < out.length; k++) out[k] = (steps[k]! + since) & mask;
      if (typeof samples !== "number") for (let k = 0; k < out.length; k++) out[k]! += samples[k]! * signal.rows;
      else if (samples > 0) for (let k = 0; k < out.length; k++) out[k]! += samples * signal.rows;
      return out;
    };
    const rows = arriving.map(rowsOf);
    end.fill(0);
    for (const row of rows) for (let k = 0; k < row.length; k++) end[row[k]!]!++;
    let total = 0;
    for (let s = 0; s < this.#l.context.options.samples; s++)
      for (let t = 0; t < count; t++) {
        const at = s * signal.rows + ((first + t) & mask);
        const inStep = end[at]!;
        begin[at] = end[at] = total;
        total += inStep;
      }
    arriving.forEach(({ indices }, a) => {
      const row = rows[a]!;
      for (let k = 0; k < row.length; k++) list[end[row[k]!]!++] = indices[k]!;
    });
  }

  #writeValues(
    x: Executable,
    { name, rows, stride, constant }: ValueSignal,
    values: ArrayLike<number> | undefined,
    size: number,
    { now, count, done }: Window,
  ): void {
    const to = x.array(name);
    for (let s = 0; s < this.#l.context.options.samples; s++)
      for (let t = 0; t < (constant ? 1 : count); t++) {
        const from = constant ? s * size : (s * this.#steps + done + t) * size;
        const row = (s * rows + (constant ? 0 : (now + t) % rows)) * stride;
        for (let k = 0; k < size; k++) to[row + k] = values ? values[from + k]! : 0;
      }
  }
}

function addEvents(queue: EventQueue, { steps, indices, samples }: EventData, first: number): void {
  queue.add(steps.length, (to, at) => {
    for (let k = 0; k < steps.length; k++) {
      to.steps[at + k] = first + steps[k]!;
      to.indices[at + k] = indices[k]!;
    }
    if (samples) to.samples.set(samples, at);
  });
}
/** In the order in which they arrive: step by step, trial by trial. */
function addLists(queue: EventQueue, { list, ends }: ListData, first: number, steps: number, samples: number): void {
  queue.add(ends[samples * steps]! - ends[0]!, (to, at) => {
    for (let t = 0; t < steps; t++)
      for (let s = 0; s < samples; s++)
        for (let k = ends[s * steps + t]!; k < ends[s * steps + t + 1]!; k++, at++) {
          to.steps[at] = first + t;
          to.samples[at] = s;
          to.indices[at] = list[k]!;
        }
  });
}

/** Whether what the host gives fits the network and the run. */
class InputCheck {
  readonly #l: Lowered;
  readonly #steps: number;

  constructor(lowered: Lowered, steps: number) {
    this.#l = lowered;
    this.#steps = steps;
  }

  signalOf(name: string): "spikes" | "values" {
    const { inputs } = this.#l.net;
    const input = inputs[name];
    if (input) return input.signal;
    const known = listNames(Object.keys(inputs));
    throw new DataError("unknown-name", `inputs.${name}`, `no such input; known: ${known}`);
  }

  events(name: string, data: InputData): EventData | ListData {
    const path = `inputs.${name}`;
    if ("list" in data && "ends" in data) return this.#lists(name, data);
    if (!("indices" in data && "steps" in data))
      throw new DataError("type-mismatch", path, "takes spikes: { steps, indices }, or { list, ends }");
    const { steps, indices, samples } = data;
    if (steps.length !== indices.length || (samples && samples.length !== indices.length))
      throw new DataError(
        "shape-mismatch",
        path,
        `${indices.length} indices with ${steps.length} steps${samples ? ` and ${samples.length} samples` : ""}`,
      );
    requireBelow(`${path}.steps`, steps, this.#steps);
    requireBelow(`${path}.indices`, indices, this.#l.net.inputs[name]!.size);
    if (samples) requireBelow(`${path}.samples`, samples, this.#l.context.options.samples);
    return data;
  }

  #lists(name: string, data: ListData): ListData {
    const { list, ends } = data;
    const lists = this.#l.context.options.samples * this.#steps;
    const path = `inputs.${name}`;
    if (ends.length <= lists)
      throw new DataError(
        "shape-mismatch",
        `${path}.ends`,
        `needs where each of ${lists} lists ends, and 0 before it, got ${ends.length}`,
      );
    requireBelow(`${path}.ends`, { length: 1, 0: ends[0]! }, list.length + 1);
    for (let k = 1; k <= lists; k++)
      if (!(ends[k]! >= ends[k - 1]! && ends[k]! <= list.length && Number.isInteger(ends[k])))
        throw new DataError(
          "out-of-range",
          `${path}.ends[${k}]`,
          `must be a whole number from ${ends[k - 1]} to ${list.length}, got ${ends[k]}`,
        );
    requireBelow(`${path}.list`, list, this.#l.net.inputs[name]!.size, ends[0]!, ends[lists]!);
    return data;
  }

  values(name: string, data: InputData): ArrayLike<number> {
    const path = `inputs.${name}`;
    if (!("values" in data)) throw new DataError("type-mismatch", path, "takes values: { values }");
    const { size, constant } = this.#l.net.inputs[name]!;
    const shape = [this.#l.context.options.samples, ...(constant ? [] : [this.#steps]), size];
    const expected = shape.reduce((a, b) => a * b, 1);
    const { values } = data;
    if (values.length !== expected)
      throw new DataError("shape-mismatch", path, `needs ${shape.join(" x ")} values, got ${values.length}`);
    for (let k = 0; k < expected; k++)
      if (!Number.isFinite(values[k]))
        throw new DataError("not-finite", `${path}.values[${k}]`, `must be finite, got ${values[k]}`);
    return values;
  }
}

/** @throws {DataError} `out-of-range` naming the first entry that is not a whole number from 0 to below the limit */
export function requireBelow(
  path: string,
  values: ArrayLike<number>,
  limit: number,
  from = 0,
  to = values.length,
): void {
  for (let k = from; k < to; k++) {
    const x = values[k]!;
    if (Number.isInteger(x) && x >= 0 && x < limit) continue;
    const allowed = limit > 0 ? `must be a whole number from 0 to ${limit - 1}` : "there is none";
    throw new DataError("out-of-range", `${path}[${k}]`, `${allowed}, got ${x}`);
  }
}
