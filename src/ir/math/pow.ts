/**
 * pow by `x^y = 2^(y·log2 x)`. The logarithm and the product are pairs `high + low`, of which `high` is short
 * (`leading`), so that products of two such are exact. After FreeBSD msun e_pow.c (Sun Microsystems 1993), but without
 * its table: m from √½ to √2 needs two more terms and no branch.
 */
import {
  abs,
  add,
  and,
  compare,
  div,
  type Expr,
  max,
  min,
  mul,
  not,
  or,
  select,
  sub,
  u32,
  unary,
  xor,
} from "../expr.ts";
import type { FloatType } from "../types.ts";
import {
  formatOf,
  head,
  horner,
  isFinite,
  isNaN,
  isZero,
  leading,
  like,
  powerOfTwo,
  roundOff,
  signBit,
  tableOf,
  withHead,
} from "./float.ts";
import { split } from "./log.ts";

interface Pair {
  readonly high: Expr;
  readonly low: Expr;
}

interface PowTable {
  /** `3 atanh(s)/s = 3 + s² + s⁴·(l0 + l1·s² + …)`, the series in l to 3.9e-7 and 3.7e-17 of itself. Sollya 8, `coefficients.sollya`. */
  readonly atanh: readonly number[];
  /** `2^z = 1 + z·(e0 + e1·z + …)` on |z| <= 1.005, relative error 1.5e-8 and 1.3e-17. */
  readonly exp2: readonly number[];
  /** 2/(3 ln 2): short part, rest, and rounded. */
  readonly factor: { readonly high: number; readonly low: number; readonly rounded: number };
  /** For larger |y| the result is 0, 1 or infinity anyhow. */
  readonly largestY: number;
  /** For larger exponents the result is 0 or infinity, yet its scale is still a normal number. */
  readonly largestExponent: number;
}
const POW: Readonly<Record<FloatType, PowTable>> = {
  f32: {
    atanh: [0.6000002, 0.42843625, 0.34566125],
    exp2: [0.69314724, 0.24022673, 0.055503648, 0.009616705, 0.0013341894, 1.5655349e-4, 1.4913046e-5],
    factor: { high: 0.9616699, low: 1.2677205e-4, rounded: 0.9617967 },
    largestY: 2 ** 34,
    largestExponent: 200,
  },
  f64: {
    atanh: [
      0.6, 0.4285714285714653, 0.33333333331569714, 0.2727272765158286, 0.2307688006475276, 0.20002759565533026,
      0.17546797869458583, 0.17698894846249472,
    ],
    exp2: [
      0.6931471805599453, 0.24022650695910017, 0.05550410866482273, 0.009618129107639152, 0.0013333558146321508,
      1.5403530386406955e-4, 1.5252733842553594e-5, 1.3215488881958322e-6, 1.0178079682357681e-7, 7.054595221109264e-9,
      4.445993062816964e-10, 2.5913191898054376e-11, 1.3611495076701569e-12,
    ],
    factor: { high: 0.9617962837219238, low: 4.102040517767816e-7, rounded: 0.9617966939259756 },
    largestY: 2 ** 66,
    largestExponent: 1500,
  },
};

/** `atanh(s)·3` for s = (m - 1)/(m + 1), that is 3/2·log m. */
function tripleAtanh(m: Expr): Pair {
  const one = like(m, 1);
  const f = sub(m, one);
  const d = add(m, one);
  const inverse = div(one, d);
  const s = mul(f, inverse);
  const high = leading(s);
  const dHigh = leading(d);
  const dLow = sub(m, sub(dHigh, one));
  const low = mul(inverse, sub(sub(f, mul(high, dHigh)), mul(high, dLow)));
  return times({ high, low }, s, bracketOf(s, high, low));
}
/** `3 + s² + s⁴·(…)`: the short square of the short part is exact, what it misses goes with the rest. */
function bracketOf(s: Expr, high: Expr, low: Expr): Pair {
  const three = like(s, 3);
  const shortSquare = square(high);
  const z = square(s);
  const rest = add(mul(square(z), horner(z, tableOf(POW, s).atanh)), mul(low, add(high, s)));
  const sum = leading(add(add(three, shortSquare), rest));
  return { high: sum, low: sub(rest, sub(sub(sum, three), shortSquare)) };
}
/** The product of two pairs; `a` is the first one rounded. */
function times(pair: Pair, a: Expr, other: Pair): Pair {
  const product = mul(pair.high, other.high);
  const rest = add(mul(pair.low, other.high), mul(other.low, a));
  const high = leading(add(product, rest));
  return { high, low: sub(rest, sub(high, product)) };
}

