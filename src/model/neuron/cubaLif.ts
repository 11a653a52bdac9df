import { type Every, requireChoice, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel, NeuronSpec } from "../neuronModel.ts";
import { parameter, SPIKING, type SpikingOptions, spiking, TIME_CONSTANT, type Value } from "./spiking.ts";

/** Options of `cubaLif`. */
export interface CubaLifOptions extends SpikingOptions {
  /** Membrane time constant; default 10 ms. */
  readonly tau?: Value;
  /** Time constant of the synaptic current; default 5 ms. */
  readonly tauSyn?: Value;
  /**
   * `exact` (default): a weight makes the current jump at the end of a step, and both then follow the solution of the
   * differential equations. `euler`: the current jumps first, and one forward Euler step follows (Norse's LIF).
   */
  readonly integration?: keyof typeof STEPS;
}

const STEPS = {
  exact: {
    equations: `
      dv/dt = (i - v) / tau : 1 (unless refractory)
      di/dt = -i / tauSyn : 1`,
    port: "i",
  },
  euler: {
    equations: `
      v[t+1] = v + dt/tau*(i + x - v) : 1 (unless refractory)
      i[t+1] = (1 - dt/tauSyn)*(i + x) : 1
      x : 1 (input)`,
    port: "x",
  },
} as const satisfies Record<string, Pick<NeuronSpec, "equations" | "port">>;

const OPTIONS = { tau: true, tauSyn: true, integration: true, ...SPIKING } as const satisfies Every<CubaLifOptions>;

/** LIF with an exponential synaptic current (current-based): weights arrive as jumps of the current `i`. */
export function cubaLif(options: CubaLifOptions = {}): NeuronModel {
  requireKnown("cubaLif", options, OPTIONS);
  const { tau = "10 ms", tauSyn = "5 ms", integration = "exact" } = options;
  requireChoice("cubaLif.integration", integration, Object.keys(STEPS));
  const { parameters, ...events } = spiking(options);
  return neuron({
    name: "cuba-lif",
    doc: "LIF with an exponential synaptic current",
    source: "Gerstner et al. 2014, Neuronal Dynamics, sec. 1.3 and 3.1; the Euler step: Norse, function lif_step",
    ...STEPS[integration],
    parameters: {
      tau: parameter(tau, "membrane time constant", TIME_CONSTANT),
      tauSyn: parameter(tauSyn, "time constant of the synaptic current", TIME_CONSTANT),
      ...parameters,
    },
    ...events,
  });
}
