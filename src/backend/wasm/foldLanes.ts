/** Sums over the lanes of several vectors, side by side. */
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import { range } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Bytes of lanes; those of the second vector follow those of the first. */
const laneBytes = (size: number, lanes: readonly number[]): number[] =>
  lanes.flatMap((l) => range(size).map((b) => size * l + b));
const EVEN: Readonly<Record<FloatType, readonly number[]>> = {
  f32: laneBytes(4, [0, 2, 4, 6]),
  f64: laneBytes(8, [0, 2]),
};
const ODD: Readonly<Record<FloatType, readonly number[]>> = {
  f32: laneBytes(4, [1, 3, 5, 7]),
  f64: laneBytes(8, [1, 3]),
};

/** Folds the lanes of several sums side by side: (l0 + l1) + (l2 + l3), in f64 l0 + l1, of sum q into lane q. */
export function foldLanes(f: Emitter, type: FloatType, sums: readonly number[]): number[] {
  let level = sums;
  for (let lanes = 16 / BYTES[type]; lanes > 1; lanes /= 2)
    level = range(Math.ceil(level.length / 2)).map((p) => addPairs(f, type, level[2 * p]!, level[2 * p + 1]));
  return [...level];
}
/** [a0 + a1, …, b0 + b1, …] */
function addPairs(f: Emitter, type: FloatType, a: number, b = a): number {
  const t = f.local("v128");
  for (const lanes of [EVEN, ODD]) {
    f.get(a, b);
    f.op("i8x16.shuffle", lanes[type]);
  }
  f.op(`${shapeOf(type)}.add`);
  f.set(t);
  return t;
}
