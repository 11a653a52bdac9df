import { type Every, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { POSITIVE, parameter, TIME_CONSTANT, type Value } from "./spiking.ts";

/** Options of `seAdLif`. */
export interface SeAdLifOptions {
  /** Membrane time constant; default 15 ms. */
  readonly tauU?: Value;
  /** Adaptation time constant; default 180 ms. */
  readonly tauW?: Value;
  /** Adaptation to the membrane, in units of `q`; published from 0 to 1, default 0.5. */
  readonly a?: Value;
  /** Adaptation to spikes, in units of `q`; published from 0 to 2, default 1. */
  readonly b?: Value;
  /** Scale of `a` and `b`, so that these train in steps like those of weights; default 60. */
  readonly q?: Value;
  /** Threshold; default 1. */
  readonly vTh?: Value;
}

const OPTIONS = {
  tauU: true,
  tauW: true,
  a: true,
  b: true,
  q: true,
  vTh: true,
} as const satisfies Every<SeAdLifOptions>;

/**
 * Adaptive LIF, discretised by symplectic Euler: the membrane `u` sees the old adaptation current `w`, and `w` sees the
 * new `u`, after its reset to 0, and the new spike. So the damped oscillation of the pair stays damped where forward
 * Euler lets it grow.
 *
 * The reset is detached, and the spike that enters `w` is not, as in the published code. Default time constants are the
 * middles of the published ranges (5 to 25 ms, 60 to 300 ms), as are `a` and `b`.
 */
export function seAdLif(options: SeAdLifOptions = {}): NeuronModel {
  requireKnown("seAdLif", options, OPTIONS);
  const { tauU = "15 ms", tauW = "180 ms", a = 0.5, b = 1, q = 60, vTh = 1 } = options;
  return neuron({
    name: "se-adlif",
    doc: "Adaptive LIF by symplectic Euler",
    source:
      "Baronig et al. 2024, arXiv 2408.07517 (2025, Nature Communications 16), eq. 6a and 6b, and its code, SEAdLIF",
    equations: `
      u[t+1] = alpha*u + (1 - alpha)*(i - w) : 1
      w : 1
      alpha = exp(-dt/tauU) : 1
      rho = exp(-dt/tauW) : 1
      i : 1 (input)`,
    parameters: {
      tauU: parameter(tauU, "membrane time constant", TIME_CONSTANT),
      tauW: parameter(tauW, "adaptation time constant", TIME_CONSTANT),
      a: parameter(a, "adaptation to the membrane, in units of q", { min: 0, max: 1 }),
      b: parameter(b, "adaptation to spikes, in units of q", { min: 0, max: 2 }),
      q: parameter(q, "scale of a and b"),
      vTh: parameter(vTh, "threshold", POSITIVE),
    },
    spike: "u > vTh",
    reset: "u = 0",
    after: "w = rho*w + (1 - rho)*q*(a*u + b*spike)",
  });
}
