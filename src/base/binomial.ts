/** Binomial numbers, by inversion from the likeliest count: work follows the deviation. */
import { exp, log } from "./elementary.ts";
import { logFactorial } from "./poisson.ts";

/**
 * How many of `n` independent chances of `p` come true, for u uniform in (0, 1]. Probabilities are right to some 1e-7 for n up
 * to 2^31, which is what logarithms of factorials leave.
 */
export function binomialOf(u: number, n: number, p: number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  const mode = Math.min(n, Math.floor((n + 1) * p));
  const odds = p / (1 - p);
  const top = exp(Math.max(-700, logBinomial(n, mode) + mode * log(p) + (n - mode) * log(1 - p)));
  let [left, low, high, below, above] = [u - top, mode, mode, top, top];
  while (left > 0 && (low > 0 || high < n)) {
    if (high < n) {
      above *= ((n - high) / (high + 1)) * odds;
      high++;
      left -= above;
      if (left <= 0) return high;
    }
    if (low > 0) {
      below *= low / ((n - low + 1) * odds);
      low--;
      left -= below;
      if (left <= 0) return low;
    }
    if (above < 1e-18 && below < 1e-18) break; // rounding alone is left of u
  }
  return mode;
}
const logBinomial = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);
