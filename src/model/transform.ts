/** Nodes without equations or state: what cannot be said neuron by neuron. */
import { type Every, listNames, ModelError, requireInteger, requireKnown, requirePositive } from "../base/errors.ts";
import type { Windows } from "../ir/windows.ts";
import type { Endpoint } from "./connection.ts";
import { maximaOf } from "./connectivity/windowed.ts";
import { type PerDimension, type PoolOptions, poolNumbers, requirePool, type WindowNumbers } from "./connectivity.ts";
import type { Network } from "./network.ts";
import { type Nodes, shapeOfNode, sizeOf } from "./nodes.ts";

interface Common {
  /** Values that it gives. */
  readonly size: number;
  /** What it takes. */
  readonly of: readonly Endpoint[];
  /** Dimensions, where there are several: [height, width, channels]. */
  readonly shape?: readonly number[];
}
/** What batch normalisation takes its statistics over. */
export type NormalisedOver = "batch-and-time" | "batch";
/** How a spike-element-wise residual joins what its branch and its shortcut spike. */
export type SpikeJoin = "and" | "iand";

/**
 * gain (x - mean) / sqrt(variance + epsilon) + offset, a mean and a variance for each channel: element k is of channel k mod
 * channels (Ioffe & Szegedy 2015, alg. 1 and 2). Plain data; `batchNorm` makes it.
 */
export interface BatchNorm extends Common {
  readonly kind: "batchNorm";
  /** The last dimension of its shape; each has a mean, a variance, a gain and an offset. */
  readonly channels: number;
  /** What share a mean and a variance. */
  readonly over: NormalisedOver;
  /** Steps with running statistics of their own, where not all of the network's have: later ones share the last. */
  readonly steps?: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** The share of a batch's statistics in the running ones. */
  readonly momentum: number;
  /** Where the gain starts, all channels alike. */
  readonly gain: number;
  /** Where the offset starts, all channels alike. */
  readonly offset: number;
  /** Whether gain and offset train. */
  readonly trainable: boolean;
}
/** A node that computes values of other nodes' values, or of spikes as 0 and 1, in every step. */
export type Transform =
  | (Common & { readonly kind: "concat" })
  | (Common & { readonly kind: "softmax" })
  /** The largest value of each window, channel by channel; of spikes whether there was any. */
  | (Common & { readonly kind: "maxPool" } & WindowNumbers)
  /** What its sources give and what connections bring, added up. */
  | (Common & { readonly kind: "sum" })
  /** Of a branch and a shortcut. */
  | (Common & { readonly kind: "spikeJoin"; readonly how: SpikeJoin })
  | BatchNorm;

/** A node by its name, for what it gives by default: values of an input or a transform. */
type Source = string | Endpoint;
/** @throws {ModelError} `type-mismatch` for what is neither, as JavaScript lets pass */
function endpoint(x: Source): Endpoint {
  if (typeof x === "string") return { node: x, port: "value" };
  if (typeof x?.node === "string" && typeof x.port === "string") return { node: x.node, port: x.port };
  const found = typeof x === "object" && x !== null ? `an object with ${listNames(Object.keys(x))}` : String(x);
  throw new ModelError("type-mismatch", "transform", `takes names of nodes, or { node, port }, got ${found}`);
}
function requireSize(path: string, size: unknown): void {
  if (typeof size === "number") return requireInteger(`${path}.size`, size, 1, 2 ** 31);
  const found = Array.isArray(size) ? `the list [${size.join(", ")}]` : typeof size === "string" ? `'${size}'` : size;
  throw new ModelError("type-mismatch", `${path}.size`, `must be a number of values, before the names, got ${found}`);
}
function requireSources(path: string, of: unknown): void {
  if (Array.isArray(of)) return;
  const found = typeof of === "string" ? `'${of}'` : String(of);
  throw new ModelError("type-mismatch", `${path}.of`, `must be a list of nodes, such as ["a", "b"], got ${found}`);
}

/** Joins values end to end. */
export function concat(size: number, of: readonly Source[]): Transform {
  requireSize("concat", size);
  requireSources("concat", of);
  return { kind: "concat", size, of: of.map(endpoint) };
}
/** The softmax of one node's values, `size` of them. */
export function softmax(size: number, of: Source): Transform {
  requireSize("softmax", size);
  return { kind: "softmax", size, of: [endpoint(of)] };
}
/**
 * The sum of values of the same size, element by element. Connections may lead to it too: then its value is what they
 * bring, such as the weighted input that `batchNorm` normalises before a neuron takes it.
 *
 * @param shape number of values, or several dimensions
 */
