/** Layer by layer: makes the same data as `network`. */
import { type Every, ModelError, requireKnown } from "../base/errors.ts";
import { type ConnectionSpec, type ConnectOptions, connect, type Endpoint } from "./connection.ts";
import { type Connectivity, type ConnectivityOf, oneToOne } from "./connectivity.ts";
import type { DelayOption } from "./delays.ts";
import { type GatedLayer, gatedLayer } from "./gated.ts";
import type { Initializer } from "./initializer.ts";
import { type LiquidLayer, liquidLayer } from "./liquid.ts";
import {
  INPUT,
  type InputOptions,
  inputNode,
  type Network,
  network,
  POPULATION,
  type Population,
  type PopulationOptions,
  population,
} from "./network.ts";
import { leakyIntegrator } from "./neuron/leakyIntegrator.ts";
import type { NeuronModel } from "./neuronModel.ts";
import type { ScheduleName } from "./schedule.ts";
import {
  BATCH_NORM,
  type BatchNormOptions,
  batchNorm,
  maxPool,
  type ResidualJoin,
  residual,
  sum,
  type Transform,
} from "./transform.ts";
import {
  type ConvLayer,
  convThrough,
  type PoolLayer,
  poolThrough,
  type WindowLayer,
  windowOf,
} from "./windowLayers.ts";

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
/** What `batchNormLayer` makes. */
export interface BatchNormLayer {
  readonly layer: "batchNorm";
  readonly options: BatchNormOptions;
}
/** What `residualLayer` makes. */
export interface ResidualLayer {
  readonly layer: "residual";
  readonly branch: readonly Layer[];
  readonly options: ResidualOptions;
}
/** A layer that brings its own weights. */
export type WiredLayer = GatedLayer | LiquidLayer;
/** A neuron model stands for a layer of it. */
export type Layer =
  | InputLayer
  | DenseLayer
  | WindowLayer
  | NeuronLayer
  | WiredLayer
  | BatchNormLayer
  | ResidualLayer
  | NeuronModel;

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
  /** Connects the layer's output to itself, one step later unless said otherwise; `true` with the usual weights. */
  readonly recurrent?: boolean | Pick<ConnectOptions, "weight" | "delay" | "trainable">;
}

const DENSE = { bias: true, weight: true, delay: true, port: true } as const satisfies Every<DenseOptions>;
const NEURONS = { name: true, recurrent: true, ...POPULATION } as const satisfies Every<NeuronLayerOptions>;
const RESIDUAL = { how: true, shortcut: true, name: true } as const satisfies Every<ResidualOptions>;
const SEQUENTIAL = { steps: true, dt: true, schedule: true, name: true } as const satisfies Every<SequentialOptions>;

/** The input of a layer-by-layer network, of a size or a shape; first of its layers. */
export const input = (shape: number | readonly number[], options: InputOptions = {}): InputLayer => {
  requireKnown("input", options, INPUT);
  return { layer: "input", shape, options };
};
/**
 * Weights from every neuron of the layer below to each of `size` neurons above, with a bias unless `bias: false`.
 * Neurons follow it.
 */
export function denseLayer(size: number, options: DenseOptions = {}): DenseLayer {
  requireKnown("denseLayer", options, DENSE);
  return { layer: "dense", size, options };
}
/** A layer of neurons with options; a model alone stands for a layer without any. */
export function neurons(model: NeuronModel, options: NeuronLayerOptions = {}): NeuronLayer {
  requireKnown("neurons", options, NEURONS);
  return { layer: "neurons", model, options };
}
/**
 * Batch normalisation of what the weights below bring, before the neurons above take it; the weights then have no bias
 * unless one is asked for.
 */
