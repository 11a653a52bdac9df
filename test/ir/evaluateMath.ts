/** Values of f64 expressions with functions taken from `Math`: an evaluator of its own, for finite differences. */
import { type Expr, type MathFunction, operands, topological } from "../../src/ir/expr.ts";
import { applyNode } from "../../src/ir/scalar.ts";

const FUNCTIONS: Readonly<Record<MathFunction, (a: number, b: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  pow: Math.pow,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  exprel: (x) => (x === 0 ? 1 : Math.expm1(x) / x),
};

/** Orders the nodes once; the function it gives may be called often. */
export function mathEvaluator(roots: readonly Expr[]): (reads: Readonly<Record<string, number>>) => number[] {
  const order = topological(roots);
  const number = new Map(order.map((e, k) => [e, k]));
  const args = order.map((e) => operands(e).map((o) => number.get(o)!));
  const values = new Array<number>(order.length).fill(0);
  return (reads) => {
    order.forEach((e, k) => {
      const given = args[k]!.map((o) => values[o]!);
      values[k] =
        e.tag === "read"
          ? reads[e.slot]!
          : e.tag === "call"
            ? FUNCTIONS[e.fn](given[0]!, given[1]!)
            : applyNode(e, given);
    });
    return roots.map((r) => values[number.get(r)!]!);
  };
}
export const evaluateMath = (roots: readonly Expr[], reads: Readonly<Record<string, number>>): number[] =>
  mathEvaluator(roots)(reads);
