import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  C: ["200 pF", "membrane capacitance", "positive"],
  gL: ["10 nS", "leak conductance", "not negative"],
  EL: ["-65 mV", "leak reversal"],
  vReset: ["-50 mV", "v after a spike"],
  tRef: ["4 ms", "refractory period", "not negative"],
  VT: ["-48 mV", "threshold of a neuron that has not fired"],
  DeltaV: ["0.5 mV", "how soft the threshold is", "positive"],
  lambda0: ["1 Hz", "rate of spikes at threshold", "not negative"],
  tauW: ["100 ms", "decay of the adaptation current", "positive"],
  b: ["0.2 nA", "what a spike adds to the adaptation current"],
  tauTheta: ["100 ms", "decay of the threshold", "positive"],
  dTheta: ["10 mV", "how far a spike raises the threshold"],
} as const;
/** Options of `gif`: other values of its parameters. */
export type GifOptions = TableOptions<typeof PARAMETERS>;

/**
 * Generalised integrate-and-fire with escape noise: it fires at the rate `lambda0·exp((v - VT - theta)/DeltaV)`, so with
 * probability `1 - exp(-rate·dt)` in a step. Spikes add to an adaptation current `w` and to the threshold `theta`. A current
 * in ampere goes to `i`; so do weights where no port is named. Integrated exactly; in single precision probabilities count in 2^-23.
 * Adaptation has one time constant each; defaults are those from which the authors' program starts a fit.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function gif(options: GifOptions = {}): NeuronModel {
  return tabled(
    {
      name: "gif",
      doc: "Generalised integrate-and-fire with escape noise",
      source:
        "Mensi et al. 2012, J. Neurophysiol. 107, 1756; Pozzorini et al. 2015, PLoS Comput. Biol. 11, e1004275, and its program GIFFittingToolbox, class GIF",
      equations: `
        dv/dt = (gL*(EL - v) - w + i) / C : volt (unless refractory)
        dw/dt = -w / tauW : amp
        dtheta/dt = -theta / tauTheta : volt
        hazard = lambda0*exp((v - VT - theta)/DeltaV) : Hz
        i : amp (input)`,
      initial: { v: "EL" },
      spike: "rand() < -expm1(-hazard*dt)",
      reset: "v = vReset; w += b; theta += dTheta",
      refractory: "tRef",
    },
    PARAMETERS,
    options,
  );
}
