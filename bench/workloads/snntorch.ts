/** snnTorch's neurons in our vocabulary. */
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";

/**
 * `m[t] = β·m[t-1] + I[t] - (m[t-1] > 1)`, a spike where `m[t] > 1`; the reset is not differentiated. snnTorch takes the
 * threshold off in the step after the spike, behind the leak; to take `1/β` off at once, before it, is the same:
 * `β·(m - 1/β) = β·m - 1`.
 *
 * @see Eshraghian et al. 2023 (Proc. IEEE 111:1016), eq. 4; snnTorch `Leaky` and `RLeaky` with `reset_mechanism="subtract"`
 */
export const leaky = (beta: number): NeuronModel =>
  neuron({
    name: "leaky",
    equations: "v[t+1] = beta*v : 1",
    parameters: { beta, vTh: 1 },
    spike: "v > vTh",
    reset: "v -= vTh/beta",
    port: "v",
  });

/** The membrane that answers where the output layer fires too: as `leaky`, before it is reset. */
export const leakyMembrane = (beta: number): NeuronModel =>
  neuron({
    name: "leaky-membrane",
    equations: "v[t+1] = beta*v - int(v > vTh) : 1",
    parameters: { beta, vTh: 1 },
    port: "v",
  });

/** A readout that never fires: `m[t] = β·m[t-1] + I[t]`. */
export const integrator = (beta: number): NeuronModel =>
  neuron({ name: "integrator", equations: "v[t+1] = beta*v : 1", parameters: { beta }, port: "v" });
