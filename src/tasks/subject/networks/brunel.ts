/** Brunel 2000 (J. Comput. Neurosci. 8): excitation and inhibition in balance, g = 5, twice the threshold's drive from outside. */
import { connect } from "../../../model/connection.ts";
import { inDegree } from "../../../model/connectivity.ts";
import { type Network, network, population } from "../../../model/network.ts";
import { neuron } from "../../../model/neuron.ts";
import type { BuildOptions } from "../catalogue.ts";

const model = neuron({
  name: "brunel",
  doc: "leaky integrate-and-fire with delta synapses and Poisson input of its own",
  source: "Brunel 2000, J. Comput. Neurosci. 8",
  // What arrives from outside in a step is a current that adds x to v in that step.
  equations: `
    dv/dt = (x/(1 - exp(-dt/tau)) - v)/tau : volt (unless refractory)
    x[t+1] = J*poisson(rate*dt) : volt`,
  parameters: { tau: "20 ms", J: "0.1 mV", rate: "20 kHz" },
  spike: "v > 20*mV",
  reset: "v = 0*mV",
  refractory: "2 ms",
  port: "v",
});
const J = 0.1e-3;

/** 10,000 excitatory and 2,500 inhibitory neurons; each hears 1,000 and 250 of them after 1.5 ms. */
export function brunel({ dt = 1e-4 }: BuildOptions = {}): Network {
  const own = { port: "v", delay: "1.5 ms" };
  return network({
    name: "brunel",
    dt,
    schedule: "brian",
    populations: { e: population(10_000, model), i: population(2_500, model) },
    connections: [
      connect("e", ["e", "i"], { ...own, connectivity: inDegree(1000), weight: J }),
      connect("i", ["e", "i"], { ...own, connectivity: inDegree(250), weight: -5 * J }),
    ],
  });
}
