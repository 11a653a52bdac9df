/**
 * The expression IR: plain tagged readonly objects, shared by identity (a directed acyclic graph).
 *
 * An expression is pure. Constructors here check types at once, so that an ill-typed node never exists;
 * `verify` checks what needs context (slots). Every rule over expressions is a table with one entry per tag.
 *
 * Semantics (the definition is `scalar.ts`): IEEE 754 in the stated type with one rounding an operation;
 * integers wrap; `min(a, b)` is `b < a ? b : a` and `max(a, b)` is `a < b ? b : a` (what `pmin`/`pmax` do);
 * conversions to integers truncate and saturate, NaN gives 0; shifts take a constant amount from 0 to 31.
 */
import { type IntType, isFloat, isInt, type Type } from "./types.ts";

export type UnaryOp = "neg" | "abs" | "sqrt" | "floor" | "ceil" | "trunc" | "nearest" | "not";
/** `shl`/`shr` need a constant right side; `shr` is arithmetic on i32 and logical on u32; `mulHi` is the upper half of the 64-bit product. */
export type BinaryOp = "add" | "sub" | "mul" | "div" | "min" | "max" | "and" | "or" | "xor" | "shl" | "shr" | "mulHi";
export type CompareOp = "lt" | "le" | "gt" | "ge" | "eq" | "ne";
/** Functions that `expand` rewrites into the operations above, one macro each (`math/`). */
export type MathFunction = "exp" | "log" | "sin" | "cos" | "tanh" | "sigmoid" | "pow" | "exprel";
/** Random draws, rewritten by `expand` into Philox on u32 (`random.ts`). `bits` is one raw 32-bit word. */
export type Law = "bits" | "uniform" | "normal" | "poisson";
export type Rounding = "floor" | "zero" | "halfUp" | "stochastic";
export type Overflow = "wrap" | "saturate";
/**
 * Which index a body may ask for: the element of `perElement`; synapse, source or target of a synaptic skeleton. An
 * element's random words are word `drawWord` of block `drawBlock` (`base/draws.ts`).
 */
export type IndexOf = "element" | "synapse" | "pre" | "post" | "drawBlock" | "drawWord";

export interface Const {
  readonly tag: "const";
  readonly type: Type;
  readonly value: number;
}
/** The value of a slot at the start of the step. */
export interface Read {
  readonly tag: "read";
  readonly type: Type;
  readonly slot: string;
}
/**
 * Element `at` of a table: `count` values one after the other, of which `table` reads the first (a `uniform` slot that the
 * step does not store). Before the first and behind the last it is the one at the end.
 */
