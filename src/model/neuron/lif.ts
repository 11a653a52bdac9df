import { type Every, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel, ParameterSpec } from "../neuronModel.ts";
import { parameter, SPIKING, type SpikingOptions, spiking, TIME_CONSTANT } from "./spiking.ts";

export interface LifOptions extends SpikingOptions {
  /** Membrane time constant; default 20 ms. */
  readonly tau?: string | ParameterSpec;
}

const OPTIONS = { tau: true, ...SPIKING } as const satisfies Every<LifOptions>;

/**
 * Leaky integrate-and-fire, dimensionless voltage. Weights arrive as jumps of `v`; a current goes to port `i`.
 * With no current a step is `v = exp(-dt/tau)·v`.
 */
export function lif(options: LifOptions = {}): NeuronModel {
  requireKnown("lif", options, OPTIONS);
  const { parameters, ...events } = spiking(options);
  return neuron({
    name: "lif",
    doc: "Leaky integrate-and-fire",
    source: "Gerstner et al. 2014, Neuronal Dynamics, sec. 1.3",
    equations: `
      dv/dt = (i - v) / tau : 1 (unless refractory)
      i : 1 (input)`,
    parameters: { tau: parameter(options.tau ?? "20 ms", "membrane time constant", TIME_CONSTANT), ...parameters },
    port: "v",
    ...events,
  });
}
