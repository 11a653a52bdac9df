/** A batch as the host hands it over, and its way into a program's buffers. */
import type { Executable } from "../backend/backend.ts";
import { DataError } from "../base/errors.ts";
import { type Context, KEY, SAMPLE_REST, SAMPLE_STEPS } from "../sim/lower/context.ts";
import { chooseForm, FORMS, type Form, formBuffer } from "../sim/lower/forms.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { SHARDS, shardStarts } from "../sim/lower/shards.ts";
import type { InputSpikes, SparseInput, ValueSignal } from "../sim/lower/signals.ts";
import { CHUNKS_RUN } from "../sim/lower/stepNorms.ts";
import { checkBatch, entriesOf, inputOf, lengthOf, markOf } from "./batch.ts";
import { COMMON_STEPS, LATER_STEPS } from "./errorsAbreast.ts";
import type { Loss } from "./loss.ts";
import { COUNTED_SHARE, LABELS, LAST_STEP, LENGTH, SHARE, STEP_LABELS, STEP_TARGETS, TARGETS } from "./lossKernels.ts";
import { type Stretch, segmentsOf, type Window, windowAt } from "./stretches.ts";
import { STRETCH } from "./timeOutermost.ts";

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

/** A batch, and what is asked of it. */
export interface Given {
  readonly batch: Batch;
  readonly loss: Loss;
  /** Keys the random draws together with sample and step. */
  readonly update?: number;
}

/**
 * Writes what is known of whole samples, and where memory has room for all steps, what is given of each.
 * @throws {DataError} for a batch that does not fit
 */
export function writeBatch(x: Executable, l: Lowered, given: Given): void {
  const { batch, loss, update = 0 } = given;
  checkBatch(l.net, batch, loss, l.context.options.batch);
  requireRoomEach(l, batch);
  writeCounts(x, l, batch.count);
  writeLengths(x, l, batch);
  writeLabels(x, l, batch, loss);
  writeTargets(x, l, batch, TARGETS, { first: 0, steps: 1 });
  writeKeys(x, l, batch, update);
  if (l.context.options.staged === undefined) writeWindow(x, l, given, windowAt(l, 0));
}
/** Where memory has no room for all steps, brings what segments need that come next, and says which they are. */
export function writeStretch(x: Executable, l: Lowered, given: Given, { first, count }: Stretch): void {
  if (l.context.options.staged === undefined) return;
  const written = { first, count, begins: first === 0, ends: first + count === segmentsOf(l, given.batch) };
  for (const [name, value] of Object.entries(written))
    x.array(STRETCH[name as keyof typeof STRETCH])[0] = Number(value);
  writeWindow(x, l, given, windowAt(l, first));
}
/** What the host gives of some steps. */
function writeWindow(x: Executable, l: Lowered, { batch, loss, update = 0 }: Given, window: Window): void {
  writeStepLabels(x, l, batch, loss, window);
  writeTargets(x, l, batch, STEP_TARGETS, window);
  writeTables(x, l, update, window);
  writeInput(x, l, batch, window);
}

/** The array of a buffer, where the program has it. */
const optional = (x: Executable, l: Lowered, name: string) => (l.context.buffers.has(name) ? x.array(name) : undefined);

