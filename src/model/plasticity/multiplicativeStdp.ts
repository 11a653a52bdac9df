import type { SynapseModel } from "../synapse.ts";
import { type Pairing, tracesOf } from "./pairStdp.ts";
import { AMPLITUDE, type RuleOptions, spikingRule, TIME_CONSTANT, type Value } from "./rule.ts";

/** Options of `multiplicativeStdp`. */
export interface MultiplicativeStdpOptions extends RuleOptions {
  /** Decay of the trace of the source's spikes; s, > 0; default 20 ms. */
  readonly tauPlus?: Value;
  /** Decay of the trace of the target's spikes; s, > 0; default 20 ms. */
  readonly tauMinus?: Value;
  /** What a pair, source before target, adds at no lag, in the unit of the weight; the paper's is 7 pS. */
  readonly cPlus: Value;
  /** What a pair, target before source, takes off at no lag, as a share of the weight; >= 0; default 0.003. */
  readonly cMinus?: Value;
  /** Standard deviation of what chance adds, as a share of the weight; >= 0; default 0.015, and 0 draws nothing. */
  readonly noise?: Value;
  /** Which pairs count; default `all`. */
  readonly pairing?: Extract<Pairing, "all" | "nearest">;
}

const PARAMETERS = {
  tauPlus: { ...TIME_CONSTANT, default: "20 ms" },
  tauMinus: { ...TIME_CONSTANT, default: "20 ms" },
  cPlus: { in: "weight", range: "positive" },
  cMinus: { ...AMPLITUDE, range: "notNegative", default: 0.003 },
  noise: { ...AMPLITUDE, range: "notNegative", default: 0.015 },
  wMin: { in: "weight", range: "notNegative", default: 0 },
} as const;

/**
 * STDP whose depression grows with the weight, while its potentiation does not: `Δw = (cPlus + noise·ξ·w)·exp(-lag/tauPlus)`
 * where the target fires after the source, `(-cMinus + noise·ξ)·w·exp(lag/tauMinus)` where before. Weights need no upper
 * bound: of unrelated spikes their mean goes to `cPlus·tauPlus / (cMinus·tauMinus)`.
 *
 * @see van Rossum, Bi and Turrigiano 2000, Journal of Neuroscience 20, 8812, Methods, with their values
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const multiplicativeStdp = (options: MultiplicativeStdpOptions): SynapseModel =>
  spikingRule(
    { rule: "multiplicativeStdp", kinds: PARAMETERS, more: ["pairing"] },
    options,
    ({ transmit, pairing = "all", noise }) => {
      const { pre, post } = tracesOf("multiplicativeStdp.pairing", pairing, ["all", "nearest"]);
      const chance = Number(noise ?? PARAMETERS.noise.default) === 0 ? "" : " + noise*randn()*w";
      return {
        equations: `
          dx/dt = -x/tauPlus : 1 (event-driven)
          dy/dt = -y/tauMinus : 1 (event-driven)`,
        onPre: `
          ${transmit}
          w = max(w + y*(-cMinus*w${chance}), wMin)
          ${pre}`,
        onPost: `
          w = max(w + x*(cPlus${chance}), wMin)
          ${post}`,
      };
    },
  );
