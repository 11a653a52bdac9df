/**
 * Sparse networks of excitation and inhibition (Brunel 2000, J Comput Neurosci 8:183, model A) in the four states of its
 * figure 8: fast and regular in lockstep, irregular under a fast or a slow rhythm, and irregular without any. As each cell
 * has 1,000 + 250 inputs whatever the size, a network of 2,500 will do; `--scale 1` has all 12,500.
 */
import { connect, createEngine, inDegree, network, neuron, population, wasm } from "rheobase";
import { must, option } from "./support/check.ts";

const dt = 1e-4;
const duration = option("duration", 1);
const scale = option("scale", 0.2);
const NE = 10_000 * scale;
const NI = NE / 4;

interface State {
  readonly name: string;
  /** Inhibition over excitation, and external input over what just reaches the threshold. */
  readonly g: number;
  readonly eta: number;
}
const cell = (eta: number) =>
  neuron({
    name: "cell",
    equations: "dv/dt = -v/tau : volt (unless refractory)",
    parameters: { tau: "20 ms", J: "0.1 mV", rate: `${10_000 * eta} Hz` },
    spike: "v > 20*mV",
    reset: "v = 10*mV",
    after: "v += int(not_refractory)*J*poisson(rate*dt)", // a thousand Poisson inputs of its own
    refractory: "2 ms",
  });
/** Spikes from 0.2 s on. */
async function simulated({ g, eta }: State) {
  const all = { port: "v", delay: "1.5 ms" };
  const net = network({
    dt,
    schedule: "brian",
    populations: { e: population(NE, cell(eta)), i: population(NI, cell(eta)) },
    connections: [
      connect("e", ["e", "i"], { ...all, connectivity: inDegree(1000), weight: 0.1e-3 }),
      connect("i", ["e", "i"], { ...all, connectivity: inDegree(250), weight: -g * 0.1e-3 }),
    ],
  });
  using engine = await createEngine(net, wasm, { seed: 1 });
  engine.run(2000);
  const { spikes, steps } = engine.run(Math.round(duration / dt) - 2000);
  return { spikes: [spikes.e!, spikes.i!], steps };
}

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
/** Rate, and deviation over mean of the intervals of all cells: they differ in their numbers alone. */
function statistics({ spikes, steps }: Awaited<ReturnType<typeof simulated>>): { rate: number; cv: number } {
  const intervals = spikes.flatMap(({ steps: at, indices }) => {
    const last = new Int32Array(NE).fill(-1);
    const found: number[] = [];
    at.forEach((k, n) => {
      const i = indices[n]!;
      if (last[i]! >= 0) found.push(k - last[i]!);
      last[i] = k;
    });
    return found;
  });
  const usual = mean(intervals);
  const cv = Math.sqrt(mean(intervals.map((x) => (x - usual) ** 2))) / usual;
  const count = spikes.reduce((sum, s) => sum + s.steps.length, 0);
  return { rate: count / (NE + NI) / (steps * dt), cv };
}

// Brian 2.5.1 with 2,500 cells over the same second, two to ten networks of each state: their means, and how much one
// network deviates from the next. In lockstep a volley more or less makes 1.25 Hz. With all 12,500, which have less in
// common, it has the same rates within those deviations (59.6, 37.3 and 6.2 Hz), and the second irregularity.
const states: readonly (State & { rate: [number, number]; cv: [small: number, full: number, deviation: number] })[] = [
  { name: "synchronous, regular", g: 3, eta: 2, rate: [312.5, 0.4], cv: [0.006, 0.006, 0.001] },
  { name: "synchronous, irregular, fast", g: 6, eta: 4, rate: [59.5, 1.2], cv: [1.14, 0.89, 0.045] },
  { name: "asynchronous, irregular", g: 5, eta: 2, rate: [38.1, 0.8], cv: [0.55, 0.425, 0.02] },
  { name: "synchronous, irregular, slow", g: 4.5, eta: 0.9, rate: [6.3, 0.7], cv: [0.65, 0.68, 0.03] },
];
for (const s of states) {
  const { rate, cv } = statistics(await simulated(s));
  const off = 4 * Math.hypot(1, 0.5); // deviations of a network, and of the mean of four
  must(`${s.name} (g = ${s.g}, η = ${s.eta}): rate`, rate, s.rate[0], off * s.rate[1], "Hz");
  const expected = { 0.2: s.cv[0], 1: s.cv[1] }[scale];
  if (expected !== undefined) must("  deviation of intervals, of their mean", cv, expected, off * s.cv[2]);
}
