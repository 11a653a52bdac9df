/**
 * Elementary functions to some 200 bits, by series in exact integers: slow, obvious, and sharing nothing with the
 * macros. A `Big` is `m·2^e`. Checked against published digits in `reference.test.ts`.
 */
import type { FloatType } from "../../src/ir/types.ts";

export interface Big {
  readonly m: bigint;
  readonly e: number;
}

/** Fraction bits of fixed-point numbers, and bits kept by a division. */
const P = 256;
const ONE = 1n << BigInt(P);
const big = (m: bigint, e = 0): Big => ({ m, e });
const shift = (m: bigint, by: number): bigint => (by >= 0 ? m << BigInt(by) : m >> BigInt(-by));
const magnitude = (m: bigint): bigint => (m < 0n ? -m : m);
/** Bits of |m|. */
const length = (m: bigint): number =>
  m === 0n ? 0 : magnitude(m).toString(16).length * 4 - Math.clz32(parseInt(magnitude(m).toString(16)[0]!, 16)) + 28;

const view = new DataView(new ArrayBuffer(8));
/** Exactly. */
export function fromNumber(x: number): Big {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const m = exponent === 0 ? fraction : fraction | (1n << 52n);
  return big(bits >> 63n ? -m : m, Math.max(exponent, 1) - 1075);
}
export function sum(a: Big, b: Big): Big {
  const e = Math.min(a.e, b.e);
  return big(shift(a.m, a.e - e) + shift(b.m, b.e - e), e);
}
export const product = (a: Big, b: Big): Big => big(a.m * b.m, a.e + b.e);
export const negative = (a: Big): Big => big(-a.m, a.e);
export function quotient(a: Big, b: Big): Big {
  const up = Math.max(0, P + length(b.m) - length(a.m));
  return big(shift(a.m, up) / b.m, a.e - b.e - up);
}
const one = big(1n);
const fixed = (x: Big): bigint => shift(x.m, x.e + P);
const unfixed = (m: bigint): Big => big(m, -P);
const times = (a: bigint, b: bigint): bigint => (a * b) >> BigInt(P);

/** `Σ z^n / divisors`, each term the one before times z over `divisor(n)`. */
function series(z: bigint, divisor: (n: number) => number, first = ONE): bigint {
  let total = first;
  for (let [term, n] = [first, 1]; term !== 0n && n < 1000; n++) {
    term = times(term, z) / BigInt(divisor(n));
    if (magnitude(term) <= 1n) break;
    total += term;
  }
  return total;
}
/** `2 atanh(s) = log((1 + s)/(1 - s))`. */
function doubleAtanh(s: bigint): bigint {
  const square = times(s, s);
  let [total, power] = [0n, 2n * s];
  for (let n = 1; magnitude(power) > 1n; n += 2) {
    total += power / BigInt(n);
    power = times(power, square);
  }
  return total;
}
export const LN2 = unfixed(doubleAtanh(ONE / 3n));
/** Machin 1706: π/4 = 4 arctan 1/5 - arctan 1/239. */
const arctanInverse = (n: bigint): bigint => {
  let [total, power] = [0n, ONE / n];
  for (let k = 1n; power > 0n; k += 2n) {
    total += (k % 4n === 1n ? power : -power) / k;
    power /= n * n;
  }
  return total;
};
export const PI = unfixed(4n * (4n * arctanInverse(5n) - arctanInverse(239n)));

/** The integer nearest to a/b. */
const nearest = (a: bigint, b: bigint): bigint => {
  const twice = 2n * a + b;
  const floor = twice / (2n * b);
  return twice < 0n && twice % (2n * b) !== 0n ? floor - 1n : floor;
};
export function exp(x: Big): Big {
  const ln2 = fixed(LN2);
  const value = fixed(x);
  const k = nearest(value, ln2);
  return big(
    series(value - k * ln2, (n) => n),
    Number(k) - P,
  );
}
/** For x > 0, about 1 from both sides, so that log 1 is exactly 0. */
export function log(x: Big): Big {
  const m = shift(x.m, P - length(x.m)); // in [1/2, 1)
  const k = x.e + length(x.m);
  const low = 10n * m < 7n * ONE;
  const centred = low ? 2n * m : m;
  return sum(
    unfixed(doubleAtanh(((centred - ONE) * ONE) / (centred + ONE))),
    product(LN2, big(BigInt(low ? k - 1 : k))),
  );
}

