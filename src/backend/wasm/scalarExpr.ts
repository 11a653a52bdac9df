/** Expression nodes as scalar instructions: for the tail of a vector loop and for synaptic bodies. A bool is an i32, 0 or 1. */

import { type BinaryOp, dispatch, type Expr, type ExprOf, type ExprTable } from "../../ir/expr.ts";
import { BYTES, isFloat, type Type } from "../../ir/types.ts";
import type { Emitter, ValType } from "./code.ts";
import { pushScaled } from "./tiles.ts";

export interface ScalarContext {
  readonly f: Emitter;
  push(e: Expr): void;
  /** The local that holds a slot's byte address: for tables. */
  readonly ptr?: (slot: string) => number;
}

export const valTypeOf = (type: Type): ValType => (isFloat(type) ? type : "i32");
const sign = (type: Type): string => (type === "u32" ? "u" : "s");

/** Emits one node whose operands can be pushed. `read` and `index` belong to the kernel. */
export const emitScalar = (e: Expr, c: ScalarContext): void => dispatch(TABLE, e, c);

function foreign(e: Expr): never {
  throw new Error(`wasm: '${e.tag}' has no instruction of its own`);
}
function pushAll(c: ScalarContext, ...es: Expr[]): void {
  for (const e of es) c.push(e);
}

const TABLE: ExprTable<void, ScalarContext> = {
  const: (e, c) => c.f.op(`${valTypeOf(e.type)}.const`, isFloat(e.type) ? e.value : e.value | 0),
  read: foreign,
  fetch,
  index: foreign,
  unary,
  binary,
  compare: (e, c) => {
    pushAll(c, e.a, e.b);
    compareOp(e.op, e.a.type, c);
  },
  select: (e, c) => {
    pushAll(c, e.then, e.else, e.test);
    c.f.op("select");
  },
  convert,
  bitcast: (e, c) => {
    c.push(e.a);
    if (e.type === "f32") c.f.op("f32.reinterpret_i32");
    else if (e.a.type === "f32") c.f.op("i32.reinterpret_f32");
  },
  word: (e, c) => {
    c.push(e.a);
    c.f.op("i64.reinterpret_f64");
    if (e.half === "high") {
      c.f.op("i64.const", 32n);
      c.f.op("i64.shr_u");
    }
    c.f.op("i32.wrap_i64");
  },
  join: (e, c) => {
    c.push(e.high);
    c.f.op("i64.extend_i32_u");
    c.f.op("i64.const", 32n);
    c.f.op("i64.shl");
    c.push(e.low);
    c.f.op("i64.extend_i32_u");
    c.f.op("i64.or");
    c.f.op("f64.reinterpret_i64");
  },
  mulShift,
  spike: (e, c) => {
    c.push(e.a);
    c.f.op(`${e.type}.const`, 0);
    c.f.op(`${e.type}.gt`);
    c.f.op(`${e.type}.convert_i32_u`);
  },
  call: foreign,
  draw: foreign,
};

function unary({ op, a, type }: ExprOf<"unary">, c: ScalarContext): void {
  const { f } = c;
  if (isFloat(type)) {
    c.push(a);
    return f.op(`${type}.${op}`);
  }
  if (op === "not") {
    c.push(a);
    f.i32(type === "bool" ? 1 : -1);
    return f.op("i32.xor");
  }
  if (type === "u32" && op === "abs") return c.push(a);
  if (op === "neg") {
    f.i32(0);
    c.push(a);
    return f.op("i32.sub");
  }
  // abs: a < 0 ? 0 - a : a
  f.i32(0);
  c.push(a);
  f.op("i32.sub");
  pushAll(c, a, a);
  f.i32(0);
  f.op("i32.lt_s");
  f.op("select");
}

/** The index is clamped to the table's ends. */
function fetch({ table, at, count, type }: ExprOf<"fetch">, c: ScalarContext): void {
  const { f } = c;
  const k = f.local("i32");
  const bound = (limit: number, keep: string): void => {
    f.set(k);
    f.get(k);
    f.i32(limit);
    f.get(k);
    f.i32(limit);
    f.op(`i32.${keep}`);
    f.op("select");
  };
  c.push(at);
  bound(0, "gt_s");
  bound(count - 1, "lt_s");
  f.set(k);
  pushScaled(f, baseOf(table.slot, c), k, BYTES[type]);
  f.op(`${valTypeOf(type)}.load`, 0);
}
/** The local with the address of a table. */
export function baseOf(slot: string, { ptr }: { readonly ptr?: (slot: string) => number }): number {
  if (!ptr) throw new Error(`wasm: no table is looked up here ('${slot}')`);
  return ptr(slot);
}

