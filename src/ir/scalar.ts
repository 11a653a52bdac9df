/**
 * What each operation means, on JavaScript numbers: the definition that every backend must equal bit for bit.
 * f32 values are kept as doubles that are exactly f32; one rounding (`Math.fround`) follows every f32 operation,
 * which for + - * / and sqrt equals correctly rounded f32 arithmetic (a double holds more than 2·24 + 2 bits).
 * i32 and u32 are JavaScript integers in range; bool is 0 or 1.
 */
import {
  type BinaryOp,
  type CompareOp,
  dispatch,
  type Expr,
  type ExprTable,
  type MulShift,
  operands,
  type UnaryOp,
} from "./expr.ts";
import type { IntType, Type } from "./types.ts";

const ROUND: Readonly<Record<Type, (x: number) => number>> = {
  f32: Math.fround,
  f64: (x) => x,
  i32: (x) => x | 0,
  u32: (x) => x >>> 0,
  bool: (x) => x,
};

/** Rounds half to even, keeping the sign of zero. */
function nearest(x: number): number {
  const r = Math.round(x); // half up
  const even = Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r;
  return even === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : even;
}

const UNARY: Readonly<Record<UnaryOp, (a: number, type: Type) => number>> = {
  neg: (a, type) => ROUND[type](-a),
  abs: (a, type) => ROUND[type](type === "u32" ? a : Math.abs(a)),
  sqrt: (a, type) => ROUND[type](Math.sqrt(a)),
  floor: (a) => Math.floor(a),
  ceil: (a) => Math.ceil(a),
  trunc: (a) => Math.trunc(a),
  nearest,
  not: (a, type) => (type === "bool" ? 1 - a : ROUND[type](~a)),
};

const BINARY: Readonly<Record<BinaryOp, (a: number, b: number, type: Type) => number>> = {
  add: (a, b, type) => ROUND[type](a + b),
  sub: (a, b, type) => ROUND[type](a - b),
  mul: (a, b, type) => (type === "i32" || type === "u32" ? ROUND[type](Math.imul(a, b)) : ROUND[type](a * b)),
  div: (a, b, type) => ROUND[type](a / b),
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (a < b ? b : a),
  and: (a, b, type) => ROUND[type](a & b),
  or: (a, b, type) => ROUND[type](a | b),
  xor: (a, b, type) => ROUND[type](a ^ b),
  shl: (a, b, type) => ROUND[type](a << b),
  shr: (a, b, type) => (type === "u32" ? a >>> b : a >> b),
  mulHi: (a, b, type) => (type === "u32" ? mulHiUnsigned(a, b) : mulHiSigned(a, b)),
};

const COMPARE: Readonly<Record<CompareOp, (a: number, b: number) => boolean>> = {
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
};

