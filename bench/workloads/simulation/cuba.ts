/** W1 and W1b: the CUBA benchmark of Brette et al. 2007 (Vogels & Abbott 2005), without delays. */
import { connect } from "../../../src/model/connection.ts";
import { probability } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import type { Simulation } from "./simulation.ts";

const model = neuron({
  name: "cuba",
  equations: `
    dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
    dge/dt = -ge / taue : volt
    dgi/dt = -gi / taui : volt`,
  parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-49 mV" },
  spike: "v > -50*mV",
  reset: "v = -60*mV",
  refractory: "5 ms",
});

export function cuba(neurons: number, p: number, seconds: number): Simulation {
  const initial = { v: uniform(-0.06, -0.05) };
  const connectivity = probability(p);
  return {
    net: network({
      dt: "0.1 ms",
      schedule: "brian",
      populations: {
        e: population(0.8 * neurons, model, { initial }),
        i: population(0.2 * neurons, model, { initial }),
      },
      connections: [
        connect("e", ["e", "i"], { connectivity, port: "ge", weight: 1.62e-3 }),
        connect("i", ["e", "i"], { connectivity, port: "gi", weight: -9e-3 }),
      ],
    }),
    seconds,
    rates: { all: [5, 6.5] },
  };
}
