import { requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { SPIKING, type SpikingOptions, spiking } from "./spiking.ts";

/**
 * Integrate-and-fire without leak: `v` sums what arrives. With `reset: "subtract"` its rate is a clipped, quantised ReLU
 * of its input (Rueckauer et al. 2017, Front. Neurosci. 11, 682), which conversion relies on.
 */
export function integrateAndFire(options: SpikingOptions = {}): NeuronModel {
  requireKnown("integrateAndFire", options, SPIKING);
  return neuron({
    name: "integrate-and-fire",
    doc: "Integrate-and-fire without leak",
    source: "Lapicque 1907, without leak; Gerstner et al. 2014, Neuronal Dynamics, sec. 1.3",
    equations: `
      v[t+1] = v + i : 1 (unless refractory)
      i : 1 (input)`,
    port: "v",
    ...spiking(options),
  });
}