export interface Fetch {
  readonly tag: "fetch";
  readonly type: Type;
  readonly table: Read;
  readonly at: Expr;
  readonly count: number;
}
export interface Index {
  readonly tag: "index";
  readonly type: "u32";
  readonly of: IndexOf;
}
export interface Unary {
  readonly tag: "unary";
  readonly type: Type;
  readonly op: UnaryOp;
  readonly a: Expr;
}
export interface Binary {
  readonly tag: "binary";
  readonly type: Type;
  readonly op: BinaryOp;
  readonly a: Expr;
  readonly b: Expr;
}
export interface Compare {
  readonly tag: "compare";
  readonly type: "bool";
  readonly op: CompareOp;
  readonly a: Expr;
  readonly b: Expr;
}
export interface Select {
  readonly tag: "select";
  readonly type: Type;
  readonly test: Expr;
  readonly then: Expr;
  readonly else: Expr;
}
/** Change of numeric type by value. From bool: 0 or 1. */
export interface Convert {
  readonly tag: "convert";
  readonly type: Type;
  readonly a: Expr;
}
/** The same 32 bits under another type (f32, i32, u32). */
export interface Bitcast {
  readonly tag: "bitcast";
  readonly type: Type;
  readonly a: Expr;
}
/** One half of the 64 bits of an f64. */
export interface Word {
  readonly tag: "word";
  readonly type: "u32";
  readonly half: "low" | "high";
  readonly a: Expr;
}
/** An f64 from its two halves. */
export interface Join {
  readonly tag: "join";
  readonly type: "f64";
  readonly high: Expr;
  readonly low: Expr;
}
/** `a·b / 2^shift` from the exact 64-bit product, rounded as stated, then wrapped or saturated to the type. */
export interface MulShift {
  readonly tag: "mulShift";
  readonly type: IntType;
  readonly a: Expr;
  readonly b: Expr;
  readonly shift: number;
  readonly rounding: Rounding;
  readonly overflow: Overflow;
  /** For `stochastic`: random u32, whose upper `shift` bits (`noise >>> (32 - shift)`) are added before the shift by floor. */
  readonly noise?: Expr;
}
/** 1 where `a > 0`, else 0. Its derivative is the surrogate chosen when differentiating. */
export interface Spike {
  readonly tag: "spike";
  readonly type: "f32" | "f64";
  readonly a: Expr;
}
export interface Call {
  readonly tag: "call";
  readonly type: "f32" | "f64";
  readonly fn: MathFunction;
  readonly args: readonly Expr[];
}
/** `uniform` in (0, 1), `normal` (0, 1), `poisson` (mean `args[0]`, as the float type), `bits` (u32). `stream` keeps draws of one step apart. */
export interface Draw {
  readonly tag: "draw";
  readonly type: Type;
  readonly law: Law;
  readonly stream: number;
  readonly args: readonly Expr[];
}

/**
 * An expression: a plain tagged object, shared by identity. Constructors check types and throw a plain `Error` where
 * they do not fit.
 */
export type Expr =
  | Const
  | Read
  | Fetch
  | Index
  | Unary
  | Binary
  | Compare
  | Select
  | Convert
  | Bitcast
  | Word
  | Join
  | MulShift
  | Spike
  | Call
  | Draw;
export type Tag = Expr["tag"];
export type ExprOf<K extends Tag> = Extract<Expr, { tag: K }>;

/** One entry per tag: a new tag breaks every table at compile time. */
export type ExprTable<R, C = undefined> = { readonly [K in Tag]: (e: ExprOf<K>, context: C) => R };

/** Looks the node's tag up in a table. */
export const dispatch = <R, C>(table: ExprTable<R, C>, e: Expr, context: C): R =>
  (table[e.tag] as (e: Expr, context: C) => R)(e, context);

function need(ok: boolean, what: string): void {
  if (!ok) throw new Error(`ir: ${what}`);
}

/** A number of a type, rounded or wrapped to it. */
export const constant = (type: Type, value: number): Const => ({ tag: "const", type, value: normalise[type](value) });
const normalise: Readonly<Record<Type, (x: number) => number>> = {
  f32: Math.fround,
  f64: (x) => x,
  i32: (x) => x | 0,
  u32: (x) => x >>> 0,
  bool: (x) => (x ? 1 : 0),
};
/** A constant in single precision, rounded to it. */
export const f32 = (value: number): Const => constant("f32", value);
/** A constant in double precision. */
export const f64 = (value: number): Const => constant("f64", value);
/** A constant signed integer of 32 bits. */
export const i32 = (value: number): Const => constant("i32", value);
/** A constant unsigned integer of 32 bits. */
export const u32 = (value: number): Const => constant("u32", value);
/** A constant condition. */
export const bool = (value: boolean): Const => constant("bool", value ? 1 : 0);

