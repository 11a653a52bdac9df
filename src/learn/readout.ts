/** Where a network's answer comes from, and what dropout means for its weights. */
import { ModelError } from "../base/errors.ts";
import { type Network } from "../model/network.ts";
import { type Parameters } from "../sim/lower/parameters.ts";
import { type Pooling } from "./loss.ts";

/** @throws {ModelError} `usage` if the network has no output, or one that cannot be pooled so */
export function outputPort(net: Network, pooling: Pooling): { node: string; port: string } {
  const node = net.output;
  if (node === undefined) throw new ModelError("usage", net.name, "a network to be trained needs 'output', the population that answers");
  const p = net.populations[node];
  if (!p) throw new ModelError("unsupported", `${net.name}.output`, "the answer of a transform cannot be trained");
  if (pooling !== "count") return { node, port: p.model.outputs[0]! };
  if (!p.model.spike) throw new ModelError("unsupported", `${net.name}.output`, `'${node}' does not spike; choose the pooling sum, mean, last or max of its membrane`);
  return { node, port: "spike" };
}

/** The share of a node's outputs that is heard while training. */
export const keepProbability = (net: Network, node: string): number => 1 - (net.populations[node]?.dropout ?? 0);

/** Weights of connections out of populations with dropout, times a function of the share that is heard. */
export function scaled(net: Network, parameters: Parameters, factor: (keep: number) => number): Parameters {
  const out: Record<string, Float32Array | Float64Array> = { ...parameters };
  for (const c of net.connections) {
    const keep = keepProbability(net, c.from.node);
    const name = `${c.name}.weight`;
    if (keep < 1 && out[name]) out[name] = out[name].map((w) => w * factor(keep));
  }
  return out;
}
