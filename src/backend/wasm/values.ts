/** What expressions are, in locals: of one element, or of four neighbours at once. */
import { FACTOR } from "../../ir/drawnRows.ts";
import { expand } from "../../ir/expand.ts";
import type { Expr } from "../../ir/expr.ts";
import { simplify } from "../../ir/simplify.ts";
import { nodes, type Slot, type Step } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";
import type { ValType } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { emitScalar, valTypeOf } from "./scalarExpr.ts";
import { emitVector, splatConstant, type VectorContext } from "./vectorExpr.ts";

type TypeOf = (name: string) => Type;
const wordOrFactor: TypeOf = (name) => (name === FACTOR ? "f64" : "u32");

/**
 * Locals with what expressions are.
 * @param leaves locals of what they read, by name
 * @param typeOf of the leaves: words as a rule
 */
export function values(
  roots: readonly Expr[],
  leaves: ReadonlyMap<string, number>,
  { f }: Pick<KernelContext, "f">,
  typeOf = wordOrFactor,
): number[] {
  const locals = new Map<Expr, number>();
  const context = { f, push: (e: Expr): void => (e.tag === "const" ? emitScalar(e, context) : f.get(locals.get(e)!)) };
  return evaluated(stepOf(roots, leaves, typeOf), { leaves, locals, f }, (e) => {
    if (e.tag === "const") context.push(e);
    else emitScalar(e, context);
    return valTypeOf(e.type);
  });
}
/** The same of four neighbours: leaves and results are vectors. */
export function vectorValues(
  roots: readonly Expr[],
  leaves: ReadonlyMap<string, number>,
  { f }: Pick<KernelContext, "f">,
): number[] {
  const locals = new Map<Expr, number>();
  const push = (e: Expr): void => (e.tag === "const" ? splatConstant(context, e.type, e.value) : f.get(locals.get(e)!));
  const context: VectorContext = { f, lanes: 4, push };
  return evaluated(stepOf(roots, leaves, wordOrFactor), { leaves, locals, f }, (e) => {
    if (e.tag === "const") context.push(e);
    else emitVector(e, context);
    return "v128";
  });
}

interface Evaluating {
  readonly leaves: ReadonlyMap<string, number>;
  /** Of each node that is not a constant, when it has been evaluated. */
  readonly locals: Map<Expr, number>;
  readonly f: KernelContext["f"];
}
/** @param emit pushes a node's value, and says what it is kept in */
function evaluated(step: Step, { leaves, locals, f }: Evaluating, emit: (e: Expr) => ValType): number[] {
  const kept = (e: Expr): number => {
    const local = f.local(emit(e));
    f.set(local);
    return local;
  };
  for (const e of nodes(step)) {
    if (e.tag === "const") continue;
    locals.set(e, e.tag === "read" ? leaves.get(e.slot)! : kept(e));
  }
  return step.stores.map(({ value }) => locals.get(value) ?? kept(value));
}
const slot = (name: string, type: Type): Slot => ({ name, type, space: "uniform" });
/** So that what several of them need is computed once. */
const stepOf = (roots: readonly Expr[], leaves: ReadonlyMap<string, number>, typeOf: TypeOf): Step =>
  simplify(
    expand({
      name: "values",
      slots: [
        ...[...leaves.keys()].map((name) => slot(name, typeOf(name))),
        ...roots.map((e, k) => slot(`${k}`, e.type)),
      ],
      stores: roots.map((value, k) => ({ slot: `${k}`, mode: "set", value })),
    }),
  );
