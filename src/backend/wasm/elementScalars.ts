/** Elements that fill no vector, one by one. */
import type { Expr } from "../../ir/expr.ts";
import { nodes, type Slot, slotOf } from "../../ir/step.ts";
import { invariants, pushAddress, type Shared, storeContext, whileLeft } from "./elementLoop.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import { SCALAR_STORES } from "./stores.ts";

export function scalarLoop(s: Shared): void {
  const { f } = s.c;
  const order = nodes(s.step);
  const fixed = invariants(s.step, order);
  const locals = new Map<Expr, number>();
  const context = {
    f,
    push: (e: Expr): void => (e.tag === "const" ? emitScalar(e, context) : f.get(locals.get(e)!)),
  };
  const define = (e: Expr): void => {
    if (e.tag === "const") return;
    if (e.tag === "read") scalarRead(slotOf(s.step, e.slot), s);
    else if (e.tag === "index") f.get(s.i);
    else emitScalar(e, context);
    const local = f.local(valTypeOf(e.type));
    f.set(local);
    locals.set(e, local);
  };
  const start = f.local("i32");
  f.get(s.i);
  f.set(start);
  const n = s.c.known("n");
  if (n === undefined || n % s.lanes > 0) for (const e of order) if (fixed.has(e)) define(e);
  whileLeft(s, 1, s.lanes, () => {
    for (const e of order) if (!fixed.has(e)) define(e);
    for (const store of s.step.stores)
      SCALAR_STORES[store.mode](store, { ...storeContext(s, store, context), tailStart: start });
  });
}
function scalarRead(slot: Slot, s: Shared): void {
  pushAddress(s, slot);
  s.c.f.op(`${valTypeOf(slot.type)}.load`, 0);
}
