/**
 * What the macros share: the layout of f32 and f64, and the few tricks on bits. Everything is ordinary IR.
 *
 * The head of a number is the word with its sign and exponent, the tail the word with its lowest bits; in f32 both are
 * the number's one word. An integer is rounded off by adding 1.5·2^m, whose last bit counts ones: the sum's tail then
 * holds the integer, ready to be shifted into an exponent (Hecker 1996, "Let's get to the (floating) point").
 *
 * In the macros' tables, operations are those left by `simplify`, besides constants and changes of view; an error is
 * the distance from the exact value in units of its last place, and "every argument" leaves out those so small that the
 * result is the argument or 1. Every result found is within 2 places of the correctly rounded one, denormals included.
 */
import { add, and, bitcast, compare, constant, type Expr, join, mul, or, shl, shr, sub, u32, word } from "../expr.ts";
import type { FloatType } from "../types.ts";

interface Format {
  /** 1.5·2^m for m explicit fraction bits: adding it rounds to an integer. */
  readonly rounder: number;
  readonly bias: number;
  /** Fraction bits in the head. */
  readonly headBits: number;
  readonly smallestNormal: number;
}
export const FORMAT: Readonly<Record<FloatType, Format>> = {
  f32: { rounder: 1.5 * 2 ** 23, bias: 127, headBits: 23, smallestNormal: 2 ** -126 },
  f64: { rounder: 1.5 * 2 ** 52, bias: 1023, headBits: 20, smallestNormal: 2 ** -1022 },
};
export const formatOf = (x: Expr): Format => FORMAT[x.type as FloatType];
/** The entry for the type of `x`. */
export const tableOf = <T>(table: Readonly<Record<FloatType, T>>, x: Expr): T => table[x.type as FloatType];
/** A constant of the type of `x`. */
export const like = (x: Expr, value: number): Expr => constant(x.type, value);

/** `c0 + x·(c1 + x·(c2 + …))`. */
export function horner(x: Expr, coefficients: readonly number[]): Expr {
  const [last, ...rest] = coefficients.map((c) => like(x, c)).reverse();
  return rest.reduce<Expr>((sum, c) => add(mul(sum, x), c), last!);
}

export const head = (x: Expr): Expr => (x.type === "f64" ? word("high", x) : bitcast("u32", x));
export const tail = (x: Expr): Expr => (x.type === "f64" ? word("low", x) : bitcast("u32", x));
/** `x` with another head. */
export const withHead = (bits: Expr, x: Expr): Expr =>
  x.type === "f64" ? join(bits, word("low", x)) : bitcast("f32", bits);
/** The number of this head whose other bits are 0. */
export const fromHead = (bits: Expr, type: FloatType): Expr =>
  type === "f64" ? join(bits, u32(0)) : bitcast("f32", bits);

const SIGN = u32(0x80000000);
export const signBit = (x: Expr): Expr => and(head(x), SIGN);
/** `x >= 0` with the sign bit given by `sign`. */
export const withSign = (x: Expr, sign: Expr): Expr => withHead(or(head(x), sign), x);

const SHORT = u32(0xfffff000);
/** The leading bits of `x` (12 of f32's 24, 21 of f64's 53): a product of two such is exact. Dekker 1971 splits by rounding; cutting is one operation. */
export const leading = (x: Expr): Expr =>
  x.type === "f64" ? fromHead(head(x), "f64") : bitcast("f32", and(bitcast("u32", x), SHORT));

/** The nearest integer to `x` (to even), and the sum whose tail holds that integer plus `offset`. For |x| < 2^21. */
export function roundOff(x: Expr, offset = 0): { integer: Expr; sum: Expr } {
  const rounder = like(x, formatOf(x).rounder + offset);
  const sum = add(x, rounder);
  return { integer: sub(sum, rounder), sum };
}

/** `2^k`, where the tail of `sum` holds k + bias. */
export const powerOfTwo = (sum: Expr): Expr => fromHead(shl(tail(sum), formatOf(sum).headBits), sum.type as FloatType);

/** Two factors of `2^k`, and 1 over the first, where the tail of `sum` holds k + 2·bias. */
export function halfPowers(sum: Expr): { scale: Expr; other: Expr; inverse: Expr } {
  const { headBits, bias } = formatOf(sum);
  const all = tail(sum);
  const half = shr(all, 1);
  const bits = shl(half, headBits);
  const number = (b: Expr): Expr => fromHead(b, sum.type as FloatType);
  const other = number(shl(sub(all, half), headBits));
  return { scale: number(bits), other, inverse: number(sub(u32((2 * bias) << headBits), bits)) };
}

export const isNaN = (x: Expr): Expr => compare("ne", x, x);
export const isZero = (x: Expr): Expr => compare("eq", x, like(x, 0));
export const isFinite = (magnitude: Expr): Expr => compare("lt", magnitude, like(magnitude, Number.POSITIVE_INFINITY));

/**
 * log 2 in two parts, the first short enough that its product with an exponent is exact (FreeBSD msun, e_exp.c and e_expf.c).
 */
export const LN2: Readonly<Record<FloatType, { readonly high: number; readonly low: number }>> = {
  f32: { high: 6.9314575195e-1, low: 1.4286067653e-6 },
  f64: { high: 6.9314718036912381649e-1, low: 1.90821492927058770002e-10 },
};