export function compareOp(op: string, type: Type, c: ScalarContext): void {
  const plain = isFloat(type) || op === "eq" || op === "ne";
  c.f.op(`${valTypeOf(type)}.${op}${plain ? "" : `_${sign(type)}`}`);
}

const INT_OP: Readonly<Partial<Record<BinaryOp, (type: Type) => string>>> = { shr: (type) => `i32.shr_${sign(type)}` };

function binary({ op, type, a, b }: ExprOf<"binary">, c: ScalarContext): void {
  const { f } = c;
  if (op === "min" || op === "max") {
    // min: b < a ? b : a; max: a < b ? b : a
    pushAll(c, b, a, ...(op === "min" ? [b, a] : [a, b]));
    compareOp("lt", type, c);
    return f.op("select");
  }
  if (op === "mulHi") {
    wideProduct(a, b, type, c);
    f.op("i64.const", 32n);
    f.op("i64.shr_u");
    return f.op("i32.wrap_i64");
  }
  pushAll(c, a, b);
  f.op(isFloat(type) ? `${type}.${op}` : (INT_OP[op]?.(type) ?? `i32.${op}`));
}
function wideProduct(a: Expr, b: Expr, type: Type, c: ScalarContext): void {
  for (const e of [a, b]) {
    c.push(e);
    c.f.op(`i64.extend_i32_${sign(type)}`);
  }
  c.f.op("i64.mul");
}

function convert({ type, a }: ExprOf<"convert">, c: ScalarContext): void {
  const { f } = c;
  c.push(a);
  const from = a.type;
  if (type === "bool") {
    f.op(`${valTypeOf(from)}.const`, 0);
    return f.op(`${valTypeOf(from)}.ne`);
  }
  if (isFloat(type) && isFloat(from)) return f.op(type === "f32" ? "f32.demote_f64" : "f64.promote_f32");
  if (isFloat(type)) return f.op(`${type}.convert_i32_${from === "i32" ? "s" : "u"}`);
  if (isFloat(from)) return f.op(`i32.trunc_sat_${from}_${sign(type)}`);
  if (from !== "bool") clampInteger(type, c);
}
/** i32 to u32 stops at 0; u32 to i32 stops at 2^31 - 1. */
function clampInteger(type: Type, { f }: ScalarContext): void {
  const t = f.local("i32");
  f.set(t);
  f.i32(type === "u32" ? 0 : 0x7fffffff);
  f.get(t, t);
  f.i32(0);
  f.op("i32.lt_s");
  f.op("select");
}

function mulShift(e: ExprOf<"mulShift">, c: ScalarContext): void {
  const { f } = c;
  wideProduct(e.a, e.b, e.type, c);
  round(e, c);
  if (e.shift > 0) {
    f.op("i64.const", BigInt(e.shift));
    f.op(`i64.shr_${sign(e.type)}`);
  }
  if (e.overflow === "saturate") saturate(e.type, c);
  f.op("i32.wrap_i64");
}
/** Adds to the 64-bit product what makes the later shift (a floor) round as asked. */
function round(e: ExprOf<"mulShift">, c: ScalarContext): void {
  const { f } = c;
  if (e.rounding === "floor" || e.shift === 0) return;
  if (e.rounding === "halfUp") f.op("i64.const", 1n << BigInt(e.shift - 1));
  else if (e.rounding === "stochastic") {
    c.push(e.noise!);
    f.i32(32 - e.shift);
    f.op("i32.shr_u");
    f.op("i64.extend_i32_u");
  } else {
    if (e.type === "u32") return;
    const t = f.local("i64");
    f.tee(t);
    f.get(t);
    f.op("i64.const", 63n);
    f.op("i64.shr_s");
    f.op("i64.const", (1n << BigInt(e.shift)) - 1n);
    f.op("i64.and");
  }
  f.op("i64.add");
}
function saturate(type: Type, { f }: ScalarContext): void {
  const t = f.local("i64");
  const limit = (value: bigint, keep: string): void => {
    f.set(t);
    f.get(t);
    f.op("i64.const", value);
    f.get(t);
    f.op("i64.const", value);
    f.op(`i64.${keep}`);
    f.op("select");
  };
  if (type === "u32") return limit(2n ** 32n - 1n, "lt_u");
  limit(-(2n ** 31n), "gt_s");
  limit(2n ** 31n - 1n, "lt_s");
}
