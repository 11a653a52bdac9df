/** Layer by layer: makes the same data as `network`. */
import { ModelError } from "../base/errors.ts";
import { type ConnectionSpec, type ConnectOptions, connect, type Endpoint } from "./connection.ts";
import { oneToOne } from "./connectivity.ts";
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
import { type BatchNormOptions, batchNorm, type ResidualJoin, residual, sum, type Transform } from "./transform.ts";

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
export interface BatchNormLayer {
  readonly layer: "batchNorm";
  readonly options: BatchNormOptions;
}
export interface ResidualLayer {
  readonly layer: "residual";
  readonly branch: readonly Layer[];
  readonly options: ResidualOptions;
}
/** A neuron model stands for a layer of it. */
export type Layer = InputLayer | DenseLayer | NeuronLayer | GatedLayer | BatchNormLayer | ResidualLayer | NeuronModel;

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
/**
 * Batch normalisation of what the weights below bring, before the neurons above take it; the weights then have no bias
 * unless one is asked for.
 */
export const batchNormLayer = (options: BatchNormOptions = {}): BatchNormLayer => ({ layer: "batchNorm", options });

/** Options of `residualLayer`. */
export interface ResidualOptions {
  /** Default `add`; `and` and `iand` join spikes. */
  readonly how?: ResidualJoin;
  /** Layers of the shortcut, where it is not what lies below as it is: where sizes differ. */
  readonly shortcut?: readonly Layer[];
  /** Of the node that joins. */
  readonly name?: string;
}
/**
 * Layers and a shortcut around them, joined element by element: what the last neurons of the branch give, and what lies
 * below (Fang et al. 2021, arXiv:2102.04159).
 */
export const residualLayer = (branch: readonly Layer[], options: ResidualOptions = {}): ResidualLayer => ({
  layer: "residual",
  branch,
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
 * `input`, then any number of hidden layers and an output: each a `denseLayer` and neurons, with a `batchNormLayer` between
 * them if wanted, or gated units (`gru`, `lstm`), or a `residualLayer` of such. Neurons are called `hidden` (`hidden1`,
 * `hidden2`, … if there are several) and `output`, unless named, and the input is called `input`.
 * @throws {ModelError} `usage` if the layers do not follow one another so
 */
export function sequential(
  layers: readonly Layer[],
  { steps, dt = "1 ms", schedule = "layered", name = "sequential" }: SequentialOptions,
): Network {
  const [first, ...rest] = layers;
  if (!first || !("layer" in first) || first.layer !== "input")
    throw new ModelError("usage", name, "the first layer is input(...)");
  const stages = stagesOf(rest, name, 2);
  if (stages.length === 0)
    throw new ModelError("usage", name, "after the input there must be denseLayer(...) and neurons, or gated units");
  if (isResidual(stages.at(-1)!)) throw new ModelError("usage", name, "the last layer is neurons, which answer");
  const input = inputNode(first.shape, first.options);
  const stack = new Stack(countNeurons(stages));
  const port = input.signal === "spikes" ? "spike" : "value";
  const top = stack.all(stages, { node: "input", port, size: input.size });
  const { populations, transforms, connections } = stack;
  return network({
    ...{ name, dt, steps, schedule, populations, transforms, connections },
    inputs: { input },
    output: top.node,
  });
}

/** Neurons and the weights that lead to them. */
interface DenseStage {
  readonly dense: DenseLayer;
  readonly norm?: BatchNormLayer;
  readonly neurons: NeuronLayer;
}
interface ResidualStage {
  readonly branch: readonly Stage[];
  readonly shortcut: readonly Stage[];
  readonly options: ResidualOptions;
}
type Stage = DenseStage | GatedLayer | ResidualStage;
const isResidual = (s: Stage): s is ResidualStage => "branch" in s;
const countNeurons = (stages: readonly Stage[]): number =>
  stages.reduce((n, s) => n + (isResidual(s) ? countNeurons(s.branch) + countNeurons(s.shortcut) : 1), 0);

/** What lies below a stage. */
interface Below extends Endpoint {
  readonly size: number;
}

/** Makes the nodes of stages, from below. */
class Stack {
  readonly populations: Record<string, Population> = {};
  readonly transforms: Record<string, Transform> = {};
  readonly connections: ConnectionSpec[] = [];
  readonly #layers: number;
  #made = 0;
  #residuals = 0;

  /** @param layers of neurons, the output included */
  constructor(layers: number) {
    this.#layers = layers;
  }

  all(stages: readonly Stage[], below: Below): Below {
    return stages.reduce((from, stage) => this.#stage(stage, from), below);
  }
  #stage(stage: Stage, below: Below): Below {
    if (isResidual(stage)) return this.#residual(stage, below);
    const usual = this.#usualName();
    if ("layer" in stage) return this.#gated(stage.options.name ?? usual, stage, below);
    return this.#dense(stage.neurons.options.name ?? usual, stage, below);
  }
  #usualName(): string {
    this.#made++;
    if (this.#made === this.#layers) return "output";
    return this.#layers === 2 ? "hidden" : `hidden${this.#made}`;
  }

  #gated(node: string, stage: GatedLayer, below: Below): Below {
    const parts = gatedLayer(node, below.node, stage);
    Object.assign(this.populations, parts.populations);
    this.connections.push(...parts.connections);
    return this.#outputOf(node);
  }
  #dense(node: string, { dense, norm, neurons: n }: DenseStage, below: Below): Below {
    const bias = biasOf(dense.options.bias ?? norm === undefined);
    const port = dense.options.port && { port: dense.options.port };
    const options = { ...pick(dense.options), ...(bias !== undefined && { bias }) };
    this.populations[node] = population(dense.size, n.model, n.options);
    if (norm) this.#normed(node, dense, norm, below, { ...options, ...port });
    else this.connections.push(...connect(below.node, node, { ...options, ...port }));
    if (n.options.recurrent) this.connections.push(...connect(node, node, { delay: 1, ...port }));
    return this.#outputOf(node);
  }
  /** The weights lead to a sum, which is normalised and added to the neurons as it is. */
  #normed(node: string, { size }: DenseLayer, { options }: BatchNormLayer, below: Below, o: ConnectOptions): void {
    const [summed, normed] = [`${node}Sum`, `${node}Norm`];
    const { port, ...weights } = o;
    this.transforms[summed] = sum(size);
    this.transforms[normed] = batchNorm(size, summed, options);
    const as = { weight: 1, connectivity: oneToOne, trainable: false, ...(port !== undefined && { port }) };
    this.connections.push(...connect(below.node, summed, weights), ...connect(normed, node, as));
  }
  #residual({ branch, shortcut, options }: ResidualStage, below: Below): Below {
    const node = options.name ?? `residual${++this.#residuals}`;
    const [top, around] = [this.all(branch, below), this.all(shortcut, below)];
    if (top.size !== around.size)
      throw new ModelError(
        "shape-mismatch",
        node,
        `the branch gives ${top.size} values and the shortcut ${around.size}: give the shortcut layers of its own (option shortcut)`,
      );
    this.transforms[node] = residual(top.size, top, around, options.how);
    return { node, port: "value", size: top.size };
  }
  #outputOf(node: string): Below {
    const { model, size } = this.populations[node]!;
    return { node, port: model.spike ? "spike" : model.outputs[0]!, size };
  }
}

