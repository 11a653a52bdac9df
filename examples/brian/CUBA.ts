/** Brian's `CUBA` as it stands, one group of four thousand: benchmark 2 of Brette et al. 2007. */
import { condition, connect, network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const eqs = `
dv/dt  = (ge+gi-(v-El))/taum : volt (unless refractory)
dge/dt = -ge/taue : volt
dgi/dt = -gi/taui : volt
`;
const cuba = neuron({
  name: "cuba",
  equations: eqs,
  parameters: { taum: "20*ms", taue: "5*ms", taui: "10*ms", Vt: "-50*mV", Vr: "-60*mV", El: "-49*mV" },
  spike: "v>Vt",
  reset: "v = Vr",
  refractory: "5*ms",
  method: "exact",
});
const we = ((60 * 0.27) / 10) * 1e-3; // excitatory synaptic weight (voltage)
const wi = ((-20 * 4.5) / 10) * 1e-3; // inhibitory synaptic weight
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { P: population(4000, cuba, { initial: { v: "Vr + rand() * (Vt - Vr)" } }) },
  connections: [
    connect("P", "P", { connectivity: condition("i<3200", { p: 0.02 }), port: "ge", weight: we }),
    connect("P", "P", { connectivity: condition("i>=3200", { p: 0.02 }), port: "gi", weight: wi }),
  ],
});
const { spikes, seconds } = await simulate(net, { duration: option("duration", 1), seed: 1 });
// Over 10 s Brian has 5.5 to 5.9 Hz; networks differ by a deviation of 0.2 Hz.
must("rate", spikes.P!.steps.length / 4000 / seconds, 5.7, 4 * 0.2, "Hz");
