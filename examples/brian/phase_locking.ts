/** Brian's `phase_locking`: a hundred cells under the same oscillation, each with an amplitude of its own. */
import { network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must } from "../support/check.ts";

const eqs = `
dv/dt = (-v + a * sin(2 * pi * freq * t) + b) / tau : 1
a : 1
`;
const cell = neuron({
  name: "cell",
  equations: eqs,
  parameters: { tau: "20*ms", b: 1.2, freq: "10*Hz" },
  spike: "v > 1",
  reset: "v = 0",
  method: "euler",
});
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { neurons: population(100, cell, { initial: { v: "1.0*i/N", a: "0.05 + 0.7*i/N" } }) },
});
const { spikes } = await simulate(net, { duration: "1 s", type: "f64" });
const { steps, indices } = spikes.neurons!;
/** All of it in one number: steps times neurons from 1, modulo a prime. */
const sum = steps.reduce((s, k, n) => (s + k * (indices[n]! + 1)) % 1000003, 0);
// Brian 2.5.1 with the same code and first voltages: every spike of every cell.
must("spikes", steps.length, 2756, 0);
must("steps times neurons", sum, 596850, 0);
