/**
 * Structural kernels in SIMD. Each output element is computed in the order that the interpreter defines; only
 * independent elements are done together.
 *
 * Load throughput bounds these kernels (two 16-byte loads a cycle), so sums stay in registers and each row is read
 * once. V8 in Node 20 hoists every load of a basic block above the arithmetic: accumulators and loads together must
 * fit 15 registers, hence tiles of `TILE` vectors.
 */
import { type KernelOf } from "../../ir/program.ts";
import { BYTES, type FloatType } from "../../ir/types.ts";
import { type Emitter } from "./code.ts";
import { type KernelContext } from "./kernel.ts";
import { shapeOf } from "./vectorExpr.ts";

const TILE = 7;
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const vectorsOf = (width: number, type: FloatType): number => (width * BYTES[type]) / 16;
const splat = (type: FloatType): string => (type === "f32" ? "v128.load32_splat" : "v128.load64_splat");

/** Runs `tile(columnOffset, vectors)` over a row of vectors: whole tiles in a loop, then what is left. */
function overTiles(f: Emitter, vectors: number, size: number, tile: (column: number, vectors: number) => void): void {
  const column = f.local("i32"); // byte offset
  const whole = Math.floor(vectors / size);
  f.i32(0);
  f.set(column);
  if (whole > 1) f.upTo(column, () => f.i32(whole * size * 16), size * 16, () => tile(column, size));
  else if (whole === 1) {
    tile(column, size);
    f.i32(size * 16);
    f.set(column);
  }
  if (vectors % size > 0) tile(column, vectors % size);
}

/** Pushes `base + index·bytes` */
function pushScaled(f: Emitter, base: number, index: number, bytes: number): void {
  f.get(base, index);
  f.i32(bytes);
  f.op("i32.mul");
  f.op("i32.add");
}

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
function entryAt(k: KernelOf<"gatherRows">, c: KernelContext, e: number, ahead: number, row: number, value: number): void {
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
  f.upTo(e, () => f.get(last), 4, () => {
    entryAt(k, c, e, 0, row, value);
    sums.forEach((s, v) => {
      f.get(s, row);
      f.op("v128.load", v * 16);
      accumulate(k, c, value);
      f.set(s);
    });
  });
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
    f.upTo(e, () => f.get(end), 4 * rows, () => streamGroup(k, c, e, rows, vectors));
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
  f.upTo(column, () => f.i32(vectors * 16), 16, () => {
    storeAt(f, c.ptr("out"), column, 0, () => {
      loadAt(f, c.ptr("out"), column, 0);
      rows.forEach((row, q) => {
        loadAt(f, row, column, 0);
        accumulate(k, c, values[q]!);
      });
    });
  });
}
function loadAt(f: Emitter, base: number, column: number, vector: number): void {
  f.get(base, column);
  f.op("i32.add");
  f.op("v128.load", vector * 16);
}
function storeAt(f: Emitter, base: number, column: number, vector: number, value: () => void): void {
  f.get(base, column);
  f.op("i32.add");
  value();
  f.op("v128.store", vector * 16);
}

/** Rows and vectors of one register tile of the product. */
const PRODUCT_ROWS = 4;
const PRODUCT_VECTORS = 2;

export function product(k: KernelOf<"product">, c: KernelContext): void {
  const { f } = c;
  const [r, end] = [f.local("i32"), f.local("i32")];
  const rows = c.known("rows");
  const block = (count: number, vectors: number): void =>
    overTiles(f, vectorsOf(k.width, k.type), vectors, (column, v) => productTile(k, c, { r, rows: count, column, vectors: v }));
  if (rows === undefined || rows >= PRODUCT_ROWS) {
    c.pushCount("rows");
    f.i32(-PRODUCT_ROWS);
    f.op("i32.and");
    f.set(end);
    f.upTo(r, () => f.get(end), PRODUCT_ROWS, () => block(PRODUCT_ROWS, PRODUCT_VECTORS));
  }
  if (rows === undefined || rows % PRODUCT_ROWS > 0) f.upTo(r, () => c.pushCount("rows"), 1, () => block(1, TILE));
}

interface ProductTile { readonly r: number; readonly rows: number; readonly column: number; readonly vectors: number }

