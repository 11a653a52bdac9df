/**
 * Reverse-mode derivatives of expressions, as expressions. One rule a tag; a rule reuses the forward value where that
 * saves work. Differentiate before `expand`: functions have rules, the bit patterns they expand into do not.
 *
 * Conventions where calculus does not decide:
 * - a spike has the derivative of the surrogate;
 * - `select` passes the gradient to the branch taken and none to its test, hence a reset written as
 *   `select(fired, vReset, v)` is detached, and one written as `v·(1 − s)` or `v − s·vTh` is not;
 * - comparisons, integers, `floor` and its kind have derivative zero; random draws are constants;
 * - the branch not taken gets the gradient zero, and zero times an infinite slope is NaN: guard the argument
 *   (`log(select(a > 0, a, 1))`) where a branch is singular;
 * - at a kink one side counts: |a| rises at 0; of equal operands `min` and `max` follow the first.
 */
import { ModelError } from "../base/errors.ts";
import {
  abs,
  add,
  type BinaryOp,
  type Call,
  call,
  compare,
  constant,
  convert,
  dispatch,
  div,
  type Expr,
  type ExprTable,
  type MathFunction,
  mul,
  neg,
  operands,
  select,
  sub,
  topological,
  type Unary,
  type UnaryOp,
} from "./expr.ts";
import { type Surrogate, surrogateDerivative } from "./surrogate.ts";
import { isFloat } from "./types.ts";

/** A value and the gradient of the loss with respect to it. */
export interface Output {
  readonly value: Expr;
  readonly seed: Expr;
}

/**
 * The gradients of Σ seed·value with respect to `wrt`; undefined where a gradient is identically zero.
 * Nodes are known by identity (share the graph first), reads by their slot.
 *
 * @throws {ModelError} `not-differentiable` at a spike without surrogate, or at an operation on bits
 */
export function gradients(
  outputs: readonly Output[],
  wrt: readonly Expr[],
  surrogate: Surrogate | undefined,
): (Expr | undefined)[] {
  const order = topological(outputs.map((o) => o.value));
  const active = dependants(order, wrt);
  const adjoints = new Map<Name, Expr>();
  const give = (to: Expr, g: Expr | undefined): void => {
    if (!g || !active.has(to)) return;
    const before = adjoints.get(nameOf(to));
    adjoints.set(nameOf(to), before ? add(before, g) : g);
  };
  for (const { value, seed } of outputs) give(value, seed);
  for (const e of order.reverse()) {
    const g = adjoints.get(nameOf(e));
    if (!g || !isFloat(e.type)) continue;
    const parts = dispatch(RULES, e, { g, surrogate });
    operands(e).forEach((o, k) => give(o, parts[k]));
  }
  return wrt.map((e) => adjoints.get(nameOf(e)));
}

/** Reads of one slot are one variable, however many nodes they are. */
type Name = Expr | string;
const nameOf = (e: Expr): Name => (e.tag === "read" ? e.slot : e);

/** Nodes on a way from `wrt`: the others need no adjoint. */
function dependants(order: readonly Expr[], wrt: readonly Expr[]): Set<Expr> {
  const names = new Set(wrt.map(nameOf));
  const active = new Set<Expr>();
  for (const e of order) if (names.has(nameOf(e)) || operands(e).some((o) => active.has(o))) active.add(e);
  return active;
}

/** The adjoint of the node, and what spikes use. */
interface Incoming {
  readonly g: Expr;
  readonly surrogate: Surrogate | undefined;
}
/** What each operand receives, in the order of `operands`; undefined for nothing. */
type Parts = readonly (Expr | undefined)[];
const nothing = (): Parts => [];

const like = (e: Expr, value: number): Expr => constant(e.type, value);
const gate = (test: Expr, g: Expr): Expr => select(test, g, like(g, 0));
const unless = (test: Expr, g: Expr): Expr => select(test, like(g, 0), g);