/** The value of a slot as the step begins. */
export const read = (type: Type, slot: string): Read => ({ tag: "read", type, slot });
/** The value at an index of a table, which `table` reads the first value of; beyond its ends the nearest. */
export function fetch(table: Expr, at: Expr, count: number): Fetch {
  if (table.tag !== "read" || table.type === "bool") throw new Error(`ir: fetch from ${table.tag} of ${table.type}`);
  need(at.type === "i32", `fetch needs an index of i32, got ${at.type}`);
  need(Number.isInteger(count) && count >= 1, `fetch needs a table of at least one value, got ${count}`);
  return { tag: "fetch", type: table.type, table, at, count };
}
/** The number of the element, or where its random words are; in a synaptic body of the synapse, its source or its target. */
export const index = (of: IndexOf = "element"): Index => ({ tag: "index", type: "u32", of });

/** An operation on one value, by name. */
export function unary(op: UnaryOp, a: Expr): Unary {
  const ok = op === "not" ? !isFloat(a.type) : op === "neg" || op === "abs" ? a.type !== "bool" : isFloat(a.type);
  need(ok, `${op} does not take ${a.type}`);
  return { tag: "unary", type: a.type, op, a };
}

const LOGIC: ReadonlySet<BinaryOp> = new Set(["and", "or", "xor"]);
/** An operation on two values of one type, by name. */
export function binary(op: BinaryOp, a: Expr, b: Expr): Binary {
  need(a.type === b.type, `${op} of ${a.type} and ${b.type}`);
  if (op === "shl" || op === "shr")
    need(b.tag === "const" && b.value >= 0 && b.value < 32, `${op} needs a constant amount from 0 to 31`);
  const ok = LOGIC.has(op)
    ? !isFloat(a.type)
    : op === "div"
      ? isFloat(a.type)
      : op === "shl" || op === "shr" || op === "mulHi"
        ? isInt(a.type)
        : a.type !== "bool";
  need(ok, `${op} does not take ${a.type}`);
  return { tag: "binary", type: a.type, op, a, b };
}
/** `-a` */
export const neg = (a: Expr): Expr => unary("neg", a);
/** `|a|` */
export const abs = (a: Expr): Expr => unary("abs", a);
/** The square root, of floats. */
export const sqrt = (a: Expr): Expr => unary("sqrt", a);
/** Not, of conditions; all bits turned, of integers. */
export const not = (a: Expr): Expr => unary("not", a);
/** `a + b` */
export const add = (a: Expr, b: Expr): Expr => binary("add", a, b);
/** `a - b` */
export const sub = (a: Expr, b: Expr): Expr => binary("sub", a, b);
/** `a · b` */
export const mul = (a: Expr, b: Expr): Expr => binary("mul", a, b);
/** `a / b`, of floats. */
export const div = (a: Expr, b: Expr): Expr => binary("div", a, b);
/** `b < a ? b : a` */
export const min = (a: Expr, b: Expr): Expr => binary("min", a, b);
/** `a < b ? b : a` */
export const max = (a: Expr, b: Expr): Expr => binary("max", a, b);
/** And, of conditions or of bits. */
export const and = (a: Expr, b: Expr): Expr => binary("and", a, b);
/** Or, of conditions or of bits. */
export const or = (a: Expr, b: Expr): Expr => binary("or", a, b);
/** Exclusive or, of conditions or of bits. */
export const xor = (a: Expr, b: Expr): Expr => binary("xor", a, b);
/** Shifts an integer to the left by 0 to 31 bits. */
export const shl = (a: Expr, amount: number): Expr => binary("shl", a, constant(a.type, amount));
/** Shifts an integer to the right by 0 to 31 bits: arithmetic on i32, logical on u32. */
export const shr = (a: Expr, amount: number): Expr => binary("shr", a, constant(a.type, amount));
/** The upper 32 bits of the 64-bit product of two integers. */
export const mulHi = (a: Expr, b: Expr): Expr => binary("mulHi", a, b);

