import { type Every, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { POSITIVE, parameter, TIME_CONSTANT, type Value } from "./spiking.ts";

/** Options of `alif`. */
export interface AlifOptions {
  /** Membrane time constant; default 20 ms. */
  readonly tauM?: Value;
  /** Adaptation time constant; default 150 ms. */
  readonly tauA?: Value;
  /** Threshold of a neuron that has not fired; default 0.01. */
  readonly b0?: Value;
  /** How far spikes raise the threshold; default 1.8. */
  readonly beta?: Value;
}

const OPTIONS = { tauM: true, tauA: true, b0: true, beta: true } as const satisfies Every<AlifOptions>;

/**
 * LIF with an adaptive threshold, as Yin et al. train it: the threshold `theta = b0 + beta·b` follows a trace `b` of the
 * neuron's own spikes, and is taken off the membrane one step after a spike. In a step, the spike of the step before
 * enters the trace first, and both the reset and the threshold test use the new trace.
 *
 * Nothing is detached, as in the published code: the spike reaches the next step through the trace and through the
 * reset, with the surrogate's derivative both times, and `theta` has its derivative in the test and in the reset.
 * Default time constants are the means of the published normal draws.
 */
export function alif(options: AlifOptions = {}): NeuronModel {
  requireKnown("alif", options, OPTIONS);
  const { tauM = "20 ms", tauA = "150 ms", b0 = 0.01, beta = 1.8 } = options;
  return neuron({
    name: "alif",
    doc: "LIF with an adaptive threshold",
    source: "Yin, Corradi and Bohté 2021, Nature Machine Intelligence 3, 905, and its code, function mem_update_adp",
    equations: `
      v[t+1] = alpha*v + (1 - alpha)*i - (b0 + beta*(rho*b + (1 - rho)*s))*s : 1
      b[t+1] = rho*b + (1 - rho)*s : 1
      s : 1
      theta = b0 + beta*b : 1
      alpha = exp(-dt/tauM) : 1
      rho = exp(-dt/tauA) : 1
      i : 1 (input)`,
    parameters: {
      tauM: parameter(tauM, "membrane time constant", TIME_CONSTANT),
      tauA: parameter(tauA, "adaptation time constant", TIME_CONSTANT),
      b0: parameter(b0, "threshold of a neuron that has not fired", POSITIVE),
      beta: parameter(beta, "how far a trace of 1 raises the threshold"),
    },
    spike: "v > theta",
    after: "s = spike",
  });
}