const RULES: ExprTable<Parts, Incoming> = {
  const: nothing,
  read: nothing,
  fetch: nothing, // a step function of its index; tables do not learn
  index: nothing,
  unary: (e, { g }) => [UNARY[e.op]?.(e, g)],
  binary: (e, { g }) => BINARY[e.op]?.(e.a, e.b, g, e) ?? [],
  compare: nothing,
  select: (e, { g }) => [undefined, gate(e.test, g), unless(e.test, g)],
  convert: (e, { g }) => (isFloat(e.a.type) ? [convert(e.a.type, g)] : []),
  bitcast: (e) => refuseBits(e.tag),
  word: (e) => refuseBits(e.tag),
  join: (e) => refuseBits(e.tag),
  mulShift: nothing,
  spike: (e, { g, surrogate }) => {
    if (!surrogate) throw new ModelError("not-differentiable", "spike", "no surrogate was given for its derivative");
    return [mul(g, surrogateDerivative(surrogate, e.a))];
  },
  call: (e, { g }) => CALLS[e.fn](e, g),
  draw: nothing,
};
function refuseBits(what: string): never {
  throw new ModelError(
    "not-differentiable",
    what,
    "bit patterns have no derivative; differentiate before expanding functions",
  );
}

/** undefined: derivative zero (or no float). */
const UNARY: Readonly<Record<UnaryOp, ((e: Unary, g: Expr) => Expr) | undefined>> = {
  neg: (_e, g) => neg(g),
  abs: (e, g) => select(compare("lt", e.a, like(e.a, 0)), neg(g), g),
  sqrt: (e, g) => div(mul(g, like(g, 0.5)), e),
  floor: undefined,
  ceil: undefined,
  trunc: undefined,
  nearest: undefined,
  not: undefined,
};

const BINARY: Readonly<Record<BinaryOp, ((a: Expr, b: Expr, g: Expr, value: Expr) => Parts) | undefined>> = {
  add: (_a, _b, g) => [g, g],
  sub: (_a, _b, g) => [g, neg(g)],
  mul: (a, b, g) => [mul(g, b), mul(g, a)],
  div: (_a, b, g, value) => {
    const q = div(g, b);
    return [q, neg(mul(q, value))];
  },
  min: (a, b, g) => [unless(compare("lt", b, a), g), gate(compare("lt", b, a), g)],
  max: (a, b, g) => [unless(compare("lt", a, b), g), gate(compare("lt", a, b), g)],
  and: undefined,
  or: undefined,
  xor: undefined,
  shl: undefined,
  shr: undefined,
  mulHi: undefined,
};

const one =
  (rule: (x: Expr, y: Call) => Expr) =>
  (y: Call, g: Expr): Parts => [mul(g, rule(y.args[0]!, y))];
const CALLS: Readonly<Record<MathFunction, (y: Call, g: Expr) => Parts>> = {
  exp: one((_x, y) => y),
  log: (y, g) => [div(g, y.args[0]!)],
  sin: one((x) => call("cos", x)),
  cos: one((x) => neg(call("sin", x))),
  tanh: one((_x, y) => sub(like(y, 1), mul(y, y))),
  sigmoid: one((_x, y) => mul(y, sub(like(y, 1), y))),
  pow: (y, g) => {
    const [a, b] = y.args as readonly [Expr, Expr];
    const slope = mul(b, call("pow", a, sub(b, like(b, 1))));
    // d/db aᵇ = aᵇ·log a, which tends to 0 where a does; 0·log 0 would be NaN.
    const growth = gate(compare("gt", a, like(a, 0)), mul(y, call("log", a)));
    return [mul(g, slope), mul(g, growth)];
  },
  exprel: one(exprelSlope),
};

/** Terms that bring the series below half a unit in the last place for |x| < 1. */
const TERMS = { f32: 10, f64: 18 } as const;
/**
 * d/dx (eˣ − 1)/x = (eˣ − exprel x)/x, which cancels near 0; there Σ xᵏ / (k!·(k + 2)), from d/dx = ∫₀¹ t·eˣᵗ dt.
 */
function exprelSlope(x: Expr, y: Call): Expr {
  const coefficient = (k: number): number => 1 / (factorial(k) * (k + 2));
  let series = like(x, coefficient(TERMS[y.type]));
  for (let k = TERMS[y.type] - 1; k >= 0; k--) series = add(mul(series, x), like(x, coefficient(k)));
  const small = compare("lt", abs(x), like(x, 1));
  return select(small, series, div(sub(call("exp", x), y), x));
}
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