export function batchNormLayer(options: BatchNormOptions = {}): BatchNormLayer {
  requireKnown("batchNormLayer", options, BATCH_NORM);
  return { layer: "batchNorm", options };
}

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
export function residualLayer(branch: readonly Layer[], options: ResidualOptions = {}): ResidualLayer {
  requireKnown("residualLayer", options, RESIDUAL);
  return { layer: "residual", branch, options };
}

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
 * `input`, then any number of hidden layers and an output: each weights (`denseLayer`, `convLayer`, `conv1dLayer`) and
 * neurons, with a `batchNormLayer` and pooling (`avgPoolLayer`, `sumPoolLayer`, `maxPoolLayer`) between them or in front if
 * wanted, or a layer that brings its own weights (`gru`, `lstm`, `liquid`, `liquidReadout`), or a `residualLayer` of such;
 * pooling may stand in front of these too. Neurons are called `hidden` (`hidden1`,
 * `hidden2`, … if there are several) and `output`, unless named, and the input is called `input`.
 * @throws {ModelError} `usage` if the layers do not follow one another so; `type-mismatch` for what is no layer
 */
export function sequential(layers: readonly Layer[], options: SequentialOptions): Network {
  const { steps, dt = "1 ms", schedule = "layered", name = "sequential" } = options ?? {};
  requireKnown(name, options ?? {}, SEQUENTIAL);
  if (steps === undefined) throw new ModelError("usage", `${name}.steps`, "is missing: the steps of a sample");
  const [first, ...rest] = layers;
  if (typeof first !== "object" || !("layer" in first) || first.layer !== "input")
    throw new ModelError("usage", name, "the first layer is input(...)");
  const stages = stagesOf(rest, name, 2);
  if (stages.length === 0)
    throw new ModelError("usage", name, "after the input there must be denseLayer(...) and neurons, or gated units");
  if (isResidual(stages.at(-1)!)) throw new ModelError("usage", name, "the last layer is neurons, which answer");
  const input = inputNode(first.shape, first.options);
  const stack = new Stack(countNeurons(stages));
  const port = input.signal === "spikes" ? "spike" : "value";
  const top = stack.all(stages, { node: "input", port, size: input.size, shape: input.shape });
  const { populations, transforms, connections } = stack;
  return network({
    ...{ name, dt, steps, schedule, populations, transforms, connections },
    inputs: { input },
    output: top.node,
  });
}

/** What lies between neurons and those below: weights, pooling and the like, in this order. */
type Part = DenseLayer | WindowLayer | BatchNormLayer;
/** Neurons and what leads to them. */
interface WeightedStage {
  readonly parts: readonly Part[];
  readonly neurons: NeuronLayer;
  /** The stage in words, for errors. */
  readonly path: string;
}
/** What lies below layers that bring weights of their own, without any itself. */
interface Passage {
  readonly passed: readonly Part[];
  readonly path: string;
}
interface ResidualStage {
  readonly branch: readonly Stage[];
  readonly shortcut: readonly Stage[];
  readonly options: ResidualOptions;
}
type Stage = WeightedStage | WiredLayer | ResidualStage | Passage;
const isResidual = (s: Stage): s is ResidualStage => "branch" in s;
const isPassage = (s: Stage): s is Passage => "passed" in s;
const countNeurons = (stages: readonly Stage[]): number =>
  stages.reduce((n, s) => {
    if (isPassage(s)) return n;
    return n + (isResidual(s) ? countNeurons(s.branch) + countNeurons(s.shortcut) : 1);
  }, 0);

/** What lies below a stage. */
interface Below extends Endpoint {
  readonly size: number;
  readonly shape: readonly number[];
}
/** A connection that still needs its target. */
interface Pending {
  readonly from: Below;
  readonly options: ConnectOptions;
  readonly shape: readonly number[];
}

/** Makes the nodes of stages, from below. */
class Stack {
  readonly populations: Record<string, Population> = {};
  readonly transforms: Record<string, Transform> = {};
  readonly connections: ConnectionSpec[] = [];
  readonly #layers: number;
  #made = 0;
  #residuals = 0;
  #passages = 0;

  /** @param layers of neurons, the output included */
  constructor(layers: number) {
    this.#layers = layers;
  }

