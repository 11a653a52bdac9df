/** The element types of lowered values: f64 for numbers, i32 for whole ones, bool for conditions. */
import { convert, type Expr, i32 } from "../ir/expr.ts";
import type { Type } from "../ir/types.ts";
import { fold } from "./algebra.ts";

/** A value as f64. `int(condition)` converts once. */
export const toFloat = (e: Expr): Expr => fold(convert("f64", e.tag === "convert" && e.a.type === "bool" ? e.a : e));

/** A value as it is stored in a slot of this type: integers truncate, as in Python's `int`. */
export const storedAs = (type: Type, e: Expr): Expr => (type === "f64" ? toFloat(e) : fold(convert(type, e)));

const whole = (e: Expr): Expr =>
  e.tag === "const" && e.type === "f64" && (e.value | 0) === e.value ? i32(e.value) : e;
/** Both as i32 if they are (a whole constant counts, beside one that is), else both as f64; conditions stay. */
export function coerce(a: Expr, b: Expr): [Expr, Expr] {
  if (a.type === "bool") return [a, b];
  const [x, y] = [whole(a), whole(b)];
  const integers = x.type === "i32" && y.type === "i32" && (a.type === "i32" || b.type === "i32");
  return integers ? [x, y] : [toFloat(a), toFloat(b)];
}
