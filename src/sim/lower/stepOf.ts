/** A short way to write a step of one store. */
import { expand } from "../../ir/expand.ts";
import type { Expr } from "../../ir/expr.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Slot, Step, StoreMode } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";

/** A step from named slots, `u` uniform and `e` element ones. */
export function stepOf(name: string, type: Type, slots: string, store: string, mode: StoreMode, value: Expr): Step {
  const list = slots
    .split(" ")
    .map((s): Slot => ({ name: s.slice(2), type, space: s.startsWith("u:") ? "uniform" : "element" }));
  return simplify(expand({ name, slots: list, stores: [{ slot: store, mode, value }] }));
}
