/** What a neuron's spike condition tests, where it is a variable against one number. */
import type { Network } from "../model/network.ts";
import type { Parameters } from "../sim/lower/parameters.ts";

export interface Threshold {
  /** The variable that must exceed it. */
  readonly variable: string;
  /** SI, of one neuron; undefined where it moves, or is drawn when the network is built. */
  readonly of: (neuron: number) => number | undefined;
}

/** Nothing of a population that does not fire, or by another kind of condition. */
export function thresholdOf(net: Network, node: string, parameters: Parameters): Threshold | undefined {
  const { spike, variables } = net.populations[node]!.model;
  if (spike?.tag !== "compare" || !(spike.op === ">" || spike.op === ">=")) return undefined;
  const { a, b } = spike;
  if (a.tag !== "name" || !variables.some((v) => v.name === a.name)) return undefined;
  const fixed =
    b.tag === "number" ? () => b.value : b.tag === "name" ? parameterOf(net, node, b.name, parameters) : none;
  return { variable: a.name, of: fixed };
}
const none = (): undefined => undefined;

function parameterOf(net: Network, node: string, name: string, trained: Parameters): Threshold["of"] {
  const { model, parameters } = net.populations[node]!;
  const known = model.parameters.find((p) => p.name === name);
  if (!known) return none;
  const values = trained[`${node}.${name}`];
  if (values) return (neuron) => values[values.length === 1 ? 0 : neuron];
  const from = parameters[name];
  if (!from) return () => known.value;
  if (from.kind === "constant") return () => from.value;
  return from.kind === "values" ? (neuron) => from.values[neuron] : none;
}
