/** A batch as the host hands it over, and its way into a program's buffers. */
import type { Executable } from "../backend/backend.ts";
import { DataError } from "../base/errors.ts";
import { KEY, SAMPLE_REST, SAMPLE_STEPS } from "../sim/lower/context.ts";
import { chooseForm, FORMS, type Form, formBuffer } from "../sim/lower/forms.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { SHARDS, shardStarts } from "../sim/lower/shards.ts";
import type { InputSpikes, SparseInput, ValueSignal } from "../sim/lower/signals.ts";
import { CHUNKS_RUN } from "../sim/lower/stepNorms.ts";
import { checkBatch, entriesOf, inputOf, lengthOf, markOf } from "./batch.ts";
import { COMMON_STEPS, LATER_STEPS } from "./errorsAbreast.ts";
import type { Loss } from "./loss.ts";
import { COUNTED_SHARE, LABELS, LAST_STEP, LENGTH, SHARE, STEP_LABELS, STEP_TARGETS, TARGETS } from "./lossKernels.ts";
import { SEGMENTS_RUN } from "./timeOutermost.ts";

/**
 * Spikes of all samples in one list: those of sample s in step t are `list[ends[s·steps + t] .. ends[s·steps + t + 1])`,
 * where `steps` are the network's. What lies behind the end of a shorter sample is not looked at.
 */
export interface EventInput {
  readonly kind: "events";
  readonly list: Uint32Array;
  readonly ends: Uint32Array | Int32Array;
}
/**
 * Values that are mostly zero, as a list of inputs and their values. Row r of them is entries `[ends[r], ends[r + 1])`:
 * one row for each sample where the input is constant, else one for each sample and step of the network.
 */
export interface SparseValueInput {
  readonly kind: "sparse";
  readonly list: Uint32Array;
  readonly values: Float32Array;
  readonly ends: Uint32Array | Int32Array;
}
/** The input of a batch: spikes as one list, or values that are mostly zero. */
export type BatchInput = EventInput | SparseValueInput;

/** Samples with their labels, as training and evaluation take them. */
export interface Batch {
  readonly count: number;
  readonly input: BatchInput;
  /**
   * The class of each sample; where `labelled` is `steps` that of each sample and step of the network, [count][steps],
   * and -1 for steps that do not count. What lies behind the end of a shorter sample is not looked at, and nothing where
   * the loss compares with `targets` alone.
   */
  readonly labels?: ArrayLike<number>;
  /** What a label is for; default `samples`. */
  readonly labelled?: "samples" | "steps";
  /**
   * For losses that ask for numbers: those of each sample, [count][outputs]; for losses of each step those of each sample
   * and step of the network, [count][steps][outputs], and rows of NaN for steps that do not count.
   */
  readonly targets?: ArrayLike<number>;
  /** Steps of each sample, from 1 to those of the network, which are the default. */
  readonly lengths?: ArrayLike<number>;
  /** Number of each sample in its data set: keys the random draws (dropout, noise). */
  readonly numbers?: ArrayLike<number>;
}

/**
 * @param update keys the random draws together with sample and step
 * @throws {DataError} for a batch that does not fit
 */
export function writeBatch(x: Executable, l: Lowered, batch: Batch, loss: Loss, update = 0): void {
  checkBatch(l.net, batch, loss, l.context.options.batch);
  writeCounts(x, l, batch.count);
  writeLengths(x, l, batch);
  writeLabels(x, l, batch, loss);
  writeTargets(x, l, batch, TARGETS, 1);
  writeTargets(x, l, batch, STEP_TARGETS, l.context.options.steps);
  writeKeys(x, l, batch, update);
  writeInput(x, l, batch);
}

/** The array of a buffer, where the program has it. */
const optional = (x: Executable, l: Lowered, name: string) => (l.context.buffers.has(name) ? x.array(name) : undefined);

function writeLengths(x: Executable, l: Lowered, batch: Batch): void {
  const [own, rest, last, share, float] = [SAMPLE_STEPS, SAMPLE_REST, LAST_STEP, SHARE, LENGTH].map((name) =>
    optional(x, l, name),
  );
  const { steps } = l.context.options;
  const run = optional(x, l, SEGMENTS_RUN);
  if (run) run[0] = Math.ceil(longest(l, batch) / l.context.stepsKept);
  for (let s = 0; s < batch.count; s++) {
    const length = lengthOf(l.net, batch, s);
    own![s] = length;
    if (rest) rest[s] = steps - length;
    if (last) last[s] = length - 1;
    if (share) share[s] = 1 / length;
    if (float) float[s] = length;
  }
  writeCommon(x, l, batch.count);
}

/** Of the samples of each chunk: how many steps all have, and how many each has behind them. */
function writeCommon(x: Executable, l: Lowered, count: number): void {
  const [common, later] = [COMMON_STEPS, LATER_STEPS].map((name) => optional(x, l, name));
  if (!common || !later) return;
  const { samples } = l.context.options;
  const steps = x.array(SAMPLE_STEPS) as Int32Array;
  for (let k = 0; k < common.length; k++) {
    const own = steps.subarray(k * samples, Math.min(count, (k + 1) * samples));
    const least = own.length === 0 ? 0 : own.reduce((a, b) => Math.min(a, b));
    common[k] = least;
    own.forEach((n, s) => {
      later[k * samples + s] = n - least;
    });
  }
}

function longest(l: Lowered, batch: Batch): number {
  let steps = 0;
  for (let s = 0; s < batch.count; s++) steps = Math.max(steps, lengthOf(l.net, batch, s));
  return steps;
}

