/** What a batch must be before any of it reaches a kernel. */
import { DataError } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import type { Batch, BatchInput } from "./feed.ts";
import { answersSteps, firstStep, type Loss } from "./loss.ts";
import { needsOfLoss } from "./lossNeeds.ts";

/** The name of the one input, which batches feed. @throws {DataError} if there is not exactly one */
export function inputOf(net: Network): string {
  const names = Object.keys(net.inputs);
  if (names.length === 1) return names[0]!;
  throw new DataError("unsupported", net.name, `batches feed networks with one input; this has ${names.length}`);
}

/** Rows of the input of a sample. */
export function rowsOfSample(net: Network): number {
  const { signal, constant } = net.inputs[inputOf(net)]!;
  return signal === "values" && constant ? 1 : net.steps!;
}
/** Steps of a sample. */
export const lengthOf = (net: Network, { lengths }: Batch, sample: number): number => lengths?.[sample] ?? net.steps!;
/** Steps of all samples together. */
export function totalSteps(net: Network, batch: Batch): number {
  let total = 0;
  for (let s = 0; s < batch.count; s++) total += lengthOf(net, batch, s);
  return total;
}
/** The class of a step of a sample, or -1 where it does not count. */
export const labelOf = (net: Network, { labels, labelled }: Batch, sample: number, step: number): number =>
  labelled === "steps" ? labels![sample * net.steps! + step]! : labels![sample]!;
/** A number below 0 where a step of a sample does not count; its class, where the loss asks for one. */
export function markOf(net: Network, batch: Batch, loss: Loss, sample: number, step: number): number {
  if (needsOfLoss(loss).labels) return labelOf(net, batch, sample, step);
  const classes = outputsOf(net);
  return Number.isNaN(batch.targets![(sample * net.steps! + step) * classes]) ? -1 : 0;
}
const outputsOf = (net: Network): number => net.populations[net.output!]!.size;

/** Entries of the list that belong to each sample, as `[from, to)`: what lies behind its end does not. */
export function* entriesOf(net: Network, batch: Batch): Generator<readonly [from: number, to: number]> {
  const { ends } = batch.input;
  const rows = rowsOfSample(net);
  for (let s = 0; s < batch.count; s++)
    yield [ends[s * rows]!, ends[s * rows + Math.min(rows, lengthOf(net, batch, s))]!];
}

/** One sample of a batch, as a batch. */
export function sampleOf(net: Network, batch: Batch, sample: number): Batch {
  const { input, labels, labelled, lengths, numbers, targets } = batch;
  const rows = rowsOfSample(net);
  const steps = net.steps!;
  const ends = input.ends.slice(sample * rows, (sample + 1) * rows + 1);
  const [from, to] = [ends[0]!, ends[rows]!];
  const list = input.list.subarray(from, to);
  const moved = { ends: ends.map((e) => e - from), list };
  return {
    count: 1,
    ...(labels && { labels: labelled === "steps" ? slice(labels, sample * steps, steps) : [labels[sample]!] }),
    ...(targets && { targets: slice(targets, (sample * targets.length) / batch.count, targets.length / batch.count) }),
    ...(labelled && { labelled }),
    ...(lengths && { lengths: [lengths[sample]!] }),
    numbers: [numbers?.[sample] ?? sample],
    input:
      input.kind === "events"
        ? { kind: "events", ...moved }
        : { kind: "sparse", ...moved, values: input.values.subarray(from, to) },
  };
}

const slice = (values: ArrayLike<number>, from: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => values[from + k]!);

/**
 * Addresses are computed from what a batch holds, so nothing in it is believed.
 * @param most samples that there is room for
 * @throws {DataError} `shape-mismatch`, `type-mismatch`, `out-of-range`, `not-finite`
 */
export function checkBatch(net: Network, batch: Batch, loss: Loss, most: number): void {
  const { count, numbers, input } = batch;
  if (!(Number.isInteger(count) && count >= 1 && count <= most))
    throw new DataError("shape-mismatch", "batch", `holds ${count} samples; from 1 to ${most} fit`);
  if (numbers) requireLength("batch.numbers", numbers, count);
  checkLengths(net, batch, loss);
  checkLabels(net, batch, loss);
  checkTargets(net, batch, loss);
  checkInput(net, input, count);
}

