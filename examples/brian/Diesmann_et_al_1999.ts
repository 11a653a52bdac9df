/**
 * Brian's `frompapers/Diesmann_et_al_1999` (Diesmann et al. 1999): a volley of 85 spikes runs through ten groups of a hundred
 * cells and grows sharper on its way; one of 40 spikes, spread wider, dies.
 */
import { condition, connect, inputNode, network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must } from "../support/check.ts";

const eqs = `
dV/dt = (-(V-Vr)+x)*(1./taum) : volt
dx/dt = (-x+y)*(1./taupsp) : volt
dy/dt = -y*(1./taupsp)+25.27*mV/ms+
        (39.24*mV/ms**0.5)*xi : volt
`;
const cell = neuron({
  name: "cell",
  equations: eqs,
  parameters: { Vr: "-70*mV", Vt: "-55*mV", taum: "10*ms", taupsp: "0.325*ms" },
  spike: "V>Vt",
  reset: "V=Vr",
  refractory: "1*ms",
  method: "euler",
});
const weight = 4.86e-3;
const [groups, size] = [10, 100];

let state = 12345;
const rand = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
const randn = (): number => Math.sqrt(-2 * Math.log(rand())) * Math.cos(2 * Math.PI * rand());

/** Spikes of each group in the densest 5 ms after 45 ms, and all before. */
async function volley(spikes: number, spread: number) {
  const net = network({
    dt: "0.1 ms",
    schedule: "brian",
    inputs: { Pinput: inputNode(spikes) },
    populations: { P: population(groups * size, cell, { initial: { V: "Vr + rand() * (Vt - Vr)" } }) },
    connections: [
      connect("P", "P", { connectivity: condition(`j//${size} == i//${size} + 1`), port: "y", weight }),
      connect("Pinput", "P", { connectivity: condition(`j < ${size}`), port: "y", weight }),
    ],
  });
  const times = Array.from({ length: spikes }, (_, index) => [Math.round(500 + 10 * spread * randn()), index] as const);
  times.sort((a, b) => a[0] - b[0]);
  const run = await simulate(net, {
    duration: "100 ms",
    seed: 1,
    inputs: { Pinput: { steps: times.map(([k]) => k), indices: times.map(([, index]) => index) } },
  });
  const { steps, indices } = run.spikes.P!;
  const of = (group: number): number[] =>
    Array.from(steps.filter((k, n) => k > 450 && Math.floor(indices[n]! / size) === group));
  return {
    background: steps.filter((k) => k > 150 && k < 450).length / (groups * size) / 0.03,
    densest: (group: number) =>
      of(group)
        .map((from, _, all) => all.filter((k) => k >= from && k < from + 50).map((k) => k / 10))
        .reduce((most, some) => (some.length > most.length ? some : most), [] as number[]),
  };
}
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const deviation = (x: readonly number[]): number => Math.sqrt(mean(x.map((t) => (t - mean(x)) ** 2)));

// Brian 2.5.1, 30 runs: 103.4 spikes in the last group, 0.475 ms apart, and 3.05 Hz before; from run to run they deviate by
// 1.5 spikes, 0.123 ms and 0.42 Hz. In six runs the last group came 2.65 ms after the fifth, with a deviation of 0.13 ms.
const strong = await volley(85, 1);
const off = (deviation: number, runs: number): number => 4 * deviation * Math.hypot(1, 1 / Math.sqrt(runs));
must("spikes in the last group", strong.densest(9).length, 103.4, off(1.5, 30));
must("their deviation", deviation(strong.densest(9)), 0.475, off(0.123, 30), "ms");
must("from the fifth group to the last", mean(strong.densest(9)) - mean(strong.densest(4)), 2.65, off(0.13, 6), "ms");
must("background", strong.background, 3.05, off(0.42, 30), "Hz");
// Three runs with 40 spikes within 3 ms: 6 spikes at most within 5 ms in the last group.
const weak = await volley(40, 3);
must("spikes in the last group, of a weak volley", weak.densest(9).length, 6, 4);