function productTile(k: KernelOf<"product">, c: KernelContext, t: ProductTile): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const sums = range(t.rows).map(() => range(t.vectors).map(() => f.local("v128")));
  const outs = range(t.rows).map((q) => tileRow(f, c.ptr("out"), t.r, q, k.outStride * bytes, t.column));
  const as = range(t.rows).map((q) => tileRow(f, c.ptr("a"), t.r, q, k.aRow * bytes, undefined));
  const [b, d, x] = [f.local("i32"), f.local("i32"), f.local("v128")];
  sums.forEach((row, q) => row.forEach((s, v) => {
    if (k.start === "init") loadAt(f, c.ptr("init"), t.column, v);
    else if (k.start === "out") {
      f.get(outs[q]!);
      f.op("v128.load", v * 16);
    } else f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    f.set(s);
  }));
  f.get(c.ptr("b"), t.column);
  f.op("i32.add");
  f.set(b);
  f.i32(0);
  f.set(d);
  const bs = range(t.vectors).map(() => f.local("v128"));
  f.upTo(d, () => c.pushCount("depth"), 1, () => {
    bs.forEach((local, v) => {
      f.get(b);
      f.op("v128.load", v * 16);
      f.set(local);
    });
    sums.forEach((row, q) => {
      f.get(as[q]!);
      f.op(splat(k.type), 0);
      f.set(x);
      row.forEach((s, v) => {
        f.get(s, x, bs[v]!);
        f.op(`${shapeOf(k.type)}.mul`);
        f.op(`${shapeOf(k.type)}.add`);
        f.set(s);
      });
      f.advance(as[q]!, k.aColumn * bytes);
    });
    f.advance(b, k.bStride * bytes);
  });
  sums.forEach((row, q) => row.forEach((s, v) => {
    f.get(outs[q]!, s);
    f.op("v128.store", v * 16);
  }));
}
/** A local with the address of row r + q, moved to a column. */
function tileRow(f: Emitter, base: number, r: number, q: number, bytes: number, column: number | undefined): number {
  const at = f.local("i32");
  pushScaled(f, base, r, bytes);
  f.i32(q * bytes);
  f.op("i32.add");
  if (column !== undefined) {
    f.get(column);
    f.op("i32.add");
  }
  f.set(at);
  return at;
}

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
  f.upTo(e, () => f.get(end), DOT_ROWS, () => dotGroup(k, c, e, DOT_ROWS));
  f.upTo(e, () => f.get(last), 1, () => dotGroup(k, c, e, 1));
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

export function outerRows(k: KernelOf<"outerRows">, c: KernelContext): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const [s, e, last, row, delta, value] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32"), f.local("v128")];
  f.upTo(s, () => c.pushCount("steps"), 1, () => {
    pushScaled(f, c.ptr("ends"), s, 4);
    f.op("i32.load", 0);
    f.set(e);
    pushScaled(f, c.ptr("ends"), s, 4);
    f.op("i32.load", 4);
    f.set(last);
    pushScaled(f, c.ptr("delta"), s, k.deltaStride * bytes);
    f.set(delta);
    f.upTo(e, () => f.get(last), 1, () => {
      f.get(c.ptr("out"));
      pushScaled(f, c.ptr("list"), e, 4);
      f.op("i32.load", 0);
      f.i32(k.stride * bytes);
      f.op("i32.mul");
      f.op("i32.add");
      f.set(row);
      if (k.valued) {
        pushScaled(f, c.ptr("values"), e, bytes);
        f.op(splat(k.type), 0);
        f.set(value);
      }
      addRow(k, c, row, delta, value);
    });
  });
}
function addRow(k: KernelOf<"outerRows">, { f }: KernelContext, row: number, delta: number, value: number): void {
  overTiles(f, vectorsOf(k.width, k.type), 4, (column, vectors) => {
    for (const v of range(vectors)) {
      storeAt(f, row, column, v, () => {
        loadAt(f, row, column, v);
        if (k.valued) f.get(value);
        loadAt(f, delta, column, v);
        if (k.valued) f.op(`${shapeOf(k.type)}.mul`);
        f.op(`${shapeOf(k.type)}.add`);
      });
    }
  });
}

export function unpackBits(_k: KernelOf<"unpackBits">, c: KernelContext): void {
  const { f } = c;
  const [i, bits, out] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(c.ptr("list"), c.ptr("from"));
  f.op("i32.load", 0);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(out);
  f.upTo(i, () => c.pushCount("n"), 32, () => {
    loadWord(c, i);
    f.set(bits);
    f.while(() => f.get(bits), () => {
      f.get(out, i, bits);
      f.op("i32.ctz");
      f.op("i32.add");
      f.op("i32.store", 0);
      f.advance(out, 4);
      // bits &= bits - 1
      f.get(bits, bits);
      f.i32(1);
      f.op("i32.sub");
      f.op("i32.and");
      f.set(bits);
    });
  });
  f.get(c.ptr("to"), out, c.ptr("list"));
  f.op("i32.sub");
  f.i32(2);
  f.op("i32.shr_u");
  f.op("i32.store", 0);
}
/** Word i / 32, without the bits from n on. */
function loadWord(c: KernelContext, i: number): void {
  const { f } = c;
  f.get(c.ptr("bits"), i);
  f.i32(3);
  f.op("i32.shr_u");
  f.op("i32.add");
  f.op("i32.load", 0);
  // & (n - i >= 32 ? -1 : (1 << (n - i)) - 1)
  f.i32(-1);
  f.i32(1);
  c.pushCount("n");
  f.get(i);
  f.op("i32.sub");
  f.op("i32.shl");
  f.i32(1);
  f.op("i32.sub");
  c.pushCount("n");
  f.get(i);
  f.op("i32.sub");
  f.i32(32);
  f.op("i32.ge_s");
  f.op("select");
  f.op("i32.and");
}

export function zero(k: KernelOf<"zero">, { f, ptr, pushCount }: KernelContext): void {
  f.get(ptr("out"));
  f.i32(0);
  pushCount("n");
  f.i32(BYTES[k.type]);
  f.op("i32.mul");
  f.op("memory.fill");
}