function writeLengths(x: Executable, l: Lowered, batch: Batch): void {
  const [own, rest, last, share, float] = [SAMPLE_STEPS, SAMPLE_REST, LAST_STEP, SHARE, LENGTH].map((name) =>
    optional(x, l, name),
  );
  const { steps } = l.context.options;
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

function writeLabels(x: Executable, l: Lowered, batch: Batch, loss: Loss): void {
  const [one, share] = [LABELS, COUNTED_SHARE].map((name) => optional(x, l, name));
  for (let s = 0; s < batch.count; s++) {
    if (one) one[s] = batch.labels![s]!;
    if (!share) continue;
    const length = lengthOf(l.net, batch, s);
    let counted = 0;
    for (let t = 0; t < length; t++) if (markOf(l.net, batch, loss, s, t) >= 0) counted++;
    share[s] = counted > 0 ? 1 / counted : 0;
  }
}
function writeStepLabels(x: Executable, l: Lowered, batch: Batch, loss: Loss, { first, steps }: Window): void {
  const to = optional(x, l, STEP_LABELS);
  if (!to) return;
  for (let s = 0; s < batch.count; s++) {
    const end = Math.min(first + steps, lengthOf(l.net, batch, s));
    for (let t = first; t < end; t++) to[s * steps + t - first] = markOf(l.net, batch, loss, s, t);
  }
}

/** Of samples, or of these of their steps; rows of NaN do not count, and become zeros, which cannot spread. */
function writeTargets(x: Executable, l: Lowered, batch: Batch, name: string, { first, steps }: Window): void {
  const to = optional(x, l, name);
  if (!to) return;
  const node = l.net.output!;
  const [classes, stride] = [l.context.size(node), l.context.stride(node)];
  const all = name === TARGETS ? 1 : l.context.options.steps;
  for (let s = 0; s < batch.count; s++) {
    const end = Math.min(first + steps, name === TARGETS ? 1 : lengthOf(l.net, batch, s));
    for (let t = first; t < end; t++)
      for (let k = 0; k < classes; k++) {
        const value = batch.targets![(s * all + t) * classes + k]!;
        to[(s * steps + t - first) * stride + k] = Number.isNaN(value) ? 0 : value;
      }
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
  const key = x.array("key");
  key[KEY.seed] = l.context.options.seed;
  key[KEY.stepLow] = update;
  optional(x, l, "sample.number")?.set(Uint32Array.from({ length: count }, (_, k) => numbers?.[k] ?? k));
}
/** What follows from the numbers of steps and segments. */
function writeTables(x: Executable, l: Lowered, update: number, { first, steps }: Window): void {
  const table = (name: string, value: (step: number) => number): void =>
    optional(x, l, name)?.set(Float64Array.from({ length: steps }, (_, k) => value(first + k)));
  table("step.low", (t) => t);
  table("step.high", () => update);
  table("step.number", (t) => t);
  table("step.time", (t) => t * l.net.dt);
  const { tables, stepsKept } = l.context;
  for (const [name, { per, width, write }] of tables) {
    const to = x.array(name) as { [k: number]: number };
    const each = per === "step" ? 1 : stepsKept;
    for (let k = 0; k < steps / each; k++) write(first / each + k, to, k * width);
  }
}

function writeInput(x: Executable, l: Lowered, batch: Batch, window: Window): void {
  const { input } = batch;
  const name = inputOf(l.net);
  if (input.kind === "events") {
    for (const signal of l.sources.inputSpikes.values()) writeEvents(x, l, signal, batch, input, window);
    return;
  }
  if (window.first > 0 && l.net.inputs[name]!.constant) return;
  const [lists, rows] = [l.sources.sparseInputs.get(name), l.sources.values.get(`${name}.value`)];
  const form = lists ? formOf(l, lists, batch) : "rows";
  if (lists) x.array(formBuffer(name)).set(FORMS.map((f) => Number(f === form)));
  if (lists && form === "lists") writeLists(x, l, lists, batch, input, window);
  if (rows && form === "rows") writeRows(x, l, rows, batch, input, window);
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
function writeEvents(
  x: Executable,
  l: Lowered,
  signal: InputSpikes,
  batch: Batch,
  { list, ends }: EventInput,
  { first, steps }: Window,
): void {
  const [to, toEnds] = [x.array(signal.name), x.array(signal.ends)];
  const all = l.context.options.steps;
  let at = 0;
  for (let s = 0; s < batch.count; s++) {
    const heard = Math.max(0, lengthOf(l.net, batch, s) - signal.delay);
    const before = (t: number): number => ends[s * all + Math.min(heard, Math.max(0, t - signal.delay))]!;
    const [from, end] = [before(first), before(first + steps)];
    requireRoom(at + end - from, to.length);
    to.set(list.subarray(from, end), at);
    for (let t = 1; t <= steps; t++) toEnds[s * steps + t] = at + before(first + t) - from;
    at += end - from;
  }
}

/** Behind the end of a sample every list is empty. */
function writeLists(
  x: Executable,
  l: Lowered,
  input: SparseInput,
  batch: Batch,
  { list, values, ends }: SparseValueInput,
  window: Window,
): void {
  const [toList, toValues] = [x.array(`${input.name}.list`), x.array(`${input.name}.values`)];
  const toEnds = x.array(input.ends);
  const [all, first, lists] = input.constant ? [1, 0, 1] : [l.context.options.steps, window.first, input.listsOfSample];
  let at = 0;
  for (let s = 0; s < batch.count; s++) {
    const length = input.constant ? 1 : lengthOf(l.net, batch, s);
    const before = (t: number): number => ends[s * all + Math.min(length, t)]!;
    const [from, end] = [before(first), before(first + lists)];
    requireRoom(at + end - from, toList.length);
    toList.set(list.subarray(from, end), at);
    toValues.set(values.subarray(from, end), at);
    for (let k = 1; k <= lists; k++) toEnds[s * lists + k] = at + before(first + k) - from;
    at += end - from;
  }
}

/** Values as rows, after as many rows of what came before, or of zero, as the longest delay. */
function writeRows(
  x: Executable,
  l: Lowered,
  signal: ValueSignal,
  batch: Batch,
  { list, values, ends }: SparseValueInput,
  window: Window,
): void {
  const { constant, maxDelay, rows, stride } = signal;
  const [all, before, first, steps] = constant
    ? [1, 0, 0, 1]
    : [l.context.options.steps, maxDelay, window.first, window.steps];
  const to = x.array(signal.name).fill(0);
  for (let s = 0; s < batch.count; s++) {
    const end = Math.min(first + steps, constant ? 1 : lengthOf(l.net, batch, s));
    for (let t = Math.max(0, first - before); t < end; t++) {
      const row = (s * rows + before + t - first) * stride;
      for (let k = ends[s * all + t]!; k < ends[s * all + t + 1]!; k++) to[row + list[k]!]! += values[k]!;
    }
  }
}

function requireRoom(entries: number, room: number): void {
  if (entries > room)
    throw new DataError("out-of-range", "batch.input", `${entries} entries; there is room for ${room}`);
}

/** Where not all steps are in memory, there is room for every input in each of those that are. */
function requireRoomEach(l: Lowered, { count, input: { ends } }: Batch): void {
  const { net, context: c, sources } = l;
  const name = inputOf(net);
  if (!c.hasSegments || net.inputs[name]!.constant) return;
  const delays = sources.inputSpikes.size > 0 ? [...sources.inputSpikes.values()].map((s) => s.delay) : [0];
  const most = c.stepsKept * c.size(name);
  for (let s = 0; s < count; s++)
    for (const delay of delays) {
      const t = crowded(ends, s * c.options.steps, c, delay);
      if (t === undefined) continue;
      const where = `gives sample ${s} too many entries from step ${t} on`;
      throw new DataError("out-of-range", "batch.input", `${where}: in ${c.stepsKept} steps there is room for ${most}`);
    }
}
/** The first step of a segment in which more entries of a sample arrive than there is room for. */
function crowded(ends: BatchInput["ends"], sample: number, c: Context, delay: number): number | undefined {
  const [steps, kept] = [c.options.steps, c.stepsKept];
  const most = kept * c.size(inputOf(c.net));
  for (let t = -delay; t < steps; t += kept) {
    const from = t < 0 ? 0 : t;
    const to = t + kept < steps ? t + kept : steps;
    if (to > from && ends[sample + to]! - ends[sample + from]! > most) return from;
  }
  return undefined;
}
