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
