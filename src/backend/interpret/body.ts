/** The body of a step, evaluated node by node in SSA order, each by the definition of its operation. */
import { type Expr, type ExprOf, operands } from "../../ir/expr.ts";
import { applyNode } from "../../ir/scalar.ts";
import { nodes, type Step } from "../../ir/step.ts";

/** Supplies what a body reads. */
export type Leaf = (e: ExprOf<"read"> | ExprOf<"index">) => number;

interface Line {
  readonly e: Expr;
  readonly to: number;
  /** Where the operands' values are, and room for them. */
  readonly from: readonly number[];
  readonly args: number[];
}
interface Body {
  /** Constants are in their places already. */
  readonly values: number[];
  readonly lines: readonly Line[];
  /** Where each store's value is. */
  readonly stores: readonly number[];
}

/** Nodes are put in order once a step, not once an element. */
const bodies = new WeakMap<Step, Body>();
function bodyOf(step: Step): Body {
  let body = bodies.get(step);
  if (!body) bodies.set(step, (body = prepared(step)));
  return body;
}
function prepared(step: Step): Body {
  const order = nodes(step);
  const at = new Map(order.map((e, k) => [e, k]));
  const lines = order.map((e, to): Line => ({ e, to, from: operands(e).map((o) => at.get(o)!), args: [] }));
  return {
    values: order.map((e) => (e.tag === "const" ? e.value : 0)),
    lines: lines.filter(({ e }) => e.tag !== "const"),
    stores: step.stores.map((s) => at.get(s.value)!),
  };
}

/** The value of each store, in order. */
export function evaluateBody(step: Step, leaf: Leaf): number[] {
  const { values, lines, stores } = bodyOf(step);
  for (const { e, to, from, args } of lines) {
    if (e.tag === "read" || e.tag === "index") values[to] = leaf(e);
    else {
      for (let k = 0; k < from.length; k++) args[k] = values[from[k]!]!;
      values[to] = applyNode(e, args);
    }
  }
  return stores.map((k) => values[k]!);
}
