import type { NeuronModel } from "../neuronModel.ts";
import { type Gate, gateEquations, settled } from "./gates.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  C: ["200 pF", "membrane capacitance", "positive"],
  gNa: ["20 uS", "sodium conductance, all gates open", "not negative"],
  gK: ["6 uS", "potassium conductance, all gates open", "not negative"],
  gL: ["10 nS", "leak conductance", "not negative"],
  ENa: ["50 mV", "sodium reversal"],
  EK: ["-90 mV", "potassium reversal"],
  EL: ["-60 mV", "leak reversal"],
  VT: ["-63 mV", "shifts all gates, and with them the threshold"],
  Ee: ["0 mV", "reversal of excitation"],
  Ei: ["-80 mV", "reversal of inhibition"],
  taue: ["5 ms", "decay of excitation", "positive"],
  taui: ["10 ms", "decay of inhibition", "positive"],
  vTh: ["-20 mV", "a spike is counted when v rises above it"],
  tRef: ["3 ms", "no other spike is counted for so long", "not negative"],
} as const;
/** Options of `traubMiles`: other values of its parameters. */
export type TraubMilesOptions = TableOptions<typeof PARAMETERS>;

/** `exprel(x) = (exp(x) - 1)/x`: no hole where a rate's exponent is 0. */
const GATES: Readonly<Record<string, Gate>> = {
  m: {
    opens: (u) => `1.28/exprel((13*mV - ${u})/(4*mV))/ms`,
    closes: (u) => `1.4/exprel((${u} - 40*mV)/(5*mV))/ms`,
  },
  h: {
    opens: (u) => `0.128*exp((17*mV - ${u})/(18*mV))/ms`,
    closes: (u) => `4/(1 + exp((40*mV - ${u})/(5*mV)))/ms`,
  },
  n: {
    opens: (u) => `0.16/exprel((15*mV - ${u})/(5*mV))/ms`,
    closes: (u) => `0.5*exp((10*mV - ${u})/(40*mV))/ms`,
  },
};

/**
 * Traub and Miles' pyramidal cell, reduced to sodium, potassium and leak, with exponential synaptic conductances: the neuron
 * of the COBAHH benchmark. Weights are conductances in siemens: they arrive as jumps of `ge` (the port where none is named)
 * and `gi`; a current in ampere goes to `i`. It starts at `EL` with settled gates. The
 * exponential midpoint rule integrates it; Brian's example of the benchmark takes exponential Euler, whose rates are some
 * hundredths off in steps of 0.02 ms.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function traubMiles(options: TraubMilesOptions = {}): NeuronModel {
  return tabled(
    {
      name: "traub-miles",
      doc: "Hodgkin-Huxley neuron of Traub and Miles, with synaptic conductances",
      source:
        "Traub and Miles 1991, Neuronal Networks of the Hippocampus, as modified in Brette et al. 2007, J. Comput. Neurosci. 23, 349, appendix B, benchmark 3",
      equations: `
        dv/dt = (gNa*m**3*h*(ENa - v) + gK*n**4*(EK - v) + gL*(EL - v) + ge*(Ee - v) + gi*(Ei - v) + i) / C : volt
        ${gateEquations(GATES, "u")}
        dge/dt = -ge / taue : siemens
        dgi/dt = -gi / taui : siemens
        u = v - VT : volt
        i : amp (input)`,
      initial: { v: "EL", ...settled(GATES, "(EL - VT)") },
      spike: "v > vTh",
      refractory: "tRef",
      port: "ge",
      method: "exponentialMidpoint",
    },
    PARAMETERS,
    options,
  );
}
