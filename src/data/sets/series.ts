/** Channels over time, with the class of each moment: what sensors record. */
import { DataError } from "../../base/errors.ts";
import { hash64 } from "../../base/hash.ts";
import { requireLabels } from "../dataset.ts";
import { badFile } from "../format/bytes.ts";
import { columnOf, type Table } from "../format/table.ts";

/** What a series is made of. */
export interface SeriesParts {
  /** Names of the channels. */
  readonly channels: readonly string[];
  readonly classes: readonly string[];
  /** Samples a second, where they are evenly spaced. */
  readonly rate?: number;
  /** Shape [steps]: ms since 1970 UTC, or since the beginning of the recording, where the set says either. */
  readonly times?: Float64Array;
  /** Shape [steps][channels]. */
  readonly values: Float32Array;
  /** Shape [steps]. */
  readonly labels: Uint8Array;
}
/** Channels over time, with a label in each step. */
export interface Series extends SeriesParts {
  readonly steps: number;
}

/**
 * @param path what errors call it
 * @throws {DataError} `shape-mismatch`; `not-finite` or `out-of-range` at the first value or label that is not allowed
 */
export function series(path: string, parts: SeriesParts): Series {
  const { channels, classes, values, labels, times } = parts;
  if (values.length !== labels.length * channels.length || (times && times.length !== labels.length))
    throw new DataError(
      "shape-mismatch",
      path,
      `expected ${labels.length} labels x ${channels.length} values, found ${values.length}${times ? `, and ${times.length} times` : ""}`,
    );
  const bad = values.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    const where = `${path}: sample ${Math.floor(bad / channels.length)}, ${channels[bad % channels.length]}`;
    throw new DataError("not-finite", where, `must be finite, got ${values[bad]}`);
  }
  requireLabels(`${path}: labels`, labels, classes.length);
  return { ...parts, steps: labels.length };
}

/** Steps from `from` up to `to`, such as one side of a split by time. Shares memory. @throws {DataError} `out-of-range` */
export function sliceSeries(whole: Series, from: number, to: number): Series {
  const { steps, channels, values, labels, times } = whole;
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= steps))
    throw new DataError("out-of-range", "slice", `must be integers 0 <= from <= to <= ${steps}, got ${from} and ${to}`);
  return {
    ...whole,
    ...(times && { times: times.subarray(from, to) }),
    steps: to - from,
    values: values.subarray(from * channels.length, to * channels.length),
    labels: labels.subarray(from, to),
  };
}

/** `hash64` of shapes, values and labels of all parts: what a result was computed on. */
export const digestOf = (...parts: readonly Series[]): string =>
  hash64(...parts.flatMap(({ steps, channels, values, labels }) => [`${steps}x${channels.length}`, values, labels]));

/** Columns of numbers side by side, shape [rows][names]. @throws {DataError} as `columnOf`; `bad-file` for a missing value */
export function valuesOf(table: Table, names: readonly string[]): Float32Array {
  const out = new Float32Array(table.count * names.length);
  names.forEach((name, c) => {
    const { values } = columnOf(table, name, "number");
    for (let row = 0; row < table.count; row++) {
      if (Number.isNaN(values[row])) throw badFile(table.path, `row ${row + 1}: column '${name}' has no value`);
      out[row * names.length + c] = values[row]!;
    }
  });
  return out;
}

/** A nominal column whose categories are the classes, in their order. @throws {DataError} as `valuesOf` */
export function labelsOf(table: Table, name: string): Uint8Array {
  const { values } = columnOf(table, name, "nominal");
  const missing = values.indexOf(-1);
  if (missing >= 0) throw badFile(table.path, `row ${missing + 1}: column '${name}' has no value`);
  return Uint8Array.from(values);
}
