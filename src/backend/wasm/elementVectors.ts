/** Elements by whole vectors: a loop of several vectors a turn, then one of single vectors. */
import { DRAW_GROUP } from "../../base/draws.ts";
import { type Expr, type IndexOf, operands, read, topological, u32 } from "../../ir/expr.ts";
import { simplify } from "../../ir/simplify.ts";
import { nodes, rewriteStep, roots, type Slot, type Step, type Store, slotOf } from "../../ir/step.ts";
import { invariants, offsetOf, pushAddress, type Shared, storeContext, whileLeft } from "./elementLoop.ts";
import { pushIndex } from "./elementScalars.ts";
import { type Rarely, rarelyOf } from "./rarely.ts";
import { GROUP, GROUP_STORES, isMask, type MaskMode, pushBitmask, type StoreContext, VECTOR_STORES } from "./stores.ts";
import { range } from "./tiles.ts";
import { emitVector, shapeOf, splatConstant, type VectorContext } from "./vectorExpr.ts";

/** Vectors in one turn, where nothing is stored by groups. */
const TURN = 4;
/** Nodes in one turn, at most: a long body gains nothing, and its code would only grow. */
const MOST_NODES = 200;
/** As many may have two groups a turn. */
const FEW_NODES = 80;

/** Elements in one turn where bits and list entries are stored by groups, else 0. */
export function groupedTurn(step: Step, lanes: number): number {
  const elements = vectorsPerTurn(step, lanes) * lanes;
  return step.stores.some(isMask) && elements % GROUP === 0 ? elements : 0;
}
const draws = (step: Step): boolean => nodes(step).some((e) => e.tag === "index" && e.of === "drawWord");
function vectorsPerTurn(step: Step, lanes: number): number {
  if (draws(step)) return DRAW_GROUP / lanes;
  const [least, most] = step.stores.some(isMask) ? [GROUP / lanes, (2 * GROUP) / lanes] : [TURN, TURN];
  const n = nodes(step).length;
  return most * n <= FEW_NODES ? most : least * n <= MOST_NODES ? least : 1;
}

export function vectorLoops(s: Shared): void {
  const vectors = vectorsPerTurn(s.step, s.lanes);
  const words = byWord(s.step);
  const order = topological([...roots(s.step), ...words.flat()]);
  const fixed = invariants(s.step, order);
  const once = new Map<Expr, number>();
  for (const e of order) if (fixed.has(e)) defineVector(e, s, once, 0);
  if (vectors > 1)
    whileLeft(s, vectors * s.lanes, Number.POSITIVE_INFINITY, () => turn(s, once, { words, vectors, order, fixed }));
  const varying = nodes(s.step).filter((e) => !fixed.has(e));
  whileLeft(s, s.lanes, vectors > 1 ? vectors * s.lanes : Number.POSITIVE_INFINITY, () => {
    const context = vectorOf(s, once, varying, 0);
    for (const store of s.step.stores) VECTOR_STORES[store.mode](store, storeContext(s, store, context));
  });
}

/**
 * What the step stores, for elements that draw word 0, 1, 2 or 3 of their block: in a turn all elements of a vector draw
 * the same one, and vectors share the blocks. Without draws it is the same for all.
 */
function byWord(step: Step): (readonly Expr[])[] {
  if (!draws(step)) return [roots(step)];
  const versions = range(4).map((w) =>
    rewriteStep(step, (e) => (e.tag === "index" && e.of === "drawWord" ? u32(w) : e)),
  );
  const values = roots(simplify({ ...step, stores: [step, ...versions].flatMap((x) => x.stores) }));
  const n = step.stores.length;
  return range(4).map((w) => values.slice((w + 1) * n, (w + 2) * n));
}
/** Nodes that depend on elements through their block alone. */
function ofBlock(order: readonly Expr[], fixed: ReadonlySet<Expr>): Set<Expr> {
  const shared = new Set<Expr>();
  for (const e of order) {
    const given = operands(e);
    const block = e.tag === "index" && e.of === "drawBlock";
    if (block || (!fixed.has(e) && given.length > 0 && given.every((o) => fixed.has(o) || shared.has(o))))
      shared.add(e);
  }
  return shared;
}

