/** From a population's step to its adjoint: what must be kept of the forward pass, and where errors can matter at all. */
import { ModelError } from "../base/errors.ts";
import { adjointStep, outgoing } from "../ir/adjoint.ts";
import { expand } from "../ir/expand.ts";
import { simplify } from "../ir/simplify.ts";
import { nodes, readsOf, type Slot, type Step } from "../ir/step.ts";
import type { Surrogate } from "../ir/surrogate.ts";
import { tapePlan } from "../ir/tape.ts";
import { isFloat } from "../ir/types.ts";
import { supportOf } from "./support.ts";

export interface Reverse {
  /** Forward step, which also stores what the adjoint needs into slots `tape.k`. */
  readonly forward: Step;
  readonly tape: readonly Slot[];
  readonly adjoint: Step;
  /** States whose adjoint is carried from step to step. */
  readonly carried: readonly string[];
  /** Ports at which something arrives: their adjoints are the errors that weights and sources need. */
  readonly sums: readonly string[];
  /** Of the slots that parameters in training decide, those that matter; the adjoint adds up their gradients, one an element. */
  readonly gathered: readonly string[];
  /** Lists the elements whose error a spike's adjoint can change at all (the adjoint reads no others); absent where all are. */
  readonly support?: Step;
}

/**
 * @param ports outputs whose adjoints come in from outside: `spike`, or outputs by value
 * @param trained slots that stay while a batch runs, and whose gradients are wanted
 * @throws {ModelError} `not-differentiable`
 */
export function reverseOf(
  step: Step,
  ports: readonly string[],
  surrogate: Surrogate,
  trained: readonly string[] = [],
): Reverse {
  requireSpike(step, ports);
  const reads = readsOf(step);
  const floats = step.slots.filter((s) => isFloat(s.type) && reads.has(s.name)).map((s) => s.name);
  const stored = new Set(step.stores.filter((s) => s.mode === "set").map((s) => s.slot));
  const carried = floats.filter((s) => stored.has(s));
  const sums = floats.filter((s) => s.startsWith("in."));
  const from = [...carried, ...ports.map((p) => `out.${p}`)];
  const whole = adjointStep(step, { wrt: [...carried, ...sums, ...trained], from, surrogate });
  const gathered = trained.filter((slot) => !isZero(whole, outgoing(slot)));
  const derived = gathering(whole, trained, gathered);
  const available = floats.filter((s) => !carried.includes(s) && !sums.includes(s));
  const { forward, adjoint, tape } = tapePlan(step, derived, { available });
  const support = ports.includes("spike") ? supportOf(adjoint, surrogate) : undefined;
  return {
    forward,
    tape,
    adjoint: simplify(expand(support?.adjoint ?? adjoint)),
    carried,
    sums: sums.map((s) => s.slice("in.".length)),
    gathered,
    ...(support && { support: support.list }),
  };
}

const isZero = (step: Step, slot: string): boolean =>
  step.stores.every((s) => s.slot !== slot || (s.value.tag === "const" && s.value.value === 0));

/**
 * The adjoint of every step and sample adds to the gradients of slots that stay. One that all elements share has as many
 * sums as there are elements, which meet once a batch.
 */
function gathering(adjoint: Step, trained: readonly string[], gathered: readonly string[]): Step {
  const [all, kept] = [new Set(trained.map(outgoing)), new Set(gathered.map(outgoing))];
  return {
    ...adjoint,
    slots: adjoint.slots
      .filter((s) => !all.has(s.name) || kept.has(s.name))
      .map((s) => (kept.has(s.name) ? { ...s, space: "element" } : s)),
    stores: adjoint.stores
      .filter((s) => !all.has(s.slot) || kept.has(s.slot))
      .map((s) => (kept.has(s.slot) ? { ...s, mode: "add" } : s)),
  };
}

/** Without a `spike` node the surrogate has nowhere to go, and gradients would be zero without a word. */
function requireSpike(step: Step, ports: readonly string[]): void {
  if (!ports.includes("spike") || nodes(step).some((e) => e.tag === "spike")) return;
  throw new ModelError(
    "not-differentiable",
    step.name,
    "a surrogate needs a spike condition of the form 'a > b' or 'a < b'",
  );
}