export function sum(shape: number | readonly number[], of: readonly Source[] = []): Transform {
  requireSources("sum", of);
  return { kind: "sum", ...sized(shape), of: of.map(endpoint) };
}
const sized = (shape: number | readonly number[]): Pick<Common, "size" | "shape"> =>
  typeof shape === "number" ? { size: shape } : { size: shape.reduce((a, b) => a * b, 1), shape };
/**
 * The largest value of each window of one node's values, channel by channel. Errors go to the first of those that are equal.
 * @param shape its own: [height, width, channels] or, in one dimension, [length, channels]
 * @param kernel size of the window
 */
export function maxPool(
  shape: readonly number[],
  of: Source,
  kernel: PerDimension,
  options: PoolOptions = {},
): Transform {
  requirePool("maxPool", kernel, options);
  return {
    kind: "maxPool",
    size: shape.reduce((a, b) => a * b, 1),
    shape,
    of: [endpoint(of)],
    ...poolNumbers(kernel, options, shape.length - 1),
  };
}
/** The windows of a `maxPool`. @throws {ModelError} `shape-mismatch`, `out-of-range` */
export const windowsOfPool = (name: string, t: Extract<Transform, { kind: "maxPool" }>, net: Nodes): Windows =>
  maximaOf(t, shapeOfNode(net, t.of[0]!.node), t.shape ?? [t.size], `transform ${name}`);

/** How a residual joins: `add` adds values or spikes; `and` and `iand` join spikes. */
export type ResidualJoin = "add" | SpikeJoin;
/**
 * A branch and the shortcut around it, `size` values of each: `add` is branch + shortcut, of spikes `and` is
 * branch · shortcut and `iand` (1 - branch) · shortcut (Fang et al. 2021, arXiv:2102.04159, table 1). Spikes are taken by
 * `{ node, port: "spike" }`.
 *
 * @throws {ModelError} `out-of-range` for another join
 */
export function residual(
  shape: number | readonly number[],
  branch: Source,
  shortcut: Source,
  how: ResidualJoin = "add",
): Transform {
  const of = [endpoint(branch), endpoint(shortcut)];
  if (how === "add") return { kind: "sum", ...sized(shape), of };
  if (how === "and" || how === "iand") return { kind: "spikeJoin", how, ...sized(shape), of };
  throw new ModelError("out-of-range", "residual", `must join by 'add', 'and' or 'iand', got '${how}'`);
}

/** Options of `batchNorm`. */
export interface BatchNormOptions {
  /**
   * Whether all samples and steps of a batch share statistics (and with channels all positions), which is the default, or
   * each step has its own, over the samples of the batch.
   */
  readonly over?: NormalisedOver;
  /**
   * With `over: "batch"`: how many steps have running statistics of their own; later ones share those of the last of them
   * (as Cooijmans et al. 2017, arXiv:1603.09025, do
   * behind the longest sequence that trained). By default all steps of the network have. As many are kept, however
   * many steps the network takes.
   */
  readonly steps?: number;
  /** Added to the variance, > 0; default 1e-5. */
  readonly epsilon?: number;
  /** The share of a batch's statistics in the running ones, above 0 and up to 1; default 0.1. */
  readonly momentum?: number;
  /** Where the gain starts; default 1. */
  readonly gain?: number;
  /** Where the offset starts; default 0. */
  readonly offset?: number;
  /**
   * Threshold-dependent (Zheng et al. 2021, arXiv:2011.05280, eq. 6 to 8): the threshold of the neurons behind, in the unit
   * of their input. The gain starts as `alpha` times it.
   */
  readonly threshold?: number;
  /** With `threshold` only: 1 by default; 1/sqrt(2) for each of two branches that meet. */
  readonly alpha?: number;
  /** Whether gain and offset train; default true. */
  readonly trainable?: boolean;
}
/** Names of the options of a batch normalisation. */
export const BATCH_NORM = {
  ...{ over: true, steps: true, epsilon: true, momentum: true, gain: true, offset: true },
  ...{ threshold: true, alpha: true, trainable: true },
} as const satisfies Every<BatchNormOptions>;

/**
 * Batch normalisation of one node's values (Ioffe and Szegedy 2015). Training takes mean and variance of the batch at hand
 * and notes running ones, which evaluation and engines use. With a shape of several dimensions the last one is channels, and
 * all positions of a channel are normalised together.
 *
 * @param shape number of values, or several dimensions
 * @throws {ModelError} `unknown-name`, `out-of-range`, `usage` for options
 */
