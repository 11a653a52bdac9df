import { type Every, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { parameter, TIME_CONSTANT, type Value } from "./spiking.ts";

/** Options of `synapseFilter`. */
export interface SynapseFilterOptions {
  /** Time constant of the decay; default 5 ms. */
  readonly tau?: Value;
  /** Time constant of the rise; without it, the current jumps. */
  readonly tauRise?: Value;
}

const OPTIONS = { tau: true, tauRise: true } as const satisfies Every<SynapseFilterOptions>;

/**
 * A synaptic current as a population of its own, between neurons and the weights behind it: it leaves by value, and its time
 * constants train, one for the layer or one for each of its currents. With one current a neuron (`oneToOne`, weight 1) each
 * source has a filter; with one current a group of synapses, each group has.
 *
 * Without a rise a spike of weight w makes a current that jumps by w and decays; with one, a difference of two exponentials. The
 * integral is w·tau either way.
 */
export function synapseFilter(options: SynapseFilterOptions = {}): NeuronModel {
  requireKnown("synapseFilter", options, OPTIONS);
  const { tau = "5 ms", tauRise } = options;
  const decay = { tau: parameter(tau, "decay of the current", TIME_CONSTANT) };
  const common = { name: "synapse-filter", doc: "Synaptic current" };
  if (tauRise === undefined)
    return neuron({
      ...common,
      source: "Fang et al. 2021, ICCV, arXiv:2007.05785, and SpikingJelly, class SynapseFilter",
      equations: "di/dt = -i / tau : 1",
      parameters: decay,
      port: "i",
    });
  return neuron({
    ...common,
    source: "Gerstner et al. 2014, Neuronal Dynamics, sec. 3.1: rise and decay",
    equations: `
      di/dt = x/tauRise - i/tau : 1
      dx/dt = -x / tauRise : 1`,
    parameters: { ...decay, tauRise: parameter(tauRise, "rise of the current", TIME_CONSTANT) },
    port: "x",
  });
}