/** A comparison of two values of one type. */
export function compare(op: CompareOp, a: Expr, b: Expr): Compare {
  need(a.type === b.type, `${op} of ${a.type} and ${b.type}`);
  need(a.type !== "bool" || op === "eq" || op === "ne", `${op} does not take bool`);
  return { tag: "compare", type: "bool", op, a, b };
}
/** `test ? then : other`. The test has no derivative. */
export function select(test: Expr, then: Expr, other: Expr): Select {
  need(test.type === "bool", `select needs a bool test, got ${test.type}`);
  need(then.type === other.type, `select of ${then.type} and ${other.type}`);
  return { tag: "select", type: then.type, test, then, else: other };
}
/** The value in another type; from a condition 0 or 1. */
export const convert = (type: Type, a: Expr): Expr => (a.type === type ? a : { tag: "convert", type, a });
/** The same 32 bits under another type. */
export function bitcast(type: Type, a: Expr): Expr {
  need(
    [type, a.type].every((t) => t === "f32" || isInt(t)),
    `bitcast from ${a.type} to ${type}`,
  );
  return a.type === type ? a : { tag: "bitcast", type, a };
}
/** One half of the 64 bits of an f64. */
export function word(half: "low" | "high", a: Expr): Word {
  need(a.type === "f64", `word of ${a.type}`);
  return { tag: "word", type: "u32", half, a };
}
/** An f64 from its two halves. */
export function join(high: Expr, low: Expr): Join {
  need(high.type === "u32" && low.type === "u32", `join of ${high.type} and ${low.type}`);
  return { tag: "join", type: "f64", high, low };
}
export interface MulShiftOptions {
  readonly rounding?: Rounding;
  readonly overflow?: Overflow;
  readonly noise?: Expr;
}
/** `a·b / 2^shift` from the exact 64-bit product of two integers; `shift` from 0 to 31. */
export function mulShift(a: Expr, b: Expr, shift: number, options: MulShiftOptions = {}): MulShift {
  const { rounding = "floor", overflow = "wrap", noise } = options;
  const type = a.type;
  if (!isInt(type) || b.type !== type) throw new Error(`ir: mulShift of ${a.type} and ${b.type}`);
  need(
    Number.isInteger(shift) && shift >= 0 && shift < 32,
    `mulShift needs a constant shift from 0 to 31, got ${shift}`,
  );
  need(
    (rounding === "stochastic") === (noise !== undefined),
    "mulShift takes noise exactly when rounding is stochastic",
  );
  need(noise === undefined || noise.type === "u32", "mulShift needs u32 noise");
  return { tag: "mulShift", type, a, b, shift, rounding, overflow, ...(noise && { noise }) };
}
/** 1 where `a > 0`, else 0; its derivative is the surrogate. */
export function spike(a: Expr): Spike {
  if (!isFloat(a.type)) throw new Error(`ir: spike of ${a.type}`);
  return { tag: "spike", type: a.type, a };
}
const ARITY: Readonly<Record<MathFunction, number>> = {
  exp: 1,
  log: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  sigmoid: 1,
  pow: 2,
  exprel: 1,
};
/** A function of floats, which `expand` rewrites into operations. */
export function call(fn: MathFunction, ...args: readonly Expr[]): Call {
  const type = args[0]?.type;
  if (type === undefined || !isFloat(type) || args.some((a) => a.type !== type))
    throw new Error(`ir: ${fn} of ${args.map((a) => a.type)}`);
  need(args.length === ARITY[fn], `${fn} takes ${ARITY[fn]} arguments, got ${args.length}`);
  return { tag: "call", type, fn, args };
}
/** A random draw, which `expand` rewrites into Philox; `stream` keeps the draws of a step apart. */
export function draw(law: Law, type: Type, stream: number, ...args: readonly Expr[]): Draw {
  need(law === "bits" ? type === "u32" : isFloat(type), `${law} does not give ${type}`);
  need(args.length === (law === "poisson" ? 1 : 0), `${law} takes ${law === "poisson" ? 1 : 0} arguments`);
  return { tag: "draw", type, law, stream, args };
}

