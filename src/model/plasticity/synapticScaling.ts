import type { SynapseModel } from "../synapse.ts";
import { type RuleOptions, spikingRule, TIME_CONSTANT, type Value } from "./rule.ts";

/** Options of `synapticScaling`. */
export interface SynapticScalingOptions extends RuleOptions {
  /** Over which the target's rate is averaged; s, > 0; default 100 s. */
  readonly tau?: Value;
  /** How fast weights follow: a share for each spike of difference; > 0; default 4e-5. */
  readonly beta?: Value;
  /** The rate that the target is brought to; Hz, >= 0. */
  readonly aGoal: Value;
}

const PARAMETERS = {
  tau: { ...TIME_CONSTANT, default: "100 s" },
  beta: { in: "1", range: "positive", default: 4e-5 },
  aGoal: { in: "hertz", range: "notNegative" },
} as const;

/**
 * Synaptic scaling: `dw/dt = beta·w·(aGoal - a)`, where `a` is the target's rate, averaged by `tau·da/dt = -a` and a step
 * of `1/tau` at each of its spikes. All weights of a neuron change in proportion.
 *
 * The equation is solved in closed form from one event of the synapse to the next: `due` is the integral of `aGoal - a`.
 * A weight that is looked at stands as its last event left it. The paper's integral controller is left out (gamma = 0).
 *
 * @see van Rossum, Bi and Turrigiano 2000, Journal of Neuroscience 20, 8812, "Activity-dependent scaling"; Turrigiano et
 *   al. 1998, Nature 391, 892
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const synapticScaling = (options: SynapticScalingOptions): SynapseModel =>
  spikingRule({ rule: "synapticScaling", kinds: PARAMETERS }, options, ({ transmit }) => ({
    equations: `
      da/dt = -a/tau : Hz (event-driven)
      ddue/dt = aGoal - a : 1 (event-driven)`,
    onPre: `
      w *= exp(beta*due)
      due = 0
      ${transmit}`,
    onPost: `
      w *= exp(beta*due)
      due = 0
      a += 1/tau`,
  }));
