import type { SynapseModel } from "../synapse.ts";
import { RATE_OPTIONS, type RateRuleOptions, ratesOf } from "./oja.ts";
import { ruleOf, TIME_CONSTANT, type Value } from "./rule.ts";

/** Options of `bcm`. */
export interface BcmOptions extends RateRuleOptions {
  /** Learning rate; Hz, > 0; default 1 Hz. */
  readonly eta?: Value;
  /** Over which the threshold averages; s, > 0; default 1 s. It must be much faster than the weights. */
  readonly tau?: Value;
  /** Scale of the rate y; > 0; default 1. */
  readonly y0?: Value;
}

const PARAMETERS = {
  eta: { in: "hertz", range: "positive", default: "1 Hz" },
  tau: { ...TIME_CONSTANT, default: "1 s" },
  y0: { in: "1", range: "positive", default: 1 },
} as const;

/**
 * The rule of Bienenstock, Cooper and Munro between rates, in every step: `dw/dt = eta·x·y·(y - theta)` with a threshold that
 * slides, `tau·dtheta/dt = y²/y0 - theta`. Of n patterns as likely as each other that are linearly independent, a linear
 * neuron comes to answer one with `n·y0`, and the others with 0.
 *
 * @see Bienenstock, Cooper and Munro 1982, Journal of Neuroscience 2, 32; the threshold is that of Intrator and Cooper 1992,
 *   Neural Networks 5, 3
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `syntax`
 */
export const bcm = (options: BcmOptions): SynapseModel =>
  ruleOf({ rule: "bcm", kinds: PARAMETERS, more: RATE_OPTIONS }, options, (o) => ({
    equations: `
        dw/dt = eta*x*y*(y - theta) : 1 (clock-driven)
        dtheta/dt = (y**2/y0 - theta)/tau : 1 (clock-driven)${ratesOf("bcm", o)}`,
  }));
