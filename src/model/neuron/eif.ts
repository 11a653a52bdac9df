import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  tau: ["10 ms", "membrane time constant", "positive"],
  EL: ["-65 mV", "rest without spike current"],
  VT: ["-59.9 mV", "where the spike current has slope 1"],
  DeltaT: ["3.48 mV", "how slowly spikes begin", "positive"],
  vPeak: ["-30 mV", "v of a spike"],
  vReset: ["-68 mV", "v after a spike"],
  tRef: ["1.7 ms", "refractory period", "not negative"],
} as const;
/** Options of `eif`: other values of its parameters. */
export type EifOptions = TableOptions<typeof PARAMETERS>;

/**
 * Exponential integrate-and-fire. A current, as current times resistance in volt, goes to `i`; so do weights where no port
 * is named. It fires for ever above `i = VT - EL - DeltaT`. `adex` adds adaptation, and takes amperes.
 *
 * The right side sees v up to `vPeak` only, so that a step which overshoots stays finite; below, nothing is changed.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function eif(options: EifOptions = {}): NeuronModel {
  return tabled(
    {
      name: "eif",
      doc: "Exponential integrate-and-fire",
      source: "Fourcaud-Trocmé, Hansel, van Vreeswijk and Brunel 2003, J. Neurosci. 23, 11628",
      equations: `
        dv/dt = (EL - u + DeltaT*exp((u - VT)/DeltaT) + i) / tau : volt (unless refractory)
        u = min(v, vPeak) : volt
        i : volt (input)`,
      initial: { v: "EL" },
      spike: "v > vPeak",
      reset: "v = vReset",
      refractory: "tRef",
    },
    PARAMETERS,
    options,
  );
}
