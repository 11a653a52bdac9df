/**
 * Recordings as a network takes them in: time in steps, pixels and polarities as inputs. Input
 * `(polarity · height + y) · width + x` is the pixel (x, y) after pixels have been joined to squares; OFF comes first.
 *
 * The lists are those of a batch (`encode.ts`): row s·steps + t holds the inputs of sample s in step t, ascending, each once.
 */
import type { Dimension } from "../../base/dimension.ts";
import { DataError, requireInteger, requirePositive } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import { type EventRecording, earliestOf, type Sensor } from "./recording.ts";

/** What becomes of several events of one input in one step: one spike, or a value that counts them. */
export type Duplicates = "clip" | "count";

/** How events fall into steps. */
export interface BinOptions {
  /** Duration of a step: in s, or with a unit, such as "1 ms". */
  readonly dt: number | string;
  /** Events after so many steps are left out. */
  readonly steps: number;
  /** Time in µs at which the first step begins, and before which events are left out; by default that of the earliest one. */
  readonly start?: number;
  /** Pixels on a side of the squares that are one input each; by default 1. At the right and lower border they may be less. */
  readonly square?: number;
  /** `channels` (the default): ON and OFF are inputs of their own; `merged`: one input for both, as for a cochlea. */
  readonly polarity?: "channels" | "merged";
  /** By default `clip`. */
  readonly duplicates?: Duplicates;
}

/** Events as spikes by step, as a batch takes them. */
export interface SpikeInput {
  readonly kind: "events";
  readonly list: Uint32Array;
  /** Shape [count · steps + 1]. */
  readonly ends: Uint32Array;
}
/** Events counted by step and input, as a batch takes them. */
export interface CountInput {
  readonly kind: "sparse";
  readonly list: Uint32Array;
  /** Events of each entry of the list. */
  readonly values: Float32Array;
  readonly ends: Uint32Array;
}
interface Inputs {
  readonly clip: SpikeInput;
  readonly count: CountInput;
}

/** Samples in steps: with labels, a batch for training. */
export interface Binned<D extends Duplicates = "clip"> {
  /** Number of samples. */
  readonly count: number;
  readonly steps: number;
  /** How many inputs a network needs for these. */
  readonly inputs: number;
  /** `clip`: spikes for an input of events; `count`: for one of values that change from step to step. */
  readonly input: Inputs[D];
  /** Events that came before the first step or after the last. */
  readonly outside: number;
}

/** How many inputs a sensor becomes. @throws {ModelError} `out-of-range` */
export function inputsOf(
  { width, height }: Sensor,
  { square = 1, polarity = "channels" }: Partial<BinOptions>,
): number {
  requireInteger("square", square, 1);
  return Math.ceil(width / square) * Math.ceil(height / square) * POLARITIES[polarity];
}
const POLARITIES = { channels: 2, merged: 1 } as const;

/**
 * Puts the events of recordings into steps, in whatever order they are.
 *
 * @param recordings one a sample, at least one, all of one sensor
 * @throws {ModelError} `out-of-range` for an option
 * @throws {DataError} `shape-mismatch` for sensors of different sizes, `out-of-range` for none
 */
export function binEvents<D extends Duplicates = "clip">(
  recordings: readonly EventRecording[],
  options: BinOptions & { readonly duplicates?: D },
): Binned<D> {
  const { steps, duplicates = "clip" as D } = options;
  requireInteger("steps", steps, 1, 2 ** 31 - 1);
  const sensor = commonSensor(recordings);
  const inputs = inputsOf(sensor, options);
  const place = placeOf(sensor, inputs, options);
  const rows = new Rows(inputs, recordings.length * steps);
  let [kept, events] = [0, 0];
  for (const recording of recordings) {
    const places = place(recording);
    kept += places.length;
    events += recording.count;
    rows.add(places, steps);
  }
  return { count: recordings.length, steps, inputs, input: INPUTS[duplicates](rows), outside: events - kept };
}

const INPUTS: { readonly [D in Duplicates]: (rows: Rows) => Inputs[D] } = {
  clip: ({ list, ends }) => ({ kind: "events", list: Uint32Array.from(list), ends }),
  count: ({ list, values, ends }) => ({
    ...{ kind: "sparse", list: Uint32Array.from(list), ends },
    values: Float32Array.from(values),
  }),
};

function commonSensor(recordings: readonly EventRecording[]): Sensor {
  const [first, ...rest] = recordings;
  if (!first) throw new DataError("out-of-range", "recordings", "there must be at least one");
  rest.forEach(({ width, height }, k) => {
    if (width !== first.width || height !== first.height)
      throw new DataError(
        "shape-mismatch",
        `recordings[${k + 1}]`,
        `has a sensor of ${width} x ${height}, the first of ${first.width} x ${first.height}`,
      );
  });
  return first;
}

/** For each event within the window, `step · inputs + input`; ascending. Below 2^53, as recordings are below 2^33. */
function placeOf(
  { width, height }: Sensor,
  inputs: number,
  { dt, steps, start, square = 1, polarity: how = "channels" }: BinOptions,
): (recording: EventRecording) => Float64Array {
  const step = microseconds(dt);
  if (start !== undefined && !Number.isFinite(start))
    throw new DataError("not-finite", "start", `must be a time in µs, got ${start}`);
  const across = Math.ceil(width / square);
  const plane = how === "channels" ? across * Math.ceil(height / square) : 0;
  return (recording) => {
    const { count, t, x, y, polarity } = recording;
    const first = start ?? earliestOf(recording);
    const places = new Float64Array(count);
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const at = Math.floor((t[k]! - first) / step);
      if (!(at >= 0 && at < steps)) continue;
      const pixel = Math.floor(y[k]! / square) * across + Math.floor(x[k]! / square);
      places[kept++] = at * inputs + polarity[k]! * plane + pixel;
    }
    return places.subarray(0, kept).sort();
  };
}

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

/** A whole number of µs is meant where it is one but for rounding: 123e-6 s times 1e6 is a little more than 123. */
function microseconds(dt: number | string): number {
  const seconds = typeof dt === "number" ? dt : quantityOf(dt, SECOND, "dt");
  requirePositive("dt", seconds, "s");
  const [step, whole] = [seconds * 1e6, Math.round(seconds * 1e6)];
  return Math.abs(step - whole) <= 1e-12 * whole ? whole : step;
}

/** Rows of inputs that grow, sample by sample. */
class Rows {
  readonly list: number[] = [];
  readonly values: number[] = [];
  readonly ends: Uint32Array;
  readonly #inputs: number;
  #row = 0;

  constructor(inputs: number, rows: number) {
    this.#inputs = inputs;
    this.ends = new Uint32Array(rows + 1);
  }
  /** The next `steps` rows. */
  add(places: Float64Array, steps: number): void {
    const { list, values, ends } = this;
    for (let t = 0, k = 0; t < steps; t++) {
      const [from, to] = [t * this.#inputs, (t + 1) * this.#inputs];
      for (; k < places.length && places[k]! < to; k++)
        if (k > 0 && places[k] === places[k - 1]) values[values.length - 1]!++;
        else values[list.push(places[k]! - from) - 1] = 1;
      ends[++this.#row] = list.length;
    }
  }
}
