/** The matrix product, four rows and two vectors at a time. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { addStreams } from "./streams.ts";
import { evenTiles, loadAt, overTiles, pushScaled, range, splat, TILE, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Rows and vectors of one register tile of the product. */
const PRODUCT_ROWS = 4;
const PRODUCT_VECTORS = 2;
/** From this many bytes on, one row is a stream. */
const WIDE = 2048;

/** Bytes of b that a second-level cache holds beside what else is in use. */
const CACHED = 2 ** 20;

export function product(k: KernelOf<"product">, c: KernelContext): void {
  const { f } = c;
  const [rows, depth] = [c.known("rows"), c.known("depth") ?? 0];
  const vectors = vectorsOf(k.width, k.type);
  if (rows === 1 && k.width * BYTES[k.type] >= WIDE) return streamProduct(k, c);
  const [r, end] = [f.local("i32"), f.local("i32")];
  c.pushCount("rows");
  f.i32(-PRODUCT_ROWS);
  f.op("i32.and");
  f.set(end);
  if (rows === undefined || rows >= PRODUCT_ROWS) {
    const block = (column: number, v: number): void => productTile(k, c, { r, rows: PRODUCT_ROWS, column, vectors: v });
    const columns = (tile: typeof block): void => overTiles(f, vectors, PRODUCT_VECTORS, tile);
    const blocks = (body: () => void): void => {
      f.i32(0);
      f.set(r);
      f.upTo(r, () => f.get(end), PRODUCT_ROWS, body);
    };
    // A b beyond the cache is read once, a strip of columns for all rows; otherwise rows of out are finished one by one.
    if (depth * k.bStride * BYTES[k.type] > CACHED) columns((column, v) => blocks(() => block(column, v)));
    else blocks(() => columns(block));
  }
  if (rows !== undefined && rows % PRODUCT_ROWS === 0) return;
  f.get(end);
  f.set(r);
  f.upTo(
    r,
    () => c.pushCount("rows"),
    1,
    () => evenTiles(f, vectors, TILE, (column, v) => productTile(k, c, { r, rows: 1, column, vectors: v })),
  );
}

/** One wide row: rows of b are streamed over it, as a gather does with wide rows. */
function streamProduct(k: KernelOf<"product">, c: KernelContext): void {
  const { f } = c;
  const [next, end] = [f.local("i32"), f.local("i32")];
  c.pushCount("depth");
  f.set(end);
  const bytes = BYTES[k.type];
  addStreams(c, {
    ...{ type: k.type, width: k.width, start: k.start, next, end, step: 1 },
    row: (q) => {
      pushScaled(f, c.ptr("b"), next, k.bStride * bytes);
      f.i32(q * k.bStride * bytes);
      f.op("i32.add");
    },
    factor: (q) => {
      pushScaled(f, c.ptr("a"), next, k.aColumn * bytes);
      f.op(splat(k.type), q * k.aColumn * bytes);
    },
  });
}

interface ProductTile {
  readonly r: number;
  readonly rows: number;
  readonly column: number;
  readonly vectors: number;
}

function productTile(k: KernelOf<"product">, c: KernelContext, t: ProductTile): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const sums = range(t.rows).map(() => range(t.vectors).map(() => f.local("v128")));
  const out = tileRow(f, c.ptr("out"), t.r, k.outStride * bytes, t.column);
  const a = tileRow(f, c.ptr("a"), t.r, k.aRow * bytes, undefined);
  const ofOut = (q: number, v: number): number => q * k.outStride * bytes + v * 16;
  const [b, d, x] = [f.local("i32"), f.local("i32"), f.local("v128")];
  sums.forEach((row, q) =>
    row.forEach((s, v) => {
      if (k.start === "init") loadAt(f, c.ptr("init"), t.column, v);
      else if (k.start === "out") {
        f.get(out);
        f.op("v128.load", ofOut(q, v));
      } else f.op("v128.const", "i32x4", [0, 0, 0, 0]);
      f.set(s);
    }),
  );
  f.get(c.ptr("b"), t.column);
  f.op("i32.add");
  f.set(b);
  f.i32(0);
  f.set(d);
  const bs = range(t.vectors).map(() => f.local("v128"));
  f.upTo(
    d,
    () => c.pushCount("depth"),
    1,
    () => {
      bs.forEach((local, v) => {
        f.get(b);
        f.op("v128.load", v * 16);
        f.set(local);
      });
      sums.forEach((row, q) => {
        f.get(a);
        f.op(splat(k.type), q * k.aRow * bytes);
        f.set(x);
        row.forEach((s, v) => {
          f.get(s, x, bs[v]!);
          f.op(`${shapeOf(k.type)}.mul`);
          f.op(`${shapeOf(k.type)}.add`);
          f.set(s);
        });
      });
      f.advance(a, k.aColumn * bytes);
      f.advance(b, k.bStride * bytes);
    },
  );
  sums.forEach((row, q) =>
    row.forEach((s, v) => {
      f.get(out, s);
      f.op("v128.store", ofOut(q, v));
    }),
  );
}
/** A local with the address of row r, moved to a column. */
function tileRow(f: Emitter, base: number, r: number, bytes: number, column: number | undefined): number {
  const at = f.local("i32");
  pushScaled(f, base, r, bytes);
  if (column !== undefined) {
    f.get(column);
    f.op("i32.add");
  }
  f.set(at);
  return at;
}
