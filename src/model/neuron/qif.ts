import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  tau: ["10 ms", "membrane time constant near rest", "positive"],
  vRest: ["-65 mV", "rest"],
  vCrit: ["-50 mV", "where the membrane turns unstable, above rest"],
  vPeak: ["20 mV", "v of a spike"],
  vReset: ["-80 mV", "v after a spike"],
} as const;
/** Options of `qif`: other values of its parameters. */
export type QifOptions = TableOptions<typeof PARAMETERS>;

/**
 * Quadratic integrate-and-fire: near rest a leaky integrator, beyond `vCrit` it fires by itself. A current, as current
 * times resistance in volt, goes to `i`; so do weights where no port is named. It fires for ever above
 * `i = (vCrit - vRest)/4`, with an interval in closed form; the square root in the rate is what class 1 means.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function qif(options: QifOptions = {}): NeuronModel {
  return tabled(
    {
      name: "qif",
      doc: "Quadratic integrate-and-fire",
      source:
        "Latham, Richmond, Nelson and Nirenberg 2000, J. Neurophysiol. 83, 808; Gerstner et al. 2014, Neuronal Dynamics, sec. 5.3",
      equations: `
        dv/dt = ((v - vRest)*(v - vCrit)/(vCrit - vRest) + i) / tau : volt
        i : volt (input)`,
      initial: { v: "vRest" },
      spike: "v > vPeak",
      reset: "v = vReset",
    },
    PARAMETERS,
    options,
  );
}
