/** The functions of the expression language as IR: one entry each. */
import {
  abs,
  call,
  compare,
  convert,
  draw,
  type Expr,
  f64,
  type MathFunction,
  max,
  min,
  sqrt,
  type UnaryOp,
  unary,
} from "../ir/expr.ts";
import { choose, exprel, fold, isValue, minus, negate, ONE, over, plus, times, ZERO } from "./algebra.ts";
import type { FunctionName } from "./equations/functions.ts";
import { arccos, arcsin, arctan, log1p } from "./inverse.ts";
import { coerce, toFloat } from "./values.ts";

/** `stream` numbers the draw, where there is one. */
type LowerCall = (args: readonly Expr[], stream: () => number) => Expr;

const math =
  (fn: MathFunction): LowerCall =>
  ([a]) =>
    call(fn, toFloat(a!));
const rounding =
  (op: UnaryOp): LowerCall =>
  ([a]) =>
    fold(unary(op, toFloat(a!)));
const folded =
  (op: typeof min): LowerCall =>
  (args) =>
    args.reduce((a, b) => fold(op(...coerce(a, b))));

const exp = (a: Expr): Expr => call("exp", a);
/** `(e^a ± e^-a) / 2`. */
const hyperbolic =
  (join: typeof plus): LowerCall =>
  ([a]) =>
    times(f64(0.5), join(exp(toFloat(a!)), exp(negate(toFloat(a!)))));
const signOf = (a: Expr): Expr =>
  choose(fold(compare("gt", a, ZERO)), ONE, choose(fold(compare("lt", a, ZERO)), f64(-1), ZERO));
/** An infinite bound is no bound. */
function clip(x: Expr, low: Expr, high: Expr): Expr {
  const above = isValue(low, -Infinity) ? x : fold(max(x, low));
  return isValue(high, Infinity) ? above : fold(min(above, high));
}

/** Whole steps in a time, which may be a rounding below a multiple (Brian's `timestep`). */
const wholeSteps = (t: Expr, dt: Expr): Expr =>
  fold(convert("i32", fold(unary("floor", over(plus(t, times(f64(1e-3), dt)), dt)))));

export const LOWER_CALL: Readonly<Record<FunctionName, LowerCall>> = {
  exp: math("exp"),
  log: math("log"),
  sin: math("sin"),
  cos: math("cos"),
  tanh: math("tanh"),
  sigmoid: math("sigmoid"),
  exprel: ([a]) => exprel(toFloat(a!)),
  expm1: ([a]) => times(toFloat(a!), exprel(toFloat(a!))),
  log1p: ([a]) => log1p(toFloat(a!)),
  arctan: ([a]) => arctan(toFloat(a!)),
  arcsin: ([a]) => arcsin(toFloat(a!)),
  arccos: ([a]) => arccos(toFloat(a!)),
  timestep: ([t, dt]) => wholeSteps(toFloat(t!), toFloat(dt!)),
  log10: ([a]) => times(f64(Math.LOG10E), call("log", toFloat(a!))),
  tan: ([a]) => over(call("sin", toFloat(a!)), call("cos", toFloat(a!))),
  sinh: hyperbolic(minus),
  cosh: hyperbolic(plus),
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  sqrt: ([a]) => fold(sqrt(toFloat(a!))),
  abs: ([a]) => fold(abs(toFloat(a!))),
  sign: ([a]) => signOf(toFloat(a!)),
  int: ([a]) => fold(convert("i32", a!)),
  clip: ([x, low, high]) => clip(toFloat(x!), toFloat(low!), toFloat(high!)),
  min: folded(min),
  max: folded(max),
  where: ([test, a, b]) => choose(test!, ...coerce(a!, b!)),
  rand: (_args, stream) => draw("uniform", "f64", stream()),
  randn: (_args, stream) => draw("normal", "f64", stream()),
  poisson: ([mean], stream) => draw("poisson", "f64", stream(), toFloat(mean!)),
};
