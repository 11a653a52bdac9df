/**
 * Brian's `frompapers/Rossant_et_al_2011bis` (Rossant et al. 2011, fig. 14): 5,000 Poisson inputs, of which 15 in 4,000
 * spike together 40 times a second: less than 1 % of all spikes, and the cell fires four times as often.
 */
import { allToAll, connect, inputNode, network, neuron, population } from "rheobase";
import { poissonSource, simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const duration = option("duration", 20);
const eqs = `
                dv/dt  = (ge+gi-(v-El))/taum : volt
                dge/dt = -ge/taue : volt
                dgi/dt = -gi/taui : volt
                `;
const [taum, taue, taui] = [5e-3, 3e-3, 10e-3];
const [p, ne, ni, lambdac, lambdae] = [15, 4000, 1000, 40, 1];
const we = 0.5e-3 / (taum / taue) ** (taum / (taue - taum)); // 0.5 mV at the peak
const wi = -(ne * we * taue) / (ni * taui);
const cell = neuron({
  name: "cell",
  equations: eqs,
  parameters: { taum: "5*ms", taue: "3*ms", taui: "10*ms", El: "-65*mV", theta: "-55*mV" },
  initial: { v: "El" },
  spike: "v>theta",
  reset: "v = El",
  refractory: "5*ms",
  method: "exact",
});
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  inputs: { e: inputNode(ne), i: inputNode(ni), fewer: inputNode(ne), other: inputNode(ni), together: inputNode(1) },
  populations: { alone: population(1, cell), events: population(1, cell) },
  connections: [
    connect("e", "alone", { connectivity: allToAll, port: "ge", weight: we }),
    connect("i", "alone", { connectivity: allToAll, port: "gi", weight: wi }),
    connect("fewer", "events", { connectivity: allToAll, port: "ge", weight: we }),
    connect("other", "events", { connectivity: allToAll, port: "gi", weight: wi }),
    connect("together", "events", { connectivity: allToAll, port: "ge", weight: p * we }),
  ],
});
const { spikes, seconds } = await simulate(net, {
  duration,
  seed: 1,
  sources: {
    e: poissonSource(lambdae),
    i: poissonSource(lambdae),
    fewer: poissonSource(lambdae - (p / ne) * lambdac),
    other: poissonSource(lambdae),
    together: poissonSource(lambdac),
  },
});
// Brian 2.5.1, 50 cells of each kind for 20 s: 3.26 and 12.37 Hz, and one cell's rate has a deviation of 0.46 and 1.06 Hz.
const of20 = Math.sqrt(20 / seconds);
must("rate without events", spikes.alone!.steps.length / seconds, 3.26, 4 * 0.46 * of20, "Hz");
must("rate with events", spikes.events!.steps.length / seconds, 12.37, 4 * 1.06 * of20, "Hz");
