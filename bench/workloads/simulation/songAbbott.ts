/** W5a and W5b: Song, Miller & Abbott 2000: plastic synapses from Poisson inputs, additive pair STDP, as Brian's example has it. */
import { connect } from "../../../src/model/connection.ts";
import { probability } from "../../../src/model/connectivity.ts";
import { constantOf, type Initializer, uniform } from "../../../src/model/initializer.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { poissonSource } from "../../../src/sim/spikeSource.ts";
import type { Plastic, Simulation } from "./simulation.ts";

const GMAX = 0.01;
const [INPUTS, RATE] = [1000, 15];
const output = neuron({
  name: "output",
  equations: `
    dv/dt = (ge*(0*mV - v) + (-74*mV - v))/(10*ms) : volt
    dge/dt = -ge/(5*ms) : 1`,
  spike: "v > -54*mV",
  reset: "v = -60*mV",
  port: "ge",
  method: "euler",
});
const stdp = synapse({
  name: "stdp",
  equations: `
    w : 1
    dApre/dt = -Apre/tau : 1 (event-driven)
    dApost/dt = -Apost/tau : 1 (event-driven)`,
  parameters: { tau: "20 ms", gmax: GMAX, dApre: 0.0001, dApost: -0.000105 }, // 0.01 gmax, and 1.05 of it
  onPre: "ge += w; Apre += dApre; w = clip(w + Apost, 0, gmax)",
  onPost: "Apost += dApost; w = clip(w + Apre, 0, gmax)",
});

interface Size {
  readonly targets: number;
  readonly seconds: number;
}
function songAbbott(
  { targets, seconds }: Size,
  v: Initializer,
  rates: [number, number],
  weights?: Omit<Plastic, "connection">,
): Simulation {
  return {
    net: network({
      dt: "0.1 ms",
      schedule: "brian",
      inputs: { in: inputNode(INPUTS) },
      populations: { out: population(targets, output, { initial: { v } }) },
      connections: [
        connect("in", "out", {
          ...{ name: "plastic", connectivity: probability(1), weight: uniform(0, GMAX), port: "ge" },
          synapse: stdp,
        }),
      ],
    }),
    sources: { in: poissonSource(RATE) },
    seconds,
    rates: { out: rates },
    ...(weights && { plastic: { connection: "plastic", ...weights } }),
  };
}
export const oneOutput = (seconds: number): Simulation =>
  songAbbott({ targets: 1, seconds }, constantOf(-0.074), [14, 30]);
/** After 10 s: Brian2 .00489 +- .00304, GeNN .00484 +- .00304. */
export const manyOutputs = (seconds: number): Simulation =>
  songAbbott({ targets: 1000, seconds }, uniform(-0.074, -0.06), [28, 42], {
    mean: [0.0046, 0.0052],
    deviation: [0.0027, 0.0033],
  });