interface Turn {
  readonly words: readonly (readonly Expr[])[];
  readonly vectors: number;
  readonly order: readonly Expr[];
  readonly fixed: ReadonlySet<Expr>;
}
/** Several vectors one after the other; what is stored by groups after every eight elements. */
function turn(s: Shared, once: ReadonlyMap<Expr, number>, { words, vectors, order, fixed }: Turn): void {
  const { f } = s.c;
  const rarely = words.length === 1 ? rarelyOf(s.step, s.lanes, fixed) : undefined;
  if (rarely) return rareTurn(s, once, rarely, vectors);
  const masks = new Map(s.step.stores.filter(isMask).map((store) => [store, f.local("i32")]));
  const blocks = ofBlock(order, fixed);
  /** Blocks of the vectors whose lanes are the same elements of their quartets. */
  const known = range(4 / s.lanes).map(() => new Map(once));
  const perGroup = GROUP / s.lanes;
  for (const v of range(vectors)) {
    const values = words[words.length === 1 ? 0 : Math.floor((v * s.lanes) / 4)]!;
    const before = known[v % known.length]!;
    const varying = topological(values).filter((e) => !fixed.has(e));
    for (const e of varying) if (blocks.has(e) && !before.has(e)) defineVector(e, s, before, v);
    const context = vectorOf(
      s,
      before,
      varying.filter((e) => !blocks.has(e)),
      v,
    );
    s.step.stores.forEach((store, k) => {
      const mask = masks.get(store);
      const place = storeContext(s, store, context, v);
      const valued = { ...store, value: values[k]! };
      if (mask === undefined) VECTOR_STORES[store.mode](valued, place);
      else gatherBits(valued, place, mask, v % perGroup);
    });
    if ((v + 1) % perGroup > 0) continue;
    const ahead = Math.floor(v / perGroup) * GROUP;
    for (const [store, mask] of masks)
      GROUP_STORES[store.mode as MaskMode](mask, storeContext(s, store, { push: () => undefined }, 0, ahead));
  }
}
/** A turn of a step whose list gets few elements: see `rarely.ts`. */
function rareTurn(s: Shared, once: ReadonlyMap<Expr, number>, r: Rarely, vectors: number): void {
  const { f } = s.c;
  const perGroup = GROUP / s.lanes;
  const most = f.local("v128");
  const shape = shapeOf(r.above.a.type);
  const values = [...r.usual.map((store) => store.value), r.above.a];
  const varying = topological(values).filter((e) => !once.has(e));
  for (const v of range(vectors)) {
    const context = vectorOf(s, once, varying, v);
    for (const store of r.usual) VECTOR_STORES[store.mode](store, storeContext(s, store, context, v));
    // NaN comes out of the greatest as it went in, or is left out: it is not above anything.
    if (v % perGroup > 0) f.get(most);
    context.push(r.above.a);
    if (v % perGroup > 0) f.op(`${shape}.pmax`);
    f.set(most);
    if ((v + 1) % perGroup > 0) continue;
    f.get(most, once.get(r.above.b)!);
    f.op(`${shape}.${r.above.op === "gt" ? "le" : "lt"}`);
    f.op(s.lanes === 4 ? "i32x4.bitmask" : "i64x2.bitmask");
    f.i32(2 ** s.lanes - 1);
    f.op("i32.ne");
    f.if(() => listGroup(s, once, r, v + 1 - perGroup));
  }
}
/** Lists the elements of a group from vector `first` of the turn on, and stores what only they do. */
function listGroup(s: Shared, once: ReadonlyMap<Expr, number>, { list, listed, kept }: Rarely, first: number): void {
  const mask = s.c.f.local("i32");
  for (const v of range(GROUP / s.lanes)) {
    const locals = new Map(once);
    const define = (e: Expr): void => {
      const slot = kept.get(e);
      if (locals.has(e)) return;
      if (slot === undefined) for (const o of operands(e)) define(o);
      defineVector(slot === undefined ? e : read(e.type, slot), s, locals, first + v, e);
    };
    const context = contextOf(s, locals);
    for (const store of [list, ...listed]) define(store.value);
    for (const store of listed) VECTOR_STORES.set(store, storeContext(s, store, context, first + v));
    gatherBits(list, storeContext(s, list, context, first + v), mask, v);
  }
  const few = { ...list, rare: false };
  GROUP_STORES.append(mask, storeContext(s, few, { push: () => undefined }, 0, first * s.lanes));
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
  ptr: s.c.ptr,
});
/** @param as the node whose value it is */
function defineVector(e: Expr, s: Shared, locals: Map<Expr, number>, v: number, as = e): VectorContext {
  const { f } = s.c;
  const context = contextOf(s, locals);
  if (e.tag === "const") splatConstant(context, e.type, e.value);
  else if (e.tag === "read") vectorRead(slotOf(s.step, e.slot), s, v);
  else if (e.tag === "index") vectorIndex(e.of, s, v);
  else emitVector(e, context);
  const local = f.local("v128");
  f.set(local);
  locals.set(as, local);
  return context;
}
/** Vectors begin at multiples of their lanes, turns of steps with draws at multiples of `DRAW_GROUP`. */
function vectorIndex(of: IndexOf, s: Shared, v: number): void {
  const { f } = s.c;
  const first = of === "drawBlock" ? (v * s.lanes) % 4 : v * s.lanes;
  pushIndex(of, s);
  f.op("i32x4.splat");
  if (of === "drawWord") return;
  f.op(
    "v128.const",
    "i32x4",
    range(4).map((k) => first + k),
  );
  f.op("i32x4.add");
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
