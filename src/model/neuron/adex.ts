import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  C: ["281 pF", "membrane capacitance", "positive"],
  gL: ["30 nS", "leak conductance", "positive"],
  EL: ["-70.6 mV", "leak reversal"],
  VT: ["-50.4 mV", "where the spike current has slope gL"],
  DeltaT: ["2 mV", "how slowly spikes begin", "positive"],
  a: ["4 nS", "adaptation to the membrane"],
  tauW: ["144 ms", "adaptation time constant", "positive"],
  b: ["0.0805 nA", "what a spike adds to the adaptation current"],
  vPeak: ["20 mV", "v of a spike"],
  vReset: ["-70.6 mV", "v after a spike"],
} as const;
/** Options of `adex`: other values of its parameters. */
export type AdexOptions = TableOptions<typeof PARAMETERS>;

/**
 * Adaptive exponential integrate-and-fire: the exponential model with an adaptation current `w`, which follows the membrane
 * and jumps with spikes. A current in ampere goes to `i`; so do weights where no port is named.
 *
 * The right sides see v up to `vPeak` only, as in NEST, so that a step which overshoots leaves `w` as it should be;
 * below, nothing is changed.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function adex(options: AdexOptions = {}): NeuronModel {
  return tabled(
    {
      name: "adex",
      doc: "Adaptive exponential integrate-and-fire",
      source: "Brette and Gerstner 2005, J. Neurophysiol. 94, 3637",
      equations: `
        dv/dt = (gL*(EL - u) + gL*DeltaT*exp((u - VT)/DeltaT) - w + i) / C : volt
        dw/dt = (a*(u - EL) - w) / tauW : amp
        u = min(v, vPeak) : volt
        i : amp (input)`,
      initial: { v: "EL" },
      spike: "v > vPeak",
      reset: "v = vReset; w += b",
    },
    PARAMETERS,
    options,
  );
}
