import { requireNone } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";

/** A rectified linear unit, for the conventional twin of a network: no state, `y` leaves by value. */
export function relu(...options: readonly never[]): NeuronModel {
  requireNone("relu", options);
  return neuron({
    name: "relu",
    doc: "Rectified linear unit",
    source: "Nair and Hinton 2010, ICML",
    equations: `
      x : 1 (input)
      y = max(x, 0) : 1`,
  });
}
