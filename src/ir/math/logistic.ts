/**
 * tanh and sigmoid from one odd polynomial. With a = k·ln2 + ρ and τ = tanh ρ,
 * `e^2a = 4^k·(1 + τ)/(1 - τ)`, so that each function is one division of sums that do not cancel.
 */
import { abs, add, compare, div, type Expr, min, mul, select, shl, sub } from "../expr.ts";
import type { FloatType } from "../types.ts";
import { expHalves, reduce } from "./exp.ts";
import { formatOf, fromHead, horner, like, signBit, tableOf, tail, withSign } from "./float.ts";

/** t3, t5, …: `tanh ρ = ρ + ρ³·(t3 + t5·ρ² + …)`, relative error 1.4e-9 and 2.9e-17 on |ρ| <= 0.56. Sollya 8, `coefficients.sollya`. */
const TANH: Readonly<Record<FloatType, readonly number[]>> = {
  f32: [-0.33333313, 0.1333245, -0.053837996, 0.021011882, -0.006188181],
  f64: [
    -0.33333333333331905, 0.13333333333110847, -0.05396825384804836, 0.021869485312804762, -0.008863185703088965,
    0.003591649332642098, -0.0014528714952699085, 5.781196802215475e-4, -2.0865099032574716e-4, 4.9886787329467576e-5,
  ],
};
function tanhOf(rho: Expr): Expr {
  const square = mul(rho, rho);
  return add(rho, mul(mul(rho, square), horner(square, tableOf(TANH, rho))));
}

/** Where tanh reaches 1/2: below, the polynomial alone; above, `1 - 2/(1 + e^2a)`, whose errors are halved by the subtraction. */
const MIDDLE = 0.55;
/** tanh is 1 here, rounded. */
const SATURATED: Readonly<Record<FloatType, number>> = { f32: 10, f64: 20 };

/**
 * tanh(±inf) = ±1, tanh(-0) = -0, tanh(NaN) = NaN.
 *
 * | | operations | largest error found |
 * |---|---|---|
 * | f32 | 34 | 1.68 ulp, every argument |
 * | f64 | 50 | 1.6 ulp, 2·10⁶ arguments |
 */
export function tanh(x: Expr): Expr {
  const one = like(x, 1);
  const a = min(abs(x), like(x, tableOf(SATURATED, x)));
  const { headBits, bias } = formatOf(x);
  // Half the exponent's bias and one bit more of shift: 4^k / 2.
  const { rest, sum } = reduce(a, 1, (bias - 1) / 2);
  const halfScale = fromHead(shl(tail(sum), headBits + 1), x.type as FloatType);
  const small = compare("lt", a, like(x, MIDDLE));
  const tau = tanhOf(select(small, a, rest));
  const below = sub(one, tau);
  const large = sub(one, div(below, add(mul(halfScale, add(one, tau)), mul(like(x, 0.5), below))));
  return withSign(select(small, tau, large), signBit(x));
}

/** sigmoid(x) is 0 below minus this. */
const VANISHED: Readonly<Record<FloatType, number>> = { f32: 105, f64: 750 };

/**
 * `1/(1 + e^-x)`. With `|x| = k·ln2 + r`, the smaller of sigmoid(±x) is `1/(1 + 2^k·e^r) = 2^-k/(1 + ((e^r - 1) + 2^-k))`,
 * added in this order because the small terms round finely; the larger is what it lacks to 1. `2^-k` is two factors, so
 * that denormal results are rounded once. sigmoid(-inf) = 0, sigmoid(inf) = 1, sigmoid(NaN) = NaN.
 *
 * | | operations | largest error found |
 * |---|---|---|
 * | f32 | 32 | 2.00 ulp, every argument |
 * | f64 | 45 | 2.0 ulp, 2·10⁶ arguments |
 */
export function sigmoid(x: Expr): Expr {
  const one = like(x, 1);
  const { grown, scale, other } = expHalves(min(abs(x), like(x, tableOf(VANISHED, x))), -1);
  const denominator = add(one, add(grown, mul(scale, other)));
  const smaller = mul(div(scale, denominator), other);
  return select(compare("lt", x, like(x, 0)), smaller, sub(one, smaller));
}