function writeLabels(x: Executable, l: Lowered, batch: Batch, loss: Loss): void {
  const [one, each, share] = [LABELS, STEP_LABELS, COUNTED_SHARE].map((name) => optional(x, l, name));
  const { steps } = l.context.options;
  for (let s = 0; s < batch.count; s++) {
    if (one) one[s] = batch.labels![s]!;
    if (!each) continue;
    const length = lengthOf(l.net, batch, s);
    let counted = 0;
    for (let t = 0; t < length; t++) {
      const label = markOf(l.net, batch, loss, s, t);
      each[s * steps + t] = label;
      if (label >= 0) counted++;
    }
    if (share) share[s] = counted > 0 ? 1 / counted : 0;
  }
}

/** As many rows a sample; those of NaN do not count, and become zeros, which cannot spread. */
function writeTargets(x: Executable, l: Lowered, batch: Batch, name: string, rows: number): void {
  const to = optional(x, l, name);
  if (!to) return;
  const node = l.net.output!;
  const [classes, stride] = [l.context.size(node), l.context.stride(node)];
  for (let s = 0; s < batch.count; s++)
    for (let row = s * rows; row < s * rows + (rows === 1 ? 1 : lengthOf(l.net, batch, s)); row++)
      for (let k = 0; k < classes; k++) {
        const value = batch.targets![row * classes + k]!;
        to[row * stride + k] = Number.isNaN(value) ? 0 : value;
      }
}

function writeCounts(x: Executable, l: Lowered, count: number): void {
  const { samples, steps } = l.context.options;
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
  const run = optional(x, l, CHUNKS_RUN);
  if (run) run[0] = chunks;
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
  table("step.number", (t) => t);
  table("step.time", (t) => t * l.net.dt);
}

function writeInput(x: Executable, l: Lowered, batch: Batch): void {
  const { input } = batch;
  const name = inputOf(l.net);
  if (input.kind === "events") {
    for (const signal of l.sources.inputSpikes.values()) writeEvents(x, l, signal, batch, input);
    return;
  }
  const [lists, rows] = [l.sources.sparseInputs.get(name), l.sources.values.get(`${name}.value`)];
  const form = lists ? formOf(l, lists, batch) : "rows";
  if (lists) x.array(formBuffer(name)).set(FORMS.map((f) => Number(f === form)));
  if (lists && form === "lists") writeLists(x, l, lists, batch, input);
  if (rows && form === "rows") writeRows(x, l, rows, batch, input);
}

/** The cheaper form of this batch. */
function formOf(l: Lowered, { node, constant }: SparseInput, batch: Batch): Form {
  const { form } = l.context.options;
  if (form) return form;
  let [rows, entries] = [0, 0];
  for (let s = 0; s < batch.count; s++) rows += constant ? 1 : lengthOf(l.net, batch, s);
  for (const [from, to] of entriesOf(l.net, batch)) entries += to - from;
  return chooseForm(l.net, node, { rows, entries });
}

/** Spikes arrive later by the signal's delay; those of a sample's last steps too late for it. */
function writeEvents(x: Executable, l: Lowered, signal: InputSpikes, batch: Batch, { list, ends }: EventInput): void {
  const { steps } = l.context.options;
  const [to, toEnds] = [x.array(signal.name), x.array(signal.ends)];
  let at = 0;
  for (let s = 0; s < batch.count; s++) {
    const row = s * steps;
    const length = lengthOf(l.net, batch, s);
    const heard = Math.max(0, length - signal.delay);
    const [first, last] = [ends[row]!, ends[row + heard]!];
    requireRoom(at + last - first, to.length);
    to.set(list.subarray(first, last), at);
    for (let t = 1; t <= steps; t++)
      toEnds[row + t] = at + ends[row + Math.min(heard, Math.max(0, t - signal.delay))]! - first;
    at += last - first;
  }
}

/** Behind the end of a sample every list is empty. */
function writeLists(x: Executable, l: Lowered, input: SparseInput, batch: Batch, given: SparseValueInput): void {
  const { list, values, ends } = given;
  const [toList, toValues] = [x.array(`${input.name}.list`), x.array(`${input.name}.values`)];
  const toEnds = x.array(input.ends);
  const lists = input.listsOfSample;
  let at = 0;
  for (let s = 0; s < batch.count; s++) {
    const row = s * lists;
    const length = input.constant ? 1 : lengthOf(l.net, batch, s);
    const [first, last] = [ends[row]!, ends[row + length]!];
    requireRoom(at + last - first, toList.length);
    toList.set(list.subarray(first, last), at);
    toValues.set(values.subarray(first, last), at);
    for (let k = 1; k <= lists; k++) toEnds[row + k] = at + ends[row + Math.min(k, length)]! - first;
    at += last - first;
  }
}

/** Values as rows, after as many rows of zero as the longest delay. */
function writeRows(x: Executable, l: Lowered, signal: ValueSignal, batch: Batch, input: SparseValueInput): void {
  const { list, values, ends } = input;
  const [steps, before] = signal.constant ? [1, 0] : [l.context.options.steps, signal.maxDelay];
  const to = x.array(signal.name).fill(0);
  for (let s = 0; s < batch.count; s++)
    for (let t = 0; t < (signal.constant ? 1 : lengthOf(l.net, batch, s)); t++) {
      const row = (s * signal.rows + before + t) * signal.stride;
      for (let k = ends[s * steps + t]!; k < ends[s * steps + t + 1]!; k++) to[row + list[k]!]! += values[k]!;
    }
}

function requireRoom(entries: number, room: number): void {
  if (entries > room)
    throw new DataError("out-of-range", "batch.input", `${entries} entries; there is room for ${room}`);
}
