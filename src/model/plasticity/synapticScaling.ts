import type { SynapseModel } from "../synapse.ts";
import { type RuleOptions, spikingRule, TIME_CONSTANT, type Value } from "./rule.ts";

/** Options of `synapticScaling`. */
export interface SynapticScalingOptions extends RuleOptions {
  /** Over which the target's rate is averaged; s, > 0; default 100 s. */
  readonly tau?: Value;
  /** How fast weights follow: a share for each spike too few or too many; >= 0; default 4e-5. */
  readonly beta?: Value;
  /** How fast they follow the difference that has added up; Hz, >= 0; default 1e-7 Hz, and 0 is without. */
  readonly gamma?: Value;
  /** The rate that the target is brought to; Hz, >= 0. */
  readonly aGoal: Value;
}

const PARAMETERS = {
  tau: { ...TIME_CONSTANT, default: "100 s" },
  beta: { in: "1", range: "notNegative", default: 4e-5 },
  gamma: { in: "hertz", range: "notNegative", default: "1e-7 Hz" },
  aGoal: { in: "hertz", range: "notNegative" },
} as const;

/**
 * Synaptic scaling: `dw/dt = beta·w·(aGoal - a) + gamma·w·∫(aGoal - a)dt`, where `a` is the target's rate, averaged by
 * `tau·da/dt = -a` and a step of `1/tau` at each of its spikes. All weights of a neuron change in proportion.
 *
 * The equation is solved in closed form from one event of the synapse to the next: `due` is the logarithm of the factor,
 * and `n` how many spikes the target should have fired less those that it did, so that the integral is `n + tau·a`. A
 * weight that is looked at stands as its last event left it.
 *
 * @see van Rossum, Bi and Turrigiano 2000, Journal of Neuroscience 20, 8812, "Activity-dependent scaling", with their
 *   values; Turrigiano et al. 1998, Nature 391, 892
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const synapticScaling = (options: SynapticScalingOptions): SynapseModel =>
  spikingRule({ rule: "synapticScaling", kinds: PARAMETERS }, options, ({ transmit }) => ({
    equations: `
      da/dt = -a/tau : Hz (event-driven)
      dn/dt = aGoal : 1 (event-driven)
      ddue/dt = beta*(aGoal - a) + gamma*(n + tau*a) : 1 (event-driven)`,
    onPre: `
      w *= exp(due)
      due = 0
      ${transmit}`,
    onPost: `
      w *= exp(due)
      due = 0
      a += 1/tau
      n -= 1`,
  }));
