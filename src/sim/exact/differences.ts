/**
 * Divided differences of `x ↦ e^{x t}`: what a cascade of linear filters with the rates x_0, x_1, … answers with, whether
 * rates differ, are close, or are equal. Over one rate: e^{x t}. Over two: (e^{a t} - e^{b t}) / (a - b), and t e^{a t} where
 * they meet. All are above 0. (McCurdy, Ng and Parlett 1984, Math. Comp. 43, 501.)
 */
import { exp } from "../../base/elementary.ts";

/** `e^x` for x <= 0; 0 where it is below 1e-304. */
export const decay = (x: number): number => (x < -700 ? 0 : exp(x));

/** 1/(k+1)!, as many as an argument of at most 1 needs. */
const TERMS = 19;
const INVERSE = new Float64Array(TERMS);
for (let [k, x] = [0, 1]; k < TERMS; k++) INVERSE[k] = x /= k + 1;

/** `(e^z - 1) / z` for |z| <= 1, without the cancellation that the formula has near 0. */
function exprel(z: number): number {
  let sum = INVERSE[TERMS - 1]!;
  for (let k = TERMS - 2; k >= 0; k--) sum = sum * z + INVERSE[k]!;
  return sum;
}

/** Over two rates a and b, with `ea = e^{a t}` and `eb = e^{b t}`. */
export function firstDifference(a: number, b: number, ea: number, eb: number, t: number): number {
  const z = (a - b) * t;
  return z < 1 && z > -1 ? t * eb * exprel(z) : (ea - eb) / (a - b);
}

/**
 * Over any rates, in ascending order, each at most 0.
 * Far apart: the recursion, whose subtraction then loses a bit or two. Close: the series about their mean,
 * e^{m t} t^n Σ_k h_k((x_0 - m) t, …) / (n + k)!, with the complete homogeneous polynomials h_k.
 */
export function difference(rates: readonly number[], t: number): number {
  const n = rates.length - 1;
  const [low, high] = [rates[0]!, rates[n]!];
  if (n === 0) return decay(low * t);
  if ((high - low) * t >= 1) return (difference(rates.slice(1), t) - difference(rates.slice(0, n), t)) / (high - low);
  const mean = rates.reduce((sum, x) => sum + x, 0) / (n + 1);
  const h = new Float64Array(n + 1).fill(1); // h[j]: h_k of the first j + 1 arguments
  let factor = 1;
  for (let j = 1; j <= n; j++) factor *= t / j;
  let sum = factor;
  for (let k = 1; k < TERMS; k++) {
    factor /= n + k;
    let before = 0;
    for (let j = 0; j <= n; j++) before = h[j] = before + (rates[j]! - mean) * t * h[j]!;
    sum += factor * h[n]!;
  }
  return decay(mean * t) * sum;
}
