/** Runs a trained network on a few samples once more and keeps its spikes and membranes. Nothing else knows of it. */
import type { Backend } from "../backend/backend.ts";
import { inputOf, lengthOf, rowsOfSample } from "../learn/batch.ts";
import type { Batch } from "../learn/feed.ts";
import type { RasterDocument } from "../report/document.ts";
import { createEngine } from "../sim/engine.ts";
import type { InputData } from "../sim/feed.ts";
import type { Recording } from "../sim/recording.ts";
import { readerOf, TEST_EPOCH } from "./batches.ts";
import { type Deployed, encodingOf } from "./session.ts";
import type { Samples } from "./task.ts";

/** One sample: spikes of its inputs, where they are spikes, and of each population that fires. */
export interface Recorded {
  readonly number: number;
  readonly steps: number;
  readonly input: RasterDocument | undefined;
  readonly layers: readonly RasterDocument[];
  /** `[steps][size]` of each variable that was asked for. */
  readonly values: Readonly<Record<string, Float64Array>>;
}

export interface RecordOptions {
  readonly backend: Backend;
  readonly seed: number;
  /** `population.variable`. */
  readonly record: readonly string[];
}

/** Steps that the engine keeps room for, at most. */
const BLOCK = 64;

/** @param numbers of samples, which run side by side */
export async function recordSamples(
  d: Deployed,
  samples: Samples,
  numbers: readonly number[],
  { backend, seed, record }: RecordOptions,
): Promise<Recorded[]> {
  const { net, parameters } = d;
  if (numbers.length === 0) return [];
  const batch = readerOf(samples, encodingOf(d, seed)).batch(Uint32Array.from(numbers), TEST_EPOCH);
  const lengths = numbers.map((_, s) => lengthOf(net, batch, s));
  const steps = Math.max(...lengths);
  const block = Math.min(BLOCK, steps);
  using engine = await createEngine(net, backend, { samples: numbers.length, seed, parameters, record, block });
  const recording = engine.run(steps, { [inputOf(net)]: inputsOf(d, batch) });
  return numbers.map((number, s) => ({
    number,
    steps: lengths[s]!,
    input: inputRaster(d, batch, s),
    layers: Object.entries(recording.spikes).map(([node, spikes]) => raster(d, node, spikes, s, lengths[s]!)),
    values: Object.fromEntries(record.map((name) => [name, valuesOf(recording, name, s, numbers.length, lengths[s]!)])),
  }));
}

function inputsOf({ net }: Deployed, batch: Batch): InputData {
  const { input, count } = batch;
  const size = net.inputs[inputOf(net)]!.size;
  const rows = rowsOfSample(net);
  if (input.kind === "events") {
    const of = (value: (row: number, k: number) => number): Uint32Array => eventsOf(batch, count * rows, value);
    return {
      steps: of((row) => row % rows),
      samples: of((row) => Math.floor(row / rows)),
      indices: of((_, k) => input.list[k]!),
    };
  }
  const values = new Float64Array(count * rows * size);
  for (let row = 0; row < count * rows; row++)
    for (let k = input.ends[row]!; k < input.ends[row + 1]!; k++)
      values[row * size + input.list[k]!] = input.values[k]!;
  return { values };
}
function eventsOf({ input }: Batch, rows: number, value: (row: number, k: number) => number): Uint32Array {
  const out = new Uint32Array(input.ends[rows]!);
  for (let row = 0; row < rows; row++)
    for (let k = input.ends[row]!; k < input.ends[row + 1]!; k++) out[k] = value(row, k);
  return out;
}

function inputRaster({ net }: Deployed, batch: Batch, sample: number): RasterDocument | undefined {
  const { input } = batch;
  if (input.kind !== "events") return undefined;
  const name = inputOf(net);
  const [steps, neurons]: [number[], number[]] = [[], []];
  for (let t = 0; t < lengthOf(net, batch, sample); t++) {
    const row = sample * net.steps! + t;
    for (let k = input.ends[row]!; k < input.ends[row + 1]!; k++) {
      steps.push(t);
      neurons.push(input.list[k]!);
    }
  }
  return { name, of: "inputs", size: net.inputs[name]!.size, count: steps.length, steps, neurons };
}

/** Spikes before the end of the sample; what longer ones beside it let it go on to do is not its own. */
function raster(
  { net }: Deployed,
  node: string,
  spikes: Recording["spikes"][string],
  sample: number,
  length: number,
): RasterDocument {
  const own: number[] = [];
  spikes.samples.forEach((s, k) => {
    if (s === sample && spikes.steps[k]! < length) own.push(k);
  });
  const of = (column: Uint32Array): number[] => own.map((k) => column[k]!);
  const { size } = net.populations[node]!;
  return { name: node, of: "neurons", size, count: own.length, steps: of(spikes.steps), neurons: of(spikes.indices) };
}

function valuesOf({ values, steps }: Recording, name: string, sample: number, samples: number, length: number) {
  const all = values[name]!;
  const size = all.length / (samples * steps);
  return all.subarray(sample * steps * size, (sample * steps + length) * size);
}
