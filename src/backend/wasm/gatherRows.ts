/** Sums of weight rows: those of wide rows as streams over sums in L1, others by tiles that stay in registers. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { accumulate, type Stream, startRow, streamRows, streamsOf, WIDE } from "./streams.ts";
import { evenTiles, inTurns, loadAt, range, splat, storeAt, TILE, vectorsOf } from "./tiles.ts";

/** Rows in one turn of the loop over the list. */
const TURN = 8;

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
        accumulate(f, k.type, k.valued ? value : undefined);
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

/** Rows of which the sum lies in L1 while they are streamed over it. */
function gatherStreams(k: KernelOf<"gatherRows">, c: KernelContext): void {
  const { f } = c;
  const [e, last] = [listAddress(c, "from"), listAddress(c, "to")];
  const end = f.local("i32");
  startRow(c, k.init ? "init" : "zero", k.width * BYTES[k.type]);
  for (const rows of streamsOf(k.valued)) {
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
      () => {
        const streams = range(rows).map((ahead): Stream => {
          const [row, value] = [f.local("i32"), f.local("v128")];
          entryAt(k, c, { e, ahead, base: c.ptr("weights"), row, value });
          return { row, ...(k.valued && { value }) };
        });
        streamRows(c, k.type, k.width, streams);
      },
    );
  }
}
