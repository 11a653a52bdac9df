/** What the threshold models have in common: the options of threshold and reset. */
import type { NeuronSpec, ParameterSpec } from "../neuronModel.ts";

export type Value = string | number | ParameterSpec;
/** A parameter with what it means, unless the caller says. */
export const parameter = (
  value: Value,
  doc: string,
  bounds: Pick<ParameterSpec, "min" | "max" | "trainable"> = {},
): ParameterSpec => (typeof value === "object" ? { doc, ...bounds, ...value } : { value, doc, ...bounds });
/** A membrane that rests at 0 fires for ever below a threshold of 0, so training stops there. */
export const POSITIVE = { min: 0 };

/** After a spike: back to zero, less by the threshold (what is above it is kept), or to a value. */
export type Reset = "zero" | "subtract" | { readonly to: Value };

export interface SpikingOptions {
  /** Dimensionless; default 1. */
  readonly vTh?: Value;
  readonly reset?: Reset;
  /** A duration such as "2 ms"; default none. */
  readonly refractory?: string;
}

/** The part of a spec that follows from the options. */
export function spiking({
  vTh = 1,
  reset = "zero",
  refractory,
}: SpikingOptions): Pick<NeuronSpec, "spike" | "reset" | "refractory" | "parameters"> {
  return {
    spike: "v > vTh",
    reset: reset === "zero" ? "v = 0" : reset === "subtract" ? "v -= vTh" : "v = vReset",
    parameters: { vTh: parameter(vTh, "threshold", POSITIVE), ...(typeof reset === "object" && { vReset: reset.to }) },
    ...(refractory !== undefined && { refractory }),
  };
}
