/**
 * Takes out of a step what does not change during a run: decay factors such as exp(-dt/tau), which depend on parameters
 * alone. The same nodes are computed in the same types, once instead of every step: not one bit changes.
 */
import { type Expr, operands, topological, withOperands } from "./expr.ts";
import { nodes, pruneSlots, readSlot, roots, type Slot, type Step, type Store, share, slotOf } from "./step.ts";

export interface Hoisted {
  /** Computes the constants that all elements share (`uniform`). Run it for one element when the fixed slots have their values. */
  readonly prepare: Step | undefined;
  /** Computes the constants of each element; run it over all of them. A step of its own: many elements must not set one value. */
  readonly prepareElements: Step | undefined;
  /** The step, reading the constants. */
  readonly main: Step;
}

/** An index is no constant: what is computed from it alone is left where it is (Philox would fill memory with its products). */
const VARYING: ReadonlySet<Expr["tag"]> = new Set(["draw", "index"]);

/** Nodes that depend on constants and fixed slots alone. */
function fixedNodes(step: Step, fixed: ReadonlySet<string>): Set<Expr> {
  const found = new Set<Expr>();
  for (const e of nodes(step))
    if (e.tag === "read" ? fixed.has(e.slot) : !VARYING.has(e.tag) && operands(e).every((o) => found.has(o)))
      found.add(e);
  return found;
}

/** Leaves, and a sign, a conversion or the like of a leaf: as cheap as the load that would replace them. */
function isCheap(e: Expr): boolean {
  const args = operands(e);
  const free = e.tag === "unary" ? e.op !== "sqrt" : e.tag === "convert" || e.tag === "bitcast";
  return args.length === 0 || (free && isCheap(args[0]!));
}

/** Fixed nodes that something not fixed uses. */
function frontier(step: Step, fixed: ReadonlySet<Expr>): Expr[] {
  const all = nodes(step);
  const used = new Set([...roots(step), ...all.filter((e) => !fixed.has(e)).flatMap(operands)]);
  const found = all.filter((e) => fixed.has(e) && used.has(e) && !isCheap(e));
  const kept = new Set(found);
  return found.filter((e) => !isNear(e, kept));
}

const NEAR: ReadonlySet<string> = new Set(["add", "sub", "mul"]);
/**
 * One operation away from another constant, such as 1 - exp(-dt/tau) beside exp(-dt/tau): as cheap as a load, and training
 * sums one gradient in place of two.
 */
function isNear(e: Expr, others: ReadonlySet<Expr>): boolean {
  if (e.tag !== "binary" || !NEAR.has(e.op)) return false;
  return (e.a.tag === "const" && others.has(e.b)) || (e.b.tag === "const" && others.has(e.a));
}

interface Constant {
  readonly slot: Slot;
  readonly value: Expr;
}

/** Whether the value of a fixed node is the same for all elements. */
const isUniform = (e: Expr, step: Step): boolean =>
  topological([e]).every((n) => n.tag !== "read" || slotOf(step, n.slot).space === "uniform");

/**
 * Splits a step of `perElement`: maximal subexpressions of constants and `fixed` slots go to new slots `const.0`, `const.1`, …
 *
 * @param fixed slots that keep their values during a run, and that the step does not store
 */
export function hoist(step: Step, fixed: ReadonlySet<string>): Hoisted {
  const stored = step.stores.find((s) => fixed.has(s.slot));
  if (stored) throw new Error(`hoist ${step.name}: '${stored.slot}' is stored, so it is not fixed`);
  const shared = share(step);
  const constants = frontier(shared, fixedNodes(shared, fixed)).map((value, k): Constant => {
    const space = isUniform(value, shared) ? "uniform" : "element";
    return { slot: { name: `const.${k}`, type: value.type, space }, value };
  });
  const slots = [...shared.slots, ...constants.map((c) => c.slot)];
  const prepare = (name: string, space: Slot["space"]): Step | undefined => {
    const stores = constants
      .filter((c) => c.slot.space === space)
      .map(({ slot, value }): Store => ({ slot: slot.name, mode: "set", value }));
    return stores.length === 0 ? undefined : pruneSlots({ name: `${step.name}.${name}`, slots, stores });
  };
  return {
    prepare: prepare("prepare", "uniform"),
    prepareElements: prepare("prepareElements", "element"),
    main: pruneSlots({
      ...shared,
      slots,
      stores: replace(shared.stores, new Map(constants.map((c) => [c.value, readSlot(c.slot)]))),
    }),
  };
}

/** The stores with whole subexpressions replaced, from the outside in: one may lie inside another. */
function replace(stores: readonly Store[], by: ReadonlyMap<Expr, Expr>): Store[] {
  const memo = new Map<Expr, Expr>(by);
  const rebuilt = (e: Expr): Expr => {
    const known = memo.get(e);
    if (known) return known;
    const result = withOperands(e, operands(e).map(rebuilt));
    memo.set(e, result);
    return result;
  };
  return stores.map((s) => ({ ...s, value: rebuilt(s.value) }));
}
