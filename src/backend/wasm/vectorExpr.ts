/**
 * Expression nodes as SIMD instructions: 4 lanes, or 2 where a body holds 64-bit values (32-bit values then use the
 * low two lanes). A bool is a mask, as wide as the values it came from; `pushMask` gives it in the width asked for.
 */
import { type BinaryOp, dispatch, type Expr, type ExprOf, type ExprTable, type UnaryOp } from "../../ir/expr.ts";
import { BYTES, isInt, type Type } from "../../ir/types.ts";
import type { Emitter } from "./code.ts";
import { baseOf } from "./scalarExpr.ts";

export interface VectorContext {
  readonly f: Emitter;
  readonly lanes: 2 | 4;
  /** Leaves a node's value on the stack. */
  push(e: Expr): void;
  /** The local that holds a slot's byte address: for tables. */
  readonly ptr?: (slot: string) => number;
}
type Width = 32 | 64;

export const shapeOf = (type: Type): string => (type === "f32" ? "f32x4" : type === "f64" ? "f64x2" : "i32x4");
const sign = (type: Type): string => (type === "u32" ? "u" : "s");

/** Emits one node whose operands can be pushed. Leaves (`read`, `index`, `const`) belong to the kernel. */
export const emitVector = (e: Expr, c: VectorContext): void => dispatch(TABLE, e, c);

/** The lane width of a bool's mask. */
export function maskWidth(e: Expr): Width {
  if (e.tag === "compare") return e.a.type === "f64" ? 64 : e.a.type === "bool" ? maskWidth(e.a) : 32;
  if (e.tag === "unary" || e.tag === "binary") return maskWidth(e.a);
  if (e.tag === "select") return maskWidth(e.then);
  if (e.tag === "convert") return e.a.type === "f64" ? 64 : 32;
  return 32;
}
const NARROW = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

function pushMask(e: Expr, width: Width, c: VectorContext): void {
  c.push(e);
  const have = maskWidth(e);
  if (have === width) return;
  if (width === 64) c.f.op("i64x2.extend_low_i32x4_s");
  else shuffleOne(c, NARROW);
}
function shuffleOne(c: VectorContext, lanes: readonly number[]): void {
  const t = c.f.local("v128");
  c.f.tee(t);
  c.f.get(t);
  c.f.op("i8x16.shuffle", lanes);
}
const bytes = (...lanes: number[]): number[] => lanes.flatMap((l) => [0, 1, 2, 3].map((b) => 4 * l + b));
/** Low words of two pairs of 64-bit lanes, and their high words. */
const LOW_WORDS = bytes(0, 2, 4, 6);
const HIGH_WORDS = bytes(1, 3, 5, 7);

/** Operations on the sign of an f32. V8 would compute these constants anew for each of its own instructions. */
const SIGN: Readonly<Partial<Record<UnaryOp, readonly [mask: number, op: string]>>> = {
  abs: [0x7fffffff, "v128.and"],
  neg: [0x80000000, "v128.xor"],
};

const TABLE: ExprTable<void, VectorContext> = {
  const: leaf,
  read: leaf,
  fetch,
  index: leaf,
  unary: (e, c) => {
    c.push(e.a);
    if (e.op === "not") c.f.op("v128.not");
    else if (e.type === "f32" && SIGN[e.op]) {
      const [mask, op] = SIGN[e.op]!;
      splatConstant(c, "u32", mask);
      c.f.op(op);
    } else if (e.type !== "u32" || e.op !== "abs") c.f.op(`${shapeOf(e.type)}.${e.op}`);
  },
  binary,
  compare: (e, c) => {
    if (e.a.type === "bool") return void boolEquality(e, c);
    pushAll(c, e.a, e.b);
    const suffix =
      e.a.type === "f32" || e.a.type === "f64" || e.op === "eq" || e.op === "ne" ? "" : `_${sign(e.a.type)}`;
    c.f.op(`${shapeOf(e.a.type)}.${e.op}${suffix}`);
  },
  select,
  convert,
  bitcast: (e, c) => c.push(e.a),
  word: (e, c) => {
    c.push(e.a);
    shuffleOne(c, e.half === "low" ? bytes(0, 2, 0, 2) : bytes(1, 3, 1, 3));
  },
  join: (e, c) => {
    pushAll(c, e.low, e.high);
    c.f.op("i8x16.shuffle", bytes(0, 4, 1, 5));
  },
  mulShift,
  spike: (e, c) => {
    c.push(e.a);
    splatConstant(c, e.type, 0);
    c.f.op(`${shapeOf(e.type)}.gt`);
    splatConstant(c, e.type, 1);
    c.f.op("v128.and");
  },
  call: unexpanded,
  draw: unexpanded,
};

