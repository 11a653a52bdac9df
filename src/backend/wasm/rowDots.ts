/** Dot products with rows of weights, four rows at a time. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { loadAt, pushScaled, range } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Rows whose dot products are done together. */
const DOT_ROWS = 4;

export function rowDots(k: KernelOf<"rowDots">, c: KernelContext): void {
  const { f } = c;
  const [e, end, last] = [f.local("i32"), f.local("i32"), f.local("i32")];
  if (k.listed) {
    c.pushCount("from");
    f.set(e);
  }
  c.pushCount(k.listed ? "to" : "rows");
  f.set(last);
  // Whole groups end at e + floor((last - e) / 4) · 4.
  f.get(e, last, e);
  f.op("i32.sub");
  f.i32(-DOT_ROWS);
  f.op("i32.and");
  f.op("i32.add");
  f.set(end);
  f.upTo(
    e,
    () => f.get(end),
    DOT_ROWS,
    () => dotGroup(k, c, e, DOT_ROWS),
  );
  f.upTo(
    e,
    () => f.get(last),
    1,
    () => dotGroup(k, c, e, 1),
  );
}

function dotGroup(k: KernelOf<"rowDots">, c: KernelContext, e: number, rows: number): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const shape = shapeOf(k.type);
  const numbers = range(rows).map((q) => rowNumber(k, c, e, q));
  const at = numbers.map((j) => {
    const p = f.local("i32");
    pushScaled(f, c.ptr("weights"), j, k.stride * bytes);
    f.set(p);
    return p;
  });
  const sums = range(rows).map(() => f.local("v128"));
  for (const s of sums) {
    f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    f.set(s);
  }
  const [column, x] = [f.local("i32"), f.local("v128")];
  const vector = (): void => {
    loadAt(f, c.ptr("a"), column, 0);
    f.set(x);
    sums.forEach((s, q) => {
      f.get(s, x, at[q]!, column);
      f.op("i32.add");
      f.op("v128.load", 0);
      f.op(`${shape}.mul`);
      f.op(`${shape}.add`);
      f.set(s);
    });
  };
  f.i32(0);
  f.set(column);
  f.upTo(column, () => f.i32(k.width * bytes), 16, vector);
  sums.forEach((s, q) => {
    const out = f.local("i32");
    pushScaled(f, c.ptr("out"), numbers[q]!, bytes);
    f.tee(out);
    if (k.accumulate) {
      f.get(out);
      f.op(`${k.type}.load`, 0);
    }
    laneSum(f, k.type, s);
    if (k.accumulate) f.op(`${k.type}.add`);
    f.op(`${k.type}.store`, 0);
  });
}
function rowNumber(k: KernelOf<"rowDots">, c: KernelContext, e: number, q: number): number {
  const { f } = c;
  const j = f.local("i32");
  if (k.listed) {
    pushScaled(f, c.ptr("list"), e, 4);
    f.op("i32.load", q * 4);
  } else {
    f.get(e);
    f.i32(q);
    f.op("i32.add");
  }
  f.set(j);
  return j;
}
/** (l0 + l1) + (l2 + l3), in f64 l0 + l1. */
function laneSum(f: Emitter, type: FloatType, s: number): void {
  const pair = (a: number): void => {
    for (const lane of [a, a + 1]) {
      f.get(s);
      f.op(`${shapeOf(type)}.extract_lane`, lane);
    }
    f.op(`${type}.add`);
  };
  pair(0);
  if (type === "f64") return;
  pair(2);
  f.op("f32.add");
}
