/** The network of the pictures: CUBA (Vogels & Abbott 2005; Brette et al. 2007), four thousand neurons. */
import { connect, network, neuron, population, probability, uniform } from "rheobase";

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
const initial = { v: uniform(-0.06, -0.05) };
const connectivity = probability(0.02);

export const cubaNetwork = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { e: population(3200, model, { initial }), i: population(800, model, { initial }) },
  connections: [
    connect("e", ["e", "i"], { connectivity, port: "ge", weight: 1.62e-3 }),
    connect("i", ["e", "i"], { connectivity, port: "gi", weight: -9e-3 }),
  ],
});
