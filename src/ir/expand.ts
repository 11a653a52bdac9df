/**
 * Rewrites functions and random draws into basic operations, one macro each: interpreter, WebAssembly and shaders then
 * agree bit for bit, because there is nothing left to disagree about.
 *
 * Differentiate before expanding: functions have derivatives, the bit patterns they expand into do not.
 */
import { type Expr, type IndexOf, type MathFunction, rewrite } from "./expr.ts";
import { exp, exprel } from "./math/exp.ts";
import { log } from "./math/log.ts";
import { sigmoid, tanh } from "./math/logistic.ts";
import { pow } from "./math/pow.ts";
import { cos, sin } from "./math/trigonometry.ts";
import { DRAW_SLOTS, expandDraw } from "./random.ts";
import { nodes, rewriteStep, type Slot, type Step } from "./step.ts";
import { domainOf } from "./verifyStep.ts";

type Macro = (x: Expr, y: Expr) => Expr;
const MACROS: Readonly<Record<MathFunction, Macro>> = { exp, exprel, log, sin, cos, tanh, sigmoid, pow };

const expandNode =
  (of: IndexOf) =>
  (e: Expr): Expr => {
    if (e.tag === "call") return MACROS[e.fn](e.args[0]!, e.args[1]!);
    return e.tag === "draw" ? expandDraw(e, of) : e;
  };

/** An expression without `call` and `draw`. Draws are told apart by the element's index. */
export const expandExpr = (e: Expr): Expr => rewrite([e], expandNode("element"))[0]!;

/**
 * A step without `call` and `draw`, whose draws are told apart by the index of its elements or synapses.
 * A step with draws gains those of `DRAW_SLOTS` that it lacks.
 * @throws Error if another kind of slot has one of their names
 */
export function expand(step: Step): Step {
  const expanded = rewriteStep(step, expandNode(domainOf(step) === "synapse" ? "synapse" : "element"));
  return { ...expanded, slots: [...step.slots, ...missingSlots(step)] };
}

function missingSlots(step: Step): Slot[] {
  if (!nodes(step).some((e) => e.tag === "draw")) return [];
  return Object.values(DRAW_SLOTS).filter((slot) => {
    const known = step.slots.find((s) => s.name === slot.name);
    if (known && (known.type !== slot.type || known.space !== slot.space))
      throw new Error(
        `step ${step.name}: slot '${slot.name}' (${known.space} ${known.type}) is needed by a random draw as uniform u32`,
      );
    return !known;
  });
}
