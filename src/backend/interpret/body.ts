/** The body of a step, evaluated node by node in SSA order, each by the definition of its operation. */
import { type Expr, type ExprOf, operands } from "../../ir/expr.ts";
import { applyNode } from "../../ir/scalar.ts";
import { nodes, type Step } from "../../ir/step.ts";

/** Supplies what a body reads. */
export type Leaf = (e: ExprOf<"read"> | ExprOf<"index">) => number;

interface Line {
  readonly e: Expr;
  /** Lines of the operands, and room for their values. */
  readonly from: readonly number[];
  readonly args: number[];
}
interface Body {
  readonly lines: readonly Line[];
  /** The line of each store's value. */
  readonly stores: readonly number[];
}

const bodies = new WeakMap<Step, Body>();
/** Nodes are put in order once a step, not once an element. */
function bodyOf(step: Step): Body {
  let body = bodies.get(step);
  if (!body) {
    const order = nodes(step);
    const line = new Map(order.map((e, k) => [e, k]));
    const lines = order.map((e) => ({ e, from: operands(e).map((o) => line.get(o)!), args: [] }));
    body = { lines, stores: step.stores.map((s) => line.get(s.value)!) };
    bodies.set(step, body);
  }
  return body;
}

/** The value of each store, in order. */
export function evaluateBody(step: Step, leaf: Leaf): number[] {
  const { lines, stores } = bodyOf(step);
  const values: number[] = [];
  for (const { e, from, args } of lines) {
    if (e.tag === "read" || e.tag === "index") values.push(leaf(e));
    else {
      for (let k = 0; k < from.length; k++) args[k] = values[from[k]!]!;
      values.push(applyNode(e, args));
    }
  }
  return stores.map((k) => values[k]!);
}
