/** What an event camera or a silicon cochlea has recorded: one event after the other, in columns. */
import { DataError } from "../../base/errors.ts";

/** Places that events come from: pixels, or the channels of a cochlea in one row. */
export interface Sensor {
  readonly width: number;
  readonly height: number;
}

/**
 * Event k came at `t[k]` from column `x[k]` of row `y[k]`. Events are in the order of the file, which is nearly always that
 * of time; where a file goes back in time, so do they.
 */
export interface EventRecording extends Sensor {
  readonly count: number;
  /** Shape [count]: µs, from wherever the clock of the recording starts; below 2^53. Cameras count whole ones. */
  readonly t: Float64Array;
  /** Shape [count]: from 0 to width − 1, from left to right. */
  readonly x: Uint16Array;
  /** Shape [count]: from 0 to height − 1, downward. */
  readonly y: Uint16Array;
  /** Shape [count]: 1 where it became brighter (ON), 0 where darker (OFF). */
  readonly polarity: Uint8Array;
}

/** Whether no event is earlier than the one before it. */
export function isMonotone({ t, count }: EventRecording): boolean {
  for (let k = 1; k < count; k++) if (t[k]! < t[k - 1]!) return false;
  return true;
}

/** The time of the earliest event in µs; infinite where there is none. */
export const earliestOf = ({ t }: EventRecording): number =>
  t.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
/** The time of the latest event in µs; −infinite where there is none. */
export const latestOf = ({ t }: EventRecording): number => t.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

/** The events from `from` (inclusive) to `to` (exclusive), in µs, copied. */
export function cutEvents(recording: EventRecording, from: number, to: number): EventRecording {
  const { t, x, y, polarity } = recording;
  const out = new EventBuffer();
  out.reserve(t.reduce((count, time) => count + Number(time >= from && time < to), 0));
  for (let k = 0; k < t.length; k++) {
    if (!(t[k]! >= from && t[k]! < to)) continue;
    out.t[out.count] = t[k]!;
    out.x[out.count] = x[k]!;
    out.y[out.count] = y[k]!;
    out.polarity[out.count++] = polarity[k]!;
  }
  return out.take(recording);
}

/** Columns that grow. Decoders write to them at `count` and on, after `reserve`. */
export class EventBuffer {
  count = 0;
  t = new Float64Array(0);
  x = new Uint16Array(0);
  y = new Uint16Array(0);
  polarity = new Uint8Array(0);

  /** Makes room for so many more events. */
  reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.t.length) return;
    const room = Math.max(needed, 2 * this.t.length);
    this.t = grown(this.t, new Float64Array(room), this.count);
    this.x = grown(this.x, new Uint16Array(room), this.count);
    this.y = grown(this.y, new Uint16Array(room), this.count);
    this.polarity = grown(this.polarity, new Uint8Array(room), this.count);
  }

  /** The events so far, copied; then it is empty again. */
  take({ width, height }: Sensor): EventRecording {
    const { count } = this;
    this.count = 0;
    return {
      ...{ width, height, count },
      t: this.t.slice(0, count),
      x: this.x.slice(0, count),
      y: this.y.slice(0, count),
      polarity: this.polarity.slice(0, count),
    };
  }
}

function grown<A extends Float64Array | Uint16Array | Uint8Array>(from: A, to: A, count: number): A {
  to.set(from.subarray(0, count));
  return to;
}

/** Coordinates are 16 bits wide. */
const LARGEST = 2 ** 16;

/** @throws {DataError} `out-of-range` unless width and height are integers from 1 to 65536 */
export function requireSensor(path: string, { width, height }: Sensor): Sensor {
  for (const [name, size] of [
    ["width", width],
    ["height", height],
  ] as const)
    if (!(Number.isInteger(size) && size >= 1 && size <= LARGEST))
      throw new DataError("out-of-range", path, `the ${name} of a sensor is from 1 to ${LARGEST} pixels, got ${size}`);
  return { width, height };
}

/**
 * The size that the file says, or the caller.
 *
 * @throws {DataError} `out-of-range` for no size; `shape-mismatch` where both say one and they differ; `unsupported` where
 *   neither does
 */
export function agreeOnSensor(path: string, said: Sensor | undefined, given: Sensor | undefined): Sensor {
  if (given && said && (given.width !== said.width || given.height !== said.height))
    throw new DataError(
      "shape-mismatch",
      path,
      `the file says ${said.width} x ${said.height} pixels, the option sensor ${given.width} x ${given.height}`,
    );
  const sensor = said ?? given;
  if (!sensor)
    throw new DataError(
      "unsupported",
      path,
      "the file does not say how many pixels the sensor has; say it with the option sensor, as { width: 304, height: 240 }",
    );
  return requireSensor(path, sensor);
}
