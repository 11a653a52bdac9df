import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  C: ["200 pF", "membrane capacitance", "positive"],
  gL: ["10 nS", "leak conductance", "not negative"],
  EL: ["-60 mV", "leak reversal"],
  Ee: ["0 mV", "reversal of excitation"],
  Ei: ["-80 mV", "reversal of inhibition"],
  taue: ["5 ms", "decay of excitation", "positive"],
  taui: ["10 ms", "decay of inhibition", "positive"],
  vTh: ["-50 mV", "threshold"],
  vReset: ["-60 mV", "membrane after a spike"],
  tRef: ["5 ms", "refractory period", "not negative"],
} as const;
/** Options of `cobaLif`: other values of its parameters. */
export type CobaLifOptions = TableOptions<typeof PARAMETERS>;

/**
 * LIF with exponential synaptic conductances. Weights are conductances in siemens: they arrive as jumps of `ge` (the port
 * where none is named) and `gi`; a current in ampere goes to `i`. Integrated by exponential Euler, which is exact while
 * conductances stand still. Defaults are those of the COBA benchmark, whose weights are 6 nS and 67 nS.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function cobaLif(options: CobaLifOptions = {}): NeuronModel {
  return tabled(
    {
      name: "coba-lif",
      doc: "LIF with exponential synaptic conductances",
      source: "Brette et al. 2007, J. Comput. Neurosci. 23, 349, appendix B, benchmark 1; Vogels and Abbott 2005",
      equations: `
        dv/dt = (gL*(EL - v) + ge*(Ee - v) + gi*(Ei - v) + i) / C : volt (unless refractory)
        dge/dt = -ge / taue : siemens
        dgi/dt = -gi / taui : siemens
        i : amp (input)`,
      initial: { v: "EL" },
      spike: "v > vTh",
      reset: "v = vReset",
      refractory: "tRef",
      port: "ge",
    },
    PARAMETERS,
    options,
  );
}
