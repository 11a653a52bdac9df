import { createEngine, type Engine } from "../src/sim/engine.ts";
import type { Recording } from "../src/sim/recording.ts";
import { type Bench, duration, type Result, rate } from "./measure.ts";
import { BACKENDS } from "./threads.ts";
import { brunel } from "./workloads/simulation/brunel.ts";
import { cobahh } from "./workloads/simulation/cobahh.ts";
import { cuba } from "./workloads/simulation/cuba.ts";
import type { Plastic, Simulation } from "./workloads/simulation/simulation.ts";
import { manyOutputs, oneOutput } from "./workloads/simulation/songAbbott.ts";

/** The best of Brian2, NEST and GeNN on another machine of two cores (AMD EPYC), seconds, run only. */
const WORKLOADS: Readonly<Record<string, { readonly make: () => Simulation; readonly peer: number }>> = {
  W1: { make: () => cuba(4000, 0.02, 10), peer: 0.56 },
  W1b: { make: () => cuba(40_000, 0.002, 2), peer: 1.02 },
  W2: { make: () => cobahh(1), peer: 1.7 },
  W3: { make: () => brunel(1, 1), peer: 2.94 },
  W5a: { make: () => oneOutput(100), peer: 1.75 },
  W5b: { make: () => manyOutputs(10), peer: 0.655 },
};
const TURNS = 5;

export const bench: Bench = {
  name: "simulate",
  about: "networks of neuroscience, seconds to run: CUBA, COBAHH, Brunel, plastic synapses",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const [name, { make, peer }] of Object.entries(WORKLOADS))
      results.push(...(await timed(name, make(), peer, log)));
    return results;
  },
};

/** Turns of one and of two threads alternate; each begins with the network as it was built. */
async function timed(
  name: string,
  simulation: Simulation,
  peer: number,
  log: (text: string) => void,
): Promise<Result[]> {
  const steps = Math.round(simulation.seconds / simulation.net.dt);
  const metrics: Record<string, number[]> = {};
  const builds: number[] = [];
  let changed: number | undefined;
  const digests = new Set<string>();
  for (let turn = 0; turn < TURNS; turn++)
    for (const [threads, make] of BACKENDS) {
      log(`${name}, turn ${turn + 1} of ${TURNS}, ${threads} threads`);
      using backend = make();
      const options = { seed: 1, ...(simulation.sources && { sources: simulation.sources }) };
      const start = performance.now();
      using engine = await createEngine(simulation.net, backend, options);
      builds.push((performance.now() - start) / 1000);
      engine.run(64);
      using fresh = await createEngine(simulation.net, backend, options);
      const begun = performance.now();
      const run = fresh.run(steps);
      (metrics[`${name}@${threads}`] ??= []).push((performance.now() - begun) / 1000);
      digests.add(run.digest);
      requireRates(name, simulation, run);
      if (simulation.plastic) requireWeights(name, simulation.plastic, fresh);
      changed = simulation.plastic?.changed(run);
    }
  if (digests.size !== 1) throw new Error(`${name}: ${digests.size} different runs of one network`);
  const all = Object.entries(metrics);
  const times = all.map(([metric, seconds]) => duration(metric, "s", 1, seconds, { peer }));
  const work = changed === undefined ? [] : all.map(([metric, seconds]) => worked(metric, changed!, seconds, peer));
  return [...times, ...work, duration(`${name} build`, "s", 1, builds)];
}
/** Synapses that were changed, a second. */
function worked(metric: string, changed: number, seconds: readonly number[], peer: number): Result {
  const [name, threads] = metric.split("@");
  return rate(`${name} synapses@${threads}`, "G/s", changed / 1e9, seconds, { peer: changed / 1e9 / peer });
}

function requireWeights(name: string, { connection, mean, deviation }: Plastic, engine: Engine): void {
  const w = Array.from(engine.synapses(connection).w!);
  const average = w.reduce((a, b) => a + b, 0) / w.length;
  const spread = Math.sqrt(w.reduce((sum, x) => sum + (x - average) ** 2, 0) / w.length);
  for (const [what, x, [least, most]] of [
    ["mean", average, mean],
    ["standard deviation", spread, deviation],
  ] as const)
    if (!(x >= least && x <= most))
      throw new Error(`${name}: weights have a ${what} of ${x.toPrecision(3)}, not ${least} to ${most}`);
}

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
