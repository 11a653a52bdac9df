/** The six kinds of store (`ir/step.ts`), for whole vectors and for single elements. */
import type { Convert, Expr } from "../../ir/expr.ts";
import type { Slot, Store, StoreMode } from "../../ir/step.ts";
import { isFloat, isInt } from "../../ir/types.ts";
import { appendBits } from "./append.ts";
import type { Emitter } from "./code.ts";
import { compareOp, valTypeOf } from "./scalarExpr.ts";
import { maskWidth, shapeOf, splatConstant, type VectorContext } from "./vectorExpr.ts";

export interface StoreContext {
  readonly f: Emitter;
  readonly lanes: 2 | 4;
  /** The element counter. */
  readonly i: number;
  /** Elements in one turn, where groups of eight are stored at once: `base` of a bit store then runs along. Else 0. */
  readonly grouped: number;
  /** The group's first element, counted from element i. */
  readonly ahead: number;
  readonly table: number;
  readonly slot: Slot;
  /** Whether few bits are set. */
  readonly rare: boolean;
  /** The local with the byte address of a list or of bits. */
  readonly base: number;
  /** Bytes from the address of element i to the vector at hand. */
  readonly offset: number;
  /** For `append`: the local with the byte address of the next entry. */
  readonly position: number;
  readonly fold: Fold | undefined;
  /** In the scalar loop: the local with its first element. */
  readonly tailStart?: number;
  push(e: Expr): void;
  /** Pushes the byte address of element i (or of the uniform). */
  pushAddress(): void;
}
type EmitStore = (s: Store, c: StoreContext) => void;

export const VECTOR_STORES: Readonly<Record<StoreMode, EmitStore>> = {
  set: (s, c) => storeVector(c, () => storable(s.value, c)),
  add: (s, c) =>
    storeVector(c, () => {
      c.pushAddress();
      loadVector(c);
      c.push(s.value);
      c.f.op(`${shapeOf(c.slot.type)}.add`);
    }),
  append: (s, c) => {
    const mask = c.f.local("i32");
    pushBitmask(s.value, c);
    c.f.set(mask);
    appendLanes(mask, c, 1);
  },
  bits: (s, c) => storeBits(c, () => pushBitmask(s.value, c)),
  sum: (s, c) => {
    const { value } = s;
    // A mask is -1, which may as well be taken away.
    if (isCount(value) && maskWidth(value.a) === 32) c.fold!.count(() => c.push(value.a));
    else c.fold!.vector(() => c.push(value));
  },
  max: (s, c) => c.fold!.vector(() => c.push(s.value)),
};
/** 1 where something holds. */
export const isCount = (e: Expr): e is Convert => e.tag === "convert" && isInt(e.type) && e.a.type === "bool";

export const SCALAR_STORES: Readonly<Record<StoreMode, EmitStore>> = {
  set: (s, c) => {
    c.pushAddress();
    c.push(s.value);
    c.f.op(`${valTypeOf(c.slot.type)}.store`, 0);
  },
  add: (s, c) => {
    const type = valTypeOf(c.slot.type);
    c.pushAddress();
    c.pushAddress();
    c.f.op(`${type}.load`, 0);
    c.push(s.value);
    c.f.op(`${type}.add`);
    c.f.op(`${type}.store`, 0);
  },
  append: (s, c) => {
    const { f } = c;
    f.get(c.position, c.i);
    f.op("i32.store", 0);
    f.get(c.position);
    c.push(s.value);
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    f.set(c.position);
  },
  bits: (s, c) => storeBits(c, () => c.push(s.value)),
  sum: (s, c) => c.fold!.scalar(() => c.push(s.value), c.i, c.tailStart!),
  max: (s, c) => c.fold!.scalar(() => c.push(s.value), c.i, c.tailStart!),
};

/** A value as it lies in memory: a mask becomes 0 or 1. */
export function storable(e: Expr, c: VectorContext): void {
  c.push(e);
  if (e.type !== "bool") return;
  if (maskWidth(e) === 64) {
    c.f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    c.f.op("i8x16.shuffle", [0, 1, 2, 3, 8, 9, 10, 11, 16, 16, 16, 16, 16, 16, 16, 16]);
  }
  splatConstant(c, "u32", 1);
  c.f.op("v128.and");
}
const isHalf = (c: StoreContext): boolean => c.lanes === 2 && c.slot.type !== "f64";
function storeVector(c: StoreContext, value: () => void): void {
  c.pushAddress();
  value();
  if (isHalf(c)) c.f.op("v128.store64_lane", c.offset, 0);
  else c.f.op("v128.store", c.offset);
}
function loadVector(c: StoreContext): void {
  c.f.op(isHalf(c) ? "v128.load64_zero" : "v128.load", c.offset);
}
/** Stores of one bit an element: whole groups of eight are stored at once. */
export const isMask = (s: Store): boolean => s.mode === "append" || s.mode === "bits";
export type MaskMode = "append" | "bits";
/** What is done with the bits of elements i to i + 7. */
export const GROUP_STORES: Readonly<Record<MaskMode, (mask: number, c: StoreContext) => void>> = {
  append: (mask, c) => {
    const append = (): void => appendLanes(mask, c, 2);
    if (!c.rare) return append();
    c.f.get(mask);
    c.f.if(append);
  },
  bits: (mask, c) => {
    c.f.get(c.base, mask);
    c.f.op("i32.store8", 0);
    c.f.advance(c.base, 1);
  },
};

