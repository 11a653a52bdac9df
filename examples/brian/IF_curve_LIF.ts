/** Brian's `IF_curve_LIF`: a thousand leaky integrators, each with an input of its own, against the closed form. */
import { network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const n = 1000;
const duration = option("duration", 1);
const eqs = `
dv/dt = (v0 - v) / tau : volt (unless refractory)
v0 : volt
`;
const group = population(
  n,
  neuron({
    name: "lif",
    equations: eqs,
    parameters: { tau: "10*ms" },
    spike: "v > 10*mV",
    reset: "v = 0*mV",
    refractory: "5*ms",
    method: "exact",
  }),
  { initial: { v0: "20*mV * i / (N-1)" } },
);
const dt = 1e-4;
const net = network({ dt, schedule: "brian", populations: { group } });
const { spikes } = await simulate(net, { duration, type: "f64" });

const count = new Float64Array(n);
for (const i of spikes.group!.indices) count[i]!++;
/** From one spike to the next: 5 ms, then from 0 to the threshold. Infinite below rheobase. */
const period = (i: number): number => {
  const v0 = (20e-3 * i) / (n - 1);
  return v0 > 10e-3 ? 5e-3 + 10e-3 * Math.log(v0 / (v0 - 10e-3)) : Number.POSITIVE_INFINITY;
};
// The first spike needs no 5 ms. The step of a spike is the first of its refractory period and the last of the way to the
// threshold, so that a period on the grid is up to one step shorter.
const between = (i: number): readonly [number, number] => [
  Math.floor((duration + 5e-3 - dt) / period(i)),
  Math.floor((duration + 5e-3) / (period(i) - dt)),
];
const outside = Array.from(count).filter((k, i) => k < between(i)[0] || k > between(i)[1]);
must("neurons whose count is not the closed form's", outside.length, 0, 0);
must("spikes at 20 mV", count[n - 1]!, (duration + 5e-3) / period(n - 1), 1 + (duration * dt) / period(n - 1) ** 2);
