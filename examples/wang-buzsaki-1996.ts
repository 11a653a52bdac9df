/**
 * Fast-spiking interneurons (Wang and Buzsaki 1996, J Neurosci 16:6402): their rate against the current, and a hundred of
 * them, each inhibited by all, that fall into one gamma rhythm. In step they are as one cell that inhibits itself, so the
 * rhythm's frequency is known from a single cell in a plain loop.
 */
import { connect, network, neuron, population, uniform } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "./support/check.ts";

const cell = neuron({
  name: "wb",
  source: "Wang and Buzsaki 1996, J Neurosci 16:6402; per square centimetre",
  equations: `
    dv/dt = (-gNa*m**3*h*(v-ENa)-gK*n**4*(v-EK)-gL*(v-EL)-gsyn*inhibition*(v-Esyn)+Iapp)/Cm : volt
    m = alpha_m/(alpha_m+beta_m) : 1
    alpha_m = 0.1/mV*10*mV/exprel(-(v+35*mV)/(10*mV))/ms : Hz
    beta_m = 4*exp(-(v+60*mV)/(18*mV))/ms : Hz
    dh/dt = 5*(alpha_h*(1-h)-beta_h*h) : 1
    alpha_h = 0.07*exp(-(v+58*mV)/(20*mV))/ms : Hz
    beta_h = 1./(exp(-0.1/mV*(v+28*mV))+1)/ms : Hz
    dn/dt = 5*(alpha_n*(1-n)-beta_n*n) : 1
    alpha_n = 0.01/mV*10*mV/exprel(-(v+34*mV)/(10*mV))/ms : Hz
    beta_n = 0.125*exp(-(v+44*mV)/(80*mV))/ms : Hz
    ds/dt = (12/ms)/(1+exp(-v/(2*mV)))*(1-s) - (0.1/ms)*s : 1 # open receptors at its targets
    inhibition : 1 (input)`,
  parameters: {
    ...{
      Cm: "1*uF",
      gL: "0.1*msiemens",
      EL: "-65*mV",
      gNa: "35*msiemens",
      ENa: "55*mV",
      gK: "9*msiemens",
      EK: "-90*mV",
    },
    ...{ gsyn: "0.1*msiemens", Esyn: "-75*mV", Iapp: "1*uA" },
  },
  initial: { v: "-64*mV", h: 0.78, n: 0.09 },
  spike: "v > 0*mV",
  refractory: "v > 0*mV", // a spike is an upward crossing
  method: "rk4",
});
const dt = 2e-5;

/** The model in a plain loop (Runge-Kutta 4, mV and ms): spikes a second, between the second and the last. */
function rateOf(current: number, gsyn: number, seconds: number): number {
  const slope = ([v, h, n, s]: readonly number[]): number[] => {
    const rate = (x: number): number => (Math.abs(x) < 1e-9 ? 1 : x / Math.expm1(x)); // 1 / exprel
    const [am, bm] = [rate(-(v! + 35) / 10), 4 * Math.exp(-(v! + 60) / 18)];
    const sodium = 35 * (am / (am + bm)) ** 3 * h! * (v! - 55);
    const others = 9 * n! ** 4 * (v! + 90) + 0.1 * (v! + 65) + gsyn * s! * (v! + 75);
    return [
      current - sodium - others,
      5 * (0.07 * Math.exp(-(v! + 58) / 20) * (1 - h!) - h! / (1 + Math.exp(-0.1 * (v! + 28)))),
      5 * (0.1 * rate(-(v! + 34) / 10) * (1 - n!) - 0.125 * Math.exp(-(v! + 44) / 80) * n!),
      (12 / (1 + Math.exp(-v! / 2))) * (1 - s!) - 0.1 * s!,
    ];
  };
  const h = 1000 * dt;
  let x: number[] = [-64, 0.78, 0.09, 0];
  const times: number[] = [];
  for (let k = 0; k < seconds / dt; k++) {
    const moved = (d: readonly number[], by: number): number[] => x.map((xi, i) => xi + by * d[i]!);
    const a = slope(x);
    const b = slope(moved(a, h / 2));
    const c = slope(moved(b, h / 2));
    const d = slope(moved(c, h));
    const next = x.map((xi, i) => xi + (h / 6) * (a[i]! + 2 * b[i]! + 2 * c[i]! + d[i]!));
    if (x[0]! <= 0 && next[0]! > 0) times.push(k);
    x = next;
  }
  return (times.length - 2) / ((times.at(-1)! - times[1]!) * dt);
}
/** From steps of spikes, as above. */
const rate = (times: ArrayLike<number>): number => (times.length - 2) / ((times[times.length - 1]! - times[1]!) * dt);

const duration = option("duration", 0.5);
{
  const currents = [0.5, 1, 2, 5, 10, 20];
  const Iapp = currents.map((uA) => uA * 1e-6);
  const net = network({ dt, schedule: "brian", populations: { cells: population(6, cell, { parameters: { Iapp } }) } });
  const { spikes } = await simulate(net, { duration, type: "f64" });
  const { steps, indices } = spikes.cells!;
  currents.forEach((I, k) => {
    const expected = rateOf(I, 0, duration);
    // The first and the last of the spikes may each be found a step away.
    must(
      `rate at ${I} uA/cm2`,
      rate(steps.filter((_, n) => indices[n] === k)),
      expected,
      (2 * expected * dt) / (duration / 2),
      "Hz",
    );
  });
}
{
  const N = 100;
  const net = network({
    dt,
    schedule: "brian",
    populations: { cells: population(N, cell, { initial: { v: uniform(-70e-3, -50e-3) } }) },
    connections: [
      connect("cells", "cells", { output: "s", port: "inhibition", weight: new Float64Array(N * N).fill(1 / N) }),
    ],
  });
  const { spikes, steps } = await simulate(net, { duration, type: "f64", seed: 1 });
  const { steps: at, indices } = spikes.cells!;
  const half = (k: number): number[] => Array.from(at.filter((t, n) => indices[n] === k && t > steps / 2));
  const first = half(0);
  const gamma = (first.length - 1) / ((first.at(-1)! - first[0]!) * dt);
  must("rate of the network", gamma, rateOf(1, 0.1, duration), 0.1, "Hz");
  const last = Array.from({ length: N }, (_, k) => half(k).at(-1)!);
  must("spread of its last volley", (Math.max(...last) - Math.min(...last)) * dt * 1e3, 0, 0.1, "ms");
}
