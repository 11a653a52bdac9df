/**
 * The element-wise skeleton: a SIMD loop of several vectors a turn, one of single vectors, then a scalar loop over what
 * is left. Whatever depends on no element (constants, uniform slots and what is computed from them) is evaluated once,
 * before the loop. A vector's place in its turn is a constant offset from addresses that are formed once a turn.
 */
import { type Expr, operands } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import { lanesOf, nodes, type Slot, type Step, type Store, slotOf } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import {
  type Fold,
  foldOf,
  GROUP_STORES,
  isMask,
  type MaskMode,
  pushBitmask,
  SCALAR_STORES,
  type StoreContext,
  VECTOR_STORES,
} from "./stores.ts";
import { range } from "./tiles.ts";
import { emitVector, splatConstant, type VectorContext } from "./vectorExpr.ts";

/** Elements whose bits and list entries are stored together. */
const GROUP = 8;
/** Vectors in one turn, where nothing is stored by groups. */
const TURN = 4;
/**
 * Pointers that run along, at most. More do not fit the registers beside the counter, and are added to it instead
 * (9 slots 1.08 -> 1.30 G elements/s, 16 slots 0.54 -> 0.69; 4 slots 4.4 against 3.9 the other way).
 */
const MOST_POINTERS = 4;
/** Nodes in one turn, at most: a long body gains nothing, and its code would only grow. */
const MOST_NODES = 200;

export function perElement({ step }: KernelOf<"perElement">, c: KernelContext): void {
  const { f } = c;
  const lanes = lanesOf(step);
  const positions = startLists(step, c);
  const folds = new Map(
    step.stores.flatMap((s) => (s.mode === "sum" || s.mode === "max" ? [[s, foldOf(s, lanes, f)] as const] : [])),
  );
  const grouped = vectorsPerTurn(step, lanes) * lanes === GROUP && step.stores.some(isMask);
  const shared = {
    step,
    c,
    i: f.local("i32"),
    lanes,
    grouped,
    running: elementSlots(step).length <= MOST_POINTERS,
    positions,
    folds,
  };
  vectorLoops(shared);
  for (const fold of folds.values()) fold.split();
  scalarLoop(shared);
  for (const [store, fold] of folds) fold.finish(c.ptr(store.slot));
  for (const [slot, position] of positions) endList(slot, position, c);
}

interface Shared {
  readonly step: Step;
  readonly c: KernelContext;
  /** Elements done. */
  readonly i: number;
  readonly lanes: 2 | 4;
  /** Whether bits and list entries are stored by groups, and what is left over is less than one. */
  readonly grouped: boolean;
  /** Whether the pointers of element slots run along. */
  readonly running: boolean;
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

const isElement = (slot: Slot, step: Step): boolean =>
  slot.space === "element" && !step.stores.some((x) => x.slot === slot.name && isMask(x));
const elementSlots = (step: Step): Slot[] => step.slots.filter((slot) => isElement(slot, step));
/** Pushes the byte address of element i of a slot (or of the uniform). */
function pushAddress({ step, c, i, running }: Shared, slot: Slot): void {
  c.f.get(c.ptr(slot.name));
  if (running || !isElement(slot, step)) return;
  c.f.get(i);
  c.f.i32(Math.log2(BYTES[slot.type]));
  c.f.op("i32.shl");
  c.f.op("i32.add");
}
/** Moves all pointers and the counter on by so many elements. */
function advance({ step, c, i, running }: Shared, elements: number): void {
  if (running) for (const slot of elementSlots(step)) c.f.advance(c.ptr(slot.name), elements * BYTES[slot.type]);
  c.f.advance(i, elements);
}
/** Runs the body while at least `elements` elements are left; it is left out where that is never so. */
function whileLeft(s: Shared, elements: number, before: number, body: () => void): void {
  const { f } = s.c;
  const n = s.c.known("n");
  if (n !== undefined && (n % before) - (n % elements) <= 0) return;
  const end = f.local("i32");
  s.c.pushCount("n");
  if (elements > 1) {
    f.i32(-elements);
    f.op("i32.and");
  }
  f.set(end);
  f.get(s.i, end);
  f.op("i32.lt_s");
  f.if(() => {
    f.op("loop");
    body();
    advance(s, elements);
    f.get(s.i, end);
    f.op("i32.lt_s");
    f.op("br_if", 0);
    f.op("end");
  });
}

function vectorLoops(s: Shared): void {
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
function vectorsPerTurn(step: Step, lanes: number): number {
  const vectors = step.stores.some(isMask) ? GROUP / lanes : TURN;
  return vectors * nodes(step).length <= MOST_NODES ? vectors : 1;
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
/** Bytes from a slot's pointer to vector v of the turn. */
const offsetOf = (slot: Slot, lanes: number, v: number): number =>
  slot.space === "element" ? v * lanes * BYTES[slot.type] : 0;

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

function scalarLoop(s: Shared): void {
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

/** @param v the vector in its turn */
function storeContext<C extends { push(e: Expr): void }>(s: Shared, store: Store, context: C, v = 0): StoreContext & C {
  const slot = slotOf(s.step, store.slot);
  return {
    ...context,
    f: s.c.f,
    lanes: s.lanes,
    i: s.i,
    grouped: s.grouped,
    table: s.c.table,
    slot,
    base: s.c.ptr(store.slot),
    offset: offsetOf(slot, s.lanes, v),
    position: s.positions.get(store.slot) ?? -1,
    fold: s.folds.get(store),
    pushAddress: () => pushAddress(s, slot),
  };
}