/** Direct operands, in a fixed order. */
const OPERANDS: ExprTable<readonly Expr[]> = {
  const: () => [],
  read: () => [],
  fetch: (e) => [e.table, e.at],
  index: () => [],
  unary: (e) => [e.a],
  binary: (e) => [e.a, e.b],
  compare: (e) => [e.a, e.b],
  select: (e) => [e.test, e.then, e.else],
  convert: (e) => [e.a],
  bitcast: (e) => [e.a],
  word: (e) => [e.a],
  join: (e) => [e.high, e.low],
  mulShift: (e) => (e.noise ? [e.a, e.b, e.noise] : [e.a, e.b]),
  spike: (e) => [e.a],
  call: (e) => e.args,
  draw: (e) => e.args,
};
export const operands = (e: Expr): readonly Expr[] => dispatch(OPERANDS, e, undefined);

/** The same node with other operands, in the order of `operands`. Types are checked again by the constructors. */
const REBUILD: ExprTable<Expr, readonly Expr[]> = {
  const: (e) => e,
  read: (e) => e,
  fetch: (e, [table, at]) => fetch(table!, at!, e.count),
  index: (e) => e,
  unary: (e, [a]) => unary(e.op, a!),
  binary: (e, [a, b]) => binary(e.op, a!, b!),
  compare: (e, [a, b]) => compare(e.op, a!, b!),
  select: (_e, [t, a, b]) => select(t!, a!, b!),
  convert: (e, [a]) => convert(e.type, a!),
  bitcast: (e, [a]) => bitcast(e.type, a!),
  word: (e, [a]) => word(e.half, a!),
  join: (_e, [h, l]) => join(h!, l!),
  mulShift: (e, [a, b, noise]) =>
    mulShift(a!, b!, e.shift, { rounding: e.rounding, overflow: e.overflow, ...(noise && { noise }) }),
  spike: (_e, [a]) => spike(a!),
  call: (e, args) => call(e.fn, ...args),
  draw: (e, args) => draw(e.law, e.type, e.stream, ...args),
};
export function withOperands(e: Expr, args: readonly Expr[]): Expr {
  const old = operands(e);
  return old.every((o, k) => o === args[k]) ? e : dispatch(REBUILD, e, args);
}

/** Operands before users, each node once: the SSA order of these roots. */
export function topological(roots: Iterable<Expr>): Expr[] {
  const seen = new Set<Expr>();
  const order: Expr[] = [];
  const visit = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    for (const o of operands(e)) visit(o);
    order.push(e);
  };
  for (const r of roots) visit(r);
  return order;
}

/** Rewrites bottom-up, each shared node once; `rule` sees a node whose operands are already rewritten. */
export function rewrite(roots: readonly Expr[], rule: (e: Expr) => Expr): Expr[] {
  const done = new Map<Expr, Expr>();
  for (const e of topological(roots))
    done.set(
      e,
      rule(
        withOperands(
          e,
          operands(e).map((o) => done.get(o)!),
        ),
      ),
    );
  return roots.map((r) => done.get(r)!);
}

/** A text that two nodes share exactly when they compute the same thing from the same (numbered) operands. */
export function nodeKey(e: Expr, operandKeys: readonly (string | number)[]): string {
  return `${e.tag}:${e.type}:${attribute(e)}(${operandKeys.join(",")})`;
}
const bitsOf = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));
const ATTRIBUTE: ExprTable<string> = {
  const: (e) => bitsOf(e.value),
  read: (e) => e.slot,
  fetch: (e) => `${e.count}`,
  index: (e) => e.of,
  unary: (e) => e.op,
  binary: (e) => e.op,
  compare: (e) => e.op,
  select: () => "",
  convert: () => "",
  bitcast: () => "",
  word: (e) => e.half,
  join: () => "",
  mulShift: (e) => `${e.shift} ${e.rounding} ${e.overflow}`,
  spike: () => "",
  call: (e) => e.fn,
  draw: (e) => `${e.law} ${e.stream}`,
};
const attribute = (e: Expr): string => dispatch(ATTRIBUTE, e, undefined);
