/**
 * Neurons of NEST, PyNN and NEURON as this project's equations, in SI units. What arrives at a port is a weight: an amplitude
 * of current or conductance at its peak (alpha), a jump of either (exp), or a jump of the membrane (delta).
 *
 * NEST's kernels (`iaf_psc_alpha.cpp` and so on, NEST 3) move the membrane, add what arrives, and test `V_m >= V_th`, which
 * the schedule `nest` does in that order; their synaptic states go on while the membrane is refractory.
 */
import type { NeuronSpec, ParameterSpec } from "../../model/neuronModel.ts";

type Rise = "alpha" | "exp";
const named = (value: string, doc: string): ParameterSpec => ({ value, doc });

const MEMBRANE = {
  c: named("250 pF", "capacitance"),
  el: named("-70 mV", "resting potential"),
  vTh: named("-55 mV", "threshold"),
  vReset: named("-70 mV", "potential after a spike"),
  tRef: named("2 ms", "refractory period"),
  ie: named("0 pA", "constant current"),
} as const;
/** NEST holds the membrane for all of `t_ref` after the step of the spike; here that step is the first of the period. */
const FIRING = { spike: "v >= vTh", reset: "v = vReset", refractory: "tRef + dt" } as const;

/**
 * A synaptic variable and, for an alpha function, the one that drives it; e as a number, which a chain of three variables
 * needs to have a closed form. What arrives is at its peak after `tau`.
 */
const RISES: Readonly<Record<Rise, (x: string, drive: string, tau: string, unit: string) => string>> = {
  alpha: (x, drive, tau, unit) => `
    d${drive}/dt = -${drive}/${tau} : ${unit}
    d${x}/dt = (${Math.E}*${drive} - ${x})/${tau} : ${unit}`,
  exp: (x, _drive, tau, unit) => `
    d${x}/dt = -${x}/${tau} : ${unit}`,
};
const synapses = (rise: Rise, letter: "i" | "g", unit: string): string =>
  ["Ex", "In"].map((end) => RISES[rise](`${letter}${end}`, `d${letter}${end}`, `tau${end}`, unit)).join("");
const TIMES = { tauEx: named("2 ms", "of excitatory synapses"), tauIn: named("2 ms", "of inhibitory synapses") };

/** Current-based synapses: what leaves by weights below 0 has a time constant of its own. */
export const currentBased = (rise: Rise): NeuronSpec => ({
  name: `iaf-psc-${rise}`,
  doc: `Leaky integrate-and-fire with ${rise === "alpha" ? "alpha-shaped" : "exponential"} synaptic currents`,
  source: "NEST, iaf_psc_alpha and iaf_psc_exp; Rotter and Diesmann 1999, Biological Cybernetics 81, 381",
  equations: `
    dv/dt = (el - v)/tauM + (ie + iEx + iIn)/c : volt (unless refractory)${synapses(rise, "i", "amp")}`,
  parameters: { tauM: named("10 ms", "membrane time constant"), ...MEMBRANE, ...TIMES },
  initial: { v: "el" },
  ...FIRING,
  port: rise === "alpha" ? "diEx" : "iEx",
});

/** Weights are jumps of the membrane; what arrives while it is refractory is lost. */
export const delta: NeuronSpec = {
  name: "iaf-psc-delta",
  doc: "Leaky integrate-and-fire with delta-shaped synaptic currents",
  source: "NEST, iaf_psc_delta; Rotter and Diesmann 1999, Biological Cybernetics 81, 381",
  equations: "dv/dt = (el - v)/tauM + ie/c : volt (unless refractory)",
  parameters: { tauM: named("10 ms", "membrane time constant"), ...MEMBRANE },
  initial: { v: "el" },
  ...FIRING,
  port: "v",
};

/** Conductance-based synapses. */
export const conductanceBased = (rise: Rise): NeuronSpec => ({
  name: `iaf-cond-${rise}`,
  doc: `Leaky integrate-and-fire with ${rise === "alpha" ? "alpha-shaped" : "exponential"} synaptic conductances`,
  source: "NEST, iaf_cond_alpha and iaf_cond_exp; Meffin, Burkitt and Grayden 2004, J. Comput. Neurosci. 16, 159",
  equations: `
    dv/dt = (gl*(el - v) + gEx*(eEx - v) + gIn*(eIn - v) + ie)/c : volt (unless refractory)${synapses(rise, "g", "siemens")}`,
  parameters: {
    ...MEMBRANE,
    gl: named("16.6667 nS", "leak conductance"),
    eEx: named("0 mV", "reversal potential of excitatory synapses"),
    eIn: named("-85 mV", "reversal potential of inhibitory synapses"),
    ...TIMES,
  },
  initial: { v: "el" },
  ...FIRING,
  port: rise === "alpha" ? "dgEx" : "gEx",
});

/** As `currentBased` and `conductanceBased`, where the leak is a time constant (PyNN). */
export const conductanceByTime = (rise: Rise): NeuronSpec => {
  const { gl: _, ...parameters } = conductanceBased(rise).parameters as Record<string, ParameterSpec>;
  return {
    ...conductanceBased(rise),
    name: `if-cond-${rise}`,
    source: "PyNN 0.12, IF_cond_alpha and IF_cond_exp",
    equations: `
    dv/dt = (el - v)/tauM + (gEx*(eEx - v) + gIn*(eIn - v) + ie)/c : volt (unless refractory)${synapses(rise, "g", "siemens")}`,
    parameters: { tauM: named("10 ms", "membrane time constant"), ...parameters },
  };
};

/** NEURON's artificial cell: weights are jumps, the threshold is 1. */
export const intFire1: NeuronSpec = {
  name: "int-fire-1",
  doc: "Leaky integrate-and-fire, dimensionless",
  source: "NEURON, intfire1.mod; Hines and Carnevale 2004, The NEURON Book, sec. 10.3",
  equations: "dm/dt = -m/tau : 1 (unless refractory)",
  parameters: { tau: named("10 ms", "time constant"), refrac: named("5 ms", "refractory period") },
  spike: "m > 1",
  reset: "m = 0",
  refractory: "refrac",
  port: "m",
};
