/** What `fptt` adds to the loss of each update, as a stage of the optimiser in front of all others. */
import { add, constant, type Expr, mul, neg, sub } from "../ir/expr.ts";
import type { Fptt } from "./algorithm.ts";
import type { GradientTransform } from "./optimiser.ts";

/** The state slots: the running average less the weight, and the estimate of the average gradient. Both start at 0. */
export const GAP = "gap";
export const MULTIPLIER = "multiplier";

/**
 * The gradient of `alpha/2·|w - wbar|² + (rho - 1)·<w, lambda>`, and after the update `lambda -= alpha·(w - wbar)` and
 * `wbar = (1 - beta)·wbar + beta·w - beta/alpha·lambda`. Kept is `wbar - w`, which starts at 0 and keeps its digits.
 *
 * @see Kag and Saligrama 2021, ICML, algorithm 1 and its published code
 */
export function dynamicRegulariser({ alpha, beta, rho }: Fptt): GradientTransform {
  return {
    name: "fptt",
    states: [GAP, MULTIPLIER],
    numbers: {},
    ofLoss: true,
    update: (g, c) => {
      const k = (x: number): Expr => constant(c.type, x);
      return { update: add(sub(g, mul(k(alpha), c.state(GAP))), mul(k(rho - 1), c.state(MULTIPLIER))) };
    },
    after: (moved, c) => {
      const k = (x: number): Expr => constant(c.type, x);
      const ahead = sub(sub(moved, c.weight), c.state(GAP)); // w - wbar
      const multiplier = sub(c.state(MULTIPLIER), mul(k(alpha), ahead));
      const gap = sub(neg(mul(k(1 - beta), ahead)), mul(k(beta / alpha), multiplier));
      return { [GAP]: gap, [MULTIPLIER]: multiplier };
    },
  };
}
