import { requireNone } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";

/**
 * A gated recurrent unit; `gru(n)` wires a layer of them. Ports `reset`, `update` and `candidate` take what comes from
 * below and (the first two) from the layer itself; `recurrent` takes what the layer sends to its candidate, which the
 * reset gate multiplies after the weights, bias included.
 */
export function gruCell(...options: readonly never[]): NeuronModel {
  requireNone("gruCell", options);
  return neuron({
    name: "gru",
    doc: "Gated recurrent unit",
    source:
      "Cho et al. 2014, arXiv 1406.1078, with the reset gate behind the recurrent weights, as torch.nn.GRU has it",
    equations: `
      h[t+1] = (1 - z)*n + z*h : 1
      r = sigmoid(reset) : 1
      z = sigmoid(update) : 1
      n = tanh(candidate + r*recurrent) : 1
      reset : 1 (input)
      update : 1 (input)
      candidate : 1 (input)
      recurrent : 1 (input)`,
  });
}
