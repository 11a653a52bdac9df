/** What the threshold models have in common: the options of threshold and reset. */
import { type Every, ModelError } from "../../base/errors.ts";
import type { NeuronSpec, ParameterSpec } from "../neuronModel.ts";

export type Value = string | number | ParameterSpec;
/** A parameter with what it means, unless the caller says. */
export const parameter = (
  value: Value,
  doc: string,
  bounds: Pick<ParameterSpec, "min" | "max" | "trainable" | "range"> = {},
): ParameterSpec => (typeof value === "object" ? { doc, ...bounds, ...value } : { value, doc, ...bounds });
/** A membrane that rests at 0 fires for ever below a threshold of 0, so training stops there. */
export const POSITIVE = { min: 0 };
/** With a time constant of 0 or below it nothing decays: the membrane grows without bound. */
export const TIME_CONSTANT = { range: "positive" } as const;

/** After a spike: back to zero, less by the threshold (what is above it is kept), or to a value. */
export type Reset = "zero" | "subtract" | { readonly to: Value };

export interface SpikingOptions {
  /** Dimensionless; default 1. */
  readonly vTh?: Value;
  readonly reset?: Reset;
  /** A duration such as "2 ms"; default none. */
  readonly refractory?: string;
}

/** The names of `SpikingOptions`, for tables of options that have them too. */
export const SPIKING = { vTh: true, reset: true, refractory: true } as const satisfies Every<SpikingOptions>;

const wordsOf = (x: unknown): string => (typeof x === "string" ? `'${x}'` : (JSON.stringify(x) ?? String(x)));
/**
 * The part of a spec that follows from the options.
 * @throws {ModelError} `out-of-range` for another reset
 */
export function spiking({
  vTh = 1,
  reset = "zero",
  refractory,
}: SpikingOptions): Pick<NeuronSpec, "spike" | "reset" | "refractory" | "parameters"> {
  if (reset !== "zero" && reset !== "subtract" && (reset as Partial<typeof reset> | null)?.to === undefined)
    throw new ModelError("out-of-range", "reset", `must be 'zero', 'subtract' or { to: value }, got ${wordsOf(reset)}`);
  return {
    spike: "v > vTh",
    reset: reset === "zero" ? "v = 0" : reset === "subtract" ? "v -= vTh" : "v = vReset",
    parameters: { vTh: parameter(vTh, "threshold", POSITIVE), ...(typeof reset === "object" && { vReset: reset.to }) },
    ...(refractory !== undefined && { refractory }),
  };
}
