/**
 * Four thousand cells with conductances (Vogels and Abbott 2005; benchmark 1 of Brette et al. 2007): they go on firing
 * irregularly once set going.
 */
import { connect, createEngine, network, neuron, population, probability, wasm } from "rheobase";
import { must, option } from "./support/check.ts";

const coba = neuron({
  name: "coba",
  equations: `
    dv/dt = (ge*(Ee-v) + gi*(Ei-v) - (v-El))*(1./taum) : volt (unless refractory)
    dge/dt = -ge*(1./taue) : 1
    dgi/dt = -gi*(1./taui) : 1`,
  parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-60 mV", Ee: "0 mV", Ei: "-80 mV" },
  spike: "v > -50*mV",
  reset: "v = -60*mV",
  refractory: "5 ms",
  method: "exponentialEuler",
});
const initial = { v: "El + (randn() * 5 - 5)*mV", ge: "randn() * 1.5 + 4", gi: "randn() * 12 + 20" };
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { e: population(3200, coba, { initial }), i: population(800, coba, { initial }) },
  connections: [
    connect("e", ["e", "i"], { connectivity: probability(0.02), port: "ge", weight: 0.6 }), // of the leak
    connect("i", ["e", "i"], { connectivity: probability(0.02), port: "gi", weight: 6.7 }),
  ],
});
const duration = option("duration", 1);
using engine = await createEngine(net, wasm, { seed: 1 });
engine.run(2000); // how it was started is forgotten
const { spikes, steps } = engine.run(Math.round(duration / 1e-4) - 2000);
const rate = (spikes.e!.steps.length + spikes.i!.steps.length) / 4000 / (steps * 1e-4);
// Four networks of Brian 2.5.1 for 1 s: 18.1, 19.0, 19.6 and 20.6 Hz. They differ from each other with a deviation of 1.05 Hz.
must("rate", rate, 19.3, 4 * Math.hypot(1.05, 1.05 / 2), "Hz");
