/** The body of a step, evaluated node by node in SSA order, each by the definition of its operation. */
import { type Expr, type ExprOf, operands } from "../../ir/expr.ts";
import { fetchedAt, type Operation, operationOf } from "../../ir/scalar.ts";
import { nodes, type Step } from "../../ir/step.ts";

type Given = ExprOf<"read"> | ExprOf<"index">;
/** Supplies what a body reads: the value of a slot, or that many elements behind it. */
export type Leaf = (e: Given, ahead?: number) => number;

/** A node: where its value goes, and what it is made of. */
interface Line {
  readonly to: number;
  readonly given?: Given;
  readonly fetched?: ExprOf<"fetch">;
  readonly operation: Operation;
  /** Where the operands' values are. */
  readonly from: readonly [number, number, number];
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
  return {
    values: order.map((e) => (e.tag === "const" ? e.value : 0)),
    lines: order.filter((e) => e.tag !== "const").map((e) => lineOf(e, at)),
    stores: step.stores.map((s) => at.get(s.value)!),
  };
}
const never: Operation = () => Number.NaN;
function lineOf(e: Expr, at: ReadonlyMap<Expr, number>): Line {
  const to = at.get(e)!;
  if (e.tag === "read" || e.tag === "index") return { to, given: e, operation: never, from: [0, 0, 0] };
  const [a = 0, b = 0, c = 0] = operands(e).map((o) => at.get(o)!);
  if (e.tag === "fetch") return { to, fetched: e, operation: never, from: [a, b, c] };
  return { to, operation: operationOf(e), from: [a, b, c] };
}

/** The value of each store, in order. */
export function evaluateBody(step: Step, leaf: Leaf): number[] {
  const { values, lines, stores } = bodyOf(step);
  for (const { to, given, fetched, operation, from } of lines)
    values[to] = given
      ? leaf(given)
      : fetched
        ? leaf(fetched.table, fetchedAt(fetched.count, values[from[1]]!))
        : operation(values[from[0]]!, values[from[1]]!, values[from[2]]!);
  return stores.map((k) => values[k]!);
}
