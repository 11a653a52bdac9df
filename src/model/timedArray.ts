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

/**
 * Which row holds at the start of a step, or so much later; times a rounding below a border are at it.
 * @param shift seconds
 */
export function rowAt({ values, columns = 1, dt }: TimedArray, step: number, stepLength: number, shift = 0): number {
  const row = Math.floor(((step + 1e-3) * stepLength + shift) / dt);
  return Math.min(Math.max(row, 0), values.length / columns - 1);
}
