/**
 * Laws of counts by columns and seconds (Walker 1977, "An efficient method for generating discrete random variables with
 * general distributions", ACM TOMS 3:253; made as Vose 1991, in whole numbers): sixteen columns are equally likely, and each
 * belongs in part to the count of its number and for the rest to one other. So a count takes one look and one comparison,
 * whatever its mean, and all probabilities are whole multiples of 2^-32.
 */
import { exp } from "./elementary.ts";
import { ModelError } from "./errors.ts";
import { POISSON_LIMIT, poissonTerms } from "./poisson.ts";

export const COLUMNS = 16;
/** Words of a column: a word is the number of its column, and behind that where in the column it is. */
export const COLUMN_BITS = 28;
const COLUMN = 2 ** COLUMN_BITS;

export interface CountLaw {
  /** A count is the sum of so many, each drawn by the columns: up to four. */
  readonly times: number;
  /** How many words of column k, the first ones, are its own: they stand for k, and in the last column for that or more. */
  readonly cuts: readonly number[];
  /** What the others stand for. */
  readonly others: readonly number[];
  /** Of the last column's own words, those before `tail[j]` stand for more than `COLUMNS - 1 + j`. */
  readonly tail: readonly number[];
}

/** Largest mean of what the columns draw: more than the last column's number is rare enough to begin with (2^-15). */
const LARGEST = 4;
/** Own words of the last column, at most: one in 256, so that its first byte does not tell (`draws.ts`). */
const LARGEST_TAIL = COLUMN / 256;

/**
 * Poisson counts. All tails are right to 2^-32; above `LARGEST`, counts are sums of counts of smaller means.
 *
 * @throws {ModelError} `out-of-range` unless the mean is from 0 to `POISSON_LIMIT`
 */
export function poissonLaw(mean: number): CountLaw {
  if (!(mean >= 0 && mean <= POISSON_LIMIT))
    throw new ModelError(
      "out-of-range",
      "poisson",
      `the mean must be from 0 to ${POISSON_LIMIT} (draw several and add them), got ${mean}`,
    );
  const times = Math.max(1, Math.ceil(mean / LARGEST));
  return { times, ...columnsOf(tailsOf(mean / times)) };
}

/** 2^32·P(X > k), rounded, for each k for which that is not zero. */
function tailsOf(mean: number): number[] {
  const terms = poissonTerms(mean);
  const p = [exp(-mean)];
  for (let k = 1; k <= terms; k++) p.push(p[k - 1]! * (mean / k));
  const tails: number[] = [];
  for (let [k, sum] = [terms, 0]; k > 0; k--) {
    sum += p[k]!;
    tails.unshift(Math.round(sum * 2 ** 32));
  }
  while (tails.at(-1) === 0) tails.pop();
  return tails;
}

function columnsOf(tails: readonly number[]): Omit<CountLaw, "times"> {
  const tail = (k: number): number => (k < 0 ? 2 ** 32 : (tails[k] ?? 0));
  const last = COLUMNS - 1;
  const words = Array.from({ length: COLUMNS }, (_, k) => tail(k - 1) - (k < last ? tail(k) : 0));
  if (words[last]! >= LARGEST_TAIL) throw new Error(`more than ${last} has a probability of 2^-12 or more`);
  return { ...filled(words), tail: tails.slice(last) };
}

/** Columns that are not full are filled up by counts that have more than one. */
function filled(words: number[]): { cuts: number[]; others: number[] } {
  const [cuts, others] = [words.map(() => COLUMN), words.map((_, k) => k)];
  const short = words.flatMap((n, k) => (n < COLUMN ? [k] : []));
  const long = words.flatMap((n, k) => (n > COLUMN ? [k] : []));
  // All words together are whole columns: while one is short another is long.
  for (let k = short.pop(); k !== undefined; k = short.pop()) {
    const donor = long.at(-1)!;
    cuts[k] = words[k]!;
    others[k] = donor;
    words[donor] = words[donor]! - (COLUMN - words[k]!);
    if (words[donor] > COLUMN) continue;
    long.pop();
    if (words[donor] < COLUMN) short.push(donor);
  }
  return { cuts, others };
}

/** What a word of 32 bits stands for. */
export function countOf({ cuts, others, tail }: CountLaw, word: number): number {
  const column = word >>> COLUMN_BITS;
  const at = word % COLUMN;
  if (at >= cuts[column]!) return others[column]!;
  return column < COLUMNS - 1 ? column : column + tail.filter((end) => at < end).length;
}