/** One bit a lane. */
export function pushBitmask(e: Expr, c: StoreContext): void {
  c.push(e);
  if (maskWidth(e) === 64) return c.f.op("i64x2.bitmask");
  c.f.op("i32x4.bitmask");
  if (c.lanes === 4) return;
  c.f.i32(3);
  c.f.op("i32.and");
}
function appendLanes(mask: number, c: StoreContext, vectors: 1 | 2): void {
  const first = c.f.local("v128");
  c.f.get(c.i);
  if (c.ahead > 0) {
    c.f.i32(c.ahead);
    c.f.op("i32.add");
  }
  c.f.op("i32x4.splat");
  c.f.set(first);
  appendBits(c.f, { mask, first, position: c.position, table: c.table }, vectors);
}
/** Elements whose bits and list entries are stored together. */
export const GROUP = 8;

/** byte[i / 8] = (byte[i / 8] & bits before i) | bits << (i mod 8) */
function storeBits(c: StoreContext, bits: () => void): void {
  const { f } = c;
  const [address, shift] = [f.local("i32"), f.local("i32")];
  f.get(c.base);
  if (c.grouped !== GROUP) {
    f.get(c.i);
    if (c.grouped > 0) {
      f.i32(c.grouped - 1);
      f.op("i32.and");
    }
    f.i32(3);
    f.op("i32.shr_u");
    f.op("i32.add");
  }
  f.tee(address);
  f.get(address);
  f.op("i32.load8_u", 0);
  f.i32(1);
  f.get(c.i);
  f.i32(7);
  f.op("i32.and");
  f.tee(shift);
  f.op("i32.shl");
  f.i32(1);
  f.op("i32.sub");
  f.op("i32.and");
  bits();
  f.get(shift);
  f.op("i32.shl");
  f.op("i32.or");
  f.op("i32.store8", 0);
}

/** A fold over the elements: lanes in one vector, then one scalar a lane for the tail, then the written order. */
export interface Fold {
  vector(value: () => void): void;
  /** Adds 1 where a mask is set. */
  count(mask: () => void): void;
  /** After the vector loop: takes the lanes apart. */
  split(): void;
  scalar(value: () => void, i: number, start: number): void;
  /** Folds the lanes and combines them into the slot. */
  finish(pointer: number): void;
}

export function foldOf(store: Store, lanes: 2 | 4, f: Emitter): Fold {
  const { type } = store.value;
  const max = store.mode === "max";
  if (max && !isFloat(type)) throw new Error("wasm: 'max' folds floats");
  const vector = f.local("v128");
  const scalars = Array.from({ length: lanes }, () => f.local(valTypeOf(type)));
  const combineVector = `${shapeOf(type)}.${max ? "pmax" : "add"}`;
  splatConstant({ f, lanes, push: () => undefined }, type, max ? Number.NEGATIVE_INFINITY : 0);
  f.set(vector);
  /** combine(a, b) of two locals */
  const combine = (a: number, b: number): void => {
    if (!max) {
      f.get(a, b);
      return f.op(`${valTypeOf(type)}.add`);
    }
    f.get(b, a, a, b);
    compareOp("lt", type, { f, push: () => undefined });
    f.op("select");
  };
  const into = (a: number, b: number): void => {
    combine(a, b);
    f.set(a);
  };
  return {
    vector: (value) => {
      f.get(vector);
      value();
      f.op(combineVector);
      f.set(vector);
    },
    count: (mask) => {
      f.get(vector);
      mask();
      f.op("i32x4.sub");
      f.set(vector);
    },
    split: () =>
      scalars.forEach((s, lane) => {
        f.get(vector);
        f.op(`${shapeOf(type)}.extract_lane`, lane);
        f.set(s);
      }),
    scalar: (value, i, start) => {
      const x = f.local(valTypeOf(type));
      value();
      f.set(x);
      scalars.slice(0, -1).forEach((s, lane) => {
        f.get(i, start);
        f.op("i32.sub");
        f.i32(lane);
        f.op("i32.eq");
        f.if(() => into(s, x));
      });
    },
    finish: (pointer) => {
      const [a, b, c, d] = scalars as [number, number, number?, number?];
      into(a, b);
      if (c !== undefined) {
        into(c, d!);
        into(a, c);
      }
      const old = f.local(valTypeOf(type));
      f.get(pointer);
      f.op(`${valTypeOf(type)}.load`, 0);
      f.set(old);
      f.get(pointer);
      combine(old, a);
      f.op(`${valTypeOf(type)}.store`, 0);
    },
  };
}
