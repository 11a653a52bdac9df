/** Sums of weight rows: narrow ones in registers, wide ones as streams over sums in L1. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { loadAt, range, splat, storeAt, TILE, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

export function gatherRows(k: KernelOf<"gatherRows">, c: KernelContext): void {
  const vectors = vectorsOf(k.width, k.type);
  if (vectors <= TILE) gatherInRegisters(k, c, vectors);
  else gatherStreams(k, c, vectors);
}

/** The byte address in the list of entry `from` or `to`. */
function listAddress(c: KernelContext, count: string): number {
  const { f } = c;
  const at = f.local("i32");
  f.get(c.ptr("list"));
  c.pushCount(count);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(at);
  return at;
}
/** Sets locals to the weight row, and the value in every lane, of the list entry at address `e` (+ 4·ahead). */
function entryAt(
  k: KernelOf<"gatherRows">,
  c: KernelContext,
  e: number,
  ahead: number,
  row: number,
  value: number,
): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  f.get(c.ptr("weights"), e);
  f.op("i32.load", 4 * ahead);
  f.i32(k.stride * bytes);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(row);
  if (!k.valued) return;
  // values lie beside the list, one a list entry: values + (e - list)·bytes/4
  f.get(c.ptr("values"), e, c.ptr("list"));
  f.op("i32.sub");
  f.i32(bytes / 4);
  f.op("i32.mul");
  f.op("i32.add");
  f.op(splat(k.type), ahead * bytes);
  f.set(value);
}
/** Adds (value ·) the vector on the stack to what is below it. */
function accumulate(k: KernelOf<"gatherRows">, c: KernelContext, value: number): void {
  if (k.valued) {
    c.f.get(value);
    c.f.op(`${shapeOf(k.type)}.mul`);
  }
  c.f.op(`${shapeOf(k.type)}.add`);
}

/** Narrow rows: all sums stay in registers. */
function gatherInRegisters(k: KernelOf<"gatherRows">, c: KernelContext, vectors: number): void {
  const { f } = c;
  const [e, last] = [listAddress(c, "from"), listAddress(c, "to")];
  const [row, value] = [f.local("i32"), f.local("v128")];
  const sums = range(vectors).map(() => f.local("v128"));
  sums.forEach((s, v) => {
    startVector(k, c, v);
    f.set(s);
  });
  f.upTo(
    e,
    () => f.get(last),
    4,
    () => {
      entryAt(k, c, e, 0, row, value);
      sums.forEach((s, v) => {
        f.get(s, row);
        f.op("v128.load", v * 16);
        accumulate(k, c, value);
        f.set(s);
      });
    },
  );
  sums.forEach((s, v) => {
    f.get(c.ptr("out"), s);
    f.op("v128.store", v * 16);
  });
}
/** Pushes what vector v starts from. */
function startVector(k: KernelOf<"gatherRows">, { f, ptr }: KernelContext, v: number): void {
  if (!k.init) return f.op("v128.const", "i32x4", [0, 0, 0, 0]);
  f.get(ptr("init"));
  f.op("v128.load", v * 16);
}

/** Rows that are read side by side. */
const STREAMS = [8, 4, 2, 1];

/**
 * Wide rows: the sums lie in L1, and several rows are streamed over them at once, each from its beginning to its end,
 * which the prefetcher likes: (1 + rows + 1) memory operations for as many additions as there are rows.
 */
function gatherStreams(k: KernelOf<"gatherRows">, c: KernelContext, vectors: number): void {
  const { f } = c;
  const [e, last] = [listAddress(c, "from"), listAddress(c, "to")];
  const end = f.local("i32");
  startRow(k, c, vectors);
  for (const rows of STREAMS) {
    // Whole groups: e + floor((last - e) / (4·rows))·4·rows
    f.get(e, last, e);
    f.op("i32.sub");
    f.i32(-4 * rows);
    f.op("i32.and");
    f.op("i32.add");
    f.set(end);
    f.upTo(
      e,
      () => f.get(end),
      4 * rows,
      () => streamGroup(k, c, e, rows, vectors),
    );
  }
}
function startRow(k: KernelOf<"gatherRows">, { f, ptr }: KernelContext, vectors: number): void {
  f.get(ptr("out"));
  if (k.init) f.get(ptr("init"));
  else f.i32(0);
  f.i32(vectors * 16);
  f.op(k.init ? "memory.copy" : "memory.fill");
}
function streamGroup(k: KernelOf<"gatherRows">, c: KernelContext, e: number, count: number, vectors: number): void {
  const { f } = c;
  const rows = range(count).map(() => f.local("i32"));
  const values = range(count).map(() => f.local("v128"));
  rows.forEach((row, q) => entryAt(k, c, e, q, row, values[q]!));
  const column = f.local("i32");
  f.i32(0);
  f.set(column);
  f.upTo(
    column,
    () => f.i32(vectors * 16),
    16,
    () => {
      storeAt(f, c.ptr("out"), column, 0, () => {
        loadAt(f, c.ptr("out"), column, 0);
        rows.forEach((row, q) => {
          loadAt(f, row, column, 0);
          accumulate(k, c, values[q]!);
        });
      });
    },
  );
}