/** @param first the place of the first of the layers, as they are counted */
function stagesOf(rest: readonly Layer[], name: string, first = 1): Stage[] {
  const stages: Stage[] = [];
  for (let k = 0; k < rest.length; ) {
    const [layer, above, next] = [rest[k]!, rest[k + 1], rest[k + 2]];
    if (isLayer(layer, "gated")) {
      stages.push(layer);
      k++;
    } else if (isLayer(layer, "residual")) {
      stages.push(residualStage(layer, `${name}, layer ${first + k}`));
      k++;
    } else {
      const norm = above && isLayer(above, "batchNorm") ? above : undefined;
      stages.push(denseStage(layer, norm, norm ? next : above, { place: first + k, name }));
      k += norm ? 3 : 2;
    }
  }
  return stages;
}
const isLayer = <K extends "gated" | "residual" | "batchNorm" | "dense" | "neurons">(
  x: Layer,
  kind: K,
): x is Extract<Layer, { layer: K }> => "layer" in x && x.layer === kind;

function residualStage({ branch, options }: ResidualLayer, name: string): ResidualStage {
  const stages = { branch: stagesOf(branch, name), shortcut: stagesOf(options.shortcut ?? [], `${name}, shortcut`) };
  if (stages.branch.length === 0) throw new ModelError("usage", name, "the branch has no layers");
  return { ...stages, options };
}
/** @param where the first of the two layers is, counted from 1 */
function denseStage(
  dense: Layer,
  norm: BatchNormLayer | undefined,
  above: Layer | undefined,
  { place, name }: { place: number; name: string },
): DenseStage {
  const between = norm && { norm };
  if (isLayer(dense, "dense") && above) {
    if (!("layer" in above)) return { dense, ...between, neurons: neurons(above) };
    if (isLayer(above, "neurons")) return { dense, ...between, neurons: above };
  }
  throw new ModelError(
    "usage",
    name,
    `layers ${place} and ${place + (norm ? 2 : 1)} must be denseLayer(...) and neurons (or the first of them gru(...) or lstm(...))`,
  );
}

const pick = ({ weight, delay, port }: DenseOptions) => ({
  ...(weight !== undefined && { weight }),
  ...(delay !== undefined && { delay }),
  ...(port !== undefined && { port }),
});
const biasOf = (bias: NonNullable<DenseOptions["bias"]>): number | ArrayLike<number> | Initializer | undefined =>
  bias === true ? { kind: "fanIn", gain: 1 } : bias === false ? undefined : bias;
