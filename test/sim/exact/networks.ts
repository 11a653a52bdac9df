/** Small models and networks for the exact engine. */

import type { ConnectionSpec } from "../../../src/model/connection.ts";
import { inputNode, type NetworkSpec, network, type Population, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import type { NeuronModel } from "../../../src/model/neuronModel.ts";
import type { ExactRecording } from "../../../src/sim/exact/recording.ts";

/** A membrane with a current, an exponential and an alpha synapse. */
export const alphaCell: NeuronModel = neuron({
  name: "alpha-cell",
  equations: `
    dv/dt = (g + a - v) / tau : 1 (unless refractory)
    dg/dt = -g / tauG : 1
    da/dt = (x - a) / tauA : 1
    dx/dt = -x / tauA : 1`,
  parameters: { tau: "20 ms", tauG: "5 ms", tauA: "3 ms" },
  spike: "v > 1",
  reset: "v = 0",
  refractory: "2 ms",
  port: "v",
});

/** An input `stim` of `size` spiking elements, and populations. */
export function driven(
  populations: Readonly<Record<string, Population>>,
  connections: readonly (readonly ConnectionSpec[])[],
  { size = 1, ...more }: { size?: number } & Partial<NetworkSpec> = {},
) {
  return network({
    name: "small",
    dt: "0.1 ms",
    schedule: "nest",
    inputs: { stim: inputNode(size) },
    populations,
    connections,
    ...more,
  });
}
export const one = (model: NeuronModel): Population => population(1, model);

export const timesOf = (r: ExactRecording, node: string, neuron = 0): number[] =>
  [...r.spikes[node]!.times].filter((_, k) => r.spikes[node]!.indices[k] === neuron);
