/** Synapses whose two ends fire when they are told to, and loops over all pairs of spikes to compare them with. */
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { type ConnectOptions, connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { SCHEDULES, type ScheduleName } from "../../../src/model/schedule.ts";
import type { SynapseModel } from "../../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../../src/sim/engine.ts";
import type { Inputs } from "../../../src/sim/feed.ts";
import { poissonSource } from "../../../src/sim/spikeSource.ts";
import { dt, outcome } from "../../sim/driven.ts";
import { numbers } from "../../sim/run.ts";

export { dt };

/** Fires in the step after an input, in every step if need be; is rewarded when something arrives at `dopamine`. */
const told = neuron({
  name: "told",
  equations: "v : 1\nge : 1\ndopamine : 1 (input)\nreward = dopamine : 1 (constant over dt)",
  spike: "v > 0.5",
  reset: "v -= 1",
  events: { rewarded: "reward != 0" },
  port: "v",
});
/** Source `a` and target `b`, each driven one to one by an input of its own, and `reward`, which all of `b` get. */
export const pairOf = (options: ConnectOptions, { schedule = "brian" as ScheduleName, size = 1, step = dt } = {}) =>
  network({
    dt: step,
    schedule,
    inputs: { toA: inputNode(size), toB: inputNode(size), reward: inputNode(1) },
    populations: { a: population(size, told), b: population(size, told) },
    connections: [
      connect("toA", "a", { connectivity: oneToOne, weight: 1, delay: SCHEDULES[schedule].minimumDelay }),
      connect("toB", "b", { connectivity: oneToOne, weight: 1, delay: SCHEDULES[schedule].minimumDelay }),
      connect("reward", "b", { port: "dopamine", weight: 1, delay: SCHEDULES[schedule].minimumDelay }),
      connect("a", "b", { name: "s", connectivity: oneToOne, weight: 0.5, port: "ge", ...options }),
    ],
  }) satisfies Network;

/** Steps in which a neuron fires. */
export type Train = readonly number[];

/** About `n` spikes within `steps`, in order. */
export function train(seed: number, n: number, steps: number): number[] {
  const next = numbers(seed);
  const drawn = Array.from({ length: n }, () => 1 + Math.floor((next() + 0.5) * (steps - 1)));
  return [...new Set(drawn)].sort((a, b) => a - b);
}

/** What a rule is run on: the steps in which its ends fire, and its first weight. */
export interface Case {
  readonly pre: Train;
  readonly post: Train;
  readonly w?: number;
}
export interface Setting {
  readonly delay?: number;
  /** Of the target; default `ge`. */
  readonly port?: string;
  readonly schedule?: ScheduleName;
  /** Steps in all; default to the last spike. */
  readonly steps?: number;
  /** Length of a step, s; default 0.1 ms. */
  readonly step?: number;
}
const events = (trains: readonly Train[]) => ({
  steps: trains.flatMap((t) => t.map((step) => step - 1)),
  indices: trains.flatMap((t, k) => t.map(() => k)),
});
/** Inputs that make neuron k of `a` and of `b` fire in steps of their own. */
export const inputsOf = (cases: readonly Case[]): Inputs => ({
  toA: events(cases.map((c) => c.pre)),
  toB: events(cases.map((c) => c.post)),
});
/** Variables of the synapses of several cases, side by side: the same on both backends, in double precision. */
export function variablesAfter<N extends string>(
  synapse: SynapseModel,
  cases: readonly Case[],
  names: readonly N[],
  { delay = 0, schedule = "brian", port = "ge", steps, step }: Setting = {},
): Promise<Record<N, number[]>> {
  const weight = cases.map((c) => c.w ?? 0.5);
  const net = pairOf({ synapse, weight, delay, port }, { schedule, size: cases.length, ...(step && { step }) });
  const last = Math.max(0, ...cases.flatMap((c) => [...c.pre, ...c.post]));
  const look = (e: Engine) => {
    const of = e.synapses("s");
    return Object.fromEntries(names.map((name) => [name, [...of[name]!]])) as Record<N, number[]>;
  };
  return outcome(net, steps ?? last + delay + 4, inputsOf(cases), look);
}
export const weightsAfter = async (synapse: SynapseModel, cases: readonly Case[], setting?: Setting) =>
  (await variablesAfter(synapse, cases, ["w"], setting)).w;

export interface Arrival {
  readonly step: number;
  readonly of: "pre" | "post";
}
/** Spikes in the order in which a synapse takes them: of one step, the source's first. */
export const arrivals = ({ pre, post }: Case, delay = 0): Arrival[] =>
  [
    ...pre.map((step) => ({ step: step + delay, of: "pre" }) as const),
    ...post.map((step) => ({ step, of: "post" }) as const),
  ].sort((a, b) => a.step - b.step || (a.of === "pre" ? -1 : 1) - (b.of === "pre" ? -1 : 1));

/** Weights of many synapses whose ends fire at random with these rates (Hz), each by itself. */
export async function ensembleAfter(
  synapse: SynapseModel,
  {
    size,
    seconds,
    pre,
    post,
    w,
    step = 1e-3,
  }: Record<"size" | "seconds" | "pre" | "post" | "w", number> & { step?: number },
): Promise<number[]> {
  const net = pairOf({ synapse, weight: w }, { size, step });
  const sources = { toA: poissonSource(pre), toB: poissonSource(post) };
  using engine = await createEngine(net, wasm, { type: "f64", seed: 5, sources });
  engine.run(Math.round(seconds / step));
  return [...engine.synapses("s").w!];
}
/** Mean, and the standard error of it. */
export function meanOf(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
