import { requireNone } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";

/**
 * A rectified linear unit whose answer is one of `most + 1` whole numbers from 0: `y = min(round(max(x, 0)·scale), most)`,
 * halves upwards. What comes next has `1/scale` in its weights, as integer hardware has it.
 */
export function quantisedRelu(...options: readonly never[]): NeuronModel {
  requireNone("quantisedRelu", options);
  return neuron({
    name: "quantised-relu",
    doc: "Rectified linear unit with whole numbers as answers",
    source: "Jacob et al. 2018, Quantization and training of neural networks, CVPR, equation 1, without zero point",
    equations: `
      x : 1 (input)
      y = min(floor(max(x, 0)*scale + 0.5), most) : 1`,
    parameters: {
      scale: { value: 1, doc: "whole numbers that a unit of x makes" },
      most: { value: 255, doc: "the largest answer, 2^bits - 1" },
    },
  });
}
