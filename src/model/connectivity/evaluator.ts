/** An expression of numbers as a function, with the operations that kernels would use: the same bits on every engine. */
import { expandExpr } from "../../ir/expand.ts";
import { type Expr, operands, topological } from "../../ir/expr.ts";
import { type Operation, operationOf } from "../../ir/scalar.ts";

interface Instruction {
  readonly operation: Operation;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * @param names what the expression reads, in the order of the numbers that the function takes
 */
export function evaluatorOf(expression: Expr, names: readonly string[]): (inputs: ArrayLike<number>) => number {
  const root = expandExpr(expression);
  const order = topological([root]);
  const place = new Map<Expr, number>(order.map((e, k) => [e, names.length + k]));
  for (const e of order) if (e.tag === "read") place.set(e, names.indexOf(e.slot));
  const values = new Float64Array(names.length + order.length);
  const instructions = order.map((e, k): [number, Instruction] | undefined => {
    if (e.tag === "read") return undefined;
    const [a = 0, b = 0, c = 0] = operands(e).map((o) => place.get(o)!);
    return [names.length + k, { operation: operationOf(e), a, b, c }];
  });
  const work = instructions.filter((x) => x !== undefined);
  const answer = place.get(root)!;
  return (inputs) => {
    values.set(inputs);
    for (const [to, { operation, a, b, c }] of work) values[to] = operation(values[a]!, values[b]!, values[c]!);
    return values[answer]!;
  };
}
