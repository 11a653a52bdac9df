/** Where a network's answer comes from. */
import { ModelError } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import { isOfSpikes, type Loss } from "./loss.ts";

export interface OutputPort {
  readonly node: string;
  readonly port: string;
}

/** @throws {ModelError} `usage` if the network has no output, or one that cannot be compared so */
export function outputPort(net: Network, loss: Loss): OutputPort {
  const node = net.output;
  if (node === undefined)
    throw new ModelError("usage", net.name, "a network to be trained needs 'output', the population that answers");
  const p = net.populations[node];
  if (!p) throw new ModelError("unsupported", `${net.name}.output`, "the answer of a transform cannot be trained");
  if (!isOfSpikes(loss)) return { node, port: p.model.outputs[0]! };
  if (p.model.spike) return { node, port: "spike" };
  const others = "choose the pooling sum, mean, last or max of its membrane";
  throw new ModelError(
    "unsupported",
    `${net.name}.output`,
    `'${node}' does not spike, and the loss is of spikes; ${others}`,
  );
}

/** The class with the largest answer, the first of equals. */
export function argmax(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[from + k]! > values[from + best]!) best = k;
  return best;
}
