/** Values that are given for each of many steps, for equations to read at `t`. */
import type { Dimension } from "../base/dimension.ts";
import { ModelError, requireFinite, requireInteger, requirePositive } from "../base/errors.ts";
import { parseQuantity, quantityOf } from "../base/quantity.ts";

/** What a model's `timedArrays` take: numbers and text only. `timedArray` makes it. */
export interface TimedArraySpec {
  /** `[time]`, or `[time][neuron]` in one row after another. */
  readonly values: ArrayLike<number>;
  /** Of a table: how many neurons have a value. Equations then read it as `name(t, i)`. */
  readonly columns?: number;
  /** Of one value: a duration such as "1 ms", or seconds. */
  readonly dt: string | number;
  /** Of the values; without it they have no dimension. */
  readonly unit?: string;
}
export interface TimedArray {
  /** As equations call it where time is not shifted: `stimulus(t)` or `stimulus(t, i)`. */
  readonly slot: string;
  readonly name: string;
  /** SI. */
  readonly values: readonly number[];
  readonly columns?: number;
  /** Seconds. */
  readonly dt: number;
  readonly dimension: Dimension;
}

/**
 * Brian's `TimedArray`: the value at time t is number floor(t/dt); before the first and after the last it is the one at
 * the end.
 * @param values one a time, or one row a time with one a neuron
 * @throws {ModelError} `shape-mismatch` for rows of different length
 */
export function timedArray(
  values: ArrayLike<number> | readonly ArrayLike<number>[],
  dt: string | number,
  unit?: string,
): TimedArraySpec {
  const more = { dt, ...(unit !== undefined && { unit }) };
  if (!isTable(values)) return { values: Array.from(values), ...more };
  const columns = values[0]!.length;
  const odd = values.findIndex((row) => row.length !== columns);
  if (odd >= 0)
    throw new ModelError(
      "shape-mismatch",
      `timedArray[${odd}]`,
      `needs ${columns} values as row 0, got ${values[odd]!.length}`,
    );
  return { values: values.flatMap((row) => Array.from(row)), columns, ...more };
}
const isTable = (x: ArrayLike<number> | readonly ArrayLike<number>[]): x is readonly ArrayLike<number>[] =>
  typeof x[0] === "object";

/** @throws {ModelError} `out-of-range`, `shape-mismatch`, `not-finite`, `unit-mismatch` */
export function timedArraysOf(specs: Readonly<Record<string, TimedArraySpec>>, path: string): TimedArray[] {
  return Object.entries(specs).map(([name, spec]) => {
    const at = `${path}.${name}`;
    const { columns } = spec;
    const dt = typeof spec.dt === "number" ? spec.dt : quantityOf(spec.dt, [0, 0, 1, 0, 0, 0, 0], `${at}.dt`);
    requirePositive(`${at}.dt`, dt, "s");
    requireFinite(`${at}.values`, spec.values);
    if (columns !== undefined) requireInteger(`${at}.columns`, columns, 1);
    const { length } = spec.values;
    if (length === 0 || length % (columns ?? 1) !== 0)
      throw new ModelError(
        "shape-mismatch",
        `${at}.values`,
        `needs whole rows of ${columns ?? 1}, got ${length} values`,
      );
    const unit = spec.unit === undefined ? undefined : parseQuantity(`1 ${spec.unit}`, `${at}.unit`);
    return {
      slot: columns === undefined ? `${name}(t)` : `${name}(t, i)`,
      name,
      values: Array.from(spec.values, (x) => (unit ? x * unit.value : x)),
      ...(columns !== undefined && { columns }),
      dt,
      dimension: unit?.dimension ?? [0, 0, 0, 0, 0, 0, 0],
    };
  });
}

// As Brian has it (brian2/input/timedarray.py), times are rounded to a fraction of the network's step, so that what is a
// rounding below a border of the array is at it.

/** Parts of a row, in 2 to this power: more would say nothing that an f32 could hold. */
const FINEST = 22;
/**
 * Into how many parts a row is divided, as a power of two, so that a step of the network has 8 to 16 of them.
 * @param dt seconds a step
 */
export const partBits = (array: { readonly dt: number }, dt: number): number =>
  Math.min(Math.max(Math.ceil(Math.log2((8 / dt) * array.dt)), 0), FINEST);

/** Where a step begins: the row, and the parts of a row behind its start. */
export function stepStart(array: { readonly dt: number }, step: number, dt: number): { row: number; part: number } {
  const rows = (step * dt) / array.dt;
  const row = Math.floor(rows);
  return { row: Math.min(row, FARTHEST), part: (rows - row) * 2 ** partBits(array, dt) };
}

/** Rows behind which nothing is told apart: the sum of two such is still a whole number of 32 bits. */
export const FARTHEST = 2 ** 30 - 1;

/**
 * Which row holds at the start of a step, or so much later.
 * @param shift seconds
 */
export function rowAt(array: TimedArray, step: number, stepLength: number, shift = 0): number {
  const { values, columns = 1, dt } = array;
  const { row, part } = stepStart(array, step, stepLength);
  const parts = 2 ** partBits(array, stepLength);
  const behind = Math.floor(Math.floor(part + (shift / dt) * parts + 0.5) / parts);
  return Math.min(Math.max(row + behind, 0), values.length / columns - 1);
}
