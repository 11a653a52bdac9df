/** Brings the host's inputs to where the program reads them, delayed as each connection asks. */
import { type Executable } from "../backend/backend.ts";
import { DataError, listNames, ModelError } from "../base/errors.ts";
import { type Lowered } from "./lower/lower.ts";
import { type InputSpikes } from "./lower/signals.ts";

/** Spikes: event k is input `indices[k]` in step `steps[k]` (of trial `samples[k]`). */
export interface EventData { readonly steps: ArrayLike<number>; readonly indices: ArrayLike<number>; readonly samples?: ArrayLike<number> }
/** Values `[samples][size]` that hold for the whole run, or `[samples][steps][size]`. */
export interface ValueData { readonly values: ArrayLike<number> }
export type InputData = EventData | ValueData;

interface Event { readonly step: number; readonly sample: number; readonly index: number }

export class InputFeed {
  readonly #l: Lowered;
  /** Events that are still to arrive, by signal, with absolute steps of arrival. */
  readonly #pending = new Map<string, Event[]>();
  readonly #values = new Map<string, ArrayLike<number>>();
  #steps = 0;

  constructor(lowered: Lowered) {
    this.#l = lowered;
  }

  clear(): void {
    this.#pending.clear();
  }

  /** @throws {DataError} with the input's name: `unknown-name`, `shape-mismatch`, `out-of-range`, `not-finite` */
  add(inputs: Readonly<Record<string, InputData>>, now: number, steps: number): void {
    this.#steps = steps;
    this.#values.clear();
    const { net } = this.#l;
    for (const [name, data] of Object.entries(inputs)) {
      const input = net.inputs[name];
      if (!input) throw new DataError("unknown-name", `inputs.${name}`, `no such input; known: ${listNames(Object.keys(net.inputs))}`);
      if (input.signal === "spikes") this.#addEvents(name, input.size, data, now, steps);
      else this.#addValues(name, data, steps);
    }
  }

  #addEvents(name: string, size: number, data: InputData, now: number, steps: number): void {
    if (!("indices" in data)) throw new DataError("type-mismatch", `inputs.${name}`, "takes spikes: { steps, indices }");
    const trials = this.#l.context.options.samples;
    if (data.steps.length !== data.indices.length) throw new DataError("shape-mismatch", `inputs.${name}`, `${data.steps.length} steps for ${data.indices.length} indices`);
    for (let k = 0; k < data.indices.length; k++) {
      requireBelow(`inputs.${name}.indices[${k}]`, data.indices[k]!, size);
      requireBelow(`inputs.${name}.steps[${k}]`, data.steps[k]!, steps);
      requireBelow(`inputs.${name}.samples[${k}]`, data.samples?.[k] ?? 0, trials);
    }
    for (const signal of this.#signalsOf(name)) {
      const list = this.#pending.get(signal.name) ?? [];
      for (let k = 0; k < data.indices.length; k++)
        list.push({ step: now + data.steps[k]! + signal.delay, sample: data.samples?.[k] ?? 0, index: data.indices[k]! });
      this.#pending.set(signal.name, list);
    }
  }
  #signalsOf(name: string): InputSpikes[] {
    return [...this.#l.sources.inputSpikes.values()].filter((s) => s.node === name);
  }

  #addValues(name: string, data: InputData, steps: number): void {
    if (!("values" in data)) throw new DataError("type-mismatch", `inputs.${name}`, "takes values: { values }");
    const { size, constant } = this.#l.net.inputs[name]!;
    const expected = this.#l.context.options.samples * size * (constant ? 1 : steps);
    if (data.values.length !== expected) throw new DataError("shape-mismatch", `inputs.${name}`, `needs ${expected} values, got ${data.values.length}`);
    for (let k = 0; k < expected; k++) if (!Number.isFinite(data.values[k])) throw new DataError("not-finite", `inputs.${name}.values[${k}]`, `must be finite, got ${data.values[k]}`);
    this.#values.set(name, data.values);
  }

  /** Writes what arrives in `count` steps from absolute step `now`; `done` of this call's steps came before. */
  write(x: Executable, now: number, count: number, done: number): void {
    for (const signal of this.#l.sources.inputSpikes.values()) this.#writeEvents(x, signal, now, count);
    for (const [name, values] of this.#values) this.#writeValues(x, name, values, now, count, done);
  }

  #writeEvents(x: Executable, signal: InputSpikes, now: number, count: number): void {
    const { samples } = this.#l.context.options;
    const pending = this.#pending.get(signal.name) ?? [];
    const due = pending.filter((e) => e.step < now + count);
    if (due.length > 0) this.#pending.set(signal.name, pending.filter((e) => e.step >= now + count));
    due.sort((a, b) => a.sample - b.sample || a.step - b.step || a.index - b.index);
    const [list, begin, end] = [x.array(signal.name), x.array(signal.begin), x.array(signal.ends)];
    if (due.length > list.length) throw new ModelError("out-of-range", `inputs.${signal.node}`, `${due.length} events in ${count} steps; there is room for ${list.length}`);
    let k = 0;
    for (let s = 0; s < samples; s++)
      for (let t = now; t < now + count; t++) {
        const row = s * signal.rows + (t % signal.rows);
        begin[row] = k;
        for (; k < due.length && due[k]!.sample === s && due[k]!.step === t; k++) list[k] = due[k]!.index;
        end[row] = k;
      }
  }

  #writeValues(x: Executable, name: string, values: ArrayLike<number>, now: number, count: number, done: number): void {
    const signal = this.#l.sources.values.get(`${name}.value`);
    if (!signal) return;
    const to = x.array(signal.name);
    const { size } = this.#l.net.inputs[name]!;
    const { samples } = this.#l.context.options;
    for (let s = 0; s < samples; s++)
      for (let t = 0; t < (signal.constant ? 1 : count); t++) {
        const from = signal.constant ? s * size : (s * this.#steps + done + t) * size;
        const row = (s * signal.rows + (signal.constant ? 0 : (now + t) % signal.rows)) * signal.stride;
        for (let k = 0; k < size; k++) to[row + k] = values[from + k]!;
      }
  }
}

function requireBelow(path: string, x: number, limit: number): void {
  if (Number.isInteger(x) && x >= 0 && x < limit) return;
  throw new DataError("out-of-range", path, `must be a whole number from 0 to ${limit - 1}, got ${x}`);
}
