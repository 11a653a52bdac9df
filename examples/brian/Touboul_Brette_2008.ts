/**
 * Brian's `frompapers/Touboul_Brette_2008` (Touboul and Brette 2008, fig. 8B): as the reset rises, adaptive exponential cells
 * go from a period of two spikes to four, to chaos, to three.
 */
import { network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const N = 200;
const duration = option("duration", 1);
const eqs = `
dvm/dt=(gL*(EL-vm)+gL*DeltaT*exp((vm-VT)/DeltaT)+I-w)/C : volt
dw/dt=(a*(vm-EL)-w)/tauw : amp
Vr:volt
`;
const adex = neuron({
  name: "adex",
  equations: eqs,
  parameters: {
    C: "281*pF",
    gL: "30*nS",
    EL: "-70.6*mV",
    VT: "-50.4*mV",
    DeltaT: "2*mV",
    tauw: "40*ms",
    a: "4*nS",
    b: "0.08*nA",
    I: ".8*nA",
  },
  initial: { vm: "EL" },
  spike: "vm > VT + 5*DeltaT",
  reset: "vm = Vr; w += b",
  method: "euler",
});
/** The bifurcation parameter. */
const Vr = Array.from({ length: N }, (_, i) => -48.3e-3 + (0.6e-3 * i) / (N - 1));
const net = network({
  dt: "0.01 ms",
  schedule: "brian",
  populations: { neurons: population(N, adex, { initial: { Vr } }) },
});
const { spikes, steps } = await simulate(net, { duration, type: "f64" });

const { steps: at, indices } = spikes.neurons!;
/** Steps between spikes of one cell in the last half second, smallest first. */
function intervals(cell: number): number[] {
  const times = at.filter((k, n) => indices[n] === cell && k >= steps - 50_000);
  return Array.from(times.slice(1), (k, n) => k - times[n]!).sort((a, b) => a - b);
}
/** Intervals that differ by more than the grid makes them: gaps of more than 12 steps part one from the next. */
const kinds = (cell: number): number[][] =>
  intervals(cell).reduce<number[][]>((groups, x) => {
    const last = groups.at(-1);
    if (last && x - last.at(-1)! <= 12) last.push(x);
    else groups.push([x]);
    return groups;
  }, []);
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length / 100;
// Brian 2.5.1 with the same code: intervals in ms of cells on stable orbits, which the grid makes vary by 0.05 ms.
for (const [cell, orbit] of [
  [0, [9.465, 26.33]],
  [10, [9.213, 26.4]],
  [50, [7.501, 10.231, 22.076, 29.545]],
  [150, [5.073, 9.6, 36.98]],
] as const) {
  const found = kinds(cell);
  must(`spikes in a period at ${(1e3 * Vr[cell]!).toFixed(2)} mV`, found.length, orbit.length, 0);
  orbit.forEach((ms, k) => must("  interval", mean(found[k] ?? []), ms, 0.05, "ms"));
}
const chaotic = Array.from({ length: 35 }, (_, k) => kinds(100 + k).length).sort((a, b) => a - b);
// Brian's median cell has 24; a cell's number has a deviation of 4.5, the median of 35 cells one of 0.95.
must("different intervals between -48.00 and -47.90 mV, the median cell", chaotic[17]!, 24, 4);
