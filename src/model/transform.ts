/** Nodes without equations or state: what cannot be said neuron by neuron. */
import { ModelError } from "../base/errors.ts";
import type { Endpoint } from "./connection.ts";
import type { Network } from "./network.ts";
import { sizeOf } from "./nodes.ts";

interface Common {
  readonly size: number;
  readonly of: readonly Endpoint[];
}
/** A node that computes values of other nodes' values in every step. */
export type Transform =
  | (Common & { readonly kind: "concat" })
  | (Common & { readonly kind: "softmax" })
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
  const total = t.of.map((e) => sizeOf(net, e.node)).reduce((a, b) => a + b, 0);
  if (total !== t.size)
    throw new ModelError("shape-mismatch", `transform ${name}`, `size ${t.size}, but what it takes has ${total}`);
}