  all(stages: readonly Stage[], below: Below): Below {
    return stages.reduce((from, stage) => this.#stage(stage, from), below);
  }
  #stage(stage: Stage, below: Below): Below {
    if (isResidual(stage)) return this.#residual(stage, below);
    if (isPassage(stage)) return this.#passage(stage, below);
    const usual = this.#usualName();
    if ("layer" in stage) return this.#wired(stage.options.name ?? usual, stage, below);
    return this.#weighted(stage.neurons.options.name ?? usual, stage, below);
  }
  #usualName(): string {
    this.#made++;
    if (this.#made === this.#layers) return "output";
    return this.#layers === 2 ? "hidden" : `hidden${this.#made}`;
  }

  #wired(node: string, stage: WiredLayer, below: Below): Below {
    const parts: WiredParts = WIRED[stage.layer](node, below.node, stage as never);
    Object.assign(this.populations, parts.populations);
    Object.assign(this.transforms, parts.transforms);
    this.connections.push(...parts.connections);
    return this.#outputOf(node);
  }
  #weighted(node: string, { parts, neurons: n, path }: WeightedStage, below: Below): Below {
    const way = new Way(
      node,
      below,
      this,
      parts.some((p) => p.layer === "batchNorm"),
      path,
    );
    for (const part of parts) way.part(part);
    const { shape, port } = way.end(node);
    const { name: _, recurrent = false, ...options } = n.options;
    this.populations[node] = population(shape, n.model, options);
    const own = { delay: 1, ...(recurrent !== true && recurrent), ...(port !== undefined && { port }) };
    if (recurrent) this.connections.push(...connect(node, node, own));
    return this.#outputOf(node);
  }
  #passage({ passed, path }: Passage, below: Below): Below {
    const way = new Way(`below${++this.#passages}`, below, this, true, path);
    for (const part of passed) way.part(part);
    return way.reached();
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
    this.transforms[node] = residual(top.shape.length > 1 ? top.shape : top.size, top, around, options.how);
    return { node, port: "value", size: top.size, shape: top.shape };
  }
  #outputOf(node: string): Below {
    const { model, size, shape } = this.populations[node]!;
    return { node, port: model.spike ? "spike" : model.outputs[0]!, size, shape };
  }
}

const asItIs = { weight: 1, connectivity: oneToOne, trainable: false } as const;
const sizeOfShape = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** One dimension is a number. */
const plainShape = (shape: readonly number[]): number | readonly number[] => (shape.length === 1 ? shape[0]! : shape);

/** From neurons below to those above: what weights bring is summed in a node of its own where something else follows. */
class Way {
  readonly #above: string;
  readonly #stack: Stack;
  readonly #normed: boolean;
  readonly #path: string;
  #at: Below;
  #pending: Pending | undefined;
  #dimensions: 1 | 2 = 2;
  #port: string | undefined;

  /** @param normed whether a batch normalisation follows, which has an offset of its own */
  constructor(above: string, below: Below, stack: Stack, normed: boolean, path: string) {
    this.#above = above;
    this.#at = below;
    this.#stack = stack;
    this.#normed = normed;
    this.#path = path;
    if (below.shape.length === 2) this.#dimensions = 1;
  }

