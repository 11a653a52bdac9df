/**
 * Dot products with rows of weights, six rows at a time: a sum in one order is a chain of additions, and six chains hide
 * the latency of an addition (4 cycles, 1.5 multiply-adds a cycle), while sums and loads still fit 15 registers.
 */
import { type KernelOf, ofPart } from "../../ir/program.ts";
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import { dotsAbreast } from "./dotsAbreast.ts";
import { foldLanes } from "./foldLanes.ts";
import type { KernelContext } from "./kernel.ts";
import { dispatch, inTurns, pushScaled, range, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Rows whose dot products are done together. */
const DOT_ROWS = 6;
/** Vectors of each row in one turn of the loop. */
const TURN = 8;

export function rowDots(k: KernelOf<"rowDots">, c: KernelContext): void {
  if (k.abreast) return dotsAbreast(k, k.abreast, c);
  const { f } = c;
  const [e, last, size] = [f.local("i32"), f.local("i32"), f.local("i32")];
  if (k.listed) {
    c.pushCount("from");
    f.set(e);
  }
  c.pushCount(k.listed ? "to" : "rows");
  f.set(last);
  f.while(
    () => {
      f.get(e, last);
      f.op("i32.lt_s");
    },
    () => {
      nextSize(f, e, last, size);
      dispatch(f, size, DOT_ROWS, (left) => {
        dotGroup(k, c, e, left + 1);
        f.advance(e, left + 1);
      });
    },
  );
}

/**
 * Sets a local to one less than the rows of the next group: as many groups as whole ones would take, none of them much smaller
 * than the others. 39 rows are 6 + 6 + 6 + 6 + 5 + 5 + 5.
 */
function nextSize(f: Emitter, e: number, last: number, size: number): void {
  const left = f.local("i32");
  f.get(last, e);
  f.op("i32.sub");
  f.i32(1);
  f.op("i32.sub");
  f.tee(left);
  // (left - 1) div groups, where groups = (left - 1) div 6 + 1
  f.get(left);
  f.i32(DOT_ROWS);
  f.op("i32.div_u");
  f.i32(1);
  f.op("i32.add");
  f.op("i32.div_u");
  f.set(size);
}

/** A local with an address, and bytes from there. */
interface Place {
  readonly local: number;
  readonly offset: number;
}

/** `count` rows from e on. */
function dotGroup(k: KernelOf<"rowDots">, c: KernelContext, e: number, count: number): void {
  const bytes = BYTES[k.type];
  const apart = k.listed || count < DOT_ROWS;
  const numbers = apart ? range(count).map((q) => rowNumber(k, c, e, q)) : [e];
  const places = (name: string, stride: number): Place[] => {
    const locals = numbers.map((j) => scaled(c.f, c.ptr(name), j, stride));
    return range(count).map((q) =>
      apart ? { local: locals[q]!, offset: 0 } : { local: locals[0]!, offset: q * stride },
    );
  };
  const lanesOf = range(count).map(() => zeroed(c.f));
  k.parts.forEach(({ width, stride }, p) => {
    const rows = places(ofPart("weights", p), stride * bytes);
    addProducts(c, { type: k.type, width, a: c.ptr(ofPart("a", p)) }, rows, lanesOf);
  });
  const sums = foldLanes(c.f, k.type, lanesOf);
  const outs = places("out", bytes);
  const lanes = 16 / bytes;
  const parts = sums.map((s, g) => ({ s, outs: outs.slice(g * lanes, (g + 1) * lanes) }));
  if (k.accumulate) for (const { s, outs } of parts) addOld(c.f, k.type, s, outs, apart);
  for (const { s, outs } of parts) storeSums(c.f, k.type, s, outs, apart);
}
function scaled(f: Emitter, base: number, index: number, bytes: number): number {
  const local = f.local("i32");
  pushScaled(f, base, index, bytes);
  f.set(local);
  return local;
}

function rowNumber(k: KernelOf<"rowDots">, c: KernelContext, e: number, q: number): number {
  const { f } = c;
  const j = f.local("i32");
  f.get(e);
  f.i32(q);
  f.op("i32.add");
  f.set(j);
  if (!k.listed) return j;
  pushScaled(f, c.ptr("list"), j, 4);
  f.op("i32.load", 0);
  f.set(j);
  return j;
}

function zeroed(f: Emitter): number {
  const local = f.local("v128");
  f.op("v128.const", "i32x4", [0, 0, 0, 0]);
  f.set(local);
  return local;
}

/** A vector that all rows are multiplied with. */
interface Factor {
  readonly type: FloatType;
  readonly width: number;
  /** The local with its address. */
  readonly a: number;
}
/** Adds the products of one part to the four (f64: two) lanes of each row's sum. */
function addProducts({ f }: KernelContext, factor: Factor, rows: readonly Place[], sums: readonly number[]): void {
  const vectors = vectorsOf(factor.width, factor.type);
  if (vectors === 0) return;
  const [a, end] = [f.local("i32"), f.local("i32")];
  f.get(factor.a);
  f.tee(a);
  f.i32(vectors * 16);
  f.op("i32.add");
  f.set(end);
  const shape = shapeOf(factor.type);
  const x = f.local("v128");
  const vector = (offset: number): void => {
    f.get(a);
    f.op("v128.load", offset);
    f.set(x);
    sums.forEach((s, q) => {
      f.get(s, x, rows[q]!.local);
      f.op("v128.load", rows[q]!.offset + offset);
      f.op(`${shape}.mul`);
      f.op(`${shape}.add`);
      f.set(s);
    });
  };
  const turn = Math.min(TURN, vectors);
  const others = [...new Set(rows.map((r) => r.local))];
  inTurns(f, { at: a, end, step: 16, turn, others }, (v) => vector(16 * v));
}

/** `sums = what is there + sums`; `outs` of a whole vector lie together unless they are `apart`. */
function addOld(f: Emitter, type: FloatType, sums: number, outs: readonly Place[], apart: boolean): void {
  const size = BYTES[type] * 8;
  const whole = BYTES[type] * outs.length === 16;
  const [first] = outs as [Place];
  f.get(first.local);
  if (!apart) f.op(whole ? "v128.load" : "v128.load64_zero", first.offset);
  else {
    const old = f.local("v128");
    f.op(`v128.load${size}_zero`, first.offset);
    f.set(old);
    outs.slice(1).forEach((out, q) => {
      f.get(out.local, old);
      f.op(`v128.load${size}_lane`, out.offset, q + 1);
      f.set(old);
    });
    f.get(old);
  }
  f.get(sums);
  f.op(`${shapeOf(type)}.add`);
  f.set(sums);
}
function storeSums(f: Emitter, type: FloatType, sums: number, outs: readonly Place[], apart: boolean): void {
  const [{ local, offset }] = outs as [Place];
  if (apart)
    outs.forEach((out, q) => {
      f.get(out.local, sums);
      f.op(`v128.store${BYTES[type] * 8}_lane`, out.offset, q);
    });
  else {
    f.get(local, sums);
    if (BYTES[type] * outs.length === 16) f.op("v128.store", offset);
    else f.op("v128.store64_lane", offset, 0);
  }
}
