/**
 * A step: what one element (or one synapse) does, as SSA over expressions.
 * Reads see the values at the start of the step; stores commit at its end, in the order listed.
 */
import { type Expr, nodeKey, operands, read, rewrite, topological } from "./expr.ts";
import type { Type } from "./types.ts";

/**
 * Where a slot's values lie, seen from the body.
 * `element`: one value an element; `uniform`: one value for the whole call;
 * `pre`, `post`, `synapse`: one value a source, a target, a synapse (synaptic skeletons only).
 */
export type Space = "element" | "uniform" | "pre" | "post" | "synapse";

/** A name by which a step reads or stores. */
export interface Slot {
  readonly name: string;
  readonly type: Type;
  readonly space: Space;
}

/**
 * What a store does with its value.
 * `set`: writes it. `add`: adds it to what is there. `append` (bool): where true, appends the element's index to a
 * list of u32. `bits` (bool): packs it, element i into bit i mod 32 of word i div 32.
 * `sum`, `max`: folds over the elements into a uniform slot, in the lane order of `lanesOf`: element i goes to lane
 * i mod lanes, lanes start at 0 (sum) or -Infinity (max), and are folded as (l0 + l1) + (l2 + l3), then into the slot.
 */
export type StoreMode = "set" | "add" | "append" | "bits" | "sum" | "max";

/** What a step stores, and how. */
export interface Store {
  readonly slot: string;
  readonly mode: StoreMode;
  readonly value: Expr;
  /** `append` only: few elements are expected, so that looking first pays. No result depends on it. */
  readonly rare?: boolean;
}

/** What one element or one synapse does. */
export interface Step {
  readonly name: string;
  readonly slots: readonly Slot[];
  readonly stores: readonly Store[];
}

export const roots = (step: Step): Expr[] => step.stores.map((s) => s.value);
/** All nodes of a step, operands first. */
export const nodes = (step: Step): Expr[] => topological(roots(step));

export function slotOf(step: Step, name: string): Slot {
  const slot = step.slots.find((s) => s.name === name);
  if (!slot) throw new Error(`step ${step.name}: no slot '${name}'`);
  return slot;
}
export const readSlot = (slot: Slot): Expr => read(slot.type, slot.name);
/** Slots that the body reads. */
export const readsOf = (step: Step): Set<string> =>
  new Set(nodes(step).flatMap((e) => (e.tag === "read" ? [e.slot] : [])));

/** Elements handled at once: 2 where any value is 64 bits wide, else 4. Fixes the order of folds on every backend. */
export const lanesOf = (step: Step): 2 | 4 => ([...nodes(step), ...step.slots].some((x) => x.type === "f64") ? 2 : 4);

/** Rewrites every value of a step bottom-up (see `rewrite`). */
export function rewriteStep(step: Step, rule: (e: Expr) => Expr): Step {
  const values = rewrite(roots(step), rule);
  return { ...step, stores: step.stores.map((s, k) => ({ ...s, value: values[k]! })) };
}

/** Makes equal subexpressions the same object, so that each is computed once. */
export function share(step: Step): Step {
  const unique = new Map<string, Expr>();
  const number = new Map<Expr, number>();
  return rewriteStep(step, (e) => {
    const key = nodeKey(
      e,
      operands(e).map((o) => number.get(o)!),
    );
    const known = unique.get(key);
    if (known) return known;
    unique.set(key, e);
    number.set(e, number.size);
    return e;
  });
}

/** Keeps only the slots that are read or stored. */
export function pruneSlots(step: Step): Step {
  const used = readsOf(step);
  for (const s of step.stores) used.add(s.slot);
  return { ...step, slots: step.slots.filter((s) => used.has(s.name)) };
}
