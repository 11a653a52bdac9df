/**
 * How time and memory go with neurons, synapses, rate and range of delays: one of them is varied, the others stay. Neurons add
 * up what flows in and fire at the rate that this makes, exactly; what they send each other is too little to matter. Delays
 * are drawn between one step and the longest.
 */
import { wasm } from "../src/backend/wasm/wasm.ts";
import { connect } from "../src/model/connection.ts";
import { outDegree } from "../src/model/connectivity.ts";
import { uniform } from "../src/model/initializer.ts";
import { type Network, network, population } from "../src/model/network.ts";
import { neuron } from "../src/model/neuron.ts";
import { createEngine, type Engine } from "../src/sim/engine.ts";
import { type MeasureOptions, measure, type Summary, summary } from "../src/tasks/measure.ts";

/** What a network has of each. */
export interface Sizes {
  readonly neurons: number;
  /** Of each neuron. */
  readonly synapses: number;
  /** Hz. */
  readonly rate: number;
  /** Steps, of 0.1 ms. */
  readonly delays: number;
}
export type Axis = keyof Sizes;
export const BASE: Sizes = { neurons: 10_000, synapses: 100, rate: 10, delays: 15 };
export const VALUES: Readonly<Record<Axis, readonly number[]>> = {
  neurons: [1000, 3000, 10_000, 30_000, 100_000],
  synapses: [10, 30, 100, 300, 1000],
  rate: [1, 3, 10, 30, 100],
  delays: [1, 10, 30, 100, 300],
};
export const LABELS: Readonly<Record<Axis, string>> = {
  neurons: "neurons",
  synapses: "synapses a neuron",
  rate: "spikes a neuron and second",
  delays: "longest delay in steps of 0.1 ms",
};
const DT = 1e-4;

/** Fires `rate` times a second: f32 loses nothing of a number that grows from 0 to 1 and begins again. */
const integrator = neuron({
  name: "integrator",
  equations: "dv/dt = rate : 1",
  parameters: { rate: "1 Hz" },
  spike: "v >= 1",
  reset: "v = v - 1",
  port: "v",
});
/** Less than half the last place of numbers above 0.01. */
const WEIGHT = 1e-10;

export function scaled({ neurons, synapses, rate, delays }: Sizes): Network {
  const delay = delays === 1 ? 1 : uniform(DT, delays * DT);
  return network({
    dt: DT,
    schedule: "brian",
    populations: { n: population(neurons, integrator, { parameters: { rate }, initial: { v: uniform(0, 1) } }) },
    connections: [connect("n", "n", { connectivity: outDegree(synapses), port: "v", weight: WEIGHT, delay })],
  });
}

export interface Point {
  readonly at: number;
  /** ms a simulated second, on one thread. */
  readonly time: Summary;
  /** MB of linear memory. */
  readonly memory: number;
}

/** @throws Error where a network does not fire as it should */
export async function sweepOf(
  axis: Axis,
  { values = VALUES[axis], base = BASE, seconds = 0.1, ...options }: SweepOptions = {},
): Promise<Point[]> {
  const engines: Engine[] = [];
  try {
    for (const value of values) engines.push(await createEngine(scaled({ ...base, [axis]: value }), wasm, { seed: 1 }));
    const steps = Math.round(seconds / DT);
    engines.forEach((engine, k) => requireRate(engine, { ...base, [axis]: values[k]! }));
    const runs = Object.fromEntries(engines.map((engine, k) => [String(k), () => engine.run(steps)]));
    const times = await measure(runs, { repeats: 5, warmUp: 0.05, ...options });
    return engines.map((engine, k) => ({
      at: values[k]!,
      time: summary(times[String(k)]!.map((s) => (1000 * s) / seconds)),
      memory: engine.bytes / 1e6,
    }));
  } finally {
    for (const engine of engines) engine.dispose();
  }
}
export interface SweepOptions extends MeasureOptions {
  readonly values?: readonly number[];
  readonly base?: Sizes;
  /** Of model time, a run. */
  readonly seconds?: number;
}

/** Everybody fires once a period, whatever the phase; rounding moves the period by less than a step. */
function requireRate(engine: Engine, { neurons, rate }: Sizes): void {
  const steps = Math.round(1 / (rate * DT));
  const { spikes } = engine.run(steps);
  const fired = spikes.n!.steps.length;
  if (Math.abs(fired - neurons) > 0.02 * neurons) throw new Error(`${fired} of ${neurons} neurons fire in a period`);
}

/** The power of the axis with which a number grows, between the last two points. */
export function exponent(points: readonly Point[], of: (p: Point) => number): number {
  const [a, b] = points.slice(-2) as [Point, Point];
  return Math.log(of(b) / of(a)) / Math.log(b.at / a.at);
}
