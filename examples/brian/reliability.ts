/** Brian's `reliability`: noisy cells that share a fluctuating input fire together; without it they do not. */
import { network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const N = 25;
const duration = option("duration", 5);
const neuron_input = neuron({
  name: "neuron_input",
  equations: "dx/dt = -x / tau_input + (2 /tau_input)**.5 * xi : 1",
  parameters: { tau_input: "5*ms" },
});
const eqs_neurons = `
dx/dt = (0.9 + .5 * I - x) / tau + sigma * (2 / tau)**.5 * xi : 1
I : 1 (linked)
`;
const noisy = neuron({
  name: "noisy",
  equations: eqs_neurons,
  parameters: { tau: "10*ms", sigma: 0.015 },
  spike: "x > 1",
  reset: "x = 0",
  refractory: "5*ms",
  method: "euler",
});
/** Mean correlation of two cells' spikes in bins of 3 ms, from 0.1 s on. */
async function correlation(inputs: number): Promise<number> {
  const net = network({
    dt: "0.1 ms",
    schedule: "brian",
    populations: {
      input: population(inputs, neuron_input),
      neurons: population(N, noisy, {
        initial: { x: "rand()" },
        linked: { I: "input.x" }, // of the only one, or each neuron of its own
      }),
    },
  });
  const { spikes, steps } = await simulate(net, { duration, seed: 1 });
  const bins = Math.floor(steps / 30) - 34;
  const counts = Array.from({ length: N }, () => new Float64Array(bins));
  const { steps: at, indices } = spikes.neurons!;
  at.forEach((k, n) => {
    const bin = Math.floor(k / 30) - 34;
    if (bin >= 0 && bin < bins) counts[indices[n]!]![bin]!++;
  });
  const pairs = counts.flatMap((a, k) => counts.slice(k + 1).map((b) => pearson(a, b)));
  return pairs.reduce((x, y) => x + y, 0) / pairs.length;
}
function pearson(a: Float64Array, b: Float64Array): number {
  const mean = (x: Float64Array): number => x.reduce((s, y) => s + y, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (x: Float64Array, mx: number, y: Float64Array, my: number): number =>
    x.reduce((s, v, k) => s + (v - mx) * (y[k]! - my), 0);
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
}
// Brian 2.5.1, six runs of 5 s: 0.744, with a deviation of 0.023 from run to run.
must("correlation under one input", await correlation(1), 0.744, 4 * 0.023 * Math.sqrt(5 / duration));
// 300 pairs of 1,600 bins: each has a deviation of 1/40, and pairs are nearly independent of each other.
must("correlation under an input each", await correlation(N), 0, 4 / Math.sqrt((duration / 3e-3) * 300));
