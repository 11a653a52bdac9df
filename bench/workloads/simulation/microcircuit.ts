/**
 * W4: the cortical microcircuit of Potjans and Diesmann 2014 (Cerebral Cortex 24:785), 77,169 neurons and 0.3 thousand million
 * synapses at full scale; below it neurons and synapses of each are fewer, and weights and a current make up for that
 * (van Albada, Helias and Diesmann 2015, PLoS Computational Biology 11:e1004490).
 */
import { connect } from "../../../src/model/connection.ts";
import { totalNumber } from "../../../src/model/connectivity.ts";
import { clippedNormal, normal, truncatedNormal } from "../../../src/model/initializer.ts";
import { network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import type { WeightStorage } from "../../../src/model/storage.ts";
import type { Simulation } from "./simulation.ts";

export const NAMES = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"] as const;
const SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948];
/** Of a neuron of the row's population and one of the column's, that there is a synapse from the latter (table 5). */
const PROBABILITIES = [
  [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0, 0.0076, 0],
  [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0, 0.0042, 0],
  [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0],
  [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0, 0.1057, 0],
  [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0],
  [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0],
  [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
  [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
];
/** Synapses from outside, each at 8 Hz. */
const EXTERNAL = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100];
const EXTERNAL_RATE = 8;
/** Hz, as the reference that comes with the model has them. */
export const RATES = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829];

const [C, TAU_M, TAU_SYN] = [250e-12, 10e-3, 0.5e-3];
/** The current that makes a potential of 0.15 mV. */
const PSC = 0.15e-3 * currentOfPotential();
const [RELATIVE_SD, G] = [0.1, -4];

/** Amperes a volt: the peak of the difference of two exponentials. */
function currentOfPotential(): number {
  const [a, b] = [TAU_M / TAU_SYN, 1 / (TAU_M - TAU_SYN)];
  const peak = a ** (-TAU_M * b) - a ** (-TAU_SYN * b);
  return 1 / (((1 / C) * TAU_M * TAU_SYN * peak) / (TAU_SYN - TAU_M));
}

const model = neuron({
  name: "iafPscExp",
  equations: `
    dv/dt = (-65*mV - v)/taum + (I + Ie)/C : volt (unless refractory)
    dI/dt = -I/tausyn : amp`,
  parameters: { C: "250 pF", taum: "10 ms", tausyn: "0.5 ms", Ie: "0 pA", J: "87.8 pA", rate: "0 Hz" },
  spike: "v > -50*mV",
  reset: "v = -65*mV",
  after: "I += J*poisson(rate*dt)",
  refractory: "2 ms",
  port: "I",
});
/** The same without its Poisson numbers. */
const quiet = neuron({ ...model.spec, name: "iafPscExpDc", after: "" });

export interface MicrocircuitOptions {
  /** Of neurons; default 1. */
  readonly scale?: number;
  /** Of the synapses that each neuron has; by default the same. */
  readonly degree?: number;
  /** Poisson spikes from outside, or the current that is as strong on average. */
  readonly drive?: "poisson" | "current";
  readonly storage?: WeightStorage;
}

/** Synapses between two populations of the full circuit: as many as make the probability that a pair has any. */
const totalOf = (to: number, from: number): number => {
  const pairs = SIZES[to]! * SIZES[from]!;
  return Math.round(Math.log1p(-PROBABILITIES[to]![from]!) / Math.log1p(-1 / pairs));
};
const weightOf = (to: number, from: number): number => PSC * (from % 2 === 1 ? G : to === 0 && from === 2 ? 2 : 1); // those of layer 4 to layer 2/3 are twice as strong

/** What fewer synapses leave out of the mean, at the rates of the full circuit: amperes. */
function missingCurrent(to: number, degree: number): number {
  const inside = NAMES.map((_, from) => RATES[from]! * (totalOf(to, from) / SIZES[to]!) * weightOf(to, from));
  const outside = EXTERNAL[to]! * EXTERNAL_RATE * PSC;
  return TAU_SYN * (1 - Math.sqrt(degree)) * inside.reduce((sum, x) => sum + x, outside);
}

export function microcircuit(
  seconds: number,
  { scale = 1, degree = scale, drive = "poisson", storage }: MicrocircuitOptions = {},
): Simulation {
  const stronger = 1 / Math.sqrt(degree);
  const populations = NAMES.map((name, k) => {
    const spikes = EXTERNAL[k]! * degree * EXTERNAL_RATE;
    const current = drive === "current" ? spikes * PSC * stronger * TAU_SYN : 0;
    const parameters = {
      Ie: missingCurrent(k, degree) + current,
      ...(drive === "poisson" && { J: PSC * stronger, rate: spikes }),
    };
    const initial = { v: normal(-58e-3, 5e-3) };
    const size = Math.round(SIZES[k]! * scale);
    return [name, population(size, drive === "poisson" ? model : quiet, { parameters, initial })] as const;
  });
  const connections = NAMES.flatMap((to, t) =>
    NAMES.flatMap((from, f) => {
      const total = Math.round(totalOf(t, f) * scale * degree);
      if (total === 0) return [];
      const weight = weightOf(t, f) * stronger;
      const sd = RELATIVE_SD * Math.abs(weight);
      const delay = f % 2 === 0 ? 1.5e-3 : 0.75e-3;
      return connect(from, to, {
        connectivity: totalNumber(total),
        weight: weight > 0 ? clippedNormal(weight, sd, { low: 0 }) : clippedNormal(weight, sd, { low: -1, high: 0 }),
        delay: truncatedNormal(delay, delay / 2, { low: 0.1e-3 }),
        ...(storage && { storage }),
      });
    }),
  );
  return {
    net: network({ dt: "0.1 ms", schedule: "nest", populations: Object.fromEntries(populations), connections }),
    seconds,
    rates: Object.fromEntries(NAMES.map((name, k) => [name, [0.9 * RATES[k]!, 1.1 * RATES[k]!] as [number, number]])),
    reference: Object.fromEntries(NAMES.map((name, k) => [name, RATES[k]!])),
    warmUp: 0.1,
  };
}
