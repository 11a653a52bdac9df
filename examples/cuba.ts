/**
 * Four thousand neurons from their published equations (Vogels & Abbott 2005, the CUBA benchmark of Brette et al. 2007):
 * the text of the model is Brian's, pasted in.
 */
import { connect, createEngine, network, neuron, population, probability, uniform, wasm } from "rheobase";
import { must, option } from "./support/check.ts";

const cuba = neuron({
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
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { e: population(3200, cuba, { initial }), i: population(800, cuba, { initial }) },
  connections: [
    connect("e", ["e", "i"], { connectivity: probability(0.02), port: "ge", weight: 1.62e-3 }),
    connect("i", ["e", "i"], { connectivity: probability(0.02), port: "gi", weight: -9e-3 }),
  ],
});
const duration = option("duration", 1);
const start = performance.now();
using engine = await createEngine(net, wasm, { seed: 1 });
const built = performance.now();
const run = engine.run(Math.round(duration / 1e-4));
const seconds = (performance.now() - built) / 1000;
console.log(
  `built in ${((built - start) / 1000).toFixed(2)} s; ${duration} s of model time in ${seconds.toFixed(2)} s; digest ${run.digest}`,
);
const rate = (run.spikes.e!.indices.length + run.spikes.i!.indices.length) / 4000 / duration;
// Over 10 s Brian has 5.5 to 5.9 Hz, NEST 5.6 to 5.7, GeNN 5.9; networks differ by a deviation of 0.2 Hz.
must("rate", rate, 5.7, 4 * 0.2, "Hz");
