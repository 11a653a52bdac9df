/** Poisson counts, in f64. `poissonOf` is what kernels draw (`ir/random.ts`); `poissonLarge` is for the host alone. */
import { exp, log } from "./elementary.ts";

/** Largest mean that one word can serve in a bounded number of operations. The sum of independent draws has the sum of their means. */
export const POISSON_LIMIT = 16;

/** Counts above this have probability below 2^-34, and a word cannot ask for less than 2^-33: nothing is cut off. */
export function poissonTerms(mean: number): number {
  let p = exp(-mean);
  for (let k = 0; ; k++) {
    const next = (p * mean) / (k + 1);
    // P(X > k) = P(k+1)·(1 + mean/(k+2) + …), at most a geometric series.
    if (k + 2 > mean && next < 2 ** -34 * (1 - mean / (k + 2))) return k;
    p = next;
  }
}

/**
 * Poisson count by inversion from the upper tail: how many k have `word < 2^32·P(X > k)`, rounded. The tails are
 * summed from the smallest term up, so that rare counts are drawn with their probability to a word's grain, 2^-32.
 *
 * @param mean from 0 to POISSON_LIMIT
 */
export function poissonOf(word: number, mean: number): number {
  const terms = poissonTerms(POISSON_LIMIT);
  const p = new Float64Array(terms + 1);
  p[0] = exp(-mean);
  for (let k = 1; k <= terms; k++) p[k] = p[k - 1]! * (mean * (1 / k));
  let [tail, count] = [0, 0];
  for (let k = terms; k > 0; k--) {
    tail += p[k]!;
    if (word < Math.min(Math.trunc(tail * 2 ** 32 + 0.5), 2 ** 32 - 1)) count++;
  }
  return count;
}

/**
 * Poisson count of any mean >= 10, by transformed rejection: about 1.2 pairs of uniform numbers.
 * Hörmann 1993, "The transformed rejection method for generating Poisson random variables", algorithm PTRS.
 */
export function poissonLarge(mean: number, uniform: () => number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const certain = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= certain) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (log((v * inverseAlpha) / (a / (us * us) + b)) <= k * log(mean) - mean - logFactorial(k)) return k;
  }
}

const HALF_LOG_2PI = 0.9189385332046727;
/** log k!, relative error below 1e-12: the product for small k, else Stirling's series (Abramowitz and Stegun 6.1.41). */
export function logFactorial(k: number): number {
  if (k < 16) {
    let product = 1;
    for (let j = 2; j <= k; j++) product *= j;
    return log(product);
  }
  const series = (1 / 12 - (1 / 360 - 1 / (1260 * k * k)) / (k * k)) / k;
  return (k + 0.5) * log(k) - k + HALF_LOG_2PI + series;
}
