/** Which networks e-prop trains: populations that spike, and one readout that hears them. */
import { ModelError } from "../base/errors.ts";
import { type Connection, hasMatrix } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { totalDelay } from "../model/timing.ts";
import type { Eprop } from "./algorithm.ts";

const refuse = (path: string, why: string): never => {
  throw new ModelError("unsupported", path, why);
};

/** @throws {ModelError} `unsupported`, `not-differentiable` with the part of the network that e-prop cannot train */
export function requireEprop(net: Network, output: string, { feedback }: Eprop): void {
  requireOnline(net, "e-prop");
  const first = net.connections.find((c) => c.to.node === output && isHidden(net, c));
  for (const c of net.connections) {
    const path = `connection ${c.name}`;
    if (!isHidden(net, c) || c.to.node !== output) continue;
    if (totalDelay(net, c) > 0) refuse(path, "e-prop needs a readout that hears spikes in their own step: delay 0");
    if (c.to.port !== first!.to.port)
      refuse(
        path,
        `e-prop needs a readout that hears spikes at one port; '${first!.name}' goes to '${first!.to.port}'`,
      );
  }
  if (feedback === "random") return;
  const heard = new Set(net.connections.filter((c) => c.to.node === output).map((c) => c.from.node));
  for (const node of trainedNodes(net))
    if (node !== output && !heard.has(node))
      refuse(
        node,
        `no connection leads from here to the readout '${output}', so that symmetric feedback brings no error; use feedback: "random", ottt or bptt`,
      );
}

/** What e-prop and OTTT have in common: dense connections that train, populations that spike, and a readout. */
export function requireOnline(net: Network, name: string): void {
  if (net.schedule.groups.length > 1)
    throw new ModelError(
      "not-differentiable",
      `schedule ${net.schedule.name}`,
      "training needs a schedule with one group of phases: layered, nest or loihi",
    );
  const [transform] = Object.entries(net.transforms);
  if (transform)
    refuse(
      transform[0],
      `${name} trains dense connections between populations, and no '${transform[1].kind}': use bptt`,
    );
  for (const c of net.connections) {
    if (c.synapse) refuse(`connection ${c.name}`, `${name} does not train around synapses with variables of their own`);
    if (c.from.node === net.output)
      refuse(`connection ${c.name}`, `${name} knows no readout that feeds back: use bptt`);
    if (isHidden(net, c) && c.from.port !== "spike")
      refuse(`connection ${c.name}`, `${name} carries no error through '${c.from.port}': connect spikes, or use bptt`);
    if (c.learned) refuse(`connection ${c.name}.delay`, `${name} trains weights and biases, no delays: use bptt`);
    if (c.trainable && c.delays)
      refuse(
        `connection ${c.name}.delay`,
        `${name} trains connections whose synapses have one delay, and here each has its own; give one delay, set trainable: false, or use bptt`,
      );
    if (c.trainable && !hasMatrix(c))
      refuse(`connection ${c.name}`, `${name} trains dense connections; set trainable: false`);
  }
  for (const [node, p] of Object.entries(net.populations)) {
    const [trained] = Object.keys(p.trainable);
    if (trained !== undefined)
      refuse(`${node}.${trained}`, `${name} trains weights and biases, no parameters of neurons: use bptt`);
  }
  for (const node of trainedNodes(net))
    if (node !== net.output && !net.populations[node]!.model.spike)
      refuse(node, `${name} trains populations that spike, and a readout; '${node}' does not spike`);
}

/** Populations at which something arrives that trains. */
export const trainedNodes = (net: Network): Set<string> =>
  new Set(net.connections.filter((c) => c.trainable).map((c) => c.to.node));
const isHidden = (net: Network, c: Connection): boolean => c.from.node in net.populations;
