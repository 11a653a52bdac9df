/** Sums of weight rows: those of wide rows as streams over sums in L1, others by tiles that stay in registers. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { evenTiles, inTurns, loadAt, range, splat, storeAt, TILE, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Rows in one turn of the loop over the list. */
const TURN = 4;

/**
 * From this many bytes a row on, rows are streamed: a matrix of such rows seldom fits the second-level cache, and a
 * tile takes too little of a row for the prefetcher. Measured: 256 floats 21 against 20 G adds/s, 1000 floats 12.7
 * against 14.5.
 */
const WIDE = 2048;

export function gatherRows(k: KernelOf<"gatherRows">, c: KernelContext): void {
  if (k.init) leaveIfNothing(c);
  if (k.width * BYTES[k.type] < WIDE) gatherTiles(k, c);
  else gatherStreams(k, c);
}

/** A row that is added to stays as it is, where the list is empty. */
function leaveIfNothing(c: KernelContext): void {
  const { f } = c;
  f.get(c.ptr("out"), c.ptr("init"));
  f.op("i32.eq");
  c.pushCount("from");
  c.pushCount("to");
  f.op("i32.ge_s");
  f.op("i32.and");
  f.if(() => f.op("return"));
}

/** A tile of the sum stays in registers while all rows pass. */
function gatherTiles(k: KernelOf<"gatherRows">, c: KernelContext): void {
  const { f } = c;
  const [first, last, base] = [listAddress(c, "from"), listAddress(c, "to"), f.local("i32")];
  evenTiles(f, vectorsOf(k.width, k.type), TILE, (column, vectors) => {
    f.get(c.ptr("weights"), column);
    f.op("i32.add");
    f.set(base);
    gatherTile(k, c, { first, last, base, column, vectors });
  });
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

interface Tile {
  /** Locals: the addresses of the list's first entry and its end, and of the tile in row 0. */
  readonly first: number;
  readonly last: number;
  readonly base: number;
  readonly column: number;
  readonly vectors: number;
}

function gatherTile(k: KernelOf<"gatherRows">, c: KernelContext, t: Tile): void {
  const { f } = c;
  const [e, row, value] = [f.local("i32"), f.local("i32"), f.local("v128")];
  const sums = range(t.vectors).map(() => f.local("v128"));
  sums.forEach((s, v) => {
    if (k.init) loadAt(f, c.ptr("init"), t.column, v);
    else f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    f.set(s);
  });
  f.get(t.first);
  f.tee(e);
  f.get(t.last);
  f.op("i32.lt_u");
  f.if(() =>
    inTurns(f, { at: e, end: t.last, step: 4, turn: TURN }, (ahead) => {
      entryAt(k, c, { e, ahead, base: t.base, row, value });
      sums.forEach((s, v) => {
        f.get(s, row);
        f.op("v128.load", v * 16);
        accumulate(k, c, value);
        f.set(s);
      });
    }),
  );
  sums.forEach((s, v) => storeAt(f, c.ptr("out"), t.column, v, () => f.get(s)));
}

interface Entry {
  readonly e: number;
  readonly ahead: number;
  readonly base: number;
  readonly row: number;
  readonly value: number;
}
/** Sets locals to the address in the weight row, and the value in every lane, of the list entry at address `e` (+ 4·ahead). */
function entryAt(k: KernelOf<"gatherRows">, c: KernelContext, { e, ahead, base, row, value }: Entry): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  f.get(base, e);
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

/** Rows that are read side by side. */
const STREAMS = [8, 4, 2, 1];
/** Vectors of each stream in one turn. */
const STREAM_TURN = 2;

/**
 * Wide rows: the sums lie in L1, and several rows are streamed over them at once, each from its beginning to its end,
 * which the prefetcher likes: (1 + rows + 1) memory operations for as many additions as there are rows.
 */
function gatherStreams(k: KernelOf<"gatherRows">, c: KernelContext): void {
  const { f } = c;
  const [e, last] = [listAddress(c, "from"), listAddress(c, "to")];
  const end = f.local("i32");
  startRow(k, c);
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
      () => streamGroup(k, c, e, rows),
    );
  }
}
function startRow(k: KernelOf<"gatherRows">, { f, ptr }: KernelContext): void {
  const fill = (from: () => void, op: string): void => {
    f.get(ptr("out"));
    from();
    f.i32(k.width * BYTES[k.type]);
    f.op(op);
  };
  if (!k.init) return fill(() => f.i32(0), "memory.fill");
  f.get(ptr("out"), ptr("init"));
  f.op("i32.ne");
  f.if(() => fill(() => f.get(ptr("init")), "memory.copy"));
}
function streamGroup(k: KernelOf<"gatherRows">, c: KernelContext, e: number, count: number): void {
  const { f } = c;
  const rows = range(count).map(() => f.local("i32"));
  const values = range(count).map(() => f.local("v128"));
  rows.forEach((row, q) => entryAt(k, c, { e, ahead: q, base: c.ptr("weights"), row, value: values[q]! }));
  const [out, end] = [f.local("i32"), f.local("i32")];
  f.get(c.ptr("out"));
  f.tee(out);
  f.i32(vectorsOf(k.width, k.type) * 16);
  f.op("i32.add");
  f.set(end);
  inTurns(f, { at: out, end, step: 16, turn: STREAM_TURN, others: rows }, (v) => {
    f.get(out, out);
    f.op("v128.load", v * 16);
    rows.forEach((row, q) => {
      f.get(row);
      f.op("v128.load", v * 16);
      accumulate(k, c, values[q]!);
    });
    f.op("v128.store", v * 16);
  });
}
/** Adds (value ·) the vector on the stack to what is below it. */
function accumulate(k: KernelOf<"gatherRows">, { f }: KernelContext, value: number): void {
  if (k.valued) {
    f.get(value);
    f.op(`${shapeOf(k.type)}.mul`);
  }
  f.op(`${shapeOf(k.type)}.add`);
}
