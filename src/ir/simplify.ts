/**
 * Makes a step smaller without changing one bit of what it computes: constants are folded by the definition itself
 * (`applyNode`), and only identities that hold for NaN, infinities and both zeros are used (`x + 0` is not one:
 * it turns -0 into 0). The bits of a NaN are not defined by IEEE 754 and count as equal.
 */
import {
  add,
  and,
  type Binary,
  type BinaryOp,
  binary,
  bitcast,
  bool,
  type Compare,
  type CompareOp,
  type Const,
  compare,
  constant,
  convert,
  dispatch,
  type Expr,
  type ExprTable,
  mul,
  neg,
  not,
  operands,
  or,
  type Select,
  select,
  sub,
  type Unary,
  type UnaryOp,
  unary,
} from "./expr.ts";
import { applyNode } from "./scalar.ts";
import { pruneSlots, rewriteStep, roots, type Step, share, slotOf } from "./step.ts";
import { type FloatType, isFloat, isInt, type Type } from "./types.ts";

/** Folds constants, applies exact identities, shares equal values and drops slots no longer used, until nothing changes. */
export function simplify(step: Step): Step {
  for (let now = share(step); ; ) {
    const next = share(rewriteStep(now, simplifyNode));
    const before = roots(now);
    if (roots(next).every((e, k) => e === before[k])) return pruneSlots(next);
    now = next;
  }
}

/** Replaces reads of uniform slots by constants, and drops those slots. The step must not store to them. */
export function substitute(step: Step, values: Readonly<Record<string, number>>): Step {
  const constants = new Map(
    Object.entries(values).map(([name, value]) => {
      const slot = slotOf(step, name);
      if (slot.space !== "uniform")
        throw new Error(`step ${step.name}: cannot fix '${name}', which is ${slot.space}, not uniform`);
      if (step.stores.some((s) => s.slot === name))
        throw new Error(`step ${step.name}: cannot fix '${name}', which the step stores`);
      return [name, constant(slot.type, value)];
    }),
  );
  const fixed = rewriteStep(step, (e) => (e.tag === "read" ? (constants.get(e.slot) ?? e) : e));
  return { ...fixed, slots: step.slots.filter((s) => !constants.has(s.name)) };
}

/** One node whose operands are already simple. */
const simplifyNode = (e: Expr): Expr => fold(e) ?? dispatch(RULES, e, undefined);

const isConst = (e: Expr): e is Const => e.tag === "const";
/** The constant of exactly this value (0 is not -0). */
const is = (e: Expr, value: number): boolean => isConst(e) && Object.is(e.value, value);

const UNFOLDED: ReadonlySet<Expr["tag"]> = new Set(["const", "read", "index", "call", "draw"]);
const BITWISE: ReadonlySet<Expr["tag"]> = new Set(["bitcast", "word", "join"]);
function fold(e: Expr): Const | undefined {
  const args = operands(e);
  if (UNFOLDED.has(e.tag) || !args.every(isConst)) return undefined;
  const values = args.map((a) => a.value);
  const value = applyNode(e, values);
  if (BITWISE.has(e.tag) && [value, ...values].some(Number.isNaN)) return undefined; // a NaN constant has lost its bits
  return constant(e.type, value);
}

const same = (e: Expr): Expr => e;
const RULES: ExprTable<Expr> = {
  const: same,
  read: same,
  fetch: same,
  index: same,
  unary: (e) => UNARY[e.op](e),
  binary: (e) => BINARY[e.op](constantRight(e)),
  compare: simplifyCompare,
  select: simplifySelect,
  convert: (e) => (e.a.tag === "convert" && lossless(e.a.a.type, e.a.type) ? convert(e.type, e.a.a) : e),
  // Through f32 the bits of a NaN may change, so only a detour through an integer type is left out.
  bitcast: (e) => (e.a.tag === "bitcast" && isInt(e.a.type) ? bitcast(e.type, e.a.a) : e),
  word: same,
  join: same,
  mulShift: (e) => {
    if (is(e.a, 0) || is(e.b, 0)) return constant(e.type, 0);
    return e.shift === 0 && e.overflow === "wrap" ? mul(e.a, e.b) : e;
  },
  spike: same,
  call: same,
  draw: same,
};