function checkInput(net: Network, input: BatchInput, count: number): void {
  const { signal, size } = net.inputs[inputOf(net)]!;
  if (typeof input !== "object" || input === null)
    throw new DataError(
      "type-mismatch",
      "batch.input",
      `must be { kind: "${signal === "spikes" ? "events" : "sparse"}", list, … }, got ${input}`,
    );
  if (signal !== (input.kind === "events" ? "spikes" : "values"))
    throw new DataError("type-mismatch", "batch.input", `this network takes ${signal}, not '${input.kind}'`);
  checkArrays(input);
  const rows = count * rowsOfSample(net);
  checkEnds(input, rows);
  checkRoom(input, count, rowsOfSample(net), size);
  const entries = input.ends[rows]!;
  checkList(input.list, entries, size);
  if (input.kind === "sparse") checkValues(input.values, entries);
}

/** Parts of them are copied as blocks, which plain arrays cannot be. */
function checkArrays(input: BatchInput): void {
  const { list, ends } = input;
  requireArray("list", list, isTyped, "a Uint32Array");
  if (input.kind === "sparse") requireArray("values", input.values, isTyped, "a Float32Array");
  requireArray("ends", ends, isIntegers, "a Uint32Array or an Int32Array"); // a NaN would be neither above nor below
}
const isTyped = (x: unknown): boolean => ArrayBuffer.isView(x) && !(x instanceof DataView);
const isIntegers = (x: unknown): boolean => x instanceof Uint32Array || x instanceof Int32Array;
function requireArray(name: string, x: unknown, holds: (x: unknown) => boolean, allowed: string): void {
  if (holds(x)) return;
  const given = Array.isArray(x) ? "a plain array" : x === undefined ? "nothing" : (x?.constructor?.name ?? String(x));
  throw new DataError("type-mismatch", `batch.input.${name}`, `must be ${allowed}, got ${given}`);
}

function checkEnds({ ends, list, ...rest }: BatchInput, rows: number): void {
  if (ends.length <= rows)
    throw new DataError("shape-mismatch", "batch.input.ends", `needs ${rows + 1} numbers, got ${ends.length}`);
  let before = 0;
  for (let r = 0; r <= rows; r++) {
    const end = ends[r]!;
    if (r === 0 ? end !== 0 : end < before)
      throw new DataError(
        "out-of-range",
        `batch.input.ends[${r}]`,
        `ends start at 0 and ascend, got ${end} after ${before}`,
      );
    before = end;
  }
  const room = "values" in rest ? Math.min(list.length, rest.values.length) : list.length;
  if (before > room)
    throw new DataError("out-of-range", `batch.input.ends[${rows}]`, `is ${before}, but there are ${room} entries`);
}

/** Buffers of a chunk have room for every input in every row of its samples. */
function checkRoom({ ends }: BatchInput, count: number, rows: number, size: number): void {
  for (let s = 0; s < count; s++) {
    const entries = ends[(s + 1) * rows]! - ends[s * rows]!;
    if (entries > rows * size)
      throw new DataError(
        "out-of-range",
        "batch.input",
        `gives sample ${s} ${entries} entries; at most one an input and row fits, ${rows * size}`,
      );
  }
}

function requireLength(path: string, values: ArrayLike<number>, count: number): void {
  if (values.length !== count)
    throw new DataError("shape-mismatch", path, `${values.length} numbers for ${count} samples`);
}

function checkLengths(net: Network, { count, lengths }: Batch, loss: Loss): void {
  if (!lengths) return;
  requireLength("batch.lengths", lengths, count);
  const least = firstStep(loss) + 1;
  for (let k = 0; k < count; k++)
    if (!(Number.isInteger(lengths[k]) && lengths[k]! >= least && lengths[k]! <= net.steps!)) {
      const why = least > 1 ? `, because the loss looks at steps from ${least - 1} on` : "";
      throw new DataError(
        "out-of-range",
        `batch.lengths[${k}]`,
        `is ${lengths[k]}; a sample of this network has from ${least} to ${net.steps} steps${why}`,
      );
    }
}

