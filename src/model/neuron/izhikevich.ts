import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  a: ["0.02/ms", "how fast u recovers"],
  b: ["0.2/ms", "how far u follows v"],
  c: ["-65 mV", "v after a spike"],
  d: ["8 mV/ms", "what a spike adds to u"],
  vPeak: ["30 mV", "v of a spike"],
  p2: ["0.04/ms/mV", "of v squared"],
  p1: ["5/ms", "of v"],
  p0: ["140 mV/ms", "of 1"],
  vU: ["0 mV", "v where u is not driven"],
  decay: [1, "of u: 1, or 0 where u does not decay"],
} as const;
/** Options of `izhikevich`: other values of its parameters. */
export type IzhikevichOptions = TableOptions<typeof PARAMETERS>;

/**
 * Izhikevich's simple model: a parabola for `v`, a line for the recovery variable `u`. A current, in volt/second (1 V/s is
 * the paper's 1), goes to `i`; so do weights where no port is named. Defaults are regular spiking of 2003. The paper of 2004
 * needs other polynomials for three of its twenty patterns: `p1`, `p0` for class 1 excitability and the integrator,
 * `vU` and `decay` for accommodation.
 *
 * Without a method rk2 integrates it. The published programs take Euler's step for `v` and then one for `u` that sees
 * the new `v`: `neuron({ ...izhikevich().spec, method: "symplecticEuler" })`.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`
 */
export function izhikevich(options: IzhikevichOptions = {}): NeuronModel {
  return tabled(
    {
      name: "izhikevich",
      doc: "Simple model of spiking neurons",
      source:
        "Izhikevich 2003, IEEE Trans. Neural Netw. 14, 1569, eq. 1 to 3; 2004, 15, 1063, and its program figure1.m",
      equations: `
        dv/dt = p2*v**2 + p1*v + p0 - u + i : volt
        du/dt = a*(b*(v - vU) - decay*u) : volt/second
        i : volt/second (input)`,
      initial: { v: "-65 mV", u: "b*(-65*mV - vU)" },
      spike: "v > vPeak",
      reset: "v = c; u += d",
    },
    PARAMETERS,
    options,
  );
}
