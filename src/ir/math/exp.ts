/**
 * exp and exprel, by `x = 2·ln2·k + r` with |r| <= ln2 and a polynomial in r.
 *
 * Steps of 2·ln2 instead of ln2 cost one or two coefficients more, but then `e^x = e^r·2^k·2^k`: both factors are normal
 * numbers wherever x may lie, so overflow gives infinity and underflow gives the right denormal, with one rounding and
 * no test. Reduction in two parts: Cody and Waite 1980, Software Manual for the Elementary Functions, ch. 6.
 */
import { add, div, type Expr, max, min, mul, select, sub } from "../expr.ts";
import { type FloatType } from "../types.ts";
import { formatOf, horner, isZero, like, LN2, powerOfTwo, roundOff, tableOf } from "./float.ts";

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

interface ExpTable {
  /** Beyond these the result is 0 or infinity (exprel: -1/x or infinity). */
  readonly low: number;
  readonly high: number;
  /** c2, c3, …: `e^r = 1 + (r + r²·(c2 + c3·r + …))`. Sollya 8, `coefficients.sollya`. */
  readonly coefficients: readonly number[];
}

/** Relative error of the polynomials 1.5e-8 and 1.1e-17 on |r| <= 1.005 ln2. */
const EXP: Readonly<Record<FloatType, ExpTable>> = {
  f32: {
    low: -105, high: 90,
    coefficients: [0.50000036, 0.16666614, 0.041661162, 0.008336111, 0.0014106522, 1.9614922e-4],
  },
  f64: {
    low: -750, high: 711,
    coefficients: [
      0.4999999999999992, 0.1666666666666695, 0.04166666666670414, 0.008333333333267646, 0.0013888888883343887,
      1.9841269894137117e-4, 2.4801590942409985e-5, 2.7557300343664748e-6, 2.7556133888942356e-7, 2.5055050568793236e-8,
      2.106423279112553e-9, 1.5936924050295648e-10,
    ],
  },
};

/** Relative error 2.0e-9 and 2.6e-17, relative to `e^r - 1`. */
const EXPM1: Readonly<Record<FloatType, ExpTable>> = {
  f32: {
    low: -30, high: 96,
    coefficients: [0.5, 0.16666673, 0.04166666, 0.008332569, 0.0013888873, 2.0104511e-4, 2.4961728e-5],
  },
  f64: {
    low: -60, high: 720,
    coefficients: [
      0.4999999999999996, 0.1666666666666675, 0.041666666666691374, 0.008333333333310955, 0.0013888888884633836,
      1.9841269860838539e-4, 2.4801590386632362e-5, 2.755731210078582e-6, 2.7556241276716396e-7, 2.5053103102638075e-8,
      2.1056569438315097e-9, 1.6059704257179103e-10,
    ],
  },
};

/** `e^r - 1`. */
export const expm1Of = (r: Expr, coefficients: readonly number[]): Expr => add(r, mul(mul(r, r), horner(r, coefficients)));

/**
 * `e^x`. exp(-inf) = 0, exp(inf) = inf, exp(NaN) = NaN.
 *
 * | | operations | largest error |
 * |---|---|---|
 * | f32 | EXP_F32_OPS | |
 * | f64 | | |
 */
export function exp(x: Expr): Expr {
  const table = tableOf(EXP, x);
  const clamped = max(min(x, like(x, table.high)), like(x, table.low));
  const { rest, sum } = reduce(clamped, 2, formatOf(x).bias);
  const { scale } = powerOfTwo(sum);
  return mul(mul(add(like(x, 1), expm1Of(rest, table.coefficients)), scale), scale);
}

/**
 * `(e^x - 1)/x`, 1 at 0. With s = 2^k, `e^x - 1 = s·(s·(e^r - 1) + (s - 1/s))`, whose bracket neither cancels nor overflows.
 * exprel(-inf) = 0, exprel(inf) = inf, exprel(NaN) = NaN.
 */
export function exprel(x: Expr): Expr {
  const table = tableOf(EXPM1, x);
  const below = min(x, like(x, table.high));
  const { rest, sum } = reduce(max(below, like(x, table.low)), 2, formatOf(x).bias);
  const { scale, inverse } = powerOfTwo(sum);
  const bracket = add(mul(expm1Of(rest, table.coefficients), scale), sub(scale, inverse));
  return select(isZero(x), like(x, 1), mul(div(bracket, below), scale));
}