function simplifySelect(e: Select): Expr {
  const { test, then, else: other } = e;
  if (isConst(test)) return test.value ? then : other;
  if (then === other) return then;
  if (test.tag === "unary") return select(test.a, other, then); // `not` is the one unary that gives bool
  if (then.tag === "select" && then.test === test) return select(test, then.then, other);
  if (other.tag === "select" && other.test === test) return select(test, then, other.else);
  if (e.type !== "bool") return e;
  if (is(then, 0) && is(other, 1)) return not(test);
  return is(then, 1) ? or(test, other) : is(other, 0) ? and(test, then) : e;
}

/** Every value of `from` is a value of `to`. */
const lossless = (from: Type, to: Type): boolean => from === "bool" || (to === "f64" && from !== "f64");

/** Whether the second is what the first is not: their sum is the same whatever the test says. */
const areSwapped = (a: Expr, b: Expr): a is Select =>
  a.tag === "select" && b.tag === "select" && a.test === b.test && a.then === b.else && a.else === b.then;

const integral = (e: Expr): boolean =>
  (e.tag === "unary" && ROUNDINGS.has(e.op)) || (e.tag === "convert" && !isFloat(e.a.type));
const ROUNDINGS: ReadonlySet<UnaryOp> = new Set(["floor", "ceil", "trunc", "nearest"]);
const rounding = (e: Unary): Expr => (integral(e.a) ? e.a : e);

const UNARY: Readonly<Record<UnaryOp, (e: Unary) => Expr>> = {
  neg: (e) => {
    if (e.a.tag === "unary" && e.a.op === "neg") return e.a.a;
    if (e.a.tag === "binary" && e.a.op === "mul" && isConst(e.a.b)) return mul(e.a.a, negated(e.a.b));
    return e;
  },
  abs: (e) => {
    if (e.type === "u32") return e.a;
    if (e.a.tag !== "unary") return e;
    return e.a.op === "abs" ? e.a : e.a.op === "neg" ? unary("abs", e.a.a) : e;
  },
  sqrt: same,
  floor: rounding,
  ceil: rounding,
  trunc: rounding,
  nearest: rounding,
  not: (e) => {
    if (e.a.tag === "unary" && e.a.op === "not") return e.a.a;
    // With NaN, not(a < b) is not a >= b; equality has no such trap.
    const free = e.a.tag === "compare" && (!isFloat(e.a.a.type) || e.a.op === "eq" || e.a.op === "ne");
    return free ? compare(OPPOSITE[e.a.op], e.a.a, e.a.b) : e;
  },
};
const OPPOSITE: Readonly<Record<CompareOp, CompareOp>> = { lt: "ge", le: "gt", gt: "le", ge: "lt", eq: "ne", ne: "eq" };
const negated = (c: Const): Const => constant(c.type, -c.value);

const COMMUTATIVE: ReadonlySet<BinaryOp> = new Set(["add", "mul", "and", "or", "xor", "mulHi"]); // min and max are not: zeros, NaN
const constantRight = (e: Binary): Binary => (COMMUTATIVE.has(e.op) && isConst(e.a) ? binary(e.op, e.b, e.a) : e);

const negatedOperand = (e: Expr): Expr | undefined => (e.tag === "unary" && e.op === "neg" ? e.a : undefined);
/** All bits set. */
const ones = (type: Type): number => (type === "bool" ? 1 : type === "u32" ? 2 ** 32 - 1 : -1);
const shift = (e: Binary): Expr => (is(e.b, 0) ? e.a : e);