export function batchNorm(shape: number | readonly number[], of: Source, options: BatchNormOptions = {}): BatchNorm {
  const path = "batchNorm";
  requireKnown(path, options, BATCH_NORM);
  const dimensions = typeof shape === "number" ? [shape] : shape;
  for (const n of dimensions) requireInteger(`${path}.shape`, n, 1, 2 ** 31);
  const { over = "batch-and-time", steps, epsilon = 1e-5, momentum = 0.1, offset = 0, trainable = true } = options;
  requirePositive(`${path}.epsilon`, epsilon);
  if (over !== "batch-and-time" && over !== "batch")
    throw new ModelError("out-of-range", `${path}.over`, `must be 'batch-and-time' or 'batch', got '${over}'`);
  if (steps !== undefined) requireInteger(`${path}.steps`, steps, 1, 2 ** 31);
  if (steps !== undefined && over !== "batch")
    throw new ModelError("usage", `${path}.steps`, "goes with over: 'batch', where steps have statistics of their own");
  if (!(momentum > 0 && momentum <= 1))
    throw new ModelError("out-of-range", `${path}.momentum`, `must be above 0 and up to 1, got ${momentum}`);
  if (!Number.isFinite(offset))
    throw new ModelError("out-of-range", `${path}.offset`, `must be a finite number, got ${offset}`);
  return {
    kind: "batchNorm",
    ...sized(shape),
    of: [endpoint(of)],
    channels: dimensions.at(-1)!,
    ...{ over, ...(steps !== undefined && { steps }), epsilon, momentum },
    ...{ gain: gainOf(options, path), offset, trainable },
  };
}
function gainOf({ gain, threshold, alpha }: BatchNormOptions, path: string): number {
  if (threshold === undefined) {
    if (alpha !== undefined) throw new ModelError("usage", `${path}.alpha`, "goes with 'threshold'");
    if (gain !== undefined && !Number.isFinite(gain))
      throw new ModelError("out-of-range", `${path}.gain`, `must be a finite number, got ${gain}`);
    return gain ?? 1;
  }
  if (gain !== undefined) throw new ModelError("usage", `${path}.gain`, "is alpha times 'threshold' already");
  requirePositive(`${path}.threshold`, threshold);
  requirePositive(`${path}.alpha`, alpha ?? 1);
  return (alpha ?? 1) * threshold;
}

/** Whether connections may lead to a transform. */
export const takesConnections = (t: Transform): boolean => t.kind === "sum";
/** Whether a transform has a mean, a variance, a gain and an offset. */
export const isNorm = (t: Transform | undefined): t is BatchNorm => t?.kind === "batchNorm";

const JOINS_SPIKES: ReadonlySet<Transform["kind"]> = new Set(["concat", "maxPool", "spikeJoin"]);
/** Whether all that a transform gives is 0 or 1, made of spikes: what listens is then told who, as of neurons. */
export function givesSpikes({ transforms }: Pick<Network, "transforms">, node: string): boolean {
  const t = transforms[node];
  if (!t || !JOINS_SPIKES.has(t.kind)) return false;
  return t.of.every((e) => e.port === "spike" || givesSpikes({ transforms }, e.node));
}

/** @throws {ModelError} `unknown-name`, `shape-mismatch` */
export function checkTransform(name: string, t: Transform, net: Network): void {
  const path = `transform ${name}`;
  for (const { node, port } of t.of) {
    if (![net.inputs, net.populations, net.transforms].some((g) => node in g))
      throw new ModelError("unknown-name", path, `no node called '${node}'`);
    if (net.inputs[node]?.signal === "spikes")
      throw new ModelError("unsupported", path, `'${node}' gives spikes, and a transform takes values`);
    const p = net.populations[node];
    if (p && !(port === "spike" ? p.model.spike : p.model.outputs.includes(port)))
      throw new ModelError("unknown-name", path, `'${node}' has no output '${port}'`);
  }
  if (t.kind === "maxPool") return void windowsOfPool(name, t, net);
  const sizes = t.of.map((e) => sizeOf(net, e.node));
  if (t.kind === "sum" || t.kind === "spikeJoin") {
    const k = sizes.findIndex((n) => n !== t.size);
    if (k >= 0) throw new ModelError("shape-mismatch", path, `size ${t.size}, but '${t.of[k]!.node}' has ${sizes[k]}`);
    if (sizes.length === 0 && !net.connections.some((c) => c.to.node === name))
      throw new ModelError("usage", path, "nothing is added up: name sources, or let a connection lead to it");
    return;
  }
  if (isNorm(t)) checkNorm(t, net, path);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== t.size) throw new ModelError("shape-mismatch", path, `size ${t.size}, but what it takes has ${total}`);
}

function checkNorm({ size, channels, over }: BatchNorm, net: Network, path: string): void {
  if (size % channels !== 0)
    throw new ModelError(
      "shape-mismatch",
      path,
      `${size} values are no whole number of positions of ${channels} channels`,
    );
  if (over === "batch" && net.steps === undefined)
    throw new ModelError(
      "usage",
      path,
      "each step has statistics of its own: the network must say how many 'steps' there are",
    );
}
