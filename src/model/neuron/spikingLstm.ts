import { requireNone } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { POSITIVE, parameter } from "./spiking.ts";

/**
 * A spiking long short-term memory unit; `spikingLstm(n)` wires a layer of them. What an LSTM sends is the membrane `h` here:
 * where it exceeds the threshold the unit fires, and a threshold is taken off it in the next step. The reset is detached. What
 * gates let through stays below 1, so the threshold is 0.5 (snnTorch's default of 1 never fires).
 */
export function spikingLstmCell(...options: readonly never[]): NeuronModel {
  requireNone("spikingLstmCell", options);
  return neuron({
    name: "spiking-lstm",
    doc: "Spiking long short-term memory unit",
    source:
      "snnTorch, class SLSTM (Eshraghian et al. 2023, Proc. IEEE 111, 1016), with reset_mechanism 'subtract'; the gates are those of torch.nn.LSTMCell",
    equations: `
      h[t+1] = sigmoid(output)*tanh(memory) - where(h > vTh, vTh, 0) : 1
      c[t+1] = memory : 1
      memory = sigmoid(forget)*c + sigmoid(store)*tanh(candidate) : 1
      store : 1 (input)
      forget : 1 (input)
      candidate : 1 (input)
      output : 1 (input)`,
    parameters: { vTh: parameter(0.5, "threshold", POSITIVE) },
    spike: "h > vTh",
  });
}
