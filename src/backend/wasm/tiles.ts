/**
 * What the structural kernels share. Each output element is computed in the order that the interpreter defines; only
 * independent elements are done together.
 *
 * Load throughput bounds these kernels (two 16-byte loads a cycle), so sums stay in registers or in L1 and each row is
 * read once. V8 in Node 20 hoists every load of a basic block above the arithmetic: accumulators and loads together
 * must fit 15 registers, hence tiles of `TILE` vectors.
 */
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";

export const TILE = 7;
export const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
export const vectorsOf = (width: number, type: FloatType): number => (width * BYTES[type]) / 16;
export const splat = (type: FloatType): string => (type === "f32" ? "v128.load32_splat" : "v128.load64_splat");

/** Runs `tile(columnOffset, vectors)` over a row of vectors: whole tiles in a loop, then what is left. */
export function overTiles(
  f: Emitter,
  vectors: number,
  size: number,
  tile: (column: number, vectors: number) => void,
): void {
  const column = f.local("i32"); // byte offset
  const whole = Math.floor(vectors / size);
  f.i32(0);
  f.set(column);
  if (whole > 1)
    f.upTo(
      column,
      () => f.i32(whole * size * 16),
      size * 16,
      () => tile(column, size),
    );
  else if (whole === 1) {
    tile(column, size);
    f.i32(size * 16);
    f.set(column);
  }
  if (vectors % size > 0) tile(column, vectors % size);
}

/** The same with tiles of two sizes at most, all of them within one of the average: none is left nearly empty. */
export function evenTiles(
  f: Emitter,
  vectors: number,
  most: number,
  tile: (column: number, vectors: number) => void,
): void {
  const tiles = Math.ceil(vectors / most);
  const small = Math.floor(vectors / tiles);
  const large = vectors - tiles * small; // tiles with one more
  const column = f.local("i32"); // byte offset
  f.i32(0);
  f.set(column);
  const run = (size: number, end: number): void => {
    if (tiles === 1) return tile(column, size);
    f.op("loop");
    tile(column, size);
    f.advance(column, size * 16);
    f.get(column);
    f.i32(end * 16);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
  };
  if (large > 0) run(small + 1, large * (small + 1));
  if (large < tiles) run(small, vectors);
}

/** Pushes `base + index·bytes` */
export function pushScaled(f: Emitter, base: number, index: number, bytes: number): void {
  f.get(base, index);
  f.i32(bytes);
  f.op("i32.mul");
  f.op("i32.add");
}

export function loadAt(f: Emitter, base: number, column: number, vector: number): void {
  f.get(base, column);
  f.op("i32.add");
  f.op("v128.load", vector * 16);
}
export function storeAt(f: Emitter, base: number, column: number, vector: number, value: () => void): void {
  f.get(base, column);
  f.op("i32.add");
  value();
  f.op("v128.store", vector * 16);
}

interface Turns {
  /** The local that runs. */
  readonly at: number;
  /** The local that holds where it ends, a multiple of `step` away. */
  readonly end: number;
  readonly step: number;
  /** Bodies in one turn of the loop. */
  readonly turn: number;
  /** Locals that run along. */
  readonly others?: readonly number[];
}
/**
 * Runs the body at `at`, `at + step`, …, at least once, several times a turn of the loop; body v adds `v·step` itself.
 * Each but the first follows a test, so there is no loop for what is left over; and a test ends a basic block, across
 * which V8 hoists no loads.
 */
export function inTurns(f: Emitter, { at, end, step, turn, others = [] }: Turns, body: (v: number) => void): void {
  f.op("block");
  f.op("loop");
  for (const v of range(turn)) {
    if (v > 0) {
      f.get(at);
      f.i32(v * step);
      f.op("i32.add");
      f.get(end);
      f.op("i32.ge_u");
      f.op("br_if", 1);
    }
    body(v);
  }
  for (const p of [...others, at]) f.advance(p, turn * step);
  f.get(at, end);
  f.op("i32.lt_u");
  f.op("br_if", 0);
  f.op("end");
  f.op("end");
}

/** Runs body k, where k is the local's value, below `count`. */
export function dispatch(f: Emitter, local: number, count: number, body: (k: number) => void): void {
  for (let k = 0; k <= count; k++) f.op("block");
  f.get(local);
  f.op("br_table", range(count - 1), count - 1);
  for (const k of range(count)) {
    f.op("end");
    body(k);
    if (k < count - 1) f.op("br", count - 1 - k);
  }
  f.op("end");
}
