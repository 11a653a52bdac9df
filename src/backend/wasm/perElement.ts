/**
 * The element-wise skeleton: a SIMD loop, then a scalar loop over what is left. Whatever depends on no element
 * (constants, uniform slots and what is computed from them) is evaluated once, before the loop.
 */
import { type Expr, operands } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import { lanesOf, nodes, type Slot, type Step, type Store } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import { type Fold, foldOf, SCALAR_STORES, type StoreContext, VECTOR_STORES } from "./stores.ts";
import { emitVector, splatConstant, type VectorContext } from "./vectorExpr.ts";

export function perElement({ step }: KernelOf<"perElement">, c: KernelContext): void {
  const { f } = c;
  const lanes = lanesOf(step);
  const n = c.known("n");
  const i = f.local("i32");
  const end = f.local("i32"); // elements done by whole vectors
  const positions = startLists(step, c);
  const folds = new Map(
    step.stores.flatMap((s) => (s.mode === "sum" || s.mode === "max" ? [[s, foldOf(s, lanes, f)] as const] : [])),
  );
  const shared = { step, c, i, lanes, positions, folds };
  c.pushCount("n");
  f.i32(-lanes);
  f.op("i32.and");
  f.set(end);
  if (n === undefined || n >= lanes) vectorLoop(shared, end);
  for (const fold of folds.values()) fold.split();
  if (n === undefined || n % lanes !== 0) scalarLoop(shared, end);
  for (const [store, fold] of folds) fold.finish(c.ptr(store.slot));
  for (const [slot, position] of positions) endList(slot, position, c);
}

export interface Shared {
  readonly step: Step;
  readonly c: KernelContext;
  readonly i: number;
  readonly lanes: 2 | 4;
  /** Byte address of the next entry of each appended list. */
  readonly positions: ReadonlyMap<string, number>;
  readonly folds: ReadonlyMap<Store, Fold>;
}

function startLists(step: Step, c: KernelContext): Map<string, number> {
  const { f } = c;
  const positions = new Map<string, number>();
  for (const s of step.stores.filter((s) => s.mode === "append")) {
    const p = f.local("i32");
    f.get(c.ptr(s.slot), c.ptr(`${s.slot}.from`));
    f.op("i32.load", 0);
    f.i32(4);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(p);
    positions.set(s.slot, p);
  }
  return positions;
}
function endList(slot: string, position: number, { f, ptr }: KernelContext): void {
  f.get(ptr(`${slot}.to`), position, ptr(slot));
  f.op("i32.sub");
  f.i32(2);
  f.op("i32.shr_u");
  f.op("i32.store", 0);
}

/** Nodes that are the same for every element. */
function invariants(step: Step, order: readonly Expr[]): Set<Expr> {
  const perElementSlots = new Set(step.slots.filter((s) => s.space === "element").map((s) => s.name));
  const fixed = new Set<Expr>();
  for (const e of order) {
    const varies =
      e.tag === "index" || (e.tag === "read" && perElementSlots.has(e.slot)) || operands(e).some((o) => !fixed.has(o));
    if (!varies) fixed.add(e);
  }
  return fixed;
}

/** Pushes the byte address of element i of a slot. */
function pushAddress(s: Shared, slot: Slot): void {
  const { f } = s.c;
  f.get(s.c.ptr(slot.name));
  if (slot.space !== "element") return;
  f.get(s.i);
  f.i32(Math.log2(BYTES[slot.type]));
  f.op("i32.shl");
  f.op("i32.add");
}

function vectorLoop(s: Shared, end: number): void {
  const { f } = s.c;
  const order = nodes(s.step);
  const fixed = invariants(s.step, order);
  const locals = new Map<Expr, number>();
  const push = (e: Expr): void => f.get(locals.get(e)!);
  const context: VectorContext = { f, lanes: s.lanes, push };
  const define = (e: Expr): void => {
    vectorNode(e, s, context);
    const local = f.local("v128");
    f.set(local);
    locals.set(e, local);
  };
  for (const e of order) if (fixed.has(e)) define(e);
  f.upTo(
    s.i,
    () => f.get(end),
    s.lanes,
    () => {
      for (const e of order) if (!fixed.has(e)) define(e);
      for (const store of s.step.stores) VECTOR_STORES[store.mode](store, storeContext(s, store, context));
    },
  );
}

function vectorNode(e: Expr, s: Shared, context: VectorContext): void {
  if (e.tag === "const") splatConstant(context, e.type, e.value);
  else if (e.tag === "read") vectorRead(slotNamed(s.step, e.slot), s);
  else if (e.tag === "index") {
    s.c.f.get(s.i);
    s.c.f.op("i32x4.splat");
    s.c.f.op("v128.const", "i32x4", [0, 1, 2, 3]);
    s.c.f.op("i32x4.add");
  } else emitVector(e, context);
}
const slotNamed = (step: Step, name: string): Slot => step.slots.find((s) => s.name === name)!;

function vectorRead(slot: Slot, s: Shared): void {
  const { f } = s.c;
  pushAddress(s, slot);
  const wide = slot.type === "f64";
  if (slot.space !== "element") f.op(wide ? "v128.load64_splat" : "v128.load32_splat", 0);
  else f.op(s.lanes === 2 && !wide ? "v128.load64_zero" : "v128.load", 0);
  if (slot.type !== "bool") return;
  f.op("v128.const", "i32x4", [0, 0, 0, 0]);
  f.op("i32x4.ne");
}

function scalarLoop(s: Shared, end: number): void {
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
    if (e.tag === "read") scalarRead(slotNamed(s.step, e.slot), s);
    else if (e.tag === "index") f.get(s.i);
    else emitScalar(e, context);
    const local = f.local(valTypeOf(e.type));
    f.set(local);
    locals.set(e, local);
  };
  f.get(end);
  f.set(s.i);
  for (const e of order) if (fixed.has(e)) define(e);
  f.upTo(
    s.i,
    () => s.c.pushCount("n"),
    1,
    () => {
      for (const e of order) if (!fixed.has(e)) define(e);
      for (const store of s.step.stores) SCALAR_STORES[store.mode](store, storeContext(s, store, context, end));
    },
  );
}
function scalarRead(slot: Slot, s: Shared): void {
  pushAddress(s, slot);
  s.c.f.op(`${valTypeOf(slot.type)}.load`, 0);
}

function storeContext<C extends { push(e: Expr): void }>(
  s: Shared,
  store: Store,
  context: C,
  tailStart?: number,
): StoreContext & C {
  const slot = slotNamed(s.step, store.slot);
  return {
    ...context,
    f: s.c.f,
    lanes: s.lanes,
    i: s.i,
    table: s.c.table,
    slot,
    ...(tailStart !== undefined && { tailStart }),
    pushAddress: () => pushAddress(s, slot),
    position: s.positions.get(store.slot) ?? -1,
    fold: s.folds.get(store),
    base: s.c.ptr(store.slot),
  };
}
