/** Augmentation of recordings that are in steps already. */

import { DataError } from "../../base/errors.ts";
import { type BinOptions, inputsOf } from "../events/bin.ts";
import { binSequences } from "../events/binned.ts";
import type { EventRecording, Sensor } from "../events/recording.ts";
import type { Sequences } from "../sequences.ts";
import { augment } from "./augment.ts";
import type { Augmentation } from "./augmentation.ts";

/** µs that stand for a step. */
const STEP = 1000;

/** Options of `augmentSequences`. */
export interface AugmentSequencesOptions extends Pick<BinOptions, "order"> {
  readonly seed: number;
  /** Each epoch draws anew. */
  readonly epoch: number;
}

/**
 * Sequences of binned events, one label each, with the changes of a list, as an epoch has them. Moving in time is by whole
 * steps: a step counts as 1 ms.
 *
 * @param sensor whose pixels the inputs are, both polarities
 * @throws {DataError} `shape-mismatch` unless the inputs are those of the sensor @throws {ModelError} as `augment`
 */
export function augmentSequences(
  sequences: Sequences,
  sensor: Sensor,
  changes: readonly Augmentation[],
  { seed, epoch, order = "planes" }: AugmentSequencesOptions,
): Sequences {
  const { count, steps, inputs, classes, labels } = sequences;
  if (inputs !== inputsOf(sensor, {}))
    throw new DataError(
      "shape-mismatch",
      "augmentSequences",
      `a sensor of ${sensor.width} x ${sensor.height} has ${inputsOf(sensor, {})} inputs, the sequences have ${inputs}`,
    );
  const recordings = Array.from({ length: count }, (_, s) =>
    augment(recordingOf(sequences, s, sensor, order), changes, { seed, epoch, number: s }),
  );
  const first = Uint8Array.from({ length: count }, (_, s) => labels[s * steps]!);
  return binSequences("augmented", recordings, first, classes, { dt: STEP / 1e6, steps, start: 0, order });
}

function recordingOf(
  { list, ends, steps }: Sequences,
  s: number,
  { width, height }: Sensor,
  order: NonNullable<BinOptions["order"]>,
): EventRecording {
  const from = ends[s * steps]!;
  const inputs = list.subarray(from, ends[(s + 1) * steps]);
  const t = new Float64Array(inputs.length);
  for (let step = 0; step < steps; step++)
    t.fill(step * STEP, ends[s * steps + step]! - from, ends[s * steps + step + 1]! - from);
  const pixels = width * height;
  const [pixelOf, polarityOf] =
    order === "planes"
      ? [(k: number) => k % pixels, (k: number) => Math.floor(k / pixels)]
      : [(k: number) => k >> 1, (k: number) => k & 1];
  return {
    ...{ width, height, count: inputs.length, t },
    x: Uint16Array.from(inputs, (k) => pixelOf(k) % width),
    y: Uint16Array.from(inputs, (k) => Math.floor(pixelOf(k) / width)),
    polarity: Uint8Array.from(inputs, polarityOf),
  };
}
