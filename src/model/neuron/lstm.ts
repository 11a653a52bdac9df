import { requireNone } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";

/** A long short-term memory unit; `lstm(n)` wires a layer of them. Each port takes what comes from below and from the layer itself. */
export function lstmCell(...options: readonly never[]): NeuronModel {
  requireNone("lstmCell", options);
  return neuron({
    name: "lstm",
    doc: "Long short-term memory unit",
    source:
      "Gers, Schmidhuber and Cummins 2000, Neural Computation 12, 2451, without peepholes, as torch.nn.LSTM has it",
    equations: `
      h[t+1] = sigmoid(output)*tanh(memory) : 1
      c[t+1] = memory : 1
      memory = sigmoid(forget)*c + sigmoid(store)*tanh(candidate) : 1
      store : 1 (input)
      forget : 1 (input)
      candidate : 1 (input)
      output : 1 (input)`,
  });
}
