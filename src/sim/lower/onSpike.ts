/** Parts of a step that change nothing unless the neuron fires (resets): they are run for the neurons that did. */
import { constant, type Expr } from "../../ir/expr.ts";
import { simplify } from "../../ir/simplify.ts";
import { readsOf, rewriteStep, type Step, type Store, slotOf } from "../../ir/step.ts";
import { SPIKE } from "../../model/slots.ts";

const isUnchanged = ({ slot, mode, value }: Store): boolean =>
  mode === "set" && value.tag === "read" && value.slot === slot;
const given = (step: Step, spike: 0 | 1): Step => {
  const { type } = slotOf(step, SPIKE);
  const rule = (e: Expr): Expr => (e.tag === "read" && e.slot === SPIKE ? constant(type, spike) : e);
  return simplify(rewriteStep(step, rule));
};

/** What the step does where the neuron fires; undefined where it does something without that. */
export function onSpike(step: Step): Step | undefined {
  if (!readsOf(step).has(SPIKE)) return step.stores.length === 0 ? step : undefined;
  if (!given(step, 0).stores.every(isUnchanged)) return undefined;
  const fired = given(step, 1);
  return simplify({ ...fired, stores: fired.stores.filter((s) => !isUnchanged(s)) });
}

/** Without the note of who fired. */
export const withoutFlag = (step: Step): Step =>
  simplify({ ...step, stores: step.stores.filter((s) => s.slot !== SPIKE) });
