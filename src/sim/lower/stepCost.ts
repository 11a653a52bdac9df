/** What a step of a network takes, roughly and before it is lowered: whether it pays to share it is decided by that (`partsFor.ts`). */
import { countStep, OPERATIONS } from "../../ir/count.ts";
import { expand } from "../../ir/expand.ts";
import { simplify } from "../../ir/simplify.ts";
import { TYPES } from "../../ir/types.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { synapseCount } from "../../model/connectivity/kinds.ts";
import type { Network, Population } from "../../model/network.ts";
import type { NeuronModel } from "../../model/neuronModel.ts";
import { neuronStep } from "../../model/step.ts";
import { isListed } from "./signals.ts";

/** Spikes a second of a neuron, where nobody knows. */
const RATE = 10;
/** What a spike costs at a synapse: some 2 ns, against 0.04 for an operation of neurons, of which vectors do several at once. */
const EVENT = 50;
/** What a value costs at a synapse: a multiplication and an addition. */
const VALUE = 2;

/** Operations of all neurons in a step, and what synapses cost as such. */
export function operationsOfStep(net: Network): number {
  const populations = Object.entries(net.populations);
  const each = new Map<NeuronModel, number>(); // populations of one model differ little
  for (const [node, p] of populations) if (!each.has(p.model)) each.set(p.model, operationsOfNeuron(node, p, net));
  const neurons = populations.reduce((sum, [, p]) => sum + p.size * each.get(p.model)!, 0);
  return neurons + net.connections.reduce((sum, c) => sum + operationsOfConnection(c, net), 0);
}

function operationsOfNeuron(node: string, p: Population, { connections, dt, schedule }: Network): number {
  const connected = new Set(connections.filter((c) => c.to.node === node && !c.synapse).map((c) => c.to.port));
  const given = p.model.parameters.map(
    ({ name, value }) => [name, p.parameters[name] ?? { kind: "constant", value }] as const,
  );
  const constants = new Map(given.flatMap(([name, x]) => (x.kind === "constant" ? [[name, x.value] as const] : [])));
  const perNeuron = new Set(given.flatMap(([name, x]) => (x.kind === "constant" ? [] : [name])));
  const phases = schedule.groups.flat();
  const { step } = neuronStep(p.model, { type: "f32", dt, phases, connected, constants, perNeuron, count: p.size });
  const { operations } = countStep(simplify(expand(step)));
  return OPERATIONS.reduce((sum, o) => sum + TYPES.reduce((n, type) => n + operations[o][type], 0), 0);
}

function operationsOfConnection({ connectivity, from, to }: Connection, net: Network): number {
  const synapses = synapseCount(connectivity, connectedSizes(net, from.node, to.node));
  return synapses * (isListed(from.port) ? RATE * net.dt * EVENT : VALUE);
}