/** Clamps and scales all lanes at once, and loads them one by one. */
function fetch({ table, at, count, type }: ExprOf<"fetch">, c: VectorContext): void {
  const { f } = c;
  const offsets = f.local("v128");
  c.push(at);
  splatConstant(c, "i32", 0);
  f.op("i32x4.max_s");
  splatConstant(c, "i32", count - 1);
  f.op("i32x4.min_s");
  f.i32(Math.log2(BYTES[type]));
  f.op("i32x4.shl");
  f.set(offsets);
  const bits = 8 * BYTES[type];
  const result = f.local("v128");
  for (let lane = 0; lane < c.lanes; lane++) {
    f.get(baseOf(table.slot, c), offsets);
    f.op("i32x4.extract_lane", lane);
    f.op("i32.add");
    if (lane === 0) f.op(`v128.load${bits}_zero`, 0);
    else {
      f.get(result);
      f.op(`v128.load${bits}_lane`, 0, lane);
    }
    f.set(result);
  }
  f.get(result);
}

/** Zero where all bits are, so that a mask alone selects it. */
const isZero = (e: Expr): boolean => e.tag === "const" && e.type !== "bool" && Object.is(e.value, 0);

function select(e: ExprOf<"select">, c: VectorContext): void {
  const width = e.type === "bool" ? maskWidth(e.then) : e.type === "f64" ? 64 : 32;
  const mask = (): void => pushMask(e.test, width, c);
  if (isZero(e.then) || isZero(e.else)) {
    c.push(isZero(e.then) ? e.else : e.then);
    mask();
    return c.f.op(isZero(e.then) ? "v128.andnot" : "v128.and");
  }
  const taken = takenAway(e);
  if (taken) {
    pushAll(c, e.else, taken);
    mask();
    c.f.op("v128.and");
    return c.f.op(`${shapeOf(e.type)}.sub`);
  }
  if (isZeroWhere(e.test, e.else)) {
    c.push(e.then);
    mask();
    c.f.op("v128.and");
    c.push(e.else);
    return c.f.op("v128.or");
  }
  c.push(e.then);
  if (e.type === "bool") pushMask(e.else, width, c);
  else c.push(e.else);
  mask();
  c.f.op("v128.bitselect");
}
/** What a choice between `x - y` and `x` takes away where its test holds: x - 0 is x, zeros of either sign too. */
const takenAway = ({ then, else: x }: ExprOf<"select">): Expr | undefined =>
  then.tag === "binary" && then.op === "sub" && then.a === x ? then.b : undefined;
/** Whether a test tells that an integer is 0 wherever it holds: a counter that begins again when it has run out. */
function isZeroWhere(test: Expr, value: Expr): boolean {
  if (!isInt(value.type)) return false;
  if (test.tag === "binary" && test.op === "and") return isZeroWhere(test.a, value) || isZeroWhere(test.b, value);
  return test.tag === "compare" && test.op === "eq" && test.a === value && isZero(test.b);
}

function leaf(e: Expr): never {
  throw new Error(`wasm: the kernel loads ${e.tag} itself`);
}
function unexpanded(e: Expr): never {
  throw new Error(`wasm: expand the step before compiling it (found ${e.tag})`);
}
function pushAll(c: VectorContext, ...es: Expr[]): void {
  for (const e of es) c.push(e);
}

/** The same number in every lane. */
export function splatConstant(c: VectorContext, type: Type, x: number): void {
  if (type === "f64") c.f.op("v128.const", "f64x2", [x, x]);
  else if (type === "f32") c.f.op("v128.const", "f32x4", [x, x, x, x]);
  else {
    const word = type === "bool" ? -x : x | 0;
    c.f.op("v128.const", "i32x4", [word, word, word, word]);
  }
}

const FLOAT_OP: Readonly<Partial<Record<BinaryOp, string>>> = { min: "pmin", max: "pmax" };

function binary(e: ExprOf<"binary">, c: VectorContext): void {
  const { op, type, a, b } = e;
  if (op === "mulHi") return mulHigh(e, c);
  if (op === "shl" || op === "shr") {
    c.push(a);
    c.f.i32((b as ExprOf<"const">).value);
    return c.f.op(op === "shl" ? "i32x4.shl" : `i32x4.shr_${sign(type)}`);
  }
  c.push(a);
  if (op === "add" && b.tag === "convert" && b.a.type === "bool" && type === "i32") {
    pushMask(b.a, 32, c); // true is -1
    return c.f.op("i32x4.sub");
  }
  if (type === "bool") pushMask(b, maskWidth(a), c);
  else c.push(b);
  if (op === "and" || op === "or" || op === "xor") c.f.op(`v128.${op}`);
  else if (type === "f32" || type === "f64") c.f.op(`${shapeOf(type)}.${FLOAT_OP[op] ?? op}`);
  else c.f.op(op === "min" || op === "max" ? `i32x4.${op}_${sign(type)}` : `i32x4.${op}`);
}

