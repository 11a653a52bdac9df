/**
 * Whole numbers of a law that takes one random word, as tables for kernel `lookUp`: as the word rises they rise or fall, so
 * that it is enough to know the words at which the next number begins.
 */
import { LOOK_BITS } from "../ir/lookUp.ts";

export interface LookTable {
  /** Which of the bounds comes last before each cell of words begins; and the last of all. */
  readonly cells: Int32Array;
  /** The first word of each number. */
  readonly bounds: Uint32Array;
  readonly values: Int32Array;
}

const CELLS = 2 ** LOOK_BITS;
const WIDTH = 2 ** (32 - LOOK_BITS);
/** Numbers for which a table is made: several bounds a cell. */
const MOST = 2 ** 17;

/**
 * @param of never falls as the word rises, or never rises; may be infinite
 * @param stored what the table holds of a number
 * @returns nothing where there are too many numbers for a table to pay
 */
export function lookTable(of: (word: number) => number, stored: (n: number) => number): LookTable | undefined {
  const bounds: number[] = [0];
  const values: number[] = [stored(of(0))];
  /** Bounds after `from` up to `to`, where the numbers are `low` and `high`. */
  const split = (from: number, low: number, to: number, high: number): void => {
    if (low === high || bounds.length > MOST) return;
    if (to - from === 1) {
      bounds.push(to);
      values.push(stored(high));
      return;
    }
    const middle = Math.floor((from + to) / 2);
    const between = of(middle);
    split(from, low, middle, between);
    split(middle, between, to, high);
  };
  split(0, of(0), 2 ** 32 - 1, of(2 ** 32 - 1));
  if (bounds.length > MOST) return undefined;
  const cells = new Int32Array(CELLS + 1);
  let last = 0;
  for (let c = 0; c < CELLS; c++) {
    while (last + 1 < bounds.length && bounds[last + 1]! <= c * WIDTH) last++;
    cells[c] = last;
  }
  cells[CELLS] = bounds.length - 1;
  return { cells, bounds: Uint32Array.from(bounds), values: Int32Array.from(values) };
}
