/** W5a and W5b: Song, Miller & Abbott 2000: plastic synapses from Poisson inputs, additive pair STDP. */
import { connect } from "../../../src/model/connection.ts";
import { probability } from "../../../src/model/connectivity.ts";
import { constantOf, type Initializer, uniform } from "../../../src/model/initializer.ts";
import { network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import type { Simulation } from "./simulation.ts";

const GMAX = 0.01;
/** Traces belong to the neurons, because all synapses of a neuron share them. */
const input = neuron({
  name: "input",
  equations: "da/dt = -a/tau : 1",
  parameters: { tau: "20 ms", rate: "15 Hz" },
  spike: "rand() < rate*dt",
  reset: "a += 0.0001", // 0.01 gmax
});
const output = neuron({
  name: "output",
  equations: `
    dv/dt = (ge*(0*mV - v) + (-74*mV - v))/(10*ms) : volt
    dge/dt = -ge/(5*ms) : 1
    db/dt = -b/(20*ms) : 1`,
  spike: "v > -54*mV",
  reset: "v = -60*mV; b -= 0.000105", // 1.05 · 0.01 gmax
  port: "ge",
  method: "euler",
});
const stdp = synapse({
  name: "stdp",
  parameters: { gmax: GMAX },
  pathways: [
    { trigger: "pre", body: "ge_post += w; w = clip(w + b_post, 0, gmax)" },
    { trigger: "post", body: "w = clip(w + a_pre, 0, gmax)" },
  ],
});

function songAbbott(targets: number, seconds: number, v: Initializer, rates: [number, number]): Simulation {
  return {
    net: network({
      dt: "0.1 ms",
      schedule: "brian",
      populations: { in: population(1000, input), out: population(targets, output, { initial: { v } }) },
      connections: [
        connect("in", "out", { connectivity: probability(1), weight: uniform(0, GMAX), synapse: stdp, port: "ge" }),
      ],
    }),
    seconds,
    rates: { out: rates },
  };
}
export const oneOutput = (seconds: number): Simulation => songAbbott(1, seconds, constantOf(-0.074), [14, 30]);
export const manyOutputs = (seconds: number): Simulation => songAbbott(1000, seconds, uniform(-0.074, -0.06), [28, 42]);
