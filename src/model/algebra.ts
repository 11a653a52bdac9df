/**
 * Algebra on f64 expressions as on real numbers: `x + 0` is x, `0 * x` is 0, constants meet on the left. Models are lowered
 * through these constructors, so that an input that nothing feeds vanishes and coefficients come out small. (`ir/simplify`
 * is the other kind: it keeps every bit.) Calls on constants stay calls: `Math.exp` differs between engines.
 */
import {
  add,
  type BinaryOp,
  binary,
  type Const,
  call,
  constant,
  div,
  type Expr,
  f64,
  mul,
  neg,
  operands,
  rewrite,
  select,
  sqrt,
  sub,
  topological,
} from "../ir/expr.ts";
import { applyNode } from "../ir/scalar.ts";

export const ZERO = f64(0);
export const ONE = f64(1);

export const isConst = (e: Expr): e is Const => e.tag === "const";
export const isValue = (e: Expr, value: number): boolean => isConst(e) && e.value === value;
export const isZero = (e: Expr): boolean => isValue(e, 0);

/** Computes a node whose operands are constants. Calls and draws have no constant value here. */
export function fold(e: Expr): Expr {
  if (e.tag === "call" || e.tag === "draw" || e.tag === "const" || e.tag === "read" || e.tag === "index") return e;
  const args = operands(e);
  return args.every(isConst)
    ? constant(
        e.type,
        applyNode(
          e,
          args.map((a) => a.value),
        ),
      )
    : e;
}

const isNegated = (e: Expr): e is Expr & { tag: "unary" } => e.tag === "unary" && e.op === "neg";
/** `k op x` with a constant k. */
const hasConstLeft = (e: Expr, op: BinaryOp): e is Expr & { tag: "binary"; a: Const } =>
  e.tag === "binary" && e.op === op && isConst(e.a);

export function plus(a: Expr, b: Expr): Expr {
  if (isZero(a)) return b;
  if (isZero(b)) return a;
  if (isNegated(b)) return minus(a, b.a);
  if (isNegated(a)) return minus(b, a.a);
  return fold(add(a, b));
}
export function minus(a: Expr, b: Expr): Expr {
  if (isZero(b)) return a;
  if (isZero(a)) return negate(b);
  if (isNegated(b)) return plus(a, b.a);
  return fold(sub(a, b));
}
export function negate(a: Expr): Expr {
  if (isNegated(a)) return a.a;
  if (a.tag === "binary" && a.op === "sub") return minus(a.b, a.a);
  if (hasConstLeft(a, "mul") || hasConstLeft(a, "div")) return binary(a.op, negate(a.a), a.b);
  return fold(neg(a));
}
export function times(a: Expr, b: Expr): Expr {
  if (isConst(b) && !isConst(a)) return times(b, a);
  if (isZero(a)) return ZERO;
  if (isValue(a, 1)) return b;
  if (isValue(a, -1)) return negate(b);
  if (isConst(a) && isNegated(b)) return times(negate(a), b.a);
  if (isConst(a) && (hasConstLeft(b, "mul") || hasConstLeft(b, "div"))) return binary(b.op, fold(mul(a, b.a)), b.b);
  return fold(mul(a, b));
}
export function over(a: Expr, b: Expr): Expr {
  if (isZero(a)) return ZERO;
  if (isValue(b, 1)) return a;
  if (isValue(b, -1)) return negate(a);
  return fold(div(a, b));
}
export const total = (terms: readonly Expr[]): Expr => terms.reduce(plus, ZERO);

/** `a**n`: small whole powers by repeated squaring, halves by roots (both exact to a few roundings), else `pow`. */
export function raise(a: Expr, n: Expr): Expr {
  if (!isConst(n)) return call("pow", a, n);
  const size = Math.abs(n.value);
  if (size > 16 || !Number.isInteger(size * 2)) return call("pow", a, n);
  const whole = wholePower(a, Math.floor(size));
  const result = Number.isInteger(size) ? whole : times(whole, fold(sqrt(a)));
  return n.value < 0 ? over(ONE, result) : result;
}
function wholePower(a: Expr, n: number): Expr {
  if (n === 0) return ONE;
  const half = wholePower(a, Math.floor(n / 2));
  const even = times(half, half);
  return n % 2 === 0 ? even : times(even, a);
}

/** `select`, decided at once where it can be. */
export function choose(test: Expr, then: Expr, other: Expr): Expr {
  if (isConst(test)) return test.value ? then : other;
  return then === other ? then : select(test, then, other);
}

export const exp = (a: Expr): Expr => (isZero(a) ? ONE : call("exp", a));
/** `(e^a - 1) / a`, 1 at 0. */
export const exprel = (a: Expr): Expr => (isZero(a) ? ONE : call("exprel", a));

/** Whether number and inverse are normal in f32 too. */
const hasInverse = (x: number): boolean => [x, 1 / x].every((y) => Math.abs(y) >= 2 ** -126 && Math.abs(y) < 2 ** 128);
const ROUNDING: ReadonlySet<string> = new Set(["floor", "ceil", "trunc", "nearest"]);
const roundsOrAsks = (e: Expr): boolean =>
  e.tag === "convert" || e.tag === "compare" || (e.tag === "unary" && ROUNDING.has(e.op));
/**
 * The same with products in place of divisions by numbers, which take a processor several times as long. Not below what
 * rounds or compares: `49*(1/49)` is less than 1.
 */
export function withProducts(e: Expr): Expr {
  const exactly = new Set(topological(topological([e]).filter(roundsOrAsks).flatMap(operands)));
  return rewrite([e], (n) => {
    if (n.tag !== "binary" || exactly.has(n)) return n;
    if (n.op === "mul") return times(n.a, n.b);
    return n.op === "div" && isConst(n.b) && hasInverse(n.b.value) ? times(f64(1 / n.b.value), n.a) : n;
  })[0]!;
}
