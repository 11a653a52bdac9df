/** Nodes without equations or state: what cannot be said neuron by neuron. */
import { ModelError } from "../base/errors.ts";
import type { Endpoint } from "./connection.ts";
import type { Network } from "./network.ts";
import type { Windows } from "../ir/windows.ts";
import { maximaOf } from "./connectivity/windowed.ts";
import { type PerDimension, type PoolOptions, poolNumbers, type WindowNumbers } from "./connectivity.ts";
import { type Nodes, shapeOfNode, sizeOf } from "./nodes.ts";

interface Common {
  readonly size: number;
  readonly of: readonly Endpoint[];
  /** Dimensions, where there are several: [height, width, channels]. */
  readonly shape?: readonly number[];
}
/** A node that computes values of other nodes' values in every step. */
export type Transform =
  | (Common & { readonly kind: "concat" })
  | (Common & { readonly kind: "softmax" })
  /** The largest value of each window, channel by channel; of spikes whether there was any. */
  | (Common & { readonly kind: "maxPool" } & WindowNumbers)
  /** (x - mean) / sqrt(variance + epsilon), statistics over all samples and steps of a run (Ioffe & Szegedy 2015, eq. 1-3). */
  | (Common & { readonly kind: "batchNorm"; readonly epsilon: number });

const endpoint = (x: string | Endpoint): Endpoint => (typeof x === "string" ? { node: x, port: "value" } : x);

/** Joins values end to end. */
export const concat = (size: number, of: readonly (string | Endpoint)[]): Transform => ({
  kind: "concat",
  size,
  of: of.map(endpoint),
});
/** The softmax of one node's values, `size` of them. */
export const softmax = (size: number, of: string | Endpoint): Transform => ({
  kind: "softmax",
  size,
  of: [endpoint(of)],
});
/**
 * The largest value of each window of one node's values, channel by channel. Errors go to the first of those that are equal.
 * @param shape its own: [height, width, channels] or, in one dimension, [length, channels]
 * @param kernel size of the window
 */
export const maxPool = (
  shape: readonly number[],
  of: string | Endpoint,
  kernel: PerDimension,
  options: PoolOptions = {},
): Transform => ({
  kind: "maxPool",
  size: shape.reduce((a, b) => a * b, 1),
  shape,
  of: [endpoint(of)],
  ...poolNumbers(kernel, options, shape.length - 1),
});
/** The windows of a `maxPool`. @throws {ModelError} `shape-mismatch`, `out-of-range` */
export const windowsOfPool = (name: string, t: Extract<Transform, { kind: "maxPool" }>, net: Nodes): Windows =>
  maximaOf(t, shapeOfNode(net, t.of[0]!.node), t.shape ?? [t.size], `transform ${name}`);

/** Batch normalisation of one node's values, `size` of them, without gain and offset (Ioffe and Szegedy 2015, eq. 1 to 3). */
export const batchNorm = (size: number, of: string | Endpoint, epsilon = 1e-5): Transform => ({
  kind: "batchNorm",
  size,
  of: [endpoint(of)],
  epsilon,
});

/** @throws {ModelError} `unknown-name`, `shape-mismatch` */
export function checkTransform(name: string, t: Transform, net: Network): void {
  for (const { node, port } of t.of) {
    if (![net.inputs, net.populations, net.transforms].some((g) => node in g))
      throw new ModelError("unknown-name", `transform ${name}`, `no node called '${node}'`);
    if (net.inputs[node]?.signal === "spikes")
      throw new ModelError("unsupported", `transform ${name}`, `'${node}' gives spikes, and a transform takes values`);
    const p = net.populations[node];
    if (p && !(port === "spike" ? p.model.spike : p.model.outputs.includes(port)))
      throw new ModelError("unknown-name", `transform ${name}`, `'${node}' has no output '${port}'`);
  }
  if (t.kind === "maxPool") return void windowsOfPool(name, t, net);
  const total = t.of.map((e) => sizeOf(net, e.node)).reduce((a, b) => a + b, 0);
  if (total !== t.size)
    throw new ModelError("shape-mismatch", `transform ${name}`, `size ${t.size}, but what it takes has ${total}`);
}
