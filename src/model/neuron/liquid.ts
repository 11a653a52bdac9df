import { type Every, requireKnown, requireNone } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel } from "../neuronModel.ts";
import { POSITIVE, parameter, type Value } from "./spiking.ts";

/** Options of `liquidCell`. */
export interface LiquidOptions {
  /** Threshold of a neuron that has not fired; default 0.1. */
  readonly b0?: Value;
  /** How far spikes raise the threshold; default 1.8. With 0 nothing adapts: there is no trace of spikes and no gate for one. */
  readonly beta?: Value;
}
const SOURCE =
  "Yin, Corradi and Bohté 2023, Nature Machine Intelligence 5, 518, and its code, functions mem_update_adp and output_Neuron";

const OPTIONS = { b0: true, beta: true } as const satisfies Every<LiquidOptions>;

/**
 * An adaptive spiking neuron with liquid time constants, as Yin et al. train it: how much of the drive `i` enters the
 * membrane in a step, and how much of the adaptation stays, are sigmoids of what arrives at `membrane` and `adaptation`;
 * `liquid(n)` wires a layer of them. The spike of the step before enters the adaptation first, the threshold test uses the
 * new one, and the membrane of a neuron that fires is 0 at the end of the step. Nothing is detached, as in the published code.
 */
export function liquidCell(options: LiquidOptions = {}): NeuronModel {
  requireKnown("liquidCell", options, OPTIONS);
  const { b0 = 0.1, beta = 1.8 } = options;
  if (!adapts(options)) return fixed(b0);
  return neuron({
    name: "liquid",
    doc: "Adaptive spiking neuron with liquid time constants",
    source: SOURCE,
    equations: `
      v[t+1] = v + sigmoid(membrane)*(i - v) : 1
      b[t+1] = s + sigmoid(adaptation)*(b - s) : 1
      s : 1
      theta = b0 + beta*b : 1
      i : 1 (input)
      membrane : 1 (input)
      adaptation : 1 (input)`,
    parameters: {
      b0: parameter(b0, "threshold of a neuron that has not fired", POSITIVE),
      beta: parameter(beta, "how far a trace of 1 raises the threshold"),
    },
    spike: "v > theta",
    after: "v = (1 - spike)*v; s = spike",
  });
}

/** Whether spikes leave a trace, for which a layer has a gate. */
export const adapts = ({ beta }: LiquidOptions): boolean => beta !== 0;

/** What a gate makes of the membrane's time constant. */
const MEMBRANE = `
  v[t+1] = v + sigmoid(membrane)*(i - v) : 1
  i : 1 (input)
  membrane : 1 (input)`;

/** With a threshold that stays. */
const fixed = (b0: Value): NeuronModel =>
  neuron({
    name: "liquid",
    doc: "Spiking neuron with a liquid time constant",
    source: SOURCE,
    equations: MEMBRANE,
    parameters: { b0: parameter(b0, "threshold", POSITIVE) },
    spike: "v > b0",
    after: "v = (1 - spike)*v",
  });

/** A membrane that never fires, whose time constant is liquid: `liquidReadout(n)` wires a layer of them. */
export function liquidIntegrator(...options: readonly never[]): NeuronModel {
  requireNone("liquidIntegrator", options);
  return neuron({
    name: "liquid-integrator",
    doc: "Leaky integrator with a liquid time constant: a readout",
    source: SOURCE,
    equations: MEMBRANE,
  });
}