function boolEquality(e: ExprOf<"compare">, c: VectorContext): void {
  c.push(e.a);
  pushMask(e.b, maskWidth(e.a), c);
  c.f.op("v128.xor");
  if (e.op === "eq") c.f.op("v128.not");
}

function mulHigh(e: ExprOf<"binary">, c: VectorContext): void {
  for (const half of ["low", "high"]) {
    pushAll(c, e.a, e.b);
    c.f.op(`i64x2.extmul_${half}_i32x4_${sign(e.type)}`);
  }
  c.f.op("i8x16.shuffle", HIGH_WORDS);
}

/** Conversions by `to` type, from the type on the stack. */
const CONVERT: Readonly<Record<Type, (from: Type, e: ExprOf<"convert">, c: VectorContext) => void>> = {
  f32: (from, _e, c) => c.f.op(from === "f64" ? "f32x4.demote_f64x2_zero" : `f32x4.convert_i32x4_${sign(from)}`),
  f64: (from, _e, c) => c.f.op(from === "f32" ? "f64x2.promote_low_f32x4" : `f64x2.convert_low_i32x4_${sign(from)}`),
  i32: (from, _e, c) => {
    if (from !== "u32") return c.f.op(from === "f32" ? "i32x4.trunc_sat_f32x4_s" : "i32x4.trunc_sat_f64x2_s_zero");
    splatConstant(c, "u32", 0x7fffffff);
    c.f.op("i32x4.min_u");
  },
  u32: (from, _e, c) => {
    if (from !== "i32") return c.f.op(from === "f32" ? "i32x4.trunc_sat_f32x4_u" : "i32x4.trunc_sat_f64x2_u_zero");
    splatConstant(c, "i32", 0);
    c.f.op("i32x4.max_s");
  },
  bool: (from, _e, c) => {
    splatConstant(c, from, 0);
    c.f.op(`${shapeOf(from)}.ne`);
  },
};
function convert(e: ExprOf<"convert">, c: VectorContext): void {
  if (e.a.type === "bool") {
    pushMask(e.a, e.type === "f64" ? 64 : 32, c);
    splatConstant(c, e.type, 1);
    return c.f.op("v128.and");
  }
  c.push(e.a);
  CONVERT[e.type](e.a.type, e, c);
}

function mulShift(e: ExprOf<"mulShift">, c: VectorContext): void {
  const { f } = c;
  const halves = (["low", "high"] as const).map((half) => {
    pushAll(c, e.a, e.b);
    f.op(`i64x2.extmul_${half}_i32x4_${sign(e.type)}`);
    round(e, half, c);
    if (e.shift > 0) {
      f.i32(e.shift);
      f.op(`i64x2.shr_${sign(e.type)}`);
    }
    if (e.overflow === "saturate") saturate(e, c);
    const t = f.local("v128");
    f.set(t);
    return t;
  });
  f.get(...halves);
  f.op("i8x16.shuffle", LOW_WORDS);
}
const wide = (c: VectorContext, x: bigint): void => {
  const word = BigInt.asUintN(64, x);
  c.f.op("v128.const", "i64x2", [word, word]);
};
/** Adds to the 64-bit product what makes the later shift (a floor) round as asked. */
function round(e: ExprOf<"mulShift">, half: "low" | "high", c: VectorContext): void {
  const { f } = c;
  if (e.rounding === "floor" || e.shift === 0) return;
  if (e.rounding === "halfUp") wide(c, 1n << BigInt(e.shift - 1));
  else if (e.rounding === "stochastic") {
    c.push(e.noise!);
    f.i32(32 - e.shift);
    f.op("i32x4.shr_u");
    f.op(`i64x2.extend_${half}_i32x4_u`);
  } else {
    if (e.type === "u32") return;
    const t = f.local("v128");
    f.tee(t);
    f.get(t);
    f.i32(63);
    f.op("i64x2.shr_s");
    wide(c, (1n << BigInt(e.shift)) - 1n);
    f.op("v128.and");
  }
  f.op("i64x2.add");
}
function saturate(e: ExprOf<"mulShift">, c: VectorContext): void {
  const { f } = c;
  const t = f.local("v128");
  f.set(t);
  if (e.type === "u32") {
    // All ones in the low word wherever the high word is not zero.
    f.get(t, t);
    f.i32(32);
    f.op("i64x2.shr_u");
    wide(c, 0n);
    f.op("i64x2.ne");
    return f.op("v128.or");
  }
  clamp(t, -(2n ** 31n), "gt_s", c);
  f.set(t);
  clamp(t, 2n ** 31n - 1n, "lt_s", c);
}
/** The value, or `limit` where `value keep limit` does not hold. */
function clamp(value: number, limit: bigint, keep: "gt_s" | "lt_s", c: VectorContext): void {
  c.f.get(value);
  wide(c, limit);
  c.f.get(value);
  wide(c, limit);
  c.f.op(`i64x2.${keep}`);
  c.f.op("v128.bitselect");
}
