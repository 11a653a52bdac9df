/** Which addresses a place can reach, from the constant ranges of the loops around it. */
import { type Loop, type Place, type Term, variablesOf } from "./program.ts";

/** Inclusive. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Values of a loop variable, where the loop is constant. */
export function rangeOf({ from = 0, count }: Loop): Range | undefined {
  return typeof from === "number" && typeof count === "number" ? { low: from, high: from + count - 1 } : undefined;
}

/** First and last element that the place can name; undefined where that depends on data. Exact for each loop by itself. */
export function addresses({ offset, terms }: Place, loops: readonly Loop[]): Range | undefined {
  let [low, high] = [offset, offset];
  for (let k = 0; k < terms.length; k++) {
    const { loop } = terms[k]!;
    if (terms.findIndex((t) => t.loop === loop) < k) continue; // all terms of a loop at once
    const around = loops.find((l) => variablesOf(l).includes(loop));
    if (!around) continue;
    const found = extremes(terms, loop, rangeOf(around));
    if (!found) return undefined;
    low += found.low;
    high += found.high;
  }
  return { low, high };
}

const at = ({ stride, shift = 0, modulo, most = Number.POSITIVE_INFINITY }: Term, x: number): number =>
  stride * (modulo === undefined ? Math.min(x + shift, most) : (((x + shift) % modulo) + modulo) % modulo);

/**
 * The extremes of the sum of a loop's terms. It is affine plus periodic, with the largest modulo as period (all are powers of
 * two), so the first and the last period suffice; where a term goes no further it becomes another such sum, whose first and
 * last periods count as well.
 */
function extremes(terms: readonly Term[], loop: string, range: Range | undefined): Range | undefined {
  let [low, high, period] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1];
  const own = terms.filter((t) => t.loop === loop);
  for (const { modulo = 1 } of own) period = Math.max(period, modulo);
  if (!range && own.some((t) => t.modulo === undefined)) return undefined;
  const { low: first, high: last } = range ?? { low: 0, high: period - 1 };
  const look = (from: number, to: number): void => {
    for (let x = Math.max(first, from); x <= Math.min(last, to); x++) {
      let sum = 0;
      for (const t of own) sum += at(t, x);
      [low, high] = [Math.min(low, sum), Math.max(high, sum)];
    }
  };
  look(first, first + period - 1);
  if (last > first) look(last - period + 1, last);
  for (const { most, shift = 0 } of own) if (most !== undefined) look(most - shift - period, most - shift + period);
  return { low, high };
}
