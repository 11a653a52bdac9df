/** Inverse trigonometric functions and `log(1 + x)` on f64 expressions, by basic operations, roots and logarithms. */
import { abs, call, compare, type Expr, f64, sqrt } from "../ir/expr.ts";
import { choose, fold, minus, negate, ONE, over, plus, times, ZERO } from "./algebra.ts";

/** Coefficients of atan's rational approximation (Cephes, `atan.c`), highest power first; the divisor begins with 1. */
const ABOVE = [
  -8.750608600031904122785e-1, -1.615753718733365076637e1, -7.50085579231470466734e1, -1.22886668449013617341e2,
  -6.485021904942025371773e1,
];
const BELOW = [
  1, 2.485846490142306297962e1, 1.650270098316988542046e2, 4.328810604912902668951e2, 4.853903996359136964868e2,
  1.945506571482613964425e2,
];
const polynomial = (z: Expr, coefficients: readonly number[]): Expr =>
  coefficients.slice(1).reduce<Expr>((sum, c) => plus(times(sum, z), f64(c)), f64(coefficients[0]!));

/** tan(3/8 π), above which atan x = π/2 - atan 1/x; above 0.66 it is π/4 + atan (x - 1)/(x + 1). */
const STEEP = 2.414213562373095;
const MIDDLE = 0.66;

export function arctan(x: Expr): Expr {
  const size = fold(abs(x));
  const [steep, middle] = [compare("gt", size, f64(STEEP)), compare("gt", size, f64(MIDDLE))];
  const reduced = choose(steep, negate(over(ONE, size)), choose(middle, over(minus(size, ONE), plus(size, ONE)), size));
  const base = choose(steep, f64(Math.PI / 2), choose(middle, f64(Math.PI / 4), ZERO));
  const z = times(reduced, reduced);
  const correction = times(z, over(polynomial(z, ABOVE), polynomial(z, BELOW)));
  const angle = plus(base, plus(times(reduced, correction), reduced));
  return choose(compare("lt", x, ZERO), negate(angle), angle);
}
/** NaN outside -1 to 1, as the root is. */
export const arcsin = (x: Expr): Expr => arctan(over(x, fold(sqrt(times(minus(ONE, x), plus(ONE, x))))));
export const arccos = (x: Expr): Expr => times(f64(2), arctan(fold(sqrt(over(minus(ONE, x), plus(ONE, x))))));

/** `log u · x/(u - 1)` with u = 1 + x rounded: the quotient undoes that rounding (Kahan; Goldberg 1991, theorem 4). */
export function log1p(x: Expr): Expr {
  const u = plus(ONE, x);
  const scaled = over(times(call("log", u), x), minus(u, ONE));
  return choose(compare("eq", u, ONE), x, scaled);
}
