/** Times a workload of simulation on every backend in both types, and counts what its program does. */
import { wasm } from "../src/backend/wasm/wasm.ts";
import type { FloatType } from "../src/ir/types.ts";
import { createEngine, type Engine, type EngineOptions } from "../src/sim/engine.ts";
import type { Recording } from "../src/sim/recording.ts";
import { limitOf, limitRuns } from "./machine.ts";
import { type BenchContext, duration, measure, type Result } from "./measure.ts";
import { countsOf, LIMITS, type Limits, type RunWork, runWork } from "./stepLimits.ts";
import { BACKENDS } from "./threads.ts";
import { TimedBackend } from "./timedBackend.ts";
import { CountingBackend } from "./work.ts";
import type { Simulation } from "./workloads/simulation/simulation.ts";

/** Turns of each type; what is compared with others is f32. */
export type Turns = Readonly<Record<FloatType, number>>;
export const TURNS: Turns = { f32: 5, f64: 3 };

interface Options extends BenchContext {
  /** s of another simulator, in f32 or what it has. */
  readonly peer?: number;
  readonly turns?: Turns;
}

/** What turns measured, by metric, in s. */
interface Times {
  readonly runs: Readonly<Record<string, number[]>>;
  readonly builds: readonly number[];
  readonly compiles: readonly number[];
  readonly limits: Limits;
}
const metricOf = (name: string, type: FloatType): string => (type === "f32" ? name : `${name}-${type}`);
const optionsOf = ({ sources }: Simulation, type: FloatType): EngineOptions => ({
  ...{ seed: 1, type },
  ...(sources && { sources }),
});
const stepsOf = ({ net }: Simulation, seconds = 0): number => Math.round(seconds / net.dt);

/**
 * Rows `NAME@k` and `NAME-f64@k`, s to run, each with what this machine allows for what the program was counted to do; then
 * `NAME build` (drawing and laying out the network) and `NAME compile`, in s, of f32.
 *
 * @throws Error where threads give different runs, or rates are not what they should be
 */
export async function simulationResults(name: string, simulation: Simulation, options: Options): Promise<Result[]> {
  const { turns = TURNS, peer } = options;
  const { runs, builds, compiles, limits } = await timesOf(name, simulation, turns, options);
  const results: Result[] = [];
  for (const type of typesOf(turns)) {
    options.log(`${metricOf(name, type)}, counting`);
    const work = await counted(simulation, type, limits);
    const least = work.neurons.least + work.synapses.least;
    for (const threads of BACKENDS.keys()) {
      const metric = `${metricOf(name, type)}@${threads}`;
      const than = { limit: least / threads, ...(type === "f32" && peer !== undefined && { peer }) };
      results.push(
        duration(metric, "s", 1, runs[metric]!, { ...than, ...(threads === 1 && { counts: countsOf(work) }) }),
      );
    }
  }
  return [...results, duration(`${name} build`, "s", 1, builds), duration(`${name} compile`, "s", 1, compiles)];
}
const typesOf = (turns: Turns): FloatType[] => (Object.keys(turns) as FloatType[]).filter((type) => turns[type] > 0);

/** Turns of one and of two threads, and of both types, alternate; each begins with the network as it was built. */
async function timesOf(name: string, simulation: Simulation, turns: Turns, { log }: BenchContext): Promise<Times> {
  const runs: Record<string, number[]> = {};
  const [builds, compiles]: [number[], number[]] = [[], []];
  const digests = new Set<string>();
  const limits = await limitTurns();
  const most = Math.max(...Object.values(turns));
  for (let turn = 0; turn < most; turn++) {
    for (const type of typesOf(turns))
      for (const [threads, make] of BACKENDS) {
        if (turn >= turns[type]) continue;
        const metric = `${metricOf(name, type)}@${threads}`;
        log(`${metric}, turn ${turn + 1} of ${turns[type]}`);
        using backend = make();
        const once = await timed(name, simulation, new TimedBackend(backend), type);
        (runs[metric] ??= []).push(once.seconds);
        digests.add(`${type} ${once.digest}`);
        if (type !== "f32") continue;
        builds.push(once.build);
        compiles.push(once.compile);
      }
    await limits.turn();
  }
  if (digests.size !== typesOf(turns).length) throw new Error(`${name}: ${digests.size} different runs of one network`);
  return { runs, builds, compiles, limits: limits.medians() };
}

async function timed(name: string, simulation: Simulation, backend: TimedBackend, type: FloatType) {
  const start = performance.now();
  using warm = await createEngine(simulation.net, backend, optionsOf(simulation, type));
  const made = (performance.now() - start) / 1000;
  const compile = backend.compiling;
  warm.run(64);
  warm.dispose();
  using engine = await createEngine(simulation.net, backend, optionsOf(simulation, type));
  engine.run(stepsOf(simulation, simulation.warmUp));
  const begun = performance.now();
  const run = engine.run(stepsOf(simulation, simulation.seconds));
  const seconds = (performance.now() - begun) / 1000;
  requireRates(name, simulation, run);
  return { seconds, build: made - compile, compile, digest: run.digest };
}

/** The machine's limits, measured in turns between the runs: what else it has to do falls on both. */
async function limitTurns() {
  const { mulAdd, divide, update, scatter, copy } = await limitRuns();
  const runs = { mulAdd, divide, update, scatter, copy } satisfies Record<keyof Limits, unknown>;
  const seconds: Record<keyof Limits, number[]> = { mulAdd: [], divide: [], update: [], scatter: [], copy: [] };
  return {
    turn: async (): Promise<void> => {
      const more = await measure(runs, { repeats: 3, warmUp: 0.02, turn: 0.01 });
      for (const limit of LIMITS) seconds[limit].push(...more[limit]);
    },
    medians: (): Limits => Object.fromEntries(LIMITS.map((limit) => [limit, limitOf(limit, seconds[limit])])) as Limits,
  };
}

/** One run on one thread, counted. */
async function counted(simulation: Simulation, type: FloatType, limits: Limits): Promise<RunWork> {
  const backend = new CountingBackend(wasm);
  using engine: Engine = await createEngine(simulation.net, backend, optionsOf(simulation, type));
  engine.run(stepsOf(simulation, simulation.warmUp));
  backend.clear();
  engine.run(stepsOf(simulation, simulation.seconds));
  return runWork(backend.work(), engine.program, limits);
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
