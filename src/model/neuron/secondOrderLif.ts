import { type Every, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { parameter, SPIKING, type SpikingOptions, spiking, TIME_CONSTANT, type Value } from "./spiking.ts";

/** Options of `secondOrderLif`. */
export interface SecondOrderLifOptions extends SpikingOptions {
  /** Membrane time constant; default 20 ms. */
  readonly tau?: Value;
  /** Rise of the synaptic current; default 1 ms. */
  readonly tauRise?: Value;
  /** Decay of the synaptic current; default 5 ms. Either may be the longer one, and they may be equal. */
  readonly tauDecay?: Value;
}

const OPTIONS = {
  tau: true,
  tauRise: true,
  tauDecay: true,
  ...SPIKING,
} as const satisfies Every<SecondOrderLifOptions>;

/**
 * LIF with second-order synaptic currents: the difference of two exponentials, scaled so that a spike of weight w makes a
 * current whose peak is w. Weights arrive as jumps of `x`. With equal time constants it is `alphaLif`; as `tauRise` goes to 0
 * it becomes `cubaLif`.
 *
 * At its peak the current equals what drives it, `peak·x`, and the peak comes at `tauDecay/exprel(ln(tauDecay/tauRise))`:
 * hence the factor, which needs no special case where the two meet.
 */
export function secondOrderLif(options: SecondOrderLifOptions = {}): NeuronModel {
  requireKnown("secondOrderLif", options, OPTIONS);
  const { tau = "20 ms", tauRise = "1 ms", tauDecay = "5 ms" } = options;
  const { parameters, ...events } = spiking(options);
  return neuron({
    name: "second-order-lif",
    doc: "LIF with second-order synaptic currents",
    source:
      "Roth and van Rossum 2009, Modeling synapses, in De Schutter, Computational Modeling Methods for Neuroscientists",
    equations: `
      dv/dt = (i - v) / tau : 1 (unless refractory)
      di/dt = (peak*x - i) / tauRise : 1
      dx/dt = -x / tauDecay : 1
      peak = exp(1/exprel(log(tauDecay/tauRise))) : 1`,
    parameters: {
      tau: parameter(tau, "membrane time constant", TIME_CONSTANT),
      tauRise: parameter(tauRise, "rise of the synaptic current", TIME_CONSTANT),
      tauDecay: parameter(tauDecay, "decay of the synaptic current", TIME_CONSTANT),
      ...parameters,
    },
    port: "x",
    ...events,
  });
}