function checkLabels(net: Network, batch: Batch, loss: Loss): void {
  const { count, labels, labelled = "samples" } = batch;
  if (!needsOfLoss(loss).labels) return;
  if (!labels) throw new DataError("shape-mismatch", "batch.labels", "are missing; the loss compares with them");
  if (labelled !== "samples" && labelled !== "steps")
    throw new DataError("type-mismatch", "batch.labelled", `is '${labelled}'; a label is for 'samples' or 'steps'`);
  if (labelled === "samples") {
    requireLength("batch.labels", labels, count);
    for (let s = 0; s < count; s++) checkLabel(net, labels, s, 0);
    return;
  }
  checkStepLabels(net, batch, loss);
}
function checkStepLabels(net: Network, batch: Batch, loss: Loss): void {
  const { count } = batch;
  const labels = batch.labels!;
  const steps = net.steps!;
  if (!answersSteps(loss))
    throw new DataError("type-mismatch", "batch.labelled", "is 'steps', but the loss takes one label a sample");
  if (labels.length !== count * steps)
    throw new DataError("shape-mismatch", "batch.labels", `${labels.length} numbers for ${count} x ${steps} steps`);
  for (let s = 0; s < count; s++) {
    const end = s * steps + lengthOf(net, batch, s);
    for (let k = s * steps; k < end; k++) checkLabel(net, labels, k, -1);
  }
}
/** Numbers that the loss compares with: a row for each sample, or for each of its steps. */
function checkTargets(net: Network, batch: Batch, loss: Loss): void {
  const { labels, targets: rows } = needsOfLoss(loss);
  if (!rows) return;
  const { count, targets } = batch;
  const [outputs, steps] = [outputsOf(net), rows === "steps" ? net.steps! : 1];
  const shape = `${count}${rows === "steps" ? ` x ${steps}` : ""} x ${outputs}`;
  if (targets?.length !== count * steps * outputs)
    throw new DataError(
      "shape-mismatch",
      "batch.targets",
      `${targets ? `${targets.length} numbers` : "are missing"}; the loss compares with numbers, ${shape}`,
    );
  for (let s = 0; s < count; s++)
    for (let t = 0; t < (rows === "steps" ? lengthOf(net, batch, s) : 1); t++)
      checkTargetRow(targets, (s * steps + t) * outputs, outputs, answersSteps(loss) && !labels);
}
/** @param optional whether a row of NaN says that there are none */
function checkTargetRow(targets: ArrayLike<number>, from: number, count: number, optional: boolean): void {
  const missing = optional && Number.isNaN(targets[from]);
  for (let k = from; k < from + count; k++)
    if (missing ? !Number.isNaN(targets[k]) : !Number.isFinite(targets[k])) {
      const allowed = optional ? ", or NaN in all of a step that does not count" : "";
      throw new DataError("not-finite", `batch.targets[${k}]`, `must be finite${allowed}, got ${targets[k]}`);
    }
}
/** @param least 0, or -1 where a label may be missing */
function checkLabel(net: Network, labels: ArrayLike<number>, k: number, least: 0 | -1): void {
  const classes = outputsOf(net);
  if (Number.isInteger(labels[k]) && labels[k]! >= least && labels[k]! < classes) return;
  const missing = least < 0 ? ", and -1 for a step that does not count" : "";
  throw new DataError("out-of-range", `batch.labels[${k}]`, `is ${labels[k]}; there are ${classes} classes${missing}`);
}

function checkList(list: Uint32Array, count: number, inputs: number): void {
  const last = inputs - 1;
  const entries = asIntegers(list);
  if (signsOf(entries, count, last) >= 0) return;
  const odd = entries.findIndex((i) => i < 0 || i > last);
  const found = entries[odd]! >>> 0; // as the program's buffer will read it
  throw new DataError("out-of-range", `batch.input.list[${odd}]`, `is ${found}; there are ${inputs} inputs`);
}
/** Below 0 where an entry is, or what it lacks to the last input. Four at a time: three quarters of the time of one by one. */
function signsOf(entries: Int32Array, count: number, last: number): number {
  let signs = 0;
  let k = 0;
  for (; k < count - 3; k += 4) {
    const a = entries[k]!;
    const b = entries[k + 1]!;
    const c = entries[k + 2]!;
    const d = entries[k + 3]!;
    signs |= a | b | c | d | ((last - a) | 0) | ((last - b) | 0) | ((last - c) | 0) | ((last - d) | 0);
  }
  for (; k < count; k++) signs |= entries[k]! | ((last - entries[k]!) | 0);
  return signs;
}
/** The same bits as signed integers, which are compared fastest; other arrays are converted as the program's buffer does. */
const asIntegers = (list: Uint32Array | Int32Array): Int32Array =>
  list instanceof Uint32Array || list instanceof Int32Array
    ? new Int32Array(list.buffer, list.byteOffset, list.length)
    : Int32Array.from(list);
function checkValues(values: Float32Array, count: number): void {
  for (let k = 0; k < count; k++)
    if (!Number.isFinite(values[k]!))
      throw new DataError("not-finite", `batch.input.values[${k}]`, `must be finite, got ${values[k]}`);
}
