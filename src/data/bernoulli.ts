/**
 * Thirty-two Bernoulli trials at once, from counter-based random words.
 *
 * Trial j asks whether a uniform 32-bit number u is below the threshold p·2^32. Bit j of the first random word is the
 * highest bit of its u, bit j of the second word the next, and so on. At each word the trials whose bit differs from
 * that of the threshold are decided, and about half of the rest remain: thirty-two trials need six words on average
 * instead of thirty-two, and their outcome is the one that all bits would give.
 */
import { philoxInto } from "../base/philox.ts";

/** The threshold of a certain spike. */
export const ALWAYS = 2 ** 32;

/** Probability as a threshold: an integer from 0 to 2^32. */
export const thresholdOf = (probability: number): number => Math.round(probability * ALWAYS);

/**
 * Outcomes of trials 32·chunk … 32·chunk + 31, one a bit, for a threshold and two coordinates. Only the trials whose bit
 * is set in `lanes` are made; the outcome of one does not depend on the others.
 */
export type Trials = (threshold: number, feature: number, sample: number, chunk: number, lanes: number) => number;

/** Thirty-two words are eight Philox blocks, so a chunk of trials owns eight values of the counter. */
export const BLOCKS = 8;

/** The same coordinates give the same outcomes, in any order and number of calls. */
export function trials(seed: number, stream: number, epoch: number): Trials {
  const word = new Uint32Array(4);
  return (threshold, feature, sample, chunk, lanes) => {
    if (threshold >= ALWAYS) return lanes;
    let undecided = lanes;
    let hits = 0;
    for (let bits = threshold | 0, k = 0; bits !== 0 && undecided !== 0; bits <<= 1, k++) {
      if ((k & 3) === 0) philoxInto(word, feature, sample, epoch, chunk * BLOCKS + (k >> 2), seed, stream);
      const u = word[k & 3]!;
      if (bits < 0) hits |= undecided & ~u; // threshold bit 1, own bit 0: below
      undecided &= bits < 0 ? u : ~u;
    }
    return hits;
  };
}