/** Upper 32 bits of the unsigned 64-bit product, by 16-bit limbs. */
export function mulHiUnsigned(a: number, b: number): number {
  const [aH, aL, bH, bL] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = aL * bL;
  const mid = aH * bL + (low >>> 16) + 0; // < 2^32
  const mid2 = aL * bH + (mid % 0x10000);
  return (aH * bH + Math.floor(mid / 0x10000) + Math.floor(mid2 / 0x10000)) >>> 0;
}
function mulHiSigned(a: number, b: number): number {
  return (mulHiUnsigned(a >>> 0, b >>> 0) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

const LIMITS: Readonly<Record<IntType, readonly [bigint, bigint]>> = {
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
  u32: [0n, 2n ** 32n - 1n],
};

/** The wide multiply, spelt out in exact integers. */
function mulShiftExact(
  e: Pick<MulShift, "type" | "shift" | "rounding" | "overflow">,
  a: number,
  b: number,
  noise = 0,
): number {
  const product = BigInt(a) * BigInt(b);
  const s = BigInt(e.shift);
  const rounded = {
    floor: () => product >> s,
    zero: () => product / (1n << s),
    halfUp: () => (product + ((1n << s) >> 1n)) >> s,
    stochastic: () => (product + (e.shift === 0 ? 0n : BigInt(noise >>> (32 - e.shift)))) >> s,
  }[e.rounding]();
  const [low, high] = LIMITS[e.type];
  if (e.overflow === "saturate") return Number(rounded < low ? low : rounded > high ? high : rounded);
  return Number(e.type === "i32" ? BigInt.asIntN(32, rounded) : BigInt.asUintN(32, rounded));
}

function convertTo(type: Type, a: number): number {
  switch (type) {
    case "f32":
      return Math.fround(a);
    case "f64":
      return a;
    case "i32":
      return Number.isNaN(a) ? 0 : Math.min(Math.max(Math.trunc(a), -(2 ** 31)), 2 ** 31 - 1) | 0;
    case "u32":
      return Number.isNaN(a) ? 0 : Math.min(Math.max(Math.trunc(a), 0), 2 ** 32 - 1) >>> 0;
    case "bool":
      return a !== 0 ? 1 : 0;
    default:
      return type satisfies never;
  }
}

const scratch = new DataView(new ArrayBuffer(8));
const WRITE: Readonly<Record<Type, (x: number) => void>> = {
  f32: (x) => scratch.setFloat32(0, x),
  f64: (x) => scratch.setFloat64(0, x),
  i32: (x) => scratch.setInt32(0, x),
  u32: (x) => scratch.setUint32(0, x),
  bool: (x) => scratch.setUint32(0, x),
};
function bitcastTo(to: Type, from: Type, a: number): number {
  WRITE[from](a);
  return to === "f32" ? scratch.getFloat32(0) : to === "i32" ? scratch.getInt32(0) : scratch.getUint32(0);
}
function wordOf(half: "low" | "high", a: number): number {
  scratch.setFloat64(0, a);
  return scratch.getUint32(half === "high" ? 0 : 4);
}
function joinWords(high: number, low: number): number {
  scratch.setUint32(0, high);
  scratch.setUint32(4, low);
  return scratch.getFloat64(0);
}

/** Integers from a signed source wrap when converted to another integer type only by `bitcast`; `convert` saturates. */
/** The value of a node from the values of its operands, in order. */
export type Operation = (a: number, b: number, c: number) => number;

const OPERATION: ExprTable<Operation> = {
  const: (e) => () => e.value,
  read: () => unexpanded("read"),
  fetch: () => unexpanded("fetch"),
  index: () => unexpanded("index"),
  unary: ({ op, type }) => {
    const f = UNARY[op];
    return (a) => f(a, type);
  },
  binary: ({ op, type }) => {
    const f = BINARY[op];
    return (a, b) => f(a, b, type);
  },
  compare: ({ op }) => {
    const holds = COMPARE[op];
    return (a, b) => (holds(a, b) ? 1 : 0);
  },
  select: () => (test, a, b) => (test ? a : b),
  convert:
    ({ type }) =>
    (a) =>
      convertTo(type, a),
  bitcast: (e) => (a) => bitcastTo(e.type, e.a.type, a),
  word:
    ({ half }) =>
    (a) =>
      wordOf(half, a),
  join: () => joinWords,
  mulShift: (e) => (a, b, noise) => mulShiftExact(e, a, b, noise),
  spike: () => (a) => (a > 0 ? 1 : 0),
  call: (e) => unexpanded(e.fn),
  draw: (e) => unexpanded(e.law),
};
function unexpanded(what: string): never {
  throw new Error(`ir: '${what}' has no value of its own here (expand the step first)`);
}

/** What a node computes. `read`, `index`, `call` and `draw` are refused. */
export const operationOf = (e: Expr): Operation => dispatch(OPERATION, e, undefined);
/** The value of one node from the values of its operands. */
export const applyNode = (e: Expr, args: readonly number[]): number => operationOf(e)(args[0]!, args[1]!, args[2]!);

/** The element that a fetch takes. */
export const fetchedAt = (count: number, at: number): number => Math.min(Math.max(at, 0), count - 1);

/** The value of an expression without tables, whose reads and indices `leaf` supplies. */
export function evaluate(
  e: Expr,
  leaf: (e: Expr & { tag: "read" | "index" }) => number,
  memo = new Map<Expr, number>(),
): number {
  const known = memo.get(e);
  if (known !== undefined) return known;
  const value =
    e.tag === "read" || e.tag === "index"
      ? leaf(e)
      : applyNode(
          e,
          operands(e).map((o) => evaluate(o, leaf, memo)),
        );
  memo.set(e, value);
  return value;
}
