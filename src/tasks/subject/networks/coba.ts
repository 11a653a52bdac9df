/** The COBA benchmark of Brette et al. 2007 (J. Comput. Neurosci. 23), after Vogels & Abbott 2005: conductance-based synapses. */
import { connect } from "../../../model/connection.ts";
import { probability } from "../../../model/connectivity.ts";
import { normal } from "../../../model/initializer.ts";
import { type Network, network, population } from "../../../model/network.ts";
import { neuron } from "../../../model/neuron.ts";
import type { BuildOptions } from "../catalogue.ts";

const model = neuron({
  name: "coba",
  doc: "leaky integrate-and-fire with two exponential conductances, in units of the leak's",
  source: "Vogels & Abbott 2005, J. Neurosci. 25; Brette et al. 2007, benchmark 1",
  equations: `
    dv/dt = ((El - v) + ge*(Ee - v) + gi*(Ei - v)) / taum : volt (unless refractory)
    dge/dt = -ge / taue : 1
    dgi/dt = -gi / taui : 1`,
  parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-60 mV", Ee: "0 mV", Ei: "-80 mV" },
  spike: "v > -50*mV",
  reset: "v = -60*mV",
  refractory: "5 ms",
});

/** 3,200 excitatory and 800 inhibitory neurons, each joined to 2 % of all; 6 and 67 nS beside a leak of 10 nS. */
export function coba({ dt = 1e-4 }: BuildOptions = {}): Network {
  const initial = { v: normal(-0.065, 0.005), ge: normal(4, 1.5), gi: normal(20, 12) };
  const connectivity = probability(0.02);
  return network({
    name: "coba",
    dt,
    schedule: "brian",
    populations: { e: population(3200, model, { initial }), i: population(800, model, { initial }) },
    connections: [
      connect("e", ["e", "i"], { connectivity, port: "ge", weight: 0.6 }),
      connect("i", ["e", "i"], { connectivity, port: "gi", weight: 6.7 }),
    ],
  });
}
