/**
 * Rows as streams: the sums lie in L1, and up to six rows are added to them in one pass, each from its beginning to its end,
 * which the prefetcher likes. How many rows there are is then one branch that cannot be foretold, and not one for each tile of
 * the sums; and a store stands behind each vector's additions, across which V8 hoists no loads.
 */
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { dispatch, range, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/**
 * From this many bytes a row on, rows are streamed; sums of narrower rows are three tiles at most, which stay in registers.
 * Measured in turns, tiles against streams (G adds/s, best): 256 rows of 64 floats 22.1 against 21.1, of 128 20.3 against 20.0,
 * of 256 19.0 against 21.4; 700 rows of 256 17.6 against 19.5.
 */
export const WIDE = 640;

/** Rows of one pass: six with a factor each still fit 15 registers. */
const ROWS = 6;
/** Most vectors of each row in one turn of the loop. */
const TURN = 16;

/** Rows that are added one after the other. */
export interface Streams {
  readonly type: FloatType;
  readonly width: number;
  readonly start: "zero" | "init" | "out";
  /** Locals: what names the next row, and where that ends; it advances by `step` a row. */
  readonly next: number;
  readonly end: number;
  readonly step: number;
  /** Pushes where the q-th row from the next one begins. */
  readonly row: (q: number) => void;
  /** Pushes its factor, in every lane. */
  readonly factor?: (q: number) => void;
}

/** `out = (start + (factor ·) row 0) + (factor ·) row 1 …`: first as many rows as leave whole passes. */
export function addStreams(c: KernelContext, s: Streams): void {
  const { f, ptr } = c;
  const [from, count] = [f.local("i32"), f.local("i32")];
  startAt(c, s, from);
  // count = ((end - next) / step - 1) mod ROWS: one less than the rows of the first pass
  f.get(s.end, s.next);
  f.op("i32.sub");
  f.i32(s.step);
  f.op("i32.div_u");
  f.i32(1);
  f.op("i32.sub");
  f.i32(ROWS);
  f.op("i32.rem_u");
  f.set(count);
  f.op("loop");
  dispatch(f, count, ROWS, (k) => {
    onePass(c, s, from, k + 1);
    f.advance(s.next, (k + 1) * s.step);
  });
  f.i32(ROWS - 1);
  f.set(count);
  f.get(ptr("out"));
  f.set(from);
  f.get(s.next, s.end);
  f.op("i32.lt_u");
  f.op("br_if", 0);
  f.op("end");
}

/** Sets a local to where the sums are read first; ends the kernel where there is no row. */
function startAt({ f, ptr }: KernelContext, { start, type, width, next, end }: Streams, from: number): void {
  const bytes = width * BYTES[type];
  if (start === "zero") {
    f.get(ptr("out"));
    f.i32(0);
    f.i32(bytes);
    f.op("memory.fill");
  }
  const source = ptr(start === "init" ? "init" : "out");
  f.get(source);
  f.set(from);
  f.get(next, end);
  f.op("i32.ge_u");
  f.if(() => {
    if (start === "init") {
      f.get(ptr("out"), source);
      f.i32(bytes);
      f.op("memory.copy");
    }
    f.op("return");
  });
}

/** Adds the next rows to the sums that lie at `from`, and leaves them in `out`. */
function onePass({ f, ptr }: KernelContext, s: Streams, from: number, count: number): void {
  const rows = range(count).map((q) => kept(f, "i32", () => s.row(q)));
  const factors = range(s.factor ? count : 0).map((q) => kept(f, "v128", () => s.factor!(q)));
  const [out, sums, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(ptr("out"));
  f.set(out);
  f.get(from);
  f.set(sums);
  const turn = (vectors: number): void => {
    for (const v of range(vectors)) {
      f.get(out, sums);
      f.op("v128.load", v * 16);
      rows.forEach((row, q) => {
        f.get(row);
        f.op("v128.load", v * 16);
        accumulate(f, s.type, factors[q]);
      });
      f.op("v128.store", v * 16);
    }
  };
  const next = (vectors: number): void => {
    for (const p of [...rows, sums, out]) f.advance(p, vectors * 16);
  };
  const runs = turnsOf(vectorsOf(s.width, s.type));
  runs.forEach(({ turns, vectors }, k) => {
    const last = k === runs.length - 1;
    if (turns === 1) {
      turn(vectors);
      if (!last) next(vectors);
      return;
    }
    f.get(out);
    f.i32(turns * vectors * 16);
    f.op("i32.add");
    f.set(end);
    f.op("loop");
    turn(vectors);
    next(vectors);
    f.get(out, end);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
  });
}
function kept(f: Emitter, type: "i32" | "v128", push: () => void): number {
  const local = f.local(type);
  push();
  f.set(local);
  return local;
}

/** A row as turns of one length, or of two that differ by one. */
function turnsOf(vectors: number): { turns: number; vectors: number }[] {
  const turns = Math.ceil(vectors / TURN);
  for (let even = turns; even <= 2 * turns; even++)
    if (vectors % even === 0) return [{ turns: even, vectors: vectors / even }];
  const [small, large] = [Math.floor(vectors / turns), vectors % turns];
  return [
    { turns: large, vectors: small + 1 },
    { turns: turns - large, vectors: small },
  ];
}

/** Adds (value ·) the vector on the stack to what is below it. */
export function accumulate(f: Emitter, type: FloatType, value: number | undefined): void {
  if (value !== undefined) {
    f.get(value);
    f.op(`${shapeOf(type)}.mul`);
  }
  f.op(`${shapeOf(type)}.add`);
}
