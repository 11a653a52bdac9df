/**
 * From one success of independent trials to the next, so that work follows the successes and not the trials.
 */

import { log } from "../../base/elementary.ts";
import { ModelError } from "../../base/errors.ts";
import type { LineStream } from "../../base/lineStream.ts";
import { add, call, compare, div, type Expr, f64, mul, neg, select, sub } from "../../ir/expr.ts";

/** Calls `take` for each success among `n` trials, in ascending order. `skip` is `skipOf(p)`. */
export function successes(n: number, skip: Skip, draws: LineStream, take: (k: number) => void): void {
  for (let k = skip(draws); k < n; k += 1 + skip(draws)) take(k);
}

/** Draws how many trials fail before the next success. */
export type Skip = (draws: LineStream) => number;
/** @param p from 0 to 1 */
export function skipOf(p: number): Skip {
  if (p === 0) return () => Number.POSITIVE_INFINITY;
  if (p === 1) return () => 0;
  const factor = failureFactor(p);
  return (draws) => draws.failures(factor);
}
/** 1/log(1 - p), for `LineStream.failures`. */
export const failureFactor = (p: number): number => 1 / logOfRest(p);

/** Below it the rounding of `1 - p` would show, and six terms of the series are enough (the next is p^6/7 of the first). */
const SMALL = 2 ** -9;
/** `log(1 - p)` */
function logOfRest(p: number): number {
  if (p > SMALL) return log(1 - p);
  return -p * (1 + p * (1 / 2 + p * (1 / 3 + p * (1 / 4 + p * (1 / 5 + p / 6)))));
}

/** The same of a probability that is worked out in a kernel; 0 and 1, of which nothing is drawn, may give anything. */
export function failureFactorOf(p: Expr): Expr {
  const one = f64(1);
  const rest = [1 / 4, 1 / 3, 1 / 2].reduce(
    (sum, term) => add(f64(term), mul(p, sum)),
    add(f64(1 / 5), div(p, f64(6))) as Expr,
  );
  const series = mul(neg(p), add(one, mul(p, rest)));
  return div(one, select(compare("gt", p, f64(SMALL)), call("log", sub(one, p)), series));
}

/** @throws {ModelError} `out-of-range` */
export function requireProbability(p: number, path: string): void {
  if (typeof p !== "number" || !(p >= 0 && p <= 1))
    throw new ModelError("out-of-range", path, `probability must be from 0 to 1, got ${p}`);
}
