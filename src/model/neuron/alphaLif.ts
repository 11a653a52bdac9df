import { type Every, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { parameter, SPIKING, type SpikingOptions, spiking, TIME_CONSTANT, type Value } from "./spiking.ts";

/** Options of `alphaLif`. */
export interface AlphaLifOptions extends SpikingOptions {
  /** Membrane time constant; default 10 ms. */
  readonly tau?: Value;
  /** When the synaptic current is at its highest after a spike; default 2 ms. */
  readonly tauSyn?: Value;
}

const OPTIONS = { tau: true, tauSyn: true, ...SPIKING } as const satisfies Every<AlphaLifOptions>;

/**
 * LIF with alpha-shaped synaptic currents: a spike of weight w makes the current `w·(t/tauSyn)·exp(1 - t/tauSyn)`, which
 * is highest, w, at `tauSyn`. Weights arrive as jumps of `x`. Integrated exactly. Default time constants are those of NEST's
 * `iaf_psc_alpha`, whose weights are peaks too.
 */
export function alphaLif(options: AlphaLifOptions = {}): NeuronModel {
  requireKnown("alphaLif", options, OPTIONS);
  const { tau = "10 ms", tauSyn = "2 ms" } = options;
  const { parameters, ...events } = spiking(options);
  return neuron({
    name: "alpha-lif",
    doc: "LIF with alpha-shaped synaptic currents",
    source: "Rall 1967, J. Neurophysiol. 30, 1138; Rotter and Diesmann 1999, Biol. Cybern. 81, 381",
    equations: `
      dv/dt = (i - v) / tau : 1 (unless refractory)
      di/dt = (e*x - i) / tauSyn : 1
      dx/dt = -x / tauSyn : 1`,
    parameters: {
      tau: parameter(tau, "membrane time constant", TIME_CONSTANT),
      tauSyn: parameter(tauSyn, "time from a spike to the peak of its current", TIME_CONSTANT),
      ...parameters,
    },
    port: "x",
    ...events,
  });
}
