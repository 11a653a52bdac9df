/** Times a workload of simulation on every backend in both types, and counts what its program does. */
import { wasm } from "../src/backend/wasm/wasm.ts";
import type { FloatType } from "../src/ir/types.ts";
import { createEngine, type Engine } from "../src/sim/engine.ts";
import type { EngineOptions } from "../src/sim/engineOptions.ts";
import type { Recording } from "../src/sim/recording.ts";
import { limitOf, limitRuns } from "./machine.ts";
import { type BenchContext, duration, fact, measure, type Result } from "./measure.ts";
import { countsOf, LIMITS, type Limits, type RunWork, runWork } from "./stepLimits.ts";
import { BACKENDS } from "./threads.ts";
import { TimedBackend } from "./timedBackend.ts";
import { CountingBackend } from "./work.ts";
import type { Plastic, Simulation } from "./workloads/simulation/simulation.ts";

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
  /** Linear memory of f32. */
  readonly bytes: number;
  readonly limits: Limits;
}
const metricOf = (name: string, type: FloatType): string => (type === "f32" ? name : `${name}-${type}`);
const optionsOf = ({ sources }: Simulation, type: FloatType): EngineOptions => ({
  ...{ seed: 1, type },
  ...(sources && { sources }),
});
const stepsOf = ({ net }: Simulation, seconds = 0): number => Math.round(seconds / net.dt);

/**
 * Rows `NAME@k` and `NAME-f64@k`, s to run, each with what this machine allows for what the program was counted to do; then,
 * of f32, `NAME build` (drawing and laying out the network) and `NAME compile` in s, and `NAME memory`.
 *
 * @throws Error where threads give different runs, or rates are not what they should be
 */
export async function simulationResults(name: string, simulation: Simulation, options: Options): Promise<Result[]> {
  const { turns = TURNS, peer } = options;
  const { runs, builds, compiles, bytes, limits } = await timesOf(name, simulation, turns, options);
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
  const made = [duration(`${name} build`, "s", 1, builds), duration(`${name} compile`, "s", 1, compiles)];
  return [...results, ...made, fact(`${name} memory`, "GB", 1e-9 * bytes)];
}
const typesOf = (turns: Turns): FloatType[] => (Object.keys(turns) as FloatType[]).filter((type) => turns[type] > 0);

/** Turns of one and of two threads, and of both types, alternate; each begins with the network as it was built. */
async function timesOf(name: string, simulation: Simulation, turns: Turns, { log }: BenchContext): Promise<Times> {
  const runs: Record<string, number[]> = {};
  const [builds, compiles]: [number[], number[]] = [[], []];
  const digests = new Set<string>();
  let bytes = 0;
  const limits = await limitTurns();
  const most = Math.max(...Object.values(turns));
  for (let turn = 0; turn < most; turn++) {
    for (const type of typesOf(turns))
      for (const [threads, make] of BACKENDS) {
        if (turn >= turns[type]) continue;
        const metric = `${metricOf(name, type)}@${threads}`;
        log(`${metric}, turn ${turn + 1} of ${turns[type]}`);
        using backend = make();
        const once = await timed(simulation, new TimedBackend(backend), type);
        requireRates(name, simulation, once.run);
        if (simulation.reference) log(ratesText(simulation, once.run));
        (runs[metric] ??= []).push(once.seconds);
        digests.add(`${type} ${once.run.digest}`);
        if (type !== "f32") continue;
        builds.push(once.build);
        compiles.push(once.compile);
        bytes = once.bytes;
      }
    await limits.turn();
  }
  if (digests.size !== typesOf(turns).length) throw new Error(`${name}: ${digests.size} different runs of one network`);
  return { runs, builds, compiles, bytes, limits: limits.medians() };
}

interface Timed {
  readonly run: Recording;
  /** s. */
  readonly seconds: number;
  readonly build: number;
  readonly compile: number;
  readonly bytes: number;
}
async function timed(simulation: Simulation, backend: TimedBackend, type: FloatType): Promise<Timed> {
  const start = performance.now();
  using engine = await createEngine(simulation.net, backend, optionsOf(simulation, type));
  const made = (performance.now() - start) / 1000;
  const compile = backend.compiling;
  makeReady(engine, simulation);
  const begun = performance.now();
  const run = engine.run(stepsOf(simulation, simulation.seconds));
  const seconds = (performance.now() - begun) / 1000;
  if (simulation.plastic) requireWeights(simulation.net.name, simulation.plastic, engine);
  return { run, seconds, build: made - compile, compile, bytes: engine.bytes };
}
/** To where what is measured begins: after the network's warm-up or, once code is warm, at its beginning. */
function makeReady(engine: Engine, simulation: Simulation): void {
  if (simulation.warmUp) return void engine.run(stepsOf(simulation, simulation.warmUp));
  const beginning = engine.snapshot();
  engine.run(64);
  engine.restore(beginning);
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
  using engine = await createEngine(simulation.net, backend, optionsOf(simulation, type));
  makeReady(engine, simulation);
  backend.clear();
  engine.run(stepsOf(simulation, simulation.seconds));
  return runWork(backend.work(), engine.program, limits);
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
