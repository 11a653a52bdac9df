/**
 * A timed array looked up where the step finds the time: as Brian has it (brian2/input/timedarray.py), times are rounded to a
 * fraction of the network's step, so that what is a rounding below a border of the array is at it.
 */
import {
  add,
  and,
  compare,
  convert,
  type Expr,
  f64,
  fetch,
  i32,
  max,
  min,
  mul,
  read,
  select,
  unary,
} from "../ir/expr.ts";
import { fold, isValue, plus, times, ZERO } from "./algebra.ts";
import type { TimedHead, TimedNode } from "./equations/ast.ts";
import { linearForm } from "./linear.ts";
import { TIME } from "./slots.ts";
import { FARTHEST, partBits } from "./timedArray.ts";
import { toFloat } from "./values.ts";

/** Slots of an array: its values, and where the step begins: the row, and how many parts of a row behind its start. */
export const TABLE_SLOTS = ["values", "row", "part"] as const;
export type TableSlot = (typeof TABLE_SLOTS)[number];
export const tableSlot = (array: string, what: TableSlot): string => `${array}.${what}`;
export const tableSlots = ({ name }: { readonly name: string }): string[] => TABLE_SLOTS.map((x) => tableSlot(name, x));

/**
 * The value as IR, of numbers f64.
 * @param resolve what the table's slots are read as
 */
export function lookedUp(
  { array }: TimedNode,
  time: Expr,
  column: Expr | undefined,
  dt: number,
  resolve: (slot: TableSlot) => Expr,
): Expr {
  const row = rowOf(array, time, dt, resolve);
  const { rows, columns } = array;
  if (columns === undefined) return fetch(resolve("values"), row, rows);
  const k = fold(convert("i32", column!));
  const at = add(mul(min(max(row, i32(0)), i32(rows - 1)), i32(columns)), k);
  const known = and(compare("ge", k, i32(0)), compare("lt", k, i32(columns)));
  return select(known, fetch(resolve("values"), at, rows * columns), f64(Number.NaN));
}

/** `t` itself comes as a whole row and a part of one, so that a long run is as exact as a short one. */
function rowOf(array: TimedHead, time: Expr, dt: number, resolve: (slot: TableSlot) => Expr): Expr {
  const linear = linearForm(toFloat(time), new Set([TIME]));
  const now = linear !== undefined && isValue(linear.terms.get(TIME) ?? ZERO, 1);
  const bits = partBits(array, dt);
  const parts = times(now ? linear.rest : time, f64(2 ** bits / array.dt));
  const rounded = unary("floor", plus(now ? plus(parts, resolve("part")) : parts, f64(0.5)));
  const behind = unary("floor", times(rounded, f64(2 ** -bits)));
  const whole = convert("i32", min(max(behind, f64(-FARTHEST)), f64(FARTHEST)));
  return now ? add(resolve("row"), whole) : whole;
}
export const readTable = (array: TimedHead, slot: TableSlot): Expr =>
  read(slot === "row" ? "i32" : "f64", tableSlot(array.name, slot));
