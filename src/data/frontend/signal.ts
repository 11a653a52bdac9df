/** Channels over time, evenly spaced: what front ends take. A `Series` with a rate is one. */
import { DataError, ModelError, requirePositive } from "../../base/errors.ts";

/** Evenly spaced samples of some channels. */
export interface Signal {
  /** Samples a second. */
  readonly rate: number;
  /** Names of the channels, or how many there are. */
  readonly channels: readonly string[] | number;
  /** Shape [steps][channels]. */
  readonly values: ArrayLike<number>;
}

export interface Shape {
  readonly steps: number;
  readonly channels: number;
}

/** @throws {DataError} `shape-mismatch`; `not-finite` at the first value that is not finite @throws {ModelError} `out-of-range` */
export function shapeOf({ rate, channels: given, values }: Signal): Shape {
  requirePositive("signal.rate", rate, "samples a second");
  const channels = typeof given === "number" ? given : given.length;
  const steps = values.length / channels;
  if (!(Number.isInteger(channels) && channels >= 1 && Number.isInteger(steps)))
    throw new DataError("shape-mismatch", "signal", `${values.length} values are no rows of ${channels} channels`);
  for (let k = 0; k < values.length; k++)
    if (!Number.isFinite(values[k]))
      throw new DataError(
        "not-finite",
        `signal: sample ${Math.floor(k / channels)}, channel ${k % channels}`,
        `must be finite, got ${values[k]}`,
      );
  return { steps, channels };
}

/** One number for all channels, or one each. @throws {ModelError} `out-of-range`, {DataError} `shape-mismatch` */
export function eachChannel(path: string, given: number | ArrayLike<number>, channels: number): Float64Array {
  if (given === undefined || given === null)
    throw new ModelError("usage", path, "is missing: one number for all channels, or one each");
  const each = typeof given === "number" ? new Float64Array(channels).fill(given) : Float64Array.from(given);
  if (each.length !== channels)
    throw new DataError("shape-mismatch", path, `needs a number for each of ${channels} channels, got ${each.length}`);
  each.forEach((x, c) => {
    requirePositive(typeof given === "number" ? path : `${path}[${c}]`, x);
  });
  return each;
}
