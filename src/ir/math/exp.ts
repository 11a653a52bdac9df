/**
 * exp and exprel, by `x = k·ln2 + r` and a polynomial in r.
 *
 * exp takes even k only: one coefficient more, but then `e^x = e^r·2^(k/2)·2^(k/2)`. Both factors are normal numbers
 * wherever x may lie, so overflow gives infinity and underflow the right denormal, with one rounding and no test.
 * Reduction in two parts: Cody and Waite 1980, Software Manual for the Elementary Functions, ch. 6.
 */
import { add, div, type Expr, max, min, mul, select, sub } from "../expr.ts";
import type { FloatType } from "../types.ts";
import { formatOf, halfPowers, horner, isZero, LN2, like, powerOfTwo, roundOff, tableOf } from "./float.ts";

interface Reduced {
  /** `x - steps·ln2·k`, at most |steps|·ln2/2. */
  readonly rest: Expr;
  /** Its tail holds k + offset. */
  readonly sum: Expr;
}
const LOG2E = 1.4426950408889634;
export function reduce(x: Expr, steps: -1 | 1 | 2, offset: number): Reduced {
  const { high, low } = tableOf(LN2, x);
  const { integer, sum } = roundOff(mul(x, like(x, LOG2E / steps)), offset);
  const rest = sub(sub(x, mul(integer, like(x, steps * high))), mul(integer, like(x, steps * low)));
  return { rest, sum };
}

/** c2, c3, …: `e^r - 1 = r + r²·(c2 + c3·r + …)`. Sollya 8, `coefficients.sollya`. */
type Coefficients = Readonly<Record<FloatType, readonly number[]>>;
/** Relative error of `e^r` 1.5e-8 and 1.1e-17 on |r| <= 1.005 ln2. */
const WIDE: Coefficients = {
  f32: [0.50000036, 0.16666614, 0.041661162, 0.008336111, 0.0014106522, 1.9614922e-4],
  f64: [
    0.4999999999999992, 0.1666666666666695, 0.04166666666670414, 0.008333333333267646, 0.0013888888883343887,
    1.9841269894137117e-4, 2.4801590942409985e-5, 2.7557300343664748e-6, 2.7556133888942356e-7, 2.5055050568793236e-8,
    2.106423279112553e-9, 1.5936924050295648e-10,
  ],
};
/** Relative error of `e^r` 3.3e-9 and 3.9e-18 on |r| <= 0.503 ln2. */
const NARROW: Coefficients = {
  f32: [0.49999994, 0.16666512, 0.041668225, 0.008369181, 0.0013825253],
  f64: [
    0.5000000000000011, 0.16666666666666394, 0.04166666666652469, 0.008333333333504379, 0.001388888894535423,
    1.984126948992831e-4, 2.4801491073304845e-5, 2.7557596830739954e-6, 2.763104303635123e-7, 2.4998161813972798e-8,
  ],
};
const expm1Of = (r: Expr, coefficients: Coefficients): Expr =>
  add(r, mul(mul(r, r), horner(r, tableOf(coefficients, r))));

/** Beyond these arguments exp is 0 or infinity, and exprel -1/x or infinity. */
type Range = Readonly<Record<FloatType, { readonly low: number; readonly high: number }>>;
const EXP_RANGE: Range = { f32: { low: -105, high: 90 }, f64: { low: -750, high: 711 } };
const EXPREL_RANGE: Range = { f32: { low: -30, high: 96 }, f64: { low: -60, high: 720 } };

/**
 * `e^x`. exp(-inf) = 0, exp(inf) = inf, exp(NaN) = NaN.
 *
 * | | operations | largest error found |
 * |---|---|---|
 * | f32 | 26 | 1.54 ulp, every argument |
 * | f64 | 40 | 1.4 ulp, 2·10⁶ arguments |
 */
export function exp(x: Expr): Expr {
  const { low, high } = tableOf(EXP_RANGE, x);
  const { rest, sum } = reduce(max(min(x, like(x, high)), like(x, low)), 2, formatOf(x).bias);
  const scale = powerOfTwo(sum);
  return mul(mul(add(like(x, 1), expm1Of(rest, WIDE)), scale), scale);
}

/** `x = k·ln2 + r`, and `2^k` or `2^-k` as two factors, so that neither leaves the normal numbers. */
export interface Halves {
  /** `e^r - 1`. */
  readonly grown: Expr;
  readonly scale: Expr;
  readonly other: Expr;
  /** 1/scale. */
  readonly inverse: Expr;
}
/** In steps of ln2, for sums that would show the larger errors of exp's steps. The powers are of `sign`·k. */
export function expHalves(x: Expr, sign: 1 | -1): Halves {
  const { rest, sum } = reduce(x, sign, 2 * formatOf(x).bias);
  return { grown: expm1Of(rest, NARROW), ...halfPowers(sum) };
}

/**
 * `(e^x - 1)/x`, 1 at 0. With a·b = 2^k, `e^x - 1 = a·(b·(e^r - 1) + (b - 1/a))`, whose bracket does not overflow.
 * exprel(-inf) = 0, exprel(inf) = inf, exprel(NaN) = NaN.
 *
 * | | operations | largest error found |
 * |---|---|---|
 * | f32 | 32 | 1.89 ulp, every argument |
 * | f64 | 46 | 1.8 ulp, 10⁶ arguments |
 */
export function exprel(x: Expr): Expr {
  const { low, high } = tableOf(EXPREL_RANGE, x);
  const below = min(x, like(x, high));
  const { grown, scale, other, inverse } = expHalves(max(below, like(x, low)), 1);
  const bracket = add(mul(grown, other), sub(other, inverse));
  return select(isZero(x), like(x, 1), mul(div(bracket, below), scale));
}
