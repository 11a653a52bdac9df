/** Brian's `coupled_oscillators`: Kuramoto's hundred phases, each drawn to all others, fall into step when K is large. */
import { allToAll, connect, network, neuron, population, synapse } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const N = 100;
const duration = option("duration", 5);
const eqs = `
    dTheta/dt = omega + K/N*coupling : radian
    omega : radian/second (constant) # intrinsic frequency
    coupling : 1
    `;
const connections = synapse({
  name: "connections",
  equations: "coupling_post = sin(Theta_pre - Theta_post) : 1 (summed)",
});
/** Lorentzian frequencies of median and half width 0.5/s: in a large population r becomes sqrt(1 - 1/K) for K > 1/s. */
const omega = Array.from({ length: N }, (_, i) => 0.5 + 0.5 * Math.tan(Math.PI * ((i + 0.5) / N - 0.5)));
const Theta = Array.from({ length: N }, (_, i) => 2 * Math.PI * i * 0.6180339887498949);

/** The length of the mean of all phases on the circle. */
async function coherence(K: number): Promise<number> {
  const oscillator = neuron({
    name: "oscillator",
    equations: eqs,
    parameters: { K: `${K}/second`, omega: "0.5/second" },
    method: "euler",
  });
  const net = network({
    dt: "1 ms",
    schedule: "brian",
    populations: { oscillators: population(N, oscillator, { initial: { Theta }, parameters: { omega } }) },
    connections: [connect("oscillators", "oscillators", { connectivity: allToAll, synapse: connections })],
  });
  const { values } = await simulate(net, { duration, type: "f64", record: ["oscillators.Theta"] });
  const phases = values["oscillators.Theta"]!.subarray(-N);
  return Math.hypot(...[Math.cos, Math.sin].map((f) => phases.reduce((sum, x) => sum + f(x), 0) / N));
}

// Brian 2.5.1 with the same code, frequencies and first phases.
const brian: Readonly<Record<number, readonly (readonly [K: number, r: number])[]>> = {
  1: [
    [1, 0.05169683],
    [2, 0.05202677],
    [4, 0.05064817],
  ],
  5: [
    [1, 0.01695585],
    [4, 0.35950216],
  ],
};
for (const [K, r] of brian[duration] ?? [])
  must(`coherence after ${duration} s at K = ${K}/s`, await coherence(K), r, 1e-8);
if (duration >= 20) must("coherence in the end at K = 4/s", await coherence(4), Math.sqrt(1 - 1 / 4), 0.1);
