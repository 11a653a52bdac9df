/**
 * Whole numbers of a law that takes one random word, by looking them up: as the word rises they rise or fall in few steps, so
 * that the leading bits of a word mostly tell, and else whether it lies before or after the one step.
 */

const BITS = 11;
const CELLS = 2 ** BITS;
const WIDTH = 2 ** (32 - BITS);
/** Where words have to be looked at one by one. */
const MIXED = -(2 ** 31);

/** As `of` gives, which never falls or never rises. */
export interface Lookup {
  /** The number of each word, as many as there is room for. */
  into(out: Int32Array, words: Uint32Array): void;
}

/** @param of whole numbers of 32 bits, signed, without -2^31 */
export function lookupOf(of: (word: number) => number): Lookup {
  const before = new Int32Array(CELLS);
  /** The word at which the next number begins. */
  const step = new Uint32Array(CELLS).fill(2 ** 32 - 1);
  const up = of(2 ** 32 - 1) >= of(0) ? 1 : -1;
  for (let c = 0; c < CELLS; c++) {
    const [first, last] = [c * WIDTH, (c + 1) * WIDTH - 1];
    const [from, to] = [of(first), of(last)];
    before[c] = from === to || to - from === up ? from : MIXED;
    if (to - from === up) step[c] = stepOf(of, first, last);
  }
  before[CELLS - 1] = MIXED; // so that no other word reaches the step that never comes
  return {
    into: (out, words) => {
      for (let k = 0; k < out.length; k++) {
        const word = words[k]!;
        const c = word >>> (32 - BITS);
        const x = before[c]!;
        if (x === MIXED) out[k] = of(word);
        else out[k] = word >= step[c]! ? x + up : x;
      }
    },
  };
}
/** The first word with the number of the last. */
function stepOf(of: (word: number) => number, first: number, last: number): number {
  const low = of(first);
  let [from, to] = [first, last];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (of(middle) === low) from = middle;
    else to = middle;
  }
  return to;
}
