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
export function addresses(place: Place, loops: readonly Loop[]): Range | undefined {
  let [low, high] = [place.offset, place.offset];
  const names = new Set(place.terms.map((t) => t.loop));
  for (const name of names) {
    const around = loops.find((l) => variablesOf(l).includes(name));
    if (!around) continue;
    const terms = names.size === 1 ? place.terms : place.terms.filter((t) => t.loop === name);
    const values = candidates(terms, rangeOf(around))?.map((x) => terms.reduce((sum, t) => sum + at(t, x), 0));
    if (!values) return undefined;
    low += Math.min(...values);
    high += Math.max(...values);
  }
  return { low, high };
}

const at = ({ stride, shift = 0, modulo, most = Number.POSITIVE_INFINITY }: Term, x: number): number =>
  stride * (modulo === undefined ? Math.min(x + shift, most) : (((x + shift) % modulo) + modulo) % modulo);

/**
 * Loop values among which the extremes of Σ terms lie. The sum is affine plus periodic, with the largest modulo as
 * period (all are powers of two), so the first and the last period suffice; where a term goes no further it becomes another
 * such sum, whose first and last periods count as well.
 */
function candidates(terms: readonly Term[], range: Range | undefined): number[] | undefined {
  const period = Math.max(1, ...terms.map((t) => t.modulo ?? 1));
  if (!range) return terms.every((t) => t.modulo !== undefined) ? span(0, period - 1) : undefined;
  const { low, high } = range;
  const bends = terms.flatMap(({ most, shift = 0 }) => (most === undefined ? [] : [most - shift]));
  return [low, ...bends, high].flatMap((x) => span(Math.max(low, x - period), Math.min(high, x + period)));
}
const span = (low: number, high: number): number[] =>
  Array.from({ length: Math.max(0, high - low + 1) }, (_, k) => low + k);
