/**
 * sin and cos: `x = n·π/2 + r`, polynomials in r, and the quadrant n mod 4 chooses between them.
 *
 * The subtraction cancels whatever bits x shares with n·π/2, so π/2 is held in parts and all but the last products and
 * differences are exact (Cody and Waite 1980, ch. 8). With |x| <= 2^20, n has 20 bits; r is accurate to half an ulp.
 * Beyond 2^20 the result loses its phase but stays in [-1, 1].
 */
import { abs, add, and, compare, type Expr, max, min, mul, select, shl, sub, u32, xor } from "../expr.ts";
import type { FloatType } from "../types.ts";
import { head, horner, leading, like, roundOff, signBit, tableOf, tail, withHead } from "./float.ts";

const TWO_OVER_PI = 0.6366197723675814;

interface Angle {
  readonly rest: Expr;
  readonly quadrant: Expr;
}

const REST: Readonly<Record<FloatType, (x: Expr, n: Expr) => Expr>> = { f32: rest32, f64: rest64 };

function reduce(x: Expr): Angle {
  const { integer, sum } = roundOff(mul(x, like(x, TWO_OVER_PI)));
  const limit = 0.88; // π/4 and what rounding x·2/π in f32 may add at 2^20
  const rest = max(min(tableOf(REST, x)(x, integer), like(x, limit)), like(x, -limit));
  return { rest, quadrant: tail(sum) };
}

/** `a - b` and what its rounding lost (Knuth, TAOCP vol. 2, 4.2.2, theorem B). */
function exactDifference(a: Expr, b: Expr): { difference: Expr; lost: Expr } {
  const difference = sub(a, b);
  const bBack = sub(a, difference);
  const aBack = add(difference, bBack);
  return { difference, lost: add(sub(a, aBack), sub(bBack, b)) };
}

/** π/2 in 33 bits each (FreeBSD msun e_rem_pio2.c), so that products with n are exact, and the rest. */
const HALF_PI_64 = [
  1.57079632673412561417, 6.0771005063039659766e-11, 2.0222662487111664558e-21, 8.47842766036889956997e-32,
] as const;
function rest64(x: Expr, n: Expr): Expr {
  const [p0, p1, p2, p3] = HALF_PI_64.map((p) => mul(n, like(x, p))) as [Expr, Expr, Expr, Expr];
  const first = exactDifference(sub(x, p0), p1);
  const second = exactDifference(first.difference, p2);
  return add(second.difference, sub(add(first.lost, second.lost), p3));
}

/** π/2 in two parts of 13 bits, one of 24 and the rest. n is cut in two as well, so that products stay exact. */
const HALF_PI_32 = [1.5705566, 2.3967028e-4, 1.5893255e-8, 6.123234e-17] as const;
function rest32(x: Expr, n: Expr): Expr {
  const [p0, p1, p2, p3] = HALF_PI_32.map((p) => like(x, p)) as [Expr, Expr, Expr, Expr];
  const grid = like(x, 1.5 * 2 ** 35); // rounds to multiples of 2^12
  const nHigh = sub(add(n, grid), grid);
  const nLow = sub(n, nHigh);
  const exact = [mul(nHigh, p0), mul(nLow, p0), mul(nHigh, p1), mul(nLow, p1)].reduce((a, p) => sub(a, p), x);
  const product = mul(n, p2);
  const { difference, lost } = exactDifference(exact, product);
  const productLost = exactProductLost(product, nHigh, nLow, p2);
  return add(difference, sub(lost, add(productLost, mul(n, p3))));
}
/** What rounding `product = (a + b)·c` lost (Dekker 1971). */
function exactProductLost(product: Expr, a: Expr, b: Expr, c: Expr): Expr {
  const cHigh = leading(c);
  const cLow = sub(c, cHigh);
  return add(add(add(sub(mul(a, cHigh), product), mul(a, cLow)), mul(b, cHigh)), mul(b, cLow));
}

/**
 * s3, s5, … and c2, c4, …: `sin r = r + r³·(s3 + …)`, `cos r = 1 + r²·(c2 + …)`. Sollya 8, `coefficients.sollya`:
 * relative errors 9.8e-9 and 4.1e-10 on |r| <= 0.88, 3.8e-18 and 6.2e-20 on |r| <= 0.787.
 */
const SIN: Readonly<Record<FloatType, readonly number[]>> = {
  f32: [-0.16666643, 0.008331506, -1.9434109e-4],
  f64: [
    -0.1666666666666663, 0.008333333333321855, -1.9841269829376303e-4, 2.755731354628802e-6, -2.505073579723676e-8,
    1.5895523780165922e-10,
  ],
};
const COS: Readonly<Record<FloatType, readonly number[]>> = {
  f32: [-0.5, 0.041666623, -0.0013886349, 2.4334564e-5],
  f64: [
    -0.5, 0.04166666666666659, -0.0013888888888872292, 2.480158728840846e-5, -2.7557314057958863e-7,
    2.087568500031023e-9, -1.1357741089748818e-11,
  ],
};

/** The size of cos in odd quadrants and of sin in even ones, negative in quadrants 2 and 3. */
function waveOf({ rest, quadrant }: Angle): Expr {
  const square = mul(rest, rest);
  const sine = add(rest, mul(mul(rest, square), horner(square, tableOf(SIN, rest))));
  const cosine = add(like(rest, 1), mul(square, horner(square, tableOf(COS, rest))));
  const odd = compare("ne", and(quadrant, u32(1)), u32(0));
  return flipped(select(odd, cosine, sine), shl(and(quadrant, u32(2)), 30));
}
const flipped = (x: Expr, sign: Expr): Expr => withHead(xor(head(x), sign), x);

/**
 * sin(±inf) = NaN, sin(-0) = -0. For |x| <= 2^20:
 *
 * | | operations | largest error found |
 * |---|---|---|
 * | f32 | 60 | 1.63 ulp, every argument |
 * | f64 | 70 | 1.5 ulp, 2·10⁶ arguments, half of them next to multiples of π/2 |
 */
export const sin = (x: Expr): Expr => flipped(waveOf(reduce(abs(x))), signBit(x));

/**
 * cos(±inf) = NaN. For |x| <= 2^20:
 *
 * | | operations | largest error found |
 * |---|---|---|
 * | f32 | 58 | 1.63 ulp, every argument |
 * | f64 | 64 | 1.5 ulp, 2·10⁶ arguments, half of them next to multiples of π/2 |
 */
export function cos(x: Expr): Expr {
  const { rest, quadrant } = reduce(x);
  return waveOf({ rest, quadrant: add(quadrant, u32(1)) });
}
