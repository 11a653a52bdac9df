/** What the loops over elements share: the counter, addresses, and how long they run. */
import { type Expr, operands } from "../../ir/expr.ts";
import { type Slot, type Step, type Store, slotOf } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { type Fold, isMask, type StoreContext } from "./stores.ts";

/**
 * Pointers that run along, at most. More do not fit the registers beside the counter, and are added to it instead
 * (9 slots 1.08 -> 1.30 G elements/s, 16 slots 0.54 -> 0.69; 4 slots 4.4 against 3.9 the other way).
 */
const MOST_POINTERS = 4;
/** A step on its way to instructions. */
export interface Shared {
  readonly step: Step;
  readonly c: KernelContext;
  /** Elements done. */
  readonly i: number;
  readonly lanes: 2 | 4;
  /** Elements in one turn of whole groups, where bits and list entries are stored by groups; what is left over is less. Else 0. */
  readonly grouped: number;
  /** Whether the pointers of element slots run along. */
  readonly running: boolean;
  /** Byte address of the next entry of each appended list. */
  readonly positions: ReadonlyMap<string, number>;
  readonly folds: ReadonlyMap<Store, Fold>;
}

/** Nodes that are the same for every element. */
export function invariants(step: Step, order: readonly Expr[]): Set<Expr> {
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
/** Whether pointers run along. */
export const runsAlong = (step: Step): boolean => elementSlots(step).length <= MOST_POINTERS;
/** Pushes the byte address of element i of a slot (or of the uniform). */
export function pushAddress({ step, c, i, running }: Shared, slot: Slot): void {
  c.f.get(c.ptr(slot.name));
  if (running || !isElement(slot, step)) return;
  c.f.get(i);
  c.f.i32(Math.log2(BYTES[slot.type]));
  c.f.op("i32.shl");
  c.f.op("i32.add");
}
/** Begins at an element that is a count, a multiple of `RANGE`. */
export function startAt(count: string, { step, c, i, running, grouped }: Shared): void {
  const { f } = c;
  c.pushCount(count);
  f.set(i);
  const move = (slot: Slot, bytes: number): void => {
    f.get(c.ptr(slot.name), i);
    f.i32(Math.abs(Math.log2(bytes)));
    f.op(bytes < 1 ? "i32.shr_u" : "i32.shl");
    f.op("i32.add");
    f.set(c.ptr(slot.name));
  };
  if (running) for (const slot of elementSlots(step)) move(slot, BYTES[slot.type]);
  if (grouped) for (const s of step.stores) if (s.mode === "bits") move(slotOf(step, s.slot), 1 / 8);
}
/** Moves all pointers and the counter on by so many elements. */
function advance({ step, c, i, running }: Shared, elements: number): void {
  if (running) for (const slot of elementSlots(step)) c.f.advance(c.ptr(slot.name), elements * BYTES[slot.type]);
  c.f.advance(i, elements);
}
/** Runs the body while at least `elements` elements are left; it is left out where that is never so. */
export function whileLeft(s: Shared, elements: number, before: number, body: () => void): void {
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

/** Bytes from a slot's pointer to vector v of the turn. */
export const offsetOf = (slot: Slot, lanes: number, v: number): number =>
  slot.space === "element" ? v * lanes * BYTES[slot.type] : 0;

/**
 * @param v the vector in its turn
 * @param ahead the first element of a group in its turn
 */
export function storeContext<C extends { push(e: Expr): void }>(
  s: Shared,
  store: Store,
  context: C,
  v = 0,
  ahead = 0,
): StoreContext & C {
  const slot = slotOf(s.step, store.slot);
  return {
    ...context,
    f: s.c.f,
    lanes: s.lanes,
    i: s.i,
    grouped: s.grouped,
    ahead,
    table: s.c.table,
    slot,
    rare: store.rare === true,
    base: s.c.ptr(store.slot),
    offset: offsetOf(slot, s.lanes, v),
    position: s.positions.get(store.slot) ?? -1,
    fold: s.folds.get(store),
    pushAddress: () => pushAddress(s, slot),
  };
}
