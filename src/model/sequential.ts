/** Layer by layer: makes the same data as `network`. */

import { ModelError } from "../base/errors.ts";
import { type ConnectionSpec, connect } from "./connection.ts";
import type { DelayOption } from "./delays.ts";
import { type GatedLayer, gatedLayer } from "./gated.ts";
import type { Initializer } from "./initializer.ts";
import {
  type InputOptions,
  inputNode,
  type Network,
  network,
  type Population,
  type PopulationOptions,
  population,
} from "./network.ts";
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
export type Layer = InputLayer | DenseLayer | NeuronLayer | GatedLayer | NeuronModel;

export interface DenseOptions {
  readonly bias?: boolean | number | ArrayLike<number> | Initializer;
  readonly weight?: number | ArrayLike<number> | Initializer;
  /** As of a connection; where each synapse has its own, without a bias. */
  readonly delay?: DelayOption;
  /** The port of the neurons above; default theirs. */
  readonly port?: string;
}
export interface NeuronLayerOptions extends PopulationOptions {
  readonly name?: string;
  /** Connects the layer's output to itself, one step later. */
  readonly recurrent?: boolean;
}

/** The input of a layer-by-layer network, of a size or a shape; first of its layers. */
export const input = (shape: number | readonly number[], options: InputOptions = {}): InputLayer => ({
  layer: "input",
  shape,
  options,
});
/**
 * Weights from every neuron of the layer below to each of `size` neurons above, with a bias unless `bias: false`.
 * Neurons follow it.
 */
export const denseLayer = (size: number, options: DenseOptions = {}): DenseLayer => ({ layer: "dense", size, options });
/** A layer of neurons with options; a model alone stands for a layer without any. */
export const neurons = (model: NeuronModel, options: NeuronLayerOptions = {}): NeuronLayer => ({
  layer: "neurons",
  model,
  options,
});
/** What reads a spiking network out: a membrane that never fires. */
export const readout = (options: Parameters<typeof leakyIntegrator>[0] = {}): NeuronLayer =>
  neurons(leakyIntegrator(options), { name: "output" });

/** Options of `sequential`. */
export interface SequentialOptions {
  readonly steps: number;
  /** Default 1 ms. */
  readonly dt?: string | number;
  readonly schedule?: ScheduleName;
  readonly name?: string;
}

/**
 * `input`, then any number of hidden layers and an output: each a `denseLayer` and neurons, or gated units (`gru`,
 * `lstm`). They are called `input`, `hidden` (`hidden1`, `hidden2`, … if there are several) and `output`, unless named.
 * @throws {ModelError} `usage` if the layers do not follow one another so
 */
export function sequential(
  layers: readonly Layer[],
  { steps, dt = "1 ms", schedule = "layered", name = "sequential" }: SequentialOptions,
): Network {
  const [first, ...rest] = layers;
  if (!first || !("layer" in first) || first.layer !== "input")
    throw new ModelError("usage", name, "the first layer is input(...)");
  const stages = stagesOf(rest, name);
  const hidden = stages.length - 1;
  const populations: Record<string, Population> = {};
  const connections: ConnectionSpec[] = [];
  let below = "input";
  stages.forEach((stage, k) => {
    const usual = k === hidden ? "output" : hidden === 1 ? "hidden" : `hidden${k + 1}`;
    const node = ("layer" in stage ? stage : stage.neurons).options.name ?? usual;
    const parts = "layer" in stage ? gatedLayer(node, below, stage) : denseStage(node, below, stage);
    Object.assign(populations, parts.populations);
    connections.push(...parts.connections);
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

/** Neurons and the weights that lead to them. */
interface DenseStage {
  readonly dense: DenseLayer;
  readonly neurons: NeuronLayer;
}
type Stage = DenseStage | GatedLayer;

function denseStage(node: string, below: string, { dense, neurons: n }: DenseStage): ReturnType<typeof gatedLayer> {
  const bias = biasOf(dense.options.bias ?? true);
  const port = dense.options.port && { port: dense.options.port };
  return {
    populations: { [node]: population(dense.size, n.model, n.options) },
    connections: [
      ...connect(below, node, { ...pick(dense.options), ...(bias !== undefined && { bias }) }),
      ...(n.options.recurrent ? connect(node, node, { delay: 1, ...port }) : []),
    ],
  };
}

function stagesOf(rest: readonly Layer[], name: string): Stage[] {
  const stages: Stage[] = [];
  for (let k = 0; k < rest.length; k++) {
    const layer = rest[k]!;
    if ("layer" in layer && layer.layer === "gated") stages.push(layer);
    else stages.push(denseStageOf(layer, rest[++k], k + 1, name));
  }
  if (stages.length === 0)
    throw new ModelError("usage", name, "after the input there must be denseLayer(...) and neurons, or gated units");
  return stages;
}
/** @param place of the first of the two layers, counted from 1 */
function denseStageOf(dense: Layer, above: Layer | undefined, place: number, name: string): DenseStage {
  if ("layer" in dense && dense.layer === "dense" && above) {
    if (!("layer" in above)) return { dense, neurons: neurons(above) };
    if (above.layer === "neurons") return { dense, neurons: above };
  }
  throw new ModelError(
    "usage",
    name,
    `layers ${place} and ${place + 1} must be denseLayer(...) and neurons (or the first of them gru(...) or lstm(...))`,
  );
}

const pick = ({ weight, delay, port }: DenseOptions) => ({
  ...(weight !== undefined && { weight }),
  ...(delay !== undefined && { delay }),
  ...(port !== undefined && { port }),
});
const biasOf = (bias: NonNullable<DenseOptions["bias"]>): number | ArrayLike<number> | Initializer | undefined =>
  bias === true ? { kind: "fanIn", gain: 1 } : bias === false ? undefined : bias;
