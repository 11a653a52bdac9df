import { type Every, requireInteger, requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel, ParameterSpec } from "../neuronModel.ts";
import { POSITIVE, parameter, type Value } from "./spiking.ts";

/** Options of `slidingPsn`. */
export interface SlidingPsnOptions {
  /** How many steps of its input a neuron weighs: the step at hand and those before it; from 1 to 64, default 4. */
  readonly order?: number;
  /** Default 1. */
  readonly vTh?: Value;
}

const OPTIONS = { order: true, vTh: true } as const satisfies Every<SlidingPsnOptions>;

/**
 * The sliding parallel spiking neuron: its membrane is a weighted sum of the input of the last `order` steps, `w0` of the step
 * at hand, `w1` of the one before, …, without decay and without reset. It keeps these inputs, so that it works step by step too.
 * The weights train (`trainable: ["w0", "w1"]`, or all of `slidingPsnWeights(order)`); they start as powers of 1/2, as published.
 *
 * @throws {ModelError} `out-of-range`
 */
export function slidingPsn(options: SlidingPsnOptions = {}): NeuronModel {
  requireKnown("slidingPsn", options, OPTIONS);
  const { order = 4, vTh = 1 } = options;
  requireInteger("sliding-psn.order", order, 1, 64);
  const late = Array.from({ length: order - 1 }, (_, k) => `x${k + 1}[t+1] = ${k === 0 ? "i" : `x${k}`} : 1`);
  const sum = Array.from({ length: order }, (_, k) => `w${k}*${k === 0 ? "i" : `x${k}`}`).join(" + ");
  const weights = slidingPsnWeights(order).map((name, k): [string, ParameterSpec] => [
    name,
    parameter(2 ** -k, `of the input ${k} steps ago`, { trainable: true }),
  ]);
  return neuron({
    name: "sliding-psn",
    doc: "Sliding parallel spiking neuron",
    source:
      "Fang et al. 2023, Parallel Spiking Neurons with High Efficiency and Ability to Learn Long-term Dependencies, NeurIPS, eq. 12",
    equations: [`h[t+1] = ${sum} : 1`, ...late, "i : 1 (input)"].join("\n"),
    parameters: { ...Object.fromEntries(weights), vTh: parameter(vTh, "threshold", POSITIVE) },
    spike: "h > vTh",
    port: "i",
  });
}
/** Names of the weights of a `slidingPsn`. */
export const slidingPsnWeights = (order: number): string[] => Array.from({ length: order }, (_, k) => `w${k}`);