/** log2 of a finite magnitude > 0, relative error about 2^-33 and 2^-66. */
function log2Of(magnitude: Expr): Pair {
  const { exponent, mantissa } = split(magnitude);
  const { factor } = tableOf(POW, magnitude);
  const a = tripleAtanh(mantissa);
  const product = mul(a.high, like(magnitude, factor.high));
  const rest = add(mul(a.high, like(magnitude, factor.low)), mul(a.low, like(magnitude, factor.rounded)));
  const high = leading(add(add(product, rest), exponent));
  return { high, low: sub(rest, sub(sub(high, exponent), product)) };
}

/** `2^(high + low)`, in steps of two powers as in `exp`. */
function exp2Of({ high, low }: Pair): Expr {
  const { exp2, largestExponent } = tableOf(POW, high);
  const h = clamp(high, largestExponent);
  const { integer, sum } = roundOff(mul(add(h, clamp(low, 1)), like(h, 0.5)), formatOf(h).bias);
  const z = add(sub(h, add(integer, integer)), clamp(low, 1));
  const scale = powerOfTwo(sum);
  return mul(mul(add(like(h, 1), mul(z, horner(z, exp2))), scale), scale);
}
const clamp = (x: Expr, limit: number): Expr => max(min(x, like(x, limit)), like(x, -limit));

/** `magnitude^y` for a finite magnitude > 0 and a y that is not NaN. */
function powOfPositive(magnitude: Expr, y: Expr): Expr {
  const log2 = log2Of(magnitude);
  const finite = clamp(y, tableOf(POW, y).largestY);
  const yHigh = leading(finite);
  const low = add(mul(sub(finite, yHigh), log2.high), mul(finite, log2.low));
  return exp2Of({ high: mul(yHigh, log2.high), low });
}

const square = (x: Expr): Expr => mul(x, x);
const inverse = (x: Expr): Expr => div(like(x, 1), x);
/** Constant whole exponents as products: cheaper, and within 2 ulp as well. */
const PRODUCTS: ReadonlyMap<number, (x: Expr) => Expr> = new Map([
  [-2, (x: Expr) => square(inverse(x))],
  [-1, inverse],
  [0, (x: Expr) => like(x, 1)],
  [1, (x: Expr) => x],
  [2, square],
  [3, (x: Expr) => mul(square(x), x)],
  [4, (x: Expr) => square(square(x))],
]);

/**
 * `x^y`, with the special cases of C99 (annex F.9.4.4): x^0 = 1 and 1^y = 1 even for NaN; a negative finite x to a y
 * that is not whole is NaN; (-1)^±inf = 1; ±0 and ±inf give 0 or infinity, with the sign of x where y is odd.
 *
 * | | operations | largest error found |
 * |---|---|---|
 * | f32 | 125 | 1.8 ulp, 3·10⁸ arguments |
 * | f64 | 162 | 2.0 ulp, 3·10⁷ arguments |
 */
export function pow(x: Expr, y: Expr): Expr {
  const product = y.tag === "const" ? PRODUCTS.get(y.value) : undefined;
  return product ? product(x) : powSpecial(x, y, powOfPositive(abs(x), y));
}

function powSpecial(x: Expr, y: Expr, ordinary: Expr): Expr {
  const [zero, one, infinity] = [like(x, 0), like(x, 1), like(x, Number.POSITIVE_INFINITY)];
  const [xIsZero, xIsFinite, yIsWhole] = [isZero(x), isFinite(abs(x)), compare("eq", unary("trunc", y), y)];
  // 0 to a positive power and infinity to a negative one are 0.
  const extreme = select(xor(xIsZero, compare("gt", y, zero)), infinity, zero);
  const size = select(and(not(xIsZero), xIsFinite), ordinary, extreme);
  const half = mul(y, like(y, 0.5));
  const yIsOdd = and(yIsWhole, compare("ne", unary("trunc", half), half));
  const signed = withHead(xor(head(size), select(yIsOdd, signBit(x), u32(0))), size);
  const undefinedRoot = and(and(compare("lt", x, zero), xIsFinite), not(yIsWhole));
  const nan = or(or(isNaN(x), isNaN(y)), undefinedRoot);
  const isOne = or(isZero(y), compare("eq", x, one));
  return select(isOne, one, select(nan, like(x, Number.NaN), signed));
}
