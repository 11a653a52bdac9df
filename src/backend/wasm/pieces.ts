/** Rows of any number of elements as whole vectors and, at the end, a part of one: nothing behind the row is touched. */
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import { range } from "./tiles.ts";

/** Vectors in one basic block: V8 does all loads of a block first, and they must fit the registers beside the sums. */
export const BLOCK = 4;

/** Part of a row: `lanes` elements, `offset` bytes from its beginning. */
export interface Piece {
  readonly type: FloatType;
  readonly offset: number;
  readonly lanes: number;
}

export function piecesOf(type: FloatType, width: number): Piece[] {
  const whole = 16 / BYTES[type];
  return range(Math.ceil(width / whole)).map((v) => ({
    type,
    offset: 16 * v,
    lanes: Math.min(whole, width - v * whole),
  }));
}
/** Whether it fills a vector. */
export const isWhole = ({ type, lanes }: Piece): boolean => lanes * BYTES[type] === 16;

/** Pushes a piece of the row at an address; lanes that it lacks are 0. */
export function loadPiece(f: Emitter, row: number, p: Piece): void {
  const bytes = p.lanes * BYTES[p.type];
  if (bytes === 12) f.get(row);
  f.get(row);
  f.op(isWhole(p) ? "v128.load" : bytes === 4 ? "v128.load32_zero" : "v128.load64_zero", p.offset);
  if (bytes === 12) f.op("v128.load32_lane", p.offset + 8, 2);
}
/** Stores a local as a piece of the row at an address. */
export function storePiece(f: Emitter, row: number, p: Piece, value: number): void {
  const bytes = p.lanes * BYTES[p.type];
  f.get(row, value);
  if (isWhole(p)) return f.op("v128.store", p.offset);
  if (bytes === 4) return f.op("v128.store32_lane", p.offset, 0);
  f.op("v128.store64_lane", p.offset, 0);
  if (bytes === 8) return;
  f.get(row, value);
  f.op("v128.store32_lane", p.offset + 8, 2);
}
