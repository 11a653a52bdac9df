/** W3: Brunel 2000, 12,500 neurons and 15.6 million synapses; each pair with probability 0.1, as Brian2's version has it. */
import { connect } from "../../../src/model/connection.ts";
import { probability } from "../../../src/model/connectivity.ts";
import { network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import type { Simulation } from "./simulation.ts";

const model = neuron({
  name: "brunel",
  equations: `
    dv/dt = (x/(1 - exp(-dt/tau)) - v)/tau : volt (unless refractory)
    x[t+1] = J*poisson(rate*dt) : volt`, // the step's arrivals: a current that adds x to v in a step
  parameters: { tau: "20 ms", J: "0.1 mV", rate: "20 kHz" },
  spike: "v > 20*mV",
  reset: "v = 0*mV",
  refractory: "2 ms",
  port: "v",
});
const J = 0.1e-3;

export function brunel(scale: number, seconds: number): Simulation {
  const own = { connectivity: probability(0.1), port: "v", delay: "1.5 ms" };
  return {
    net: network({
      dt: "0.1 ms",
      schedule: "brian",
      populations: { e: population(10_000 * scale, model), i: population(2_500 * scale, model) },
      connections: [
        connect("e", ["e", "i"], { ...own, weight: J }),
        connect("i", ["e", "i"], { ...own, weight: -5 * J }),
      ],
    }),
    seconds,
    rates: { all: [29, 35] },
  };
}
