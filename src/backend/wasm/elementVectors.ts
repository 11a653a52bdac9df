/** Elements by whole vectors: a loop of several vectors a turn, then one of single vectors. */
import type { Expr } from "../../ir/expr.ts";
import { nodes, type Slot, type Step, type Store, slotOf } from "../../ir/step.ts";
import { invariants, offsetOf, pushAddress, type Shared, storeContext, whileLeft } from "./elementLoop.ts";
import { GROUP_STORES, isMask, type MaskMode, pushBitmask, type StoreContext, VECTOR_STORES } from "./stores.ts";
import { range } from "./tiles.ts";
import { emitVector, splatConstant, type VectorContext } from "./vectorExpr.ts";

/** Elements whose bits and list entries are stored together. */
const GROUP = 8;
/** Vectors in one turn, where nothing is stored by groups. */
const TURN = 4;
/** Nodes in one turn, at most: a long body gains nothing, and its code would only grow. */
const MOST_NODES = 200;

/** Whether bits and list entries are stored by groups. */
export const storesGroups = (step: Step, lanes: number): boolean =>
  step.stores.some(isMask) && vectorsPerTurn(step, lanes) * lanes === GROUP;
function vectorsPerTurn(step: Step, lanes: number): number {
  const vectors = step.stores.some(isMask) ? GROUP / lanes : TURN;
  return vectors * nodes(step).length <= MOST_NODES ? vectors : 1;
}

export function vectorLoops(s: Shared): void {
  const order = nodes(s.step);
  const fixed = invariants(s.step, order);
  const once = new Map<Expr, number>();
  for (const e of order) if (fixed.has(e)) defineVector(e, s, once, 0);
  const varying = order.filter((e) => !fixed.has(e));
  const vectors = vectorsPerTurn(s.step, s.lanes);
  if (vectors > 1) whileLeft(s, vectors * s.lanes, Number.POSITIVE_INFINITY, () => turn(s, once, varying, vectors));
  whileLeft(s, s.lanes, vectors > 1 ? vectors * s.lanes : Number.POSITIVE_INFINITY, () => {
    const context = vectorOf(s, once, varying, 0);
    for (const store of s.step.stores) VECTOR_STORES[store.mode](store, storeContext(s, store, context));
  });
}
/** Several vectors one after the other; then what is stored by groups. */
function turn(s: Shared, once: ReadonlyMap<Expr, number>, varying: readonly Expr[], vectors: number): void {
  const { f } = s.c;
  const masks = new Map(s.step.stores.filter(isMask).map((store) => [store, f.local("i32")]));
  for (const v of range(vectors)) {
    const context = vectorOf(s, once, varying, v);
    for (const store of s.step.stores) {
      const mask = masks.get(store);
      const place = storeContext(s, store, context, v);
      if (mask === undefined) VECTOR_STORES[store.mode](store, place);
      else gatherBits(store, place, mask, v);
    }
  }
  for (const [store, mask] of masks)
    GROUP_STORES[store.mode as MaskMode](mask, storeContext(s, store, { push: () => undefined }));
}
/** `mask |= bits of this vector << lanes·v` */
function gatherBits(store: Store, c: StoreContext, mask: number, v: number): void {
  const { f } = c;
  if (v > 0) f.get(mask);
  pushBitmask(store.value, c);
  if (v > 0) {
    f.i32(v * c.lanes);
    f.op("i32.shl");
    f.op("i32.or");
  }
  f.set(mask);
}

/** Evaluates the body for vector v of a turn. */
function vectorOf(s: Shared, once: ReadonlyMap<Expr, number>, varying: readonly Expr[], v: number): VectorContext {
  const locals = new Map(once);
  let context: VectorContext | undefined;
  for (const e of varying) context = defineVector(e, s, locals, v);
  return context ?? contextOf(s, locals);
}
const contextOf = (s: Shared, locals: ReadonlyMap<Expr, number>): VectorContext => ({
  f: s.c.f,
  lanes: s.lanes,
  push: (e) => s.c.f.get(locals.get(e)!),
});
function defineVector(e: Expr, s: Shared, locals: Map<Expr, number>, v: number): VectorContext {
  const { f } = s.c;
  const context = contextOf(s, locals);
  if (e.tag === "const") splatConstant(context, e.type, e.value);
  else if (e.tag === "read") vectorRead(slotOf(s.step, e.slot), s, v);
  else if (e.tag === "index") {
    f.get(s.i);
    f.op("i32x4.splat");
    f.op(
      "v128.const",
      "i32x4",
      range(4).map((k) => v * s.lanes + k),
    );
    f.op("i32x4.add");
  } else emitVector(e, context);
  const local = f.local("v128");
  f.set(local);
  locals.set(e, local);
  return context;
}
function vectorRead(slot: Slot, s: Shared, v: number): void {
  const { f } = s.c;
  const wide = slot.type === "f64";
  pushAddress(s, slot);
  if (slot.space !== "element") f.op(wide ? "v128.load64_splat" : "v128.load32_splat", 0);
  else f.op(s.lanes === 2 && !wide ? "v128.load64_zero" : "v128.load", offsetOf(slot, s.lanes, v));
  if (slot.type !== "bool") return;
  f.op("v128.const", "i32x4", [0, 0, 0, 0]);
  f.op("i32x4.ne");
}
