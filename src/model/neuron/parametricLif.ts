import { log } from "../../base/elementary.ts";
import { type Every, ModelError, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { SPIKING, type SpikingOptions, spiking } from "./spiking.ts";

/** Options of `parametricLif`. */
export interface ParametricLifOptions extends SpikingOptions {
  /** Membrane time constant in steps before training, above 1; default 2. */
  readonly tau?: number;
}

const OPTIONS = { tau: true, ...SPIKING } as const satisfies Every<ParametricLifOptions>;

/**
 * Parametric LIF: the membrane moves towards its input by the fraction `1/tau = sigmoid(w)` a step, and `w` is what
 * trains (unless the population says otherwise), so that every value of it is a stable neuron. One `w` serves a layer;
 * `trainable: { w: "neuron" }` or `parameters: { w: [...] }` gives each neuron its own.
 *
 * @throws {ModelError} `out-of-range` unless tau > 1
 */
export function parametricLif(options: ParametricLifOptions = {}): NeuronModel {
  requireKnown("parametricLif", options, OPTIONS);
  const { tau = 2 } = options;
  if (!(tau > 1 && tau < Number.POSITIVE_INFINITY))
    throw new ModelError("out-of-range", "parametric-lif.tau", `must be a finite number of steps > 1, got ${tau}`);
  const { parameters, ...events } = spiking(options);
  return neuron({
    name: "parametric-lif",
    doc: "LIF whose time constant is learnt",
    source: "Fang et al. 2021, Incorporating learnable membrane time constant, ICCV",
    equations: `
      v[t+1] = v + sigmoid(w)*(i - v) : 1 (unless refractory)
      i : 1 (input)`,
    parameters: {
      w: { value: log(1 / (tau - 1)), doc: "1/tau = sigmoid(w), tau in steps", trainable: true },
      ...parameters,
    },
    ...events,
  });
}
