/** The CUBA benchmark of Brette et al. 2007 (J. Comput. Neurosci. 23), after Vogels & Abbott 2005: current-based synapses. */
import { connect } from "../../../model/connection.ts";
import { probability } from "../../../model/connectivity.ts";
import { uniform } from "../../../model/initializer.ts";
import { type Network, network, population } from "../../../model/network.ts";
import { neuron } from "../../../model/neuron.ts";
import type { BuildOptions } from "../catalogue.ts";

const model = neuron({
  name: "cuba",
  doc: "leaky integrate-and-fire with two exponential currents, written as voltages",
  source: "Vogels & Abbott 2005, J. Neurosci. 25; Brette et al. 2007, benchmark 2",
  equations: `
    dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
    dge/dt = -ge / taue : volt
    dgi/dt = -gi / taui : volt`,
  parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-49 mV" },
  spike: "v > -50*mV",
  reset: "v = -60*mV",
  refractory: "5 ms",
});

/** 3,200 excitatory and 800 inhibitory neurons, each joined to 2 % of all. */
export function cuba({ dt = 1e-4 }: BuildOptions = {}): Network {
  const initial = { v: uniform(-0.06, -0.05) };
  const connectivity = probability(0.02);
  return network({
    name: "cuba",
    dt,
    schedule: "brian",
    populations: { e: population(3200, model, { initial }), i: population(800, model, { initial }) },
    connections: [
      connect("e", ["e", "i"], { connectivity, port: "ge", weight: 1.62e-3 }),
      connect("i", ["e", "i"], { connectivity, port: "gi", weight: -9e-3 }),
    ],
  });
}
