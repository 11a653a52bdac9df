/** Brian's `synapses/gapjunctions`: ten cells that fire by themselves and pull at each other's voltage. */
import { allToAll, connect, network, neuron, population, synapse } from "rheobase";
import { simulate } from "rheobase/sim";
import { must } from "../support/check.ts";

const n = 10;
const eqs = `
dv/dt = (v0 - v + Igap) / tau : 1
Igap : 1 # gap junction current
`;
const cell = neuron({
  name: "cell",
  equations: eqs,
  parameters: { v0: 1.05, tau: "10*ms" },
  spike: "v > 1",
  reset: "v = 0",
  method: "exact",
});
const gap = synapse({
  name: "gap",
  equations: `
             w : 1 # gap junction conductance
             Igap_post = w * (v_pre - v_post) : 1 (summed)
             `,
});
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { neurons: population(n, cell, { initial: { v: "i * 1.0 / (N-1)" } }) },
  connections: [connect("neurons", "neurons", { connectivity: allToAll, synapse: gap, weight: 0.02 })],
});
const { spikes } = await simulate(net, { duration: "500 ms", type: "f64" });
const { steps, indices } = spikes.neurons!;
// Brian 2.5.1 with the same code.
must("spikes", steps.length, 123, 0);
must("step of the last spike", steps.at(-1)!, 4977, 0);
must("neuron of the last spike", indices.at(-1)!, 7, 0);
