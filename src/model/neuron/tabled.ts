/** Models with many parameters: a table of them, and options that give some of them other values. */
import { requireKnown } from "../../base/errors.ts";
import { neuron } from "../neuron.ts";
import type { NeuronModel, NeuronSpec, ParameterSpec } from "../neuronModel.ts";
import type { Range } from "../range.ts";
import { parameter, type Value } from "./spiking.ts";

/** By name: the published value, what it means, and what it must be. */
export type ParameterTable = Readonly<
  Record<string, readonly [value: string | number, doc: string, range?: Range | undefined]>
>;
/** Other values for some of the parameters of a table: quantities such as "144 ms", numbers in SI units, or a `ParameterSpec`. */
export type TableOptions<T extends ParameterTable> = { readonly [K in keyof T]?: Value };

/**
 * The model with the table's parameters, some of them changed.
 * @throws {ModelError} `unknown-name` for an option that is none; `out-of-range`; and what `neuron` throws
 */
export function tabled<T extends ParameterTable>(
  spec: Omit<NeuronSpec, "parameters">,
  table: T,
  options: TableOptions<T>,
): NeuronModel {
  const path = `${spec.name}.parameters`;
  requireKnown(path, options, Object.keys(table));
  const entries = Object.entries(table).map(([name, [value, doc, range]]): [string, ParameterSpec] => [
    name,
    parameter(options[name] ?? value, doc, range && { range }),
  ]);
  return neuron({ ...spec, parameters: Object.fromEntries(entries) });
}
