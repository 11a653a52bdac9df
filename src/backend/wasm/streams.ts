/**
 * Wide rows as streams: the sums lie in L1, and several rows are streamed over them at once, each from its beginning to
 * its end, which the prefetcher likes: (1 + rows + 1) memory operations for as many additions as there are rows.
 */
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { inTurns } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/**
 * From this many bytes a row on, rows are streamed: a matrix of such rows seldom fits the second-level cache, and a
 * tile takes too little of a row for the prefetcher. Measured: 256 floats 21 against 20 G adds/s, 1000 floats 12.7
 * against 14.5.
 */
export const WIDE = 2048;

/** Rows that are read side by side, then what is left: with a factor each, half as many fit the registers. */
export const streamsOf = (valued: boolean): readonly number[] => (valued ? [4, 2, 1] : [8, 4, 2, 1]);
/** Vectors of each stream in one turn. */
const TURN = 2;

/** Locals: where a row begins, and its factor in every lane. */
export interface Stream {
  readonly row: number;
  readonly value?: number;
}

/** Sets the sums in `out` to what they start from. */
export function startRow({ f, ptr }: KernelContext, start: "zero" | "init" | "out", bytes: number): void {
  const fill = (op: string, from: () => void): void => {
    f.get(ptr("out"));
    from();
    f.i32(bytes);
    f.op(op);
  };
  if (start === "zero") fill("memory.fill", () => f.i32(0));
  if (start !== "init") return;
  f.get(ptr("out"), ptr("init"));
  f.op("i32.ne");
  f.if(() => fill("memory.copy", () => f.get(ptr("init"))));
}

/** `out = (out + (value ·) row 0) + (value ·) row 1 …` */
export function streamRows(
  { f, ptr }: KernelContext,
  type: FloatType,
  width: number,
  streams: readonly Stream[],
): void {
  const [out, end] = [f.local("i32"), f.local("i32")];
  f.get(ptr("out"));
  f.tee(out);
  f.i32(width * BYTES[type]);
  f.op("i32.add");
  f.set(end);
  inTurns(f, { at: out, end, step: 16, turn: TURN, others: streams.map((s) => s.row) }, (v) => {
    f.get(out, out);
    f.op("v128.load", v * 16);
    for (const { row, value } of streams) {
      f.get(row);
      f.op("v128.load", v * 16);
      accumulate(f, type, value);
    }
    f.op("v128.store", v * 16);
  });
}

/** Adds (value ·) the vector on the stack to what is below it. */
export function accumulate(f: Emitter, type: FloatType, value: number | undefined): void {
  if (value !== undefined) {
    f.get(value);
    f.op(`${shapeOf(type)}.mul`);
  }
  f.op(`${shapeOf(type)}.add`);
}