  part(part: Part): void {
    if (part.layer === "dense") this.#weights(part.options, [part.size]);
    else if (part.layer === "conv") this.#convolution(part);
    else if (part.layer === "batchNorm") this.#norm(part);
    else if (part.layer === "pool") this.#pool(part);
    else {
      this.#settle();
      this.#at = { ...this.#at, shape: [this.#at.size] };
    }
  }
  #weights(o: DenseOptions, shape: readonly number[], connectivity?: Connectivity): void {
    this.#settle();
    const bias = biasOf(o.bias ?? !this.#normed);
    const options = { ...pick(o), ...(bias !== undefined && { bias }), ...(connectivity && { connectivity }) };
    const { port, ...rest } = options;
    this.#port = port;
    this.#pending = { from: this.#at, options: rest, shape };
  }
  #convolution(layer: ConvLayer): void {
    this.#settle();
    this.#dimensions = layer.dimensions;
    const { connectivity, shape } = convThrough(layer, this.#at.shape, this.#path);
    this.#weights(layer.options, shape, connectivity);
  }
  #norm({ options }: BatchNormLayer): void {
    this.#settle();
    const { shape } = this.#at;
    this.#node("Norm", batchNorm(plainShape(shape), this.#at, options), shape);
  }
  #pool(layer: PoolLayer): void {
    const ofSums = this.#pending?.options.connectivity;
    if (layer.over === "max" && ofSums?.kind === "convolution" && !ofSums.maxPool) return this.#maxima(layer, ofSums);
    this.#settle();
    const from = this.#at;
    const { connectivity, shape } = poolThrough(layer, this.#dimensions, from.shape, this.#path);
    if (layer.over !== "max") this.#pending = { from, options: { connectivity }, shape };
    else this.#node("Max", maxPool(shape, from, layer.kernel, layer.options), shape);
  }
  /** Right behind a convolution maxima are its own. */
  #maxima(layer: PoolLayer, c: ConnectivityOf<"convolution">): void {
    const pending = this.#pending!;
    const { shape } = poolThrough(layer, this.#dimensions, pending.shape, this.#path);
    const connectivity = { ...c, maxPool: windowOf(layer, this.#dimensions) };
    this.#pending = { ...pending, options: { ...pending.options, connectivity }, shape };
  }
  /** A node of its own for what has been made so far. */
  #settle(): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = undefined;
    const node = this.#node("Sum", sum(plainShape(pending.shape)), pending.shape);
    this.#stack.connections.push(...connect(pending.from.node, node, pending.options));
  }
  #node(kind: string, t: Transform, shape: readonly number[]): string {
    const { transforms } = this.#stack;
    const name = (n: number): string => `${this.#above}${kind}${n === 1 ? "" : n}`;
    let n = 1;
    while (name(n) in transforms) n++;
    transforms[name(n)] = t;
    this.#at = { node: name(n), port: "value", size: sizeOfShape(shape), shape };
    return name(n);
  }

  /** What has been made so far, as a node. */
  reached(): Below {
    this.#settle();
    return this.#at;
  }
  /** The connection to the neurons; their shape, and their port where one was named. */
  end(node: string): { shape: readonly number[]; port: string | undefined } {
    const { shape, options, from } = this.#pending ?? { shape: this.#at.shape, options: asItIs, from: this.#at };
    const port = this.#port;
    this.#stack.connections.push(...connect(from.node, node, { ...options, ...(port !== undefined && { port }) }));
    return { shape, port };
  }
}

