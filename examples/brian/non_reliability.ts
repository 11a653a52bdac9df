/** Brian's `non_reliability`: noise makes cells under the same constant current fire at times of their own. */
import { network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const N = 25;
const duration = option("duration", 20);
const eqs_neurons = `
dx/dt = (1.1 - x) / tau + sigma * (2 / tau)**.5 * xi : 1 (unless refractory)
`;
const noisy = neuron({
  name: "noisy",
  equations: eqs_neurons,
  parameters: { tau: "20*ms", sigma: 0.015 },
  spike: "x > 1",
  reset: "x = 0",
  refractory: "5*ms",
  method: "euler",
});
const net = network({ dt: "0.1 ms", schedule: "brian", populations: { neurons: population(N, noisy) } });
const { spikes } = await simulate(net, { duration, seed: 1 });

const intervals = Array.from({ length: N }, (_, n) => {
  const own = spikes.neurons!.steps.filter((_s, k) => spikes.neurons!.indices[k] === n);
  return Array.from(own.slice(1), (k, m) => (k - own[m]!) * 1e-4);
}).flat();
const mean = intervals.reduce((a, b) => a + b, 0) / intervals.length;
const deviation = Math.sqrt(intervals.reduce((a, b) => a + (b - mean) ** 2, 0) / intervals.length);

/** e^(z²) (1 + erf z) for z below 0, where nothing cancels: the scaled complementary error function, by its continued fraction. */
function tail(z: number): number {
  const x = -z;
  if (x < 2) {
    let [sum, term] = [x, x]; // erf by its series
    for (let k = 1; k < 60; k++) {
      term *= (-x * x) / k;
      sum += term / (2 * k + 1);
    }
    return Math.exp(x * x) * (1 - (2 / Math.sqrt(Math.PI)) * sum);
  }
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / 2 / fraction;
  return 1 / (Math.sqrt(Math.PI) * fraction);
}
// The mean time from 0 to the threshold (Siegert 1951). A threshold that is looked at in steps is passed as if it were
// 0.5826 deviations of a step's noise higher (Broadie, Glasserman and Kou 1997), and Euler's steps of dt decay by dt / 2 tau
// faster. The step of a spike is both the last of the way and the first of 5 ms.
const [tau, sigma, mu, dt] = [20e-3, 0.015, 1.1, 1e-4];
const threshold = 1 + 0.5826 * sigma * Math.sqrt((2 * dt) / tau);
const [low, high] = [-mu / (sigma * Math.SQRT2), (threshold - mu) / (sigma * Math.SQRT2)];
const parts = 4000;
const h = (high - low) / parts;
const integral = Array.from({ length: parts }, (_, k) => tail(low + (k + 0.5) * h) * h).reduce((a, b) => a + b, 0);
const passage = tau * Math.sqrt(Math.PI) * integral * (1 - dt / (2 * tau));
const within = (4 * deviation) / Math.sqrt(intervals.length);
must("mean interval", 1e3 * mean, 1e3 * (passage + 5e-3 - dt), 1e3 * within, "ms");
