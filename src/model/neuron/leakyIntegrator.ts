import { type Every, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel, ParameterSpec } from "../neuronModel.ts";
import { parameter, TIME_CONSTANT } from "./spiking.ts";

export interface LeakyIntegratorOptions {
  /** Membrane time constant; default 20 ms. */
  readonly tau?: string | ParameterSpec;
}

const OPTIONS = { tau: true } as const satisfies Every<LeakyIntegratorOptions>;

/** A membrane that never fires: what reads a spiking network out. Weights arrive as jumps of `v`. */
export function leakyIntegrator(options: LeakyIntegratorOptions = {}): NeuronModel {
  requireKnown("leakyIntegrator", options, OPTIONS);
  const { tau = "20 ms" } = options;
  return neuron({
    name: "leaky-integrator",
    doc: "Leaky integrator: a readout",
    source: "Gerstner et al. 2014, Neuronal Dynamics, sec. 1.3, without threshold",
    equations: `
      dv/dt = (i - v) / tau : 1
      i : 1 (input)`,
    parameters: { tau: parameter(tau, "membrane time constant", TIME_CONSTANT) },
    port: "v",
  });
}
