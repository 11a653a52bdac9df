import type { Bench, Result } from "./measure.ts";
import { simulationResults, type Turns } from "./simulationRuns.ts";
import { brunel } from "./workloads/simulation/brunel.ts";
import { cobahh } from "./workloads/simulation/cobahh.ts";
import { cuba } from "./workloads/simulation/cuba.ts";
import { microcircuit } from "./workloads/simulation/microcircuit.ts";
import type { Simulation } from "./workloads/simulation/simulation.ts";
import { manyOutputs, oneOutput } from "./workloads/simulation/songAbbott.ts";

/** The best of Brian2, NEST and GeNN on another machine of two cores (AMD EPYC), seconds, run only. */
const WORKLOADS: Readonly<Record<string, Workload>> = {
  W1: { make: () => cuba(4000, 0.02, 10), peer: 0.56 },
  W1b: { make: () => cuba(40_000, 0.002, 2), peer: 1.02 },
  W2: { make: () => cobahh(1), peer: 1.7 },
  W3: { make: () => brunel(1, 1), peer: 2.94 },
  W5a: { make: () => oneOutput(100), peer: 1.75 },
  W5b: { make: () => manyOutputs(10), peer: 0.655 },
  W4: { make: () => microcircuit(1, { storage: "i8" }), peer: 23.2, turns: { f32: 3, f64: 0 } },
  "W4 f32": { make: () => microcircuit(1), peer: 23.2, turns: { f32: 1, f64: 0 } },
  "W4 current": {
    make: () => microcircuit(1, { drive: "current", storage: "i8" }),
    peer: 59.6,
    turns: { f32: 1, f64: 0 },
  },
};
interface Workload {
  readonly make: () => Simulation;
  readonly peer: number;
  /** Default `TURNS`. */
  readonly turns?: Turns;
}

export const bench: Bench = {
  name: "simulate",
  about: "networks of neuroscience, seconds to run: CUBA, COBAHH, Brunel, plastic synapses, the cortical microcircuit",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const [name, { make, ...options }] of Object.entries(WORKLOADS))
      results.push(...(await simulationResults(name, make(), { ...options, log })));
    return results;
  },
};
