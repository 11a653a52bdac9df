/** Recordings in steps, in the forms that others ask for: labelled sequences, and what an engine takes in. */
import { DataError } from "../../base/errors.ts";
import { Sequences } from "../sequences.ts";
import { type Binned, type BinOptions, binEvents } from "./bin.ts";
import type { EventRecording } from "./recording.ts";

/**
 * Samples as labelled sequences, which can be split, shuffled into batches and fingerprinted: one label for all steps of a
 * sample.
 *
 * @param labels one a recording: which of `classes`
 * @throws {DataError} as `binEvents`, and for labels that do not fit
 */
export function binSequences(
  path: string,
  recordings: readonly EventRecording[],
  labels: ArrayLike<number>,
  classes: readonly string[],
  options: Omit<BinOptions, "duplicates">,
): Sequences {
  if (labels.length !== recordings.length)
    throw new DataError("shape-mismatch", path, `${recordings.length} recordings have ${labels.length} labels`);
  for (let s = 0; s < labels.length; s++)
    if (!(Number.isInteger(labels[s]) && labels[s]! >= 0 && labels[s]! < classes.length))
      throw new DataError(
        "out-of-range",
        `${path}.labels[${s}]`,
        `must be a class from 0 to ${classes.length - 1}, got ${labels[s]}`,
      );
  const { count, steps, inputs, input } = binEvents(recordings, { ...options, duplicates: "clip" });
  const { list, ends } = input;
  const each = new Uint8Array(count * steps);
  for (let s = 0; s < count; s++) each.fill(labels[s]!, s * steps, (s + 1) * steps);
  const lengths = new Int32Array(count).fill(steps);
  return new Sequences(path, { classes, inputs, steps, lengths, list, ends, labels: each });
}

/** Spikes as an engine takes them in: of each its step, its input, and its sample as a trial. */
export function spikesOf({ count, steps, input: { list, ends } }: Binned): {
  steps: Uint32Array;
  indices: Uint32Array;
  samples: Uint32Array;
} {
  const [stepOf, sampleOf] = [new Uint32Array(list.length), new Uint32Array(list.length)];
  for (let row = 0; row < count * steps; row++) {
    stepOf.fill(row % steps, ends[row], ends[row + 1]);
    sampleOf.fill(Math.floor(row / steps), ends[row], ends[row + 1]);
  }
  return { steps: stepOf, indices: list, samples: sampleOf };
}