const TINY = 2 ** -20;
const small = (x: Big): boolean => x.m === 0n || x.e + length(x.m) < Math.log2(TINY);
const minusOne = (x: Big): Big => sum(x, big(-1n));
const square = (x: Big): bigint => fixed(product(x, x));

/** By functions of one argument; `pow` has two and needs x > 0. Where a difference would cancel, the series instead. */
export const REFERENCE = {
  exp,
  log,
  exprel: (x: Big) => (small(x) ? unfixed(series(fixed(x), (n) => n + 1)) : quotient(minusOne(exp(x)), x)),
  tanh(x: Big): Big {
    if (small(x)) {
      const z = square(x); // 1 - z/3 + 2z²/15 - 17z³/315, the next term is below 2^-166
      return product(x, unfixed(ONE - z / 3n + (2n * times(z, z)) / 15n - (17n * times(z, times(z, z))) / 315n));
    }
    const grown = exp(product(x, big(2n)));
    return quotient(minusOne(grown), sum(grown, one));
  },
  sigmoid: (x: Big) => quotient(one, sum(one, exp(negative(x)))),
  sin: (x: Big) => (small(x) ? product(x, unfixed(sinOverX(square(x)))) : wave(x, 0)),
  cos: (x: Big) => wave(x, 1),
} as const;
export const pow = (x: Big, y: Big): Big => exp(product(y, log(x)));

const sinOverX = (z: bigint): bigint => series(-z, (n) => 2 * n * (2 * n + 1));
function wave(x: Big, quarterTurns: number): Big {
  const quarter = fixed(PI) / 2n;
  const n = nearest(fixed(x), quarter);
  const r = fixed(x) - n * quarter;
  const z = times(r, r);
  const quadrant = Number(((n + BigInt(quarterTurns)) % 4n) + 4n) % 4;
  const size = quadrant % 2 === 0 ? times(r, sinOverX(z)) : series(-z, (k) => 2 * k * (2 * k - 1));
  return unfixed(quadrant < 2 ? size : -size);
}

interface Format {
  readonly bits: number;
  readonly lowest: number;
  readonly largest: number;
}
export const FORMATS: Readonly<Record<FloatType, Format>> = {
  f32: { bits: 24, lowest: -149, largest: (2 - 2 ** -23) * 2 ** 127 },
  f64: { bits: 53, lowest: -1074, largest: Number.MAX_VALUE },
};
/** Exponent of the last place of a number of this size. */
const unit = (type: FloatType, x: Big): number =>
  Math.max(x.e + length(x.m) - FORMATS[type].bits, FORMATS[type].lowest);

/** Correctly rounded, to even. */
export function round(type: FloatType, x: Big): number {
  const e = unit(type, x);
  const down = e - x.e;
  let m = magnitude(x.m);
  if (down > 0) {
    const half = 1n << BigInt(down - 1);
    const rest = m & ((half << 1n) - 1n);
    m >>= BigInt(down);
    if (rest > half || (rest === half && m % 2n === 1n)) m += 1n;
  } else m <<= BigInt(-down);
  const value = Number(m) * 2 ** Math.max(e, -1074);
  return (x.m < 0n ? -1 : 1) * (value > FORMATS[type].largest ? Number.POSITIVE_INFINITY : value);
}

/** |y - x| in units of the last place of x; 0 where both overflow, infinite where only one does. */
export function ulps(type: FloatType, y: number, x: Big): number {
  if (!Number.isFinite(y)) return round(type, x) === y ? 0 : Number.POSITIVE_INFINITY;
  const difference = sum(fromNumber(y), negative(x));
  const scaled = shift(magnitude(difference.m), difference.e - unit(type, x) + 20);
  return Number(scaled) * 2 ** -20;
}
