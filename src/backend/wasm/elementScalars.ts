/** Elements that fill no vector, one by one. */
import type { Expr, IndexOf } from "../../ir/expr.ts";
import { LISTED } from "../../ir/kernelArguments.ts";
import { lanesOf, nodes, type Slot, type Step, slotOf } from "../../ir/step.ts";
import { invariants, pushAddress, type Shared, storeContext, whileLeft } from "./elementLoop.ts";
import type { KernelContext } from "./kernel.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import { SCALAR_STORES } from "./stores.ts";
import { pushScaled } from "./tiles.ts";

export function scalarLoop(s: Shared): void {
  const { f } = s.c;
  const body = scalarBody(s);
  const start = f.local("i32");
  f.get(s.i);
  f.set(start);
  const n = s.c.known("n");
  if (n === undefined || n % s.lanes > 0) body.once();
  whileLeft(s, 1, s.lanes, () => body.element(start));
}

/** The elements of a list, which come from everywhere: so few, as a rule, that vectors would not help. */
export function listedElements(step: Step, c: KernelContext): void {
  const { f } = c;
  const [k, i] = [f.local("i32"), f.local("i32")];
  const none = new Map<never, never>();
  const shared = { step, c, i, lanes: lanesOf(step), grouped: 0, running: false, positions: none, folds: none };
  const body = scalarBody(shared);
  body.once();
  c.pushCount("from");
  f.set(k);
  f.upTo(
    k,
    () => c.pushCount("to"),
    1,
    () => {
      pushScaled(f, c.ptr(LISTED), k, 4);
      f.op("i32.load", 0);
      f.set(i);
      body.element(i);
    },
  );
}

interface ScalarBody {
  /** What is the same for all elements. */
  once(): void;
  /** Element i of the loop, which began with element `start`. */
  element(start: number): void;
}
function scalarBody(s: Shared): ScalarBody {
  const { f } = s.c;
  const order = nodes(s.step);
  const fixed = invariants(s.step, order);
  const locals = new Map<Expr, number>();
  const context = {
    f,
    ptr: s.c.ptr,
    push: (e: Expr): void => (e.tag === "const" ? emitScalar(e, context) : f.get(locals.get(e)!)),
  };
  const define = (e: Expr): void => {
    if (e.tag === "const") return;
    if (e.tag === "read") scalarRead(slotOf(s.step, e.slot), s);
    else if (e.tag === "index") pushIndex(e.of, s);
    else emitScalar(e, context);
    const local = f.local(valTypeOf(e.type));
    f.set(local);
    locals.set(e, local);
  };
  return {
    once: () => {
      for (const e of order) if (fixed.has(e)) define(e);
    },
    element: (start) => {
      for (const e of order) if (!fixed.has(e)) define(e);
      for (const store of s.step.stores)
        SCALAR_STORES[store.mode](store, { ...storeContext(s, store, context), tailStart: start });
    },
  };
}
/** The element's number, or where its random word is (`base/draws.ts`). */
export function pushIndex(of: IndexOf, { c: { f }, i }: Shared): void {
  f.number(i);
  if (of === "element") return;
  f.i32(of === "drawWord" ? 2 : 4);
  f.op("i32.shr_u");
  if (of === "drawWord") {
    f.i32(3);
    return f.op("i32.and");
  }
  f.i32(2);
  f.op("i32.shl");
  f.number(i);
  f.i32(3);
  f.op("i32.and");
  f.op("i32.or");
}
function scalarRead(slot: Slot, s: Shared): void {
  pushAddress(s, slot);
  s.c.f.op(`${valTypeOf(slot.type)}.load`, 0);
}
