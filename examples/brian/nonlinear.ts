/** Brian's `synapses/nonlinear`: NMDA synapses that saturate, integrated by the clock and summed in their target. */
import { allToAll, connect, network, neuron, population, synapse } from "rheobase";
import { simulate } from "rheobase/sim";
import { must } from "../support/check.ts";

const input = neuron({
  name: "input",
  equations: "dv/dt = 1/(10*ms) : 1",
  spike: "v>1",
  reset: "v = 0",
  method: "euler",
});
const target = neuron({
  name: "target",
  equations: `dv/dt = (g-v)/(10*ms) : 1
                            g : 1`,
  method: "exact",
});
const nmda = synapse({
  name: "nmda",
  equations: `
                dg_syn/dt = -a*g_syn+b*x*(1-g_syn) : 1 (clock-driven)
                g_post = g_syn : 1 (summed)
                dx/dt=-c*x : 1 (clock-driven)
                w : 1 # synaptic weight
             `,
  onPre: "x += w", // NMDA synapses
  method: "euler", // Brian's own choice here
  parameters: { a: "1 / (10*ms)", b: "1 / (10*ms)", c: "1 / (10*ms)" },
});
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { input: population(2, input, { initial: { v: [0, 0.5] } }), neurons: population(1, target) },
  connections: [connect("input", "neurons", { connectivity: allToAll, synapse: nmda, weight: [1, 10] })],
});
const { spikes, values } = await simulate(net, { duration: "1 s", type: "f64", record: ["neurons.v"] });
// Brian 2.5.1 with the same code.
must("spikes of the inputs", spikes.input!.steps.length, 200, 0);
must("v after one second", values["neurons.v"]!.at(-1)!, 1.4058396575353507, 1e-9);
