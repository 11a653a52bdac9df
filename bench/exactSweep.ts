/**
 * The exact engine against the clocked one over activity: 4,000 neurons with some 80 synapses each, set off by Poisson
 * input, simulated for the same time at the same rates. The clocked engine pays for steps, the exact one for events. Both in
 * f64: in f32 the currents of quiet neurons become denormal within half a second, which slows the clocked engine down.
 */
import { wasm } from "../src/backend/wasm/wasm.ts";
import { connect } from "../src/model/connection.ts";
import { oneToOne, probability } from "../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../src/model/network.ts";
import { neuron } from "../src/model/neuron.ts";
import { createEngine } from "../src/sim/engine.ts";
import { createExactEngine } from "../src/sim/exact/engine.ts";
import { poissonSource } from "../src/sim/spikeSource.ts";
import { type MeasureOptions, measure, type Summary, summary } from "../src/tasks/measure.ts";

export const [NEURONS, SYNAPSES, SECONDS] = [4000, 80, 0.25];
const RATES = [0.03, 0.1, 0.3, 1, 3, 10, 30];
/** s a step of the clocked engine. */
export const STEPS = { "0.1 ms": 1e-4, "0.01 ms": 1e-5 } as const;
export type StepName = keyof typeof STEPS;
const STEP_NAMES = Object.keys(STEPS) as StepName[];
const SEED = 1;

const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
    dge/dt = -ge / taue : volt
    dgi/dt = -gi / taui : volt`,
  parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-60 mV" },
  initial: { v: "-60 mV" },
  spike: "v > -50*mV",
  reset: "v = -60*mV",
  refractory: "5 ms",
});

/** One input spike sets one neuron off; what neurons send each other is small, so that the rate is the input's. */
const sparse = (dt: number): Network =>
  network({
    name: "sparse",
    dt,
    schedule: "brian",
    inputs: { stim: inputNode(NEURONS) },
    populations: { n: population(NEURONS, cell) },
    connections: [
      connect("stim", "n", { connectivity: oneToOne, port: "ge", weight: 75e-3 }),
      connect("n", "n", { name: "e", connectivity: probability(SYNAPSES / NEURONS / 2), port: "ge", weight: 1e-5 }),
      connect("n", "n", { name: "i", connectivity: probability(SYNAPSES / NEURONS / 2), port: "gi", weight: -1e-5 }),
    ],
  });

/** Spikes of Poisson input, in steps of a clock: as many as the exact engine draws on average. */
function steps(rate: number, dt: number): { steps: Uint32Array; indices: Uint32Array } {
  const count = Math.round(rate * NEURONS * SECONDS);
  const scattered = (k: number, factor: number): number => (k * factor) % 1;
  return {
    steps: Uint32Array.from({ length: count }, (_, k) => Math.floor((scattered(k, 0.6180339887498949) * SECONDS) / dt)),
    indices: Uint32Array.from({ length: count }, (_, k) => Math.floor(scattered(k, 0.7548776662466927) * NEURONS)),
  };
}

export interface SweepPoint {
  /** Spikes a neuron and second, as the exact engine counted them. */
  readonly rate: number;
  /** ms a simulated second. */
  readonly exact: Summary;
  readonly clocked: Readonly<Record<StepName, Summary>>;
  /** Weights that arrived, a simulated second. */
  readonly events: number;
}

export async function sweep(log: (text: string) => void, options: MeasureOptions = {}): Promise<SweepPoint[]> {
  const points: SweepPoint[] = [];
  using coarse = await createEngine(sparse(STEPS["0.1 ms"]), wasm, { seed: SEED, type: "f64" });
  using fine = await createEngine(sparse(STEPS["0.01 ms"]), wasm, { seed: SEED, type: "f64" });
  for (const nominal of RATES) {
    const exact = createExactEngine(sparse(STEPS["0.1 ms"]), {
      seed: SEED,
      sources: { stim: poissonSource(nominal) },
    });
    const [few, many] = STEP_NAMES.map((name) => steps(nominal, STEPS[name])) as [Spikes, Spikes];
    const seconds = await measure(
      {
        exact: () => exact.run(SECONDS),
        "0.1 ms": () => coarse.run(Math.round(SECONDS / STEPS["0.1 ms"]), { stim: few }),
        "0.01 ms": () => fine.run(Math.round(SECONDS / STEPS["0.01 ms"]), { stim: many }),
      },
      { repeats: 5, warmUp: 0.1, ...options },
    );
    const perSecond = (s: readonly number[]): Summary => summary(s.map((x) => (1000 * x) / SECONDS));
    const { counts, now } = exact;
    points.push({
      rate: counts.spikes / NEURONS / now,
      exact: perSecond(seconds.exact),
      clocked: { "0.1 ms": perSecond(seconds["0.1 ms"]), "0.01 ms": perSecond(seconds["0.01 ms"]) },
      events: counts.synapticEvents / now,
    });
    log(`${nominal} Hz`);
  }
  return points;
}
type Spikes = ReturnType<typeof steps>;

/** The rate at which both take as long, on straight lines between logarithms; nothing where one is always faster. */
export function crossingOf(points: readonly SweepPoint[], step: StepName): number | undefined {
  const excess = points.map((p) => Math.log(p.exact.median / p.clocked[step].median));
  const k = excess.findIndex((x, j) => j > 0 && excess[j - 1]! < 0 && x >= 0);
  if (k < 0) return undefined;
  const [a, b] = [excess[k - 1]!, excess[k]!];
  const share = -a / (b - a);
  return Math.exp((1 - share) * Math.log(points[k - 1]!.rate) + share * Math.log(points[k]!.rate));
}