const BINARY: Readonly<Record<BinaryOp, (e: Binary) => Expr>> = {
  add: (e) => {
    if (is(e.b, isFloat(e.type) ? -0 : 0)) return e.a;
    if (areSwapped(e.a, e.b)) return add(e.a.then, e.a.else);
    const [a, b] = [negatedOperand(e.a), negatedOperand(e.b)];
    return b ? sub(e.a, b) : a ? sub(e.b, a) : e;
  },
  sub: (e) => {
    if (is(e.b, 0)) return e.a;
    if (is(e.a, isFloat(e.type) ? -0 : 0)) return neg(e.b);
    if (e.a === e.b && !isFloat(e.type)) return constant(e.type, 0);
    const b = negatedOperand(e.b);
    return b ? add(e.a, b) : e;
  },
  mul: (e) => {
    if (is(e.b, 1)) return e.a;
    if (is(e.b, -1)) return neg(e.a);
    if (is(e.b, 0) && !isFloat(e.type)) return e.b;
    const [a, b] = [negatedOperand(e.a), negatedOperand(e.b)];
    return a && b ? mul(a, b) : a && isConst(e.b) ? mul(a, negated(e.b)) : e;
  },
  div: (e) => {
    if (is(e.b, 1)) return e.a;
    const inverse = isConst(e.b) ? exactReciprocal(e.b.value, e.type as FloatType) : undefined;
    return inverse ? mul(e.a, inverse) : e;
  },
  min: (e) => (e.a === e.b || is(e.b, Number.POSITIVE_INFINITY) ? e.a : e),
  max: (e) => (e.a === e.b || is(e.b, Number.NEGATIVE_INFINITY) ? e.a : e),
  and: (e) => (e.a === e.b || is(e.b, ones(e.type)) ? e.a : is(e.b, 0) ? e.b : e),
  or: (e) => (e.a === e.b || is(e.b, 0) ? e.a : is(e.b, ones(e.type)) ? e.b : e),
  xor: (e) => {
    if (e.a === e.b) return constant(e.type, 0);
    return is(e.b, 0) ? e.a : is(e.b, ones(e.type)) ? not(e.a) : e;
  },
  shl: shift,
  shr: shift,
  mulHi: (e) => (is(e.b, 0) || (e.type === "u32" && is(e.b, 1)) ? constant(e.type, 0) : e),
};

const SMALLEST_NORMAL: Readonly<Record<FloatType, number>> = { f32: 2 ** -126, f64: 2 ** -1022 };
/** `1/x` where it is a normal number and exact, that is for (normal) powers of two: then x·(1/x) rounds like the division. */
function exactReciprocal(x: number, type: FloatType): Const | undefined {
  const inverse = constant(type, 1 / x);
  const normal = Number.isFinite(inverse.value) && Math.abs(inverse.value) >= SMALLEST_NORMAL[type];
  return normal && isPowerOfTwo(x) ? inverse : undefined;
}
const bits = new DataView(new ArrayBuffer(8));
/** No fraction bits; of either sign. */
function isPowerOfTwo(x: number): boolean {
  bits.setFloat64(0, x);
  return bits.getUint32(4) === 0 && (bits.getUint32(0) & 0xfffff) === 0;
}

const REFLEXIVE: ReadonlySet<CompareOp> = new Set(["le", "ge", "eq"]);
function simplifyCompare(e: Compare): Expr {
  if (e.a === e.b && !isFloat(e.a.type)) return bool(REFLEXIVE.has(e.op));
  if (e.a === e.b && (e.op === "lt" || e.op === "gt")) return bool(false); // for NaN as well
  if (!isConst(e.b)) return e;
  if (e.a.type === "bool") return (e.op === "eq") === (e.b.value === 1) ? e.a : not(e.a);
  const apart = isFloat(e.a.type) && e.b.value === 0 ? againstConstant(e.a) : undefined;
  if (apart) return compare(e.op, apart[0], apart[1]);
  return e.a.tag === "spike" ? compareSpike(e, e.a.a, e.b) : e;
}
/**
 * What a difference from a finite number compares with 0, the terms do with each other: it is 0 for equal ones alone, because
 * the smallest differences are not flushed, and where it overflows its sign is right.
 */
function againstConstant(e: Expr): readonly [Expr, Const] | undefined {
  if (e.tag !== "binary" || (e.op !== "sub" && e.op !== "add")) return undefined;
  const { a, b } = e;
  if (!isConst(b) || !Number.isFinite(b.value)) return undefined;
  return [a, e.op === "sub" ? b : constant(b.type, -b.value)];
}
/** A spike is 0 or 1, so comparing it with a constant asks whether `u > 0`, or nothing at all. */
function compareSpike(e: Compare, u: Expr, limit: Const): Expr {
  const [silent, firing] = [0, 1].map((spikes) => applyNode(e, [spikes, limit.value]) === 1);
  if (silent === firing) return bool(firing === true);
  const fired = compare("gt", u, constant(u.type, 0));
  return firing ? fired : not(fired);
}
