/** A batch as the host hands it over, and its way into a program's buffers. */
import type { Executable } from "../backend/backend.ts";
import { DataError } from "../base/errors.ts";
import { KEY, RUN } from "../sim/lower/context.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { SHARDS, shardStarts } from "../sim/lower/shards.ts";
import type { InputSpikes, SparseInput, ValueSignal } from "../sim/lower/signals.ts";
import { checkBatch, inputOf } from "./batch.ts";

/** Spikes of all samples in one list: those of sample s in step t are `list[ends[s·steps + t] .. ends[s·steps + t + 1])`. */
export interface EventInput {
  readonly kind: "events";
  readonly list: Uint32Array;
  readonly ends: Uint32Array | Int32Array;
}
/**
 * Values that are mostly zero, as a list of inputs and their values. Row r of them is entries `[ends[r], ends[r + 1])`:
 * one row for each sample where the input is constant, else one for each sample and step.
 */
export interface SparseValueInput {
  readonly kind: "sparse";
  readonly list: Uint32Array;
  readonly values: Float32Array;
  readonly ends: Uint32Array | Int32Array;
}
export type BatchInput = EventInput | SparseValueInput;

export interface Batch {
  readonly count: number;
  readonly input: BatchInput;
  /** Class of each sample. */
  readonly labels: ArrayLike<number>;
  /** Number of each sample in its data set: keys the random draws (dropout, noise). */
  readonly numbers?: ArrayLike<number>;
}

/**
 * @param update keys the random draws together with sample and step
 * @throws {DataError} for a batch that does not fit
 */
export function writeBatch(x: Executable, l: Lowered, batch: Batch, update = 0): void {
  checkBatch(l.net, batch, l.context.options.batch);
  writeCounts(x, l, batch.count);
  writeKeys(x, l, batch, update);
  x.array("labels").set(Int32Array.from({ length: batch.count }, (_, k) => batch.labels[k]!));
  writeInput(x, l, batch);
}

/** The array of a buffer, where the program has it. */
const optional = (x: Executable, l: Lowered, name: string) => (l.context.buffers.has(name) ? x.array(name) : undefined);

function writeCounts(x: Executable, l: Lowered, count: number): void {
  const { samples, steps } = l.context.options;
  const run = x.array("run");
  run[RUN.steps] = steps;
  writeShards(x, l, Math.ceil(count / samples));
  const chunk = x.array("chunk.samples");
  const rows = optional(x, l, "chunk.rows");
  for (let k = 0; k < chunk.length; k++) {
    chunk[k] = Math.min(samples, Math.max(0, count - k * samples));
    if (rows) rows[k] = chunk[k]! * steps;
  }
}

function writeShards(x: Executable, l: Lowered, chunks: number): void {
  const { shards } = l.context.options;
  const starts = shardStarts(chunks, shards);
  x.array(SHARDS.first).set(starts.slice(0, shards));
  x.array(SHARDS.chunks).set(starts.slice(1).map((end, k) => end - starts[k]!));
}

/** What keys random draws: the seed, and the numbers of the sample, the step and the update. */
function writeKeys(x: Executable, l: Lowered, { count, numbers }: Batch, update: number): void {
  const { steps, seed } = l.context.options;
  const key = x.array("key");
  key[KEY.seed] = seed;
  key[KEY.stepLow] = update;
  optional(x, l, "sample.number")?.set(Uint32Array.from({ length: count }, (_, k) => numbers?.[k] ?? k));
  const table = (name: string, value: (step: number) => number): void =>
    optional(x, l, name)?.set(Float64Array.from({ length: steps }, (_, t) => value(t)));
  table("step.low", (t) => t);
  table("step.high", () => update);
  table("step.time", (t) => t * l.net.dt);
}

function writeInput(x: Executable, l: Lowered, { count, input }: Batch): void {
  const name = inputOf(l.net);
  if (input.kind === "events") {
    for (const signal of l.sources.inputSpikes.values()) writeEvents(x, l, signal, input, count);
    return;
  }
  const lists = l.sources.sparseInputs.get(name);
  if (lists) writeLists(x, lists, input, count);
  const rows = l.sources.values.get(`${name}.value`);
  if (rows) writeRows(x, l, rows, input, count);
}

/** Spikes arrive later by the signal's delay; those of a sample's last steps too late for it. */
function writeEvents(x: Executable, l: Lowered, signal: InputSpikes, { list, ends }: EventInput, count: number): void {
  const { steps } = l.context.options;
  const late = Math.min(signal.delay, steps);
  const [to, toEnds] = [x.array(signal.name), x.array(signal.ends)];
  let at = 0;
  for (let s = 0; s < count; s++) {
    const row = s * steps;
    const [first, last] = [ends[row]!, ends[row + steps - late]!];
    requireRoom(at + last - first, to.length);
    to.set(list.subarray(first, last), at);
    for (let t = 1; t <= steps; t++) toEnds[row + t] = at + ends[row + Math.max(0, t - late)]! - first;
    at += last - first;
  }
}

function writeLists(
  x: Executable,
  { name }: SparseInput,
  { list, values, ends }: SparseValueInput,
  count: number,
): void {
  const [toList, toValues] = [x.array(`${name}.list`), x.array(`${name}.values`)];
  const end = ends[count]!;
  requireRoom(end, toList.length);
  toList.set(list.subarray(0, end));
  toValues.set(values.subarray(0, end));
  x.array(`${name}.end`).set(ends.subarray(0, count + 1));
}

/** Values as rows, after as many rows of zero as the longest delay. */
function writeRows(x: Executable, l: Lowered, signal: ValueSignal, input: SparseValueInput, count: number): void {
  const { list, values, ends } = input;
  const [steps, before] = signal.constant ? [1, 0] : [l.context.options.steps, signal.maxDelay];
  const to = x.array(signal.name).fill(0);
  for (let s = 0; s < count; s++)
    for (let t = 0; t < steps; t++) {
      const row = (s * signal.rows + before + t) * signal.stride;
      for (let k = ends[s * steps + t]!; k < ends[s * steps + t + 1]!; k++) to[row + list[k]!]! += values[k]!;
    }
}

function requireRoom(entries: number, room: number): void {
  if (entries > room)
    throw new DataError("out-of-range", "batch.input", `${entries} entries; there is room for ${room}`);
}

/** Inputs that a program takes as lists of values: constant ones that only dense connections read. */
export function inputsAsLists(net: Lowered["net"]): ReadonlySet<string> {
  const read = (node: string): boolean =>
    net.connections.every((c) => c.from.node !== node || (c.connectivity.kind === "dense" && !c.synapse)) &&
    Object.values(net.transforms).every((t) => t.of.every((e) => e.node !== node));
  const inputs = Object.entries(net.inputs).filter(([node, i]) => i.signal === "values" && i.constant && read(node));
  return new Set(inputs.map(([node]) => node));
}
