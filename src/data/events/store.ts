/**
 * Recordings that stay on disk and are read as they are asked for. What is held of a set is its list: where each recording
 * is, and its label.
 */
import { requireInteger } from "../../base/errors.ts";
import { hash64 } from "../../base/hash.ts";
import { requireLabels } from "../dataset.ts";
import { requireIndex, type SampleStore, type SequenceStore } from "../stored.ts";
import { type BinOptions, inputsOf } from "./bin.ts";
import { binSequences } from "./binned.ts";
import type { EventRecording, Sensor } from "./recording.ts";

/** Recordings of one sensor, with a label each. */
export interface RecordingStore extends SampleStore<readonly EventRecording[]> {
  /** What errors call it. */
  readonly name: string;
  readonly sensor: Sensor;
  readonly classes: readonly string[];
  /** Shape [count]: which of `classes`; known before anything is read. */
  readonly labels: Uint8Array;
  /** Shape [count]: what each recording is called in the set, such as its file. */
  readonly names: readonly string[];
}

/** A set of recordings, split as its authors split it. */
export interface EventSet {
  readonly name: string;
  readonly classes: readonly string[];
  readonly sensor: Sensor;
  readonly train: RecordingStore;
  readonly test: RecordingStore;
  readonly source: string;
  readonly licence: string;
}

/**
 * @param load the recordings at some indices, which are checked
 * @throws {DataError} `out-of-range` at the first label without a class
 */
export function recordingStore(
  parts: Omit<RecordingStore, "count" | "read">,
  load: (indices: readonly number[]) => Promise<readonly EventRecording[]>,
): RecordingStore {
  const { name, labels, classes } = parts;
  requireLabels(`${name}: labels`, labels, classes.length);
  const count = labels.length;
  const read = async (indices: ArrayLike<number>): Promise<readonly EventRecording[]> =>
    load(Array.from(indices, (_, k) => requireIndex(count, indices, k)));
  return { ...parts, count, read };
}

/**
 * Recordings in steps, which training takes in batch by batch. A batch of recordings is held while it is put into steps.
 *
 * @throws {ModelError} `out-of-range` for an option; what `binSequences` throws, when it reads
 */
export function binStore(store: RecordingStore, options: Omit<BinOptions, "duplicates">): SequenceStore {
  const { name, classes, count } = store;
  const { steps } = options;
  requireInteger("steps", steps, 1, 2 ** 31 - 1);
  return {
    ...{ count, classes, steps, inputs: inputsOf(store.sensor, options) },
    async read(indices, epoch) {
      const recordings = await store.read(indices, epoch);
      const labels = Uint8Array.from(indices, (k) => store.labels[k]!);
      return binSequences(name, recordings, labels, classes, options);
    },
  };
}

/** Recordings that are read at once. */
const AT_ONCE = 32;

/** `hash64` of the sensor, the labels and all events: what a result was computed on. Reads everything, a few at a time. */
export async function digestStore({ sensor, labels, count, read }: RecordingStore): Promise<string> {
  const parts: string[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = await read(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, k) => from + k));
    parts.push(...some.map(({ t, x, y, polarity }) => hash64(t, x, y, polarity)));
  }
  return hash64(`${sensor.width}x${sensor.height}`, labels, ...parts);
}
