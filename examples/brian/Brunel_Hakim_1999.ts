/**
 * Brian's `frompapers/Brunel_Hakim_1999` (Brunel and Hakim 1999): cells that inhibit each other fire rarely and irregularly,
 * and yet their population oscillates fast.
 */
import { connect, network, neuron, population, probability } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const N = 5000;
const C = 1000;
const duration = option("duration", 0.3);
const eqs = `
dV/dt = (-V+muext + sigmaext * sqrt(tau) * xi)/tau : volt
`;
const cell = neuron({
  name: "cell",
  equations: eqs,
  parameters: { muext: "25*mV", sigmaext: "1*mV", tau: "20*ms", theta: "20*mV", Vr: "10*mV" },
  initial: { V: "Vr" },
  spike: "V>theta",
  reset: "V=Vr",
  refractory: "2*ms",
  method: "euler",
});
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { group: population(N, cell) },
  connections: [
    connect("group", "group", { connectivity: probability(C / N), port: "V", weight: -0.1e-3, delay: "2 ms" }),
  ],
});
const { spikes, steps } = await simulate(net, { duration, seed: 1 });

const count = new Float64Array(steps);
for (const k of spikes.group!.steps) count[k]!++;
const rate = (from: number, to: number): number =>
  count.subarray(from, to).reduce((a, b) => a + b, 0) / N / ((to - from) * 1e-4);
// Brian 2.5.1, three seeds: 3.21, 3.21 and 3.18 Hz, then 3.57, 3.55 and 3.56 Hz.
must("rate in the first 100 ms", rate(0, 1000), 3.2, 0.1, "Hz");
must("rate from then on", rate(1000, steps), 3.56, 0.1, "Hz");

/** Of what remains of the counts from 50 ms on when their mean is taken away. */
const rest = count.subarray(500).map((c) => c - rate(500, steps) * N * 1e-4);
const power = (hertz: number): number => {
  const wave = (f: (x: number) => number): number =>
    rest.reduce((sum, c, k) => sum + c * f(2 * Math.PI * hertz * k * 1e-4), 0);
  return Math.hypot(wave(Math.cos), wave(Math.sin));
};
const frequencies = Array.from({ length: 200 }, (_, k) => 50 + k);
const strongest = frequencies.reduce((best, f) => (power(f) > power(best) ? f : best));
// The same three: 136 Hz, told apart in steps of 4 Hz.
must("frequency of the population", strongest, 136, 6, "Hz");
