/** Which numbers of a population training changes, beside the weights: parameters, and states before the first step. */
import { listNames, ModelError } from "../base/errors.ts";
import type { Initializer } from "./initializer.ts";
import { isSetByModel, type NeuronModel } from "./neuronModel.ts";

/** `neuron`: each neuron has a value of its own; `layer`: one value serves all neurons of the population. */
export type Grain = "neuron" | "layer";
/** What training changes of a population: names, or names with their grain. States go by `v.initial`. */
export type Trainable = readonly string[] | Readonly<Record<string, Grain>>;

const INITIAL = ".initial";
/** What `trainable` calls the initial value of a state variable. */
export const initialName = (variable: string): string => variable + INITIAL;

type Given = Readonly<Record<"parameters" | "initial", Readonly<Record<string, Initializer>>>>;

/**
 * What was asked for, each with its grain; without a word, what the model marks as trainable.
 * @throws {ModelError} `unknown-name`, `duplicate-name`, `out-of-range` for a grain that is none
 */
export function trainableOf(
  model: NeuronModel,
  asked: Trainable | undefined,
  given: Given,
  path: string,
): Record<string, Grain> {
  const known = new Set([...model.parameters.map((p) => p.name), ...floatStates(model).map(initialName)]);
  const usual = (name: string): Grain => {
    const from = name.endsWith(INITIAL) ? given.initial[name.slice(0, -INITIAL.length)] : given.parameters[name];
    return from === undefined || from.kind === "constant" ? "layer" : "neuron";
  };
  const names = asked ?? model.parameters.filter((p) => p.trainable).map((p) => p.name);
  const pairs = isList(names) ? names.map((name) => [name, usual(name)] as const) : Object.entries(names);
  for (const [k, [name, grain]] of pairs.entries()) {
    if (!known.has(name))
      throw new ModelError("unknown-name", path, `nothing called '${name}' can be trained; known: ${listNames(known)}`);
    if (pairs.findIndex(([other]) => other === name) < k)
      throw new ModelError("duplicate-name", path, `'${name}' stands there twice`);
    if (grain !== "neuron" && grain !== "layer")
      throw new ModelError("out-of-range", `${path}.${name}`, `must be 'neuron' or 'layer', got '${grain}'`);
  }
  return Object.fromEntries(pairs);
}
const isList = (x: Trainable): x is readonly string[] => Array.isArray(x);
const floatStates = ({ variables }: NeuronModel): string[] =>
  variables.filter((v) => v.type === "float" && !isSetByModel(v)).map((v) => v.name);
