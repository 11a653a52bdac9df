/** Sums of weight rows: those of wide rows as streams over sums in L1, others by tiles that stay in registers. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { listAddress } from "./listAddress.ts";
import { accumulate, addStreams, WIDE } from "./streams.ts";
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
      const entry = { e, ahead, base: t.base };
      pushRow(k, c, entry);
      f.set(row);
      if (k.valued) {
        pushValue(k, c, entry);
        f.set(value);
      }
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

/** The list entry at address `e` (+ 4·ahead). */
interface Entry {
  readonly e: number;
  readonly ahead: number;
  /** The local with the address of row 0. */
  readonly base: number;
}
/** Pushes where its weight row begins. */
function pushRow(k: KernelOf<"gatherRows">, { f }: KernelContext, { e, ahead, base }: Entry): void {
  f.get(base, e);
  f.op("i32.load", 4 * ahead);
  f.i32(k.stride * BYTES[k.type]);
  f.op("i32.mul");
  f.op("i32.add");
}
/** Pushes its value, in every lane: values lie beside the list, at values + (e - list)·bytes/4. */
function pushValue(k: KernelOf<"gatherRows">, { f, ptr }: KernelContext, { e, ahead }: Entry): void {
  const bytes = BYTES[k.type];
  f.get(ptr("values"), e, ptr("list"));
  f.op("i32.sub");
  f.i32(bytes / 4);
  f.op("i32.mul");
  f.op("i32.add");
  f.op(splat(k.type), ahead * bytes);
}

/** Rows of which the sum lies in L1 while they are streamed over it. */
function gatherStreams(k: KernelOf<"gatherRows">, c: KernelContext): void {
  const [next, end] = [listAddress(c, "from"), listAddress(c, "to")];
  const at = { e: next, base: c.ptr("weights") };
  addStreams(c, {
    ...{ type: k.type, width: k.width, start: k.init ? "init" : "zero", next, end, step: 4 },
    row: (q) => pushRow(k, c, { ...at, ahead: q }),
    ...(k.valued && { factor: (q) => pushValue(k, c, { ...at, ahead: q }) }),
  });
}
