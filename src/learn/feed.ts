/** A batch as the host hands it over, and its way into a program's buffers. */
import { type Executable } from "../backend/backend.ts";
import { DataError } from "../base/errors.ts";
import { KEY, RUN } from "../sim/lower/context.ts";
import { type Lowered } from "../sim/lower/lower.ts";

/** Spikes of all samples in one list: those of sample s in step t are `list[ends[s·steps + t] .. ends[s·steps + t + 1])`. */
export interface EventInput { readonly kind: "events"; readonly list: Uint32Array; readonly ends: Uint32Array | Int32Array }
/** Constant values that are mostly zero: those of sample s are entries `[ends[s], ends[s + 1])`. */
export interface SparseValueInput { readonly kind: "sparse"; readonly list: Uint32Array; readonly values: Float32Array; readonly ends: Uint32Array | Int32Array }
export type BatchInput = EventInput | SparseValueInput;

export interface Batch {
  readonly count: number;
  readonly input: BatchInput;
  /** Class of each sample. */
  readonly labels: ArrayLike<number>;
  /** Number of each sample in its data set: keys the random draws (dropout). */
  readonly numbers?: ArrayLike<number>;
}

/** The name of the one input, which batches feed. @throws {DataError} if there is not exactly one */
export function inputOf(l: Pick<Lowered, "net">): string {
  const names = Object.keys(l.net.inputs);
  if (names.length !== 1) throw new DataError("unsupported", l.net.name, `batches feed networks with one input; this has ${names.length}`);
  return names[0]!;
}

/** Writes a batch, and the numbers of the run. */
export function writeBatch(x: Executable, l: Lowered, batch: Batch): void {
  const { samples, steps, batch: most, seed } = l.context.options;
  if (batch.count > most || batch.count < 1) throw new DataError("shape-mismatch", "batch", `holds ${batch.count} samples; from 1 to ${most} fit`);
  if (batch.labels.length !== batch.count) throw new DataError("shape-mismatch", "batch.labels", `${batch.labels.length} labels for ${batch.count} samples`);
  const run = x.array("run");
  run[RUN.steps] = steps;
  run[RUN.chunks] = Math.ceil(batch.count / samples);
  x.array("key")[KEY.seed] = seed;
  const chunk = x.array("chunk.samples");
  const rows = l.context.buffers.has("chunk.rows") ? x.array("chunk.rows") : undefined;
  for (let k = 0; k < chunk.length; k++) {
    chunk[k] = Math.min(samples, Math.max(0, batch.count - k * samples));
    if (rows) rows[k] = chunk[k]! * steps;
  }
  if (l.context.buffers.has("labels")) x.array("labels").set(batch.labels);
  if (l.context.buffers.has("sample.number")) x.array("sample.number").set(batch.numbers ?? Uint32Array.from({ length: batch.count }, (_, k) => k));
  writeInput(x, l, batch);
}

function writeInput(x: Executable, l: Lowered, { count, input }: Batch): void {
  const name = inputOf(l);
  const { steps } = l.context.options;
  if (input.kind === "sparse") {
    const sparse = l.sources.sparseInputs.get(name);
    if (!sparse) throw new DataError("type-mismatch", `batch.${name}`, "this network takes spikes, not values");
    fill(x, `${sparse.name}.list`, input.list, input.ends[count]!, name);
    fill(x, `${sparse.name}.values`, input.values, input.ends[count]!, name);
    x.array(`${sparse.name}.end`).set(input.ends.subarray(0, count + 1));
    return;
  }
  for (const signal of l.sources.inputSpikes.values()) {
    if (signal.delay !== 0) throw new DataError("unsupported", `connection from ${name}`, "delayed inputs in batches: delay the encoder instead");
    fill(x, signal.name, input.list, input.ends[count * steps]!, name);
    x.array(signal.ends).set(input.ends.subarray(0, count * steps + 1));
  }
}
function fill(x: Executable, buffer: string, from: Uint32Array | Float32Array, count: number, name: string): void {
  const to = x.array(buffer);
  if (count > to.length) throw new DataError("out-of-range", `batch.${name}`, `${count} events; there is room for ${to.length}`);
  to.set(from.subarray(0, count));
}
