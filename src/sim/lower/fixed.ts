/** What does not change during a run is taken out of a population's step, and computed when parameters have changed. */
import { expand, expandExpr } from "../../ir/expand.ts";
import { constant, type Expr } from "../../ir/expr.ts";
import { hoist } from "../../ir/hoist.ts";
import { type Node, type Place, place } from "../../ir/program.ts";
import { evaluate } from "../../ir/scalar.ts";
import { simplify } from "../../ir/simplify.ts";
import { nodes, pruneSlots, rewriteStep, type Step, slotOf } from "../../ir/step.ts";
import { elementCall } from "./bodies.ts";
import type { Context } from "./context.ts";

export interface Fixed {
  /** The step, which reads what `prepare` computes. */
  readonly step: Step;
  /** Where that and the parameters lie. */
  readonly args: Readonly<Record<string, Place>>;
  readonly prepare: readonly Node[];
  /** What `prepare` computes, as a step that nothing has expanded: it can be differentiated. */
  readonly computed: Step;
}

/**
 * Functions of constants become constants; others stay as they are, because a step is differentiated before they are
 * expanded.
 */
export function foldCalls(step: Step): Step {
  const simple = simplify(step);
  if (!nodes(simple).some(isConstantCall)) return simple;
  return foldCalls(
    rewriteStep(simple, (e) => (isConstantCall(e) ? constant(e.type, evaluate(expandExpr(e), noLeaf)) : e)),
  );
}
const isConstantCall = (e: Expr): boolean => e.tag === "call" && e.args.every((a) => a.tag === "const");
const noLeaf = (): never => {
  throw new Error("a function of constants reads nothing");
};

/**
 * Moves what depends on parameters alone out of the step.
 * @param key names its buffers, such as `hidden.0`
 * @param fixed where the parameters lie, by slot
 */
export function takeOut(step: Step, node: string, key: string, fixed: ReadonlyMap<string, Place>, c: Context): Fixed {
  const parameters = (s: Step): Record<string, Place> =>
    Object.fromEntries(s.slots.flatMap(({ name }) => (fixed.has(name) ? [[name, fixed.get(name)!]] : [])));
  const { prepare: once, prepareElements: each, main } = hoist(step, new Set(fixed.keys()));
  const computed: Record<string, Place> = {};
  const prepare: Node[] = [];
  const compute = (first: Step | undefined, n: number, length: number): void => {
    if (!first) return;
    for (const { slot } of first.stores)
      computed[slot] = place(c.buffer(`${key}.${slot}`, slotOf(first, slot).type, length, "work"));
    prepare.push(elementCall(simplify(expand(first)), { ...parameters(first), ...computed }, n));
  };
  compute(once, 1, 1);
  compute(each, c.size(node), c.stride(node));
  const rest = pruneSlots(simplify(main));
  const all = [once, each].filter((s) => s !== undefined);
  const slots = new Map(all.flatMap((s) => s.slots.map((x) => [x.name, x] as const)));
  return {
    step: rest,
    args: { ...parameters(rest), ...computed },
    prepare,
    computed: { name: `${step.name}.computed`, slots: [...slots.values()], stores: all.flatMap((s) => s.stores) },
  };
}
