/**
 * Whole numbers of a law that takes one random word, by looking them up: as the word rises they rise or fall in few steps, so
 * that the leading bits of a word mostly tell, and else whether it lies before or after the one step.
 */

const BITS = 12;
const CELLS = 2 ** BITS;
const WIDTH = 2 ** (32 - BITS);

/** As `of` gives, which never falls or never rises; NaN where it is to be asked itself. */
export type Lookup = (word: number) => number;

/** @param of whole numbers of 32 bits, signed, without -2^31 */
export function lookupOf(of: (word: number) => number): Lookup {
  const [before, after] = [new Int32Array(CELLS), new Int32Array(CELLS)];
  const step = new Float64Array(CELLS);
  for (let c = 0; c < CELLS; c++) {
    const [first, last] = [c * WIDTH, (c + 1) * WIDTH - 1];
    [before[c], after[c]] = [of(first), of(last)];
    step[c] = before[c] === after[c] ? last + 1 : stepOf(of, first, last);
  }
  return (word) => {
    const c = word >>> (32 - BITS);
    const at = step[c]!;
    if (Number.isNaN(at)) return of(word);
    return word < at ? before[c]! : after[c]!;
  };
}
/** The first word with the number of the last, where none lies between; else NaN. */
function stepOf(of: (word: number) => number, first: number, last: number): number {
  const [low, high] = [of(first), of(last)];
  let [from, to] = [first, last];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    const x = of(middle);
    if (x === low) from = middle;
    else if (x === high) to = middle;
    else return Number.NaN;
  }
  return to;
}
