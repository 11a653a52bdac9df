import type { SynapseModel } from "../synapse.ts";
import { type Pairing, tracesOf } from "./pairStdp.ts";
import { AMPLITUDE, type RuleOptions, spikingRule, TIME_CONSTANT, type Value } from "./rule.ts";

/** Options of `powerLawStdp`. */
export interface PowerLawStdpOptions extends RuleOptions {
  /** Decay of the traces; s, > 0; default 20 ms. */
  readonly tauPlus?: Value;
  readonly tauMinus?: Value;
  /** Learning rate: a share of `wMax`; > 0; default 0.005. */
  readonly lambda?: Value;
  /** How much stronger depression is than potentiation; > 0; default 1.05. */
  readonly alpha?: Value;
  /** How updates depend on the weight, from 0 (not at all: additive) to 1 (in proportion); default 0.02. */
  readonly mu?: Value;
  /** The largest weight, in its unit; the smallest is 0. */
  readonly wMax: Value;
  /** Which pairs count; default `all`. */
  readonly pairing?: Extract<Pairing, "all" | "nearest">;
}

const PARAMETERS = {
  tauPlus: { ...TIME_CONSTANT, default: "20 ms" },
  tauMinus: { ...TIME_CONSTANT, default: "20 ms" },
  lambda: { ...AMPLITUDE, range: "positive", default: 0.005 },
  alpha: { ...AMPLITUDE, range: "positive", default: 1.05 },
  mu: { ...AMPLITUDE, range: "share", default: 0.02 },
  wMin: { in: "weight", range: "any", default: 0 },
  wMax: { in: "weight", range: "positive" },
} as const;

/**
 * STDP between additive and multiplicative: with `u = w/wMax`, `Δu = lambda·(1 - u)**mu·exp(-lag/tauPlus)` where the target
 * fires after the source, `-lambda·alpha·u**mu·exp(lag/tauMinus)` where before. With equal time constants, weights of
 * unrelated spikes go to `wMax / (1 + alpha**(1/mu))`.
 *
 * @see Gütig, Aharonov, Rotter and Sompolinsky 2003, Journal of Neuroscience 23, 3697, the update and its functions
 *   f+ and f-, with their values
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const powerLawStdp = (options: PowerLawStdpOptions): SynapseModel =>
  spikingRule(
    { rule: "powerLawStdp", kinds: PARAMETERS, more: ["pairing"] },
    options,
    ({ transmit, pairing = "all" }) => {
      const { pre, post } = tracesOf("powerLawStdp.pairing", pairing, ["all", "nearest"]);
      return {
        equations: `
          dx/dt = -x/tauPlus : 1 (event-driven)
          dy/dt = -y/tauMinus : 1 (event-driven)
          u = clip(w/wMax, 0, 1) : 1`,
        onPre: `
          ${transmit}
          w = clip(w - wMax*lambda*alpha*u**mu*y, wMin, wMax)
          ${pre}`,
        onPost: `
          w = clip(w + wMax*lambda*(1 - u)**mu*x, wMin, wMax)
          ${post}`,
      };
    },
  );
