import type { SynapseModel } from "../synapse.ts";
import { type RuleOptions, spikingRule, TIME_CONSTANT, type Value } from "./rule.ts";

/** Options of `inhibitoryStdp`. */
export interface InhibitoryStdpOptions extends RuleOptions {
  /** Decay of both traces; s, > 0; default 20 ms. */
  readonly tau?: Value;
  /** What a pair adds at no lag, in the unit of the weight; > 0. */
  readonly eta: Value;
  /** The rate that the target is brought to; Hz, >= 0; default 5 Hz. */
  readonly rho0?: Value;
  /** Bounds of the weight, in its unit; from 0, and without an upper one, by default. */
  readonly wMin?: Value;
  readonly wMax?: Value;
}

const PARAMETERS = {
  tau: { ...TIME_CONSTANT, default: "20 ms" },
  eta: { in: "weight", range: "positive" },
  rho0: { in: "hertz", range: "notNegative", default: "5 Hz" },
  wMin: { in: "weight", range: "any", default: 0 },
  wMax: { in: "weight", range: "any", optional: true },
} as const;

/**
 * Inhibitory plasticity: pairs strengthen the synapse whatever their order, and each spike of the source weakens it by
 * `alpha = 2·rho0·tau` of that. Of unrelated spikes the weight drifts by `2·tau·eta·(rate of the source)·(rate of the
 * target - rho0)` a second, so that inhibition brings the target to its rate.
 *
 * @see Vogels, Sprekeler, Zenke, Clopath and Gerstner 2011, Science 334, 1569, equation 1 and supplement
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const inhibitoryStdp = (options: InhibitoryStdpOptions): SynapseModel =>
  spikingRule({ rule: "inhibitoryStdp", kinds: PARAMETERS }, options, ({ transmit, wMax }) => {
    const bounded = (w: string): string => (wMax === undefined ? `max(${w}, wMin)` : `clip(${w}, wMin, wMax)`);
    return {
      equations: `
        dx/dt = -x/tau : 1 (event-driven)
        dy/dt = -y/tau : 1 (event-driven)
        alpha = 2*rho0*tau : 1`,
      onPre: `
        ${transmit}
        w = ${bounded("w + eta*(y - alpha)")}
        x += 1`,
      onPost: `
        w = ${bounded("w + eta*x")}
        y += 1`,
    };
  });
