/**
 * The adjoint of a step is a step: it reads what the forward step read, and for every stored slot the adjoint of its
 * new value; it stores the adjoints of the values that were read.
 *
 * Names: `d.v` comes in, the gradient of the loss with respect to `v` after the step; `g.v` goes out, with respect to
 * `v` before the step. They differ because a state slot has both. Running backwards in time, the caller binds both to
 * the same buffer, or adds what comes from elsewhere in between.
 */

import { gradients, type Output } from "./differentiate.ts";
import { constant, type Expr, read, topological } from "./expr.ts";
import { simplify } from "./simplify.ts";
import {
  readSlot,
  roots,
  type Slot,
  type Space,
  type Step,
  type Store,
  type StoreMode,
  share,
  slotOf,
} from "./step.ts";
import type { Surrogate } from "./surrogate.ts";
import { isFloat } from "./types.ts";

export interface AdjointOptions {
  /** Read slots whose gradients are wanted; each gets its `g.` slot, even where the gradient is zero. */
  readonly wrt: readonly string[];
  /** Stored slots whose adjoints come in; all with float values by default. */
  readonly from?: readonly string[];
  /** For spikes. */
  readonly surrogate?: Surrogate | undefined;
}

/** The slot by which the adjoint of a stored slot comes in. */
export const incoming = (slot: string): string => `d.${slot}`;
/** The slot by which the gradient of a read slot goes out. */
export const outgoing = (slot: string): string => `g.${slot}`;

/** How the gradients of the elements or synapses that share a value meet. */
const GATHER: Readonly<Record<Space, StoreMode>> = {
  element: "set",
  synapse: "set",
  uniform: "sum",
  pre: "add",
  post: "add",
};

/**
 * The backward step of a step, derived from it: adjoints of what it stores come in, gradients of what it reads go out.
 *
 * @throws {ModelError} `not-differentiable`, see `gradients`
 */
export function adjointStep(forward: Step, options: AdjointOptions): Step {
  const step = share(forward);
  const stores = step.stores.filter((s) => isFloat(s.value.type) && (options.from?.includes(s.slot) ?? true));
  const slots = options.wrt.map((name) => slotOf(step, name));
  const synaptic = step.slots.some((s) => s.space !== "element" && s.space !== "uniform");
  const outputs = stores.flatMap((s) => outputsOf(s, step, options.wrt));
  const values = gradients(
    outputs,
    slots.map((s) => floatRead(step, s)),
    options.surrogate,
  );
  return simplify({
    name: `${step.name}.adjoint`,
    slots: [
      ...step.slots,
      ...[...new Set(stores.map((s) => s.slot))].map((name) => ({ ...slotOf(step, name), name: incoming(name) })),
      ...slots.map((s) => ({ ...s, name: outgoing(s.name) })),
    ],
    stores: slots.map((s, k) => ({
      slot: outgoing(s.name),
      mode: synaptic && s.space === "uniform" ? "add" : GATHER[s.space],
      value: values[k] ?? constant(s.type, 0),
    })),
  });
}

/** The node of the graph that reads the slot, or a new one if the step does not. */
function floatRead(step: Step, slot: Slot): Expr {
  if (!isFloat(slot.type)) throw new Error(`step ${step.name}: no gradient for '${slot.name}', which is ${slot.type}`);
  return topological(roots(step)).find((e) => e.tag === "read" && e.slot === slot.name) ?? readSlot(slot);
}

/** What a store contributes to the loss: its value, weighted by the adjoint of its slot. */
function outputsOf({ slot: name, mode, value }: Store, step: Step, wrt: readonly string[]): Output[] {
  const slot = slotOf(step, name);
  const seed = read(slot.type, incoming(name));
  if (mode === "set") return [{ value, seed }];
  if (mode !== "add" && mode !== "sum") throw new Error(`step ${step.name}: no adjoint for '${mode}' of '${name}'`);
  if (!wrt.includes(name)) return [{ value, seed }];
  // The old value is part of the new one. A shared slot would receive its adjoint once, and not once an element.
  if (slot.space !== "element" && slot.space !== "synapse")
    throw new Error(`step ${step.name}: no gradient for '${name}', which is ${slot.space} and added to`);
  return [
    { value, seed },
    { value: readSlot(slot), seed },
  ];
}