/** @param first the place of the first of the layers, as they are counted */
function stagesOf(rest: readonly Layer[], name: string, first = 1): Stage[] {
  const stages: Stage[] = [];
  for (let k = 0; k < rest.length; ) {
    const layer = rest[k]!;
    requireLayer(layer, name, first + k);
    if (isWired(layer)) {
      stages.push(layer);
      k++;
    } else if (isLayer(layer, "residual")) {
      stages.push(residualStage(layer, `${name}, layer ${first + k}`));
      k++;
    } else {
      const end = rest.findIndex((x, n) => n >= k && !isPart(x));
      const until = end < 0 ? rest.length : end;
      const [parts, above] = [rest.slice(k, until) as Part[], rest[until]];
      if (until < rest.length) requireLayer(above!, name, first + until);
      const passes = above !== undefined && (isWired(above) || isLayer(above, "residual")) && parts.every(isWeightless);
      if (passes) stages.push({ passed: parts, path: `${name}, layer ${first + k}` });
      else stages.push(weightedStage(parts, above, { place: first + k, name }));
      k = passes ? until : until + 1;
    }
  }
  return stages;
}
/** What changes neither how many numbers a neuron hears, nor what they mean. */
const isWeightless = (p: Part): boolean => p.layer === "pool" || p.layer === "flatten";
const isPlain = (x: unknown): x is object => typeof x === "object" && x !== null;
/** Types are not checked in JavaScript. @throws {ModelError} `type-mismatch` */
function requireLayer(x: unknown, name: string, place: number): asserts x is Layer {
  if (isPlain(x) && ("layer" in x || "spec" in x)) return;
  const found = typeof x === "function" ? `the function ${x.name || "without a name"}; call it` : String(x);
  throw new ModelError("type-mismatch", name, `layer ${place} must be a layer or a neuron model, got ${found}`);
}
const PARTS: ReadonlySet<string> = new Set(["dense", "conv", "pool", "flatten", "batchNorm"]);
const isPart = (x: Layer): x is Part => "layer" in x && PARTS.has(x.layer);
const WIRED = { gated: gatedLayer, liquid: liquidLayer } as const;
/** What a layer that brings its own weights is made of. */
interface WiredParts {
  readonly populations: Readonly<Record<string, Population>>;
  readonly transforms?: Readonly<Record<string, Transform>>;
  readonly connections: readonly ConnectionSpec[];
}
const isWired = (x: Layer): x is WiredLayer => "layer" in x && Object.hasOwn(WIRED, x.layer);
const isLayer = <K extends "residual" | "neurons">(x: Layer, kind: K): x is Extract<Layer, { layer: K }> =>
  "layer" in x && x.layer === kind;

function residualStage({ branch, options }: ResidualLayer, name: string): ResidualStage {
  const stages = { branch: stagesOf(branch, name), shortcut: stagesOf(options.shortcut ?? [], `${name}, shortcut`) };
  if (stages.branch.length === 0) throw new ModelError("usage", name, "the branch has no layers");
  return { ...stages, options };
}
/** @param where the first of the layers is, counted from 1 */
function weightedStage(
  parts: readonly Part[],
  above: Layer | undefined,
  { place, name }: { place: number; name: string },
): WeightedStage {
  const path = `${name}, layer ${place}`;
  const first = parts.find((p) => p.layer !== "flatten" && (p.layer !== "pool" || p.over !== "max"));
  const leads = first !== undefined && first.layer !== "batchNorm";
  if (leads && above) {
    if (!("layer" in above)) return { parts, neurons: neurons(above), path };
    if (isLayer(above, "neurons")) return { parts, neurons: above, path };
  }
  throw new ModelError(
    "usage",
    name,
    `layers ${place} and ${place + Math.max(1, parts.length)} must be denseLayer(...) and neurons (or the first of them gru(...), lstm(...), liquid(...) or liquidReadout(...)), found ${[...parts, above].map(calledOf).join(", ")}`,
  );
}
/** A layer by the name of what makes it. */
function calledOf(layer: Layer | undefined): string {
  if (layer === undefined) return "no more";
  if (!("layer" in layer)) return layer.name;
  if (layer.layer === "neurons") return layer.model.name;
  if (layer.layer === "pool") return `${POOLS[layer.over]}PoolLayer`;
  if (layer.layer === "conv") return layer.dimensions === 1 ? "conv1dLayer" : "convLayer";
  return CALLED.has(layer.layer) ? `${layer.layer}Layer` : layer.layer;
}
const POOLS = { average: "avg", sum: "sum", max: "max" } as const;
const CALLED: ReadonlySet<string> = new Set(["dense", "flatten", "batchNorm", "residual"]);

const pick = ({ weight, delay, port }: DenseOptions) => ({
  ...(weight !== undefined && { weight }),
  ...(delay !== undefined && { delay }),
  ...(port !== undefined && { port }),
});
const biasOf = (bias: NonNullable<DenseOptions["bias"]>): number | ArrayLike<number> | Initializer | undefined =>
  bias === true ? { kind: "fanIn", gain: 1 } : bias === false ? undefined : bias;
