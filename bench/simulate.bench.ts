import type { Backend } from "../src/backend/backend.ts";
import { createEngine, type Engine, type EngineOptions } from "../src/sim/engine.ts";
import type { Recording } from "../src/sim/recording.ts";
import { type Bench, duration, type Result } from "./measure.ts";
import { BACKENDS } from "./threads.ts";
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
  W4: { make: () => microcircuit(1, { storage: "i8" }), peer: 23.2, turns: 3 },
  "W4 f32": { make: () => microcircuit(1), peer: 23.2, turns: 1 },
  "W4 current": { make: () => microcircuit(1, { drive: "current", storage: "i8" }), peer: 59.6, turns: 1 },
};
interface Workload {
  readonly make: () => Simulation;
  readonly peer: number;
  /** Default `TURNS`. */
  readonly turns?: number;
}
const TURNS = 5;

export const bench: Bench = {
  name: "simulate",
  about: "networks of neuroscience, seconds to run: CUBA, COBAHH, Brunel, plastic synapses, the cortical microcircuit",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const [name, workload] of Object.entries(WORKLOADS))
      results.push(...(await timed(name, workload.make(), workload, log)));
    return results;
  },
};

/** Turns of one and of two threads alternate; each begins with the network as it was built. */
async function timed(
  name: string,
  simulation: Simulation,
  { peer, turns = TURNS }: Workload,
  log: (text: string) => void,
): Promise<Result[]> {
  const steps = Math.round(simulation.seconds / simulation.net.dt);
  const metrics: Record<string, number[]> = {};
  const builds: number[] = [];
  let changed: number | undefined;
  const digests = new Set<string>();
  let bytes = 0;
  for (let turn = 0; turn < turns; turn++)
    for (const [threads, make] of BACKENDS) {
      log(`${name}, turn ${turn + 1} of ${turns}, ${threads} threads`);
      using backend = make();
      const start = performance.now();
      using engine = await createEngine(simulation.net, backend, optionsOf(simulation));
      builds.push((performance.now() - start) / 1000);
      bytes = engine.bytes;
      const { run, seconds } = await ready(engine, simulation, backend, steps);
      (metrics[`${name}@${threads}`] ??= []).push(seconds);
      digests.add(run.digest);
      requireRates(name, simulation, run);
      if (simulation.reference) log(ratesText(simulation, run));
    }
  if (digests.size !== 1) throw new Error(`${name}: ${digests.size} different runs of one network`);
  const times = Object.entries(metrics).map(([metric, seconds]) => duration(metric, "s", 1, seconds, { peer }));
  return [...times, duration(`${name} build`, "s", 1, builds), duration(`${name} memory`, "GB", 1e-9, [bytes])];
}

const optionsOf = ({ sources }: Simulation): EngineOptions => ({ seed: 1, ...(sources && { sources }) });

/** Runs what is measured: after the network's warm-up, or, once code is warm, from its beginning. */
async function ready(
  engine: Engine,
  simulation: Simulation,
  backend: Backend,
  steps: number,
): Promise<{ run: Recording; seconds: number }> {
  const { net, warmUp } = simulation;
  const timedRun = (e: Engine): { run: Recording; seconds: number } => {
    const begun = performance.now();
    const run = e.run(steps);
    return { run, seconds: (performance.now() - begun) / 1000 };
  };
  engine.run(warmUp ? Math.round(warmUp / net.dt) : 64);
  if (warmUp) return timedRun(engine);
  using fresh = await createEngine(net, backend, optionsOf(simulation));
  return timedRun(fresh);
}

const ratesText = ({ net, seconds, reference = {} }: Simulation, run: Recording): string =>
  Object.entries(reference)
    .map(([n, hz]) => {
      const rate = run.spikes[n]!.steps.length / seconds / net.populations[n]!.size;
      return `${n} ${rate.toFixed(2)} Hz (${hz})`;
    })
    .join(", ");

function requireRates(name: string, { net, rates, seconds }: Simulation, run: Recording): void {
  const of = (names: readonly string[]): number => {
    const spikes = names.reduce((sum, n) => sum + run.spikes[n]!.steps.length, 0);
    return spikes / seconds / names.reduce((sum, n) => sum + net.populations[n]!.size, 0);
  };
  for (const [which, [least, most]] of Object.entries(rates)) {
    const rate = of(which === "all" ? Object.keys(net.populations) : [which]);
    if (!(rate >= least && rate <= most))
      throw new Error(`${name}: ${which} fires at ${rate.toFixed(2)} Hz, not ${least} to ${most}`);
  }
}
