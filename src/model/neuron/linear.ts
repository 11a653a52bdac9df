import { requireNone } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";

/** A linear unit, for the answer of a network's conventional twin: no state, `y` leaves by value. */
export function linear(...options: readonly never[]): NeuronModel {
  requireNone("linear", options);
  return neuron({
    name: "linear",
    doc: "Linear unit",
    source: "Widrow and Hoff 1960, Adaptive switching circuits, IRE WESCON",
    equations: `
      x : 1 (input)
      y = x : 1`,
  });
}
