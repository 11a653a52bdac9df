/** Brian's `advanced/custom_events`: events of a neuron's own beside its spikes, each heard by a pathway of its own. */
import { connect, inputNode, network, neuron, oneToOne, population, synapse } from "rheobase";
import { poissonSource, simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const n = option("cells", 200); // one in Brian's example
const duration = option("duration", 1);
const eqs_G = `
dv/dt = (g-v)/(50*ms) : 1
dg/dt = -g/(10*ms) : 1
allow_gspike : boolean
`;
const G = neuron({
  name: "G",
  equations: eqs_G,
  spike: "v>1",
  reset: "v = 0; g = 0; allow_gspike = True;",
  events: { gspike: "g>1 and allow_gspike", end_gspike: "g<1 and not allow_gspike" },
  onEvent: { gspike: "allow_gspike = False", end_gspike: "allow_gspike = True" },
  initial: { allow_gspike: "True" },
});
const eqs_H = `
dx/dt = -x/(10*ms) : 1
dy/dt = -y/(10*ms) : 1
`;
const S = synapse({
  name: "S",
  onPre: { pre: "x += 1", gpath: "y += 1" },
  onEvent: { pre: "spike", gpath: "gspike" },
});
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  inputs: { inp: inputNode(n) },
  populations: { G: population(n, G), H: population(n, neuron({ name: "H", equations: eqs_H })) },
  connections: [
    connect("inp", "G", { connectivity: oneToOne, port: "g", weight: 0.5 }),
    connect("G", "H", { connectivity: oneToOne, synapse: S }),
  ],
});
const { spikes, values, steps } = await simulate(net, {
  duration,
  seed: 1,
  sources: { inp: poissonSource(250) },
  record: ["G.gspike", "H.x", "H.y"],
});

// After 0.2 s, when the start is forgotten.
const from = 2000;
const seconds = (steps - from) * 1e-4;
const mean = (x: Float64Array): number => x.subarray(from * n).reduce((a, b) => a + b, 0) / ((steps - from) * n);
const gspikes = 1e4 * mean(values["G.gspike"]!);
const fired = spikes.G!.steps.filter((k) => k >= from).length / n / seconds;
// Brian 2.5.1, 1,000 cells for 5 s, twice: 80.05 and 10.04 Hz; a cell's counts of 5 s have deviations of 17 and 3.06.
const of5 = Math.sqrt(5 / seconds / n);
must("rate of gspike", gspikes, 80.05, 4 * (17 / 5) * of5, "Hz");
must("rate of spikes", fired, 10.04, 4 * (3.06 / 5) * of5, "Hz");
// Each event adds 1 to what decays in 10 ms: the mean of y is 10 ms times the rate, but for what is left at the ends.
must("mean of y", mean(values["H.y"]!), 0.01 * gspikes, (2 * 0.01 * 80 * 0.01) / seconds);
must("mean of x", mean(values["H.x"]!), 0.01 * fired, (2 * 0.01 * 10 * 0.01) / seconds);
