/** Layer by layer: makes the same data as `network`. */
import { ModelError } from "../base/errors.ts";
import { type ConnectionSpec, connect } from "./connection.ts";
import type { Initializer } from "./initializer.ts";
import { type InputOptions, inputNode, type Network, network, type PopulationOptions, population } from "./network.ts";
import { leakyIntegrator } from "./neuron/leakyIntegrator.ts";
import type { NeuronModel } from "./neuronModel.ts";
import type { ScheduleName } from "./schedule.ts";

export interface InputLayer {
  readonly layer: "input";
  readonly shape: number | readonly number[];
  readonly options: InputOptions;
}
export interface DenseLayer {
  readonly layer: "dense";
  readonly size: number;
  readonly options: DenseOptions;
}
export interface NeuronLayer {
  readonly layer: "neurons";
  readonly model: NeuronModel;
  readonly options: NeuronLayerOptions;
}
/** A neuron model stands for a layer of it. */
export type Layer = InputLayer | DenseLayer | NeuronLayer | NeuronModel;

export interface DenseOptions {
  readonly bias?: boolean | number | ArrayLike<number> | Initializer;
  readonly weight?: number | ArrayLike<number> | Initializer;
  /** Whole steps. */
  readonly delay?: number;
  /** The port of the neurons above; default theirs. */
  readonly port?: string;
}
export interface NeuronLayerOptions extends PopulationOptions {
  readonly name?: string;
  /** Connects the layer's output to itself, one step later. */
  readonly recurrent?: boolean;
}

export const input = (shape: number | readonly number[], options: InputOptions = {}): InputLayer => ({
  layer: "input",
  shape,
  options,
});
export const denseLayer = (size: number, options: DenseOptions = {}): DenseLayer => ({ layer: "dense", size, options });
export const neurons = (model: NeuronModel, options: NeuronLayerOptions = {}): NeuronLayer => ({
  layer: "neurons",
  model,
  options,
});
/** What reads a spiking network out: a membrane that never fires. */
export const readout = (options: Parameters<typeof leakyIntegrator>[0] = {}): NeuronLayer =>
  neurons(leakyIntegrator(options), { name: "output" });

export interface SequentialOptions {
  readonly steps: number;
  /** Default 1 ms. */
  readonly dt?: string | number;
  readonly schedule?: ScheduleName;
  readonly name?: string;
}

/**
 * `input`, then any number of `denseLayer` and neurons in turn. Layers are called `input`, `hidden` (`hidden1`,
 * `hidden2`, … if there are several) and `output`, unless named.
 * @throws {ModelError} `usage` if the layers do not follow one another so
 */
export function sequential(
  layers: readonly Layer[],
  { steps, dt = "1 ms", schedule = "layered", name = "sequential" }: SequentialOptions,
): Network {
  const [first, ...rest] = layers;
  if (!first || !("layer" in first) || first.layer !== "input")
    throw new ModelError("usage", name, "the first layer is input(...)");
  const pairs = pairsOf(rest, name);
  const hidden = pairs.length - 1;
  const populations: Record<string, ReturnType<typeof population>> = {};
  const connections: ConnectionSpec[] = [];
  let below = "input";
  pairs.forEach(({ dense, neurons: n }, k) => {
    const node = n.options.name ?? (k === hidden ? "output" : hidden === 1 ? "hidden" : `hidden${k + 1}`);
    populations[node] = population(dense.size, n.model, n.options);
    const bias = biasOf(dense.options.bias ?? true);
    connections.push(...connect(below, node, { ...pick(dense.options), ...(bias !== undefined && { bias }) }));
    if (n.options.recurrent)
      connections.push(...connect(node, node, { delay: 1, ...(dense.options.port && { port: dense.options.port }) }));
    below = node;
  });
  return network({
    name,
    dt,
    steps,
    schedule,
    inputs: { input: inputNode(first.shape, first.options) },
    populations,
    connections,
    output: below,
  });
}

function pairsOf(rest: readonly Layer[], name: string): { dense: DenseLayer; neurons: NeuronLayer }[] {
  const pairs: { dense: DenseLayer; neurons: NeuronLayer }[] = [];
  for (let k = 0; k < rest.length; k += 2) {
    const [dense, above] = [rest[k]!, rest[k + 1]];
    if (!("layer" in dense) || dense.layer !== "dense" || !above || ("layer" in above && above.layer !== "neurons"))
      throw new ModelError("usage", name, `layers ${k + 2} and ${k + 3} must be denseLayer(...) and neurons`);
    pairs.push({ dense, neurons: "layer" in above ? (above as NeuronLayer) : neurons(above) });
  }
  if (pairs.length === 0)
    throw new ModelError("usage", name, "there must be a denseLayer(...) and neurons after the input");
  return pairs;
}

const pick = ({ weight, delay, port }: DenseOptions) => ({
  ...(weight !== undefined && { weight }),
  ...(delay !== undefined && { delay }),
  ...(port !== undefined && { port }),
});
const biasOf = (bias: NonNullable<DenseOptions["bias"]>): number | ArrayLike<number> | Initializer | undefined =>
  bias === true ? { kind: "fanIn", gain: 1 } : bias === false ? undefined : bias;
