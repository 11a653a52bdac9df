/** What a batch must be before any of it reaches a kernel. */
import { DataError } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import type { Batch, BatchInput } from "./feed.ts";

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
/** Entries of the list that belong to the batch. */
export const entriesOf = (net: Network, { count, input }: Batch): number => input.ends[count * rowsOfSample(net)]!;

/** One sample of a batch, as a batch. */
export function sampleOf(net: Network, { input, labels, numbers }: Batch, sample: number): Batch {
  const rows = rowsOfSample(net);
  const ends = input.ends.slice(sample * rows, (sample + 1) * rows + 1);
  const [from, to] = [ends[0]!, ends[rows]!];
  const list = input.list.subarray(from, to);
  const moved = { ends: ends.map((e) => e - from), list };
  return {
    count: 1,
    labels: [labels[sample]!],
    numbers: [numbers?.[sample] ?? sample],
    input:
      input.kind === "events"
        ? { kind: "events", ...moved }
        : { kind: "sparse", ...moved, values: input.values.subarray(from, to) },
  };
}

/**
 * Addresses are computed from what a batch holds, so nothing in it is believed.
 * @param most samples that there is room for
 * @throws {DataError} `shape-mismatch`, `type-mismatch`, `out-of-range`, `not-finite`
 */
export function checkBatch(net: Network, batch: Batch, most: number): void {
  const { count, labels, numbers, input } = batch;
  if (!(Number.isInteger(count) && count >= 1 && count <= most))
    throw new DataError("shape-mismatch", "batch", `holds ${count} samples; from 1 to ${most} fit`);
  requireLength("batch.labels", labels, count);
  if (numbers) requireLength("batch.numbers", numbers, count);
  checkLabels(labels, count, net.populations[net.output!]!.size);
  checkInput(net, input, count);
}

function checkInput(net: Network, input: BatchInput, count: number): void {
  const { signal, size } = net.inputs[inputOf(net)]!;
  if (signal !== (input.kind === "events" ? "spikes" : "values"))
    throw new DataError("type-mismatch", "batch.input", `this network takes ${signal}, not '${input.kind}'`);
  const rows = count * rowsOfSample(net);
  checkEnds(input, rows);
  checkRoom(input, count, rowsOfSample(net), size);
  const entries = input.ends[rows]!;
  checkList(input.list, entries, size);
  if (input.kind === "sparse") checkValues(input.values, entries);
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
function checkLabels(labels: ArrayLike<number>, count: number, classes: number): void {
  for (let k = 0; k < count; k++)
    if (!(Number.isInteger(labels[k]) && labels[k]! >= 0 && labels[k]! < classes))
      throw new DataError("out-of-range", `batch.labels[${k}]`, `is ${labels[k]}; there are ${classes} classes`);
}
function checkList(list: Uint32Array, count: number, inputs: number): void {
  let most = 0;
  for (let k = 0; k < count; k++) most = Math.max(most, list[k]! >>> 0); // as the program's buffer will read it
  if (most >= inputs)
    throw new DataError("out-of-range", "batch.input.list", `holds ${most}; there are ${inputs} inputs`);
}
function checkValues(values: Float32Array, count: number): void {
  for (let k = 0; k < count; k++)
    if (!Number.isFinite(values[k]!))
      throw new DataError("not-finite", `batch.input.values[${k}]`, `must be finite, got ${values[k]}`);
}
