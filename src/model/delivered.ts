/** Which connections an engine delivers by groups of delays (`sim/lower/delivery.ts`). */
import { type Connection, connectedSizes, hasMatrix, isWindowed } from "./connection.ts";
import { synapseCount } from "./connectivity/kinds.ts";
import type { Network } from "./network.ts";

/**
 * Synapses a target from which on narrow tables pay for the sums that they are delivered through: those cost as much a step
 * and neuron as a synapse or two.
 */
const MANY = 1000;

/**
 * Spikes through synapses that just add their weight, where delays differ, a storage is asked for, or there are many of them
 * (but not all that there can be, which need no tables).
 */
export function isDelivered(c: Connection, net: Network): boolean {
  if (c.synapse || c.procedural || c.from.port !== "spike" || hasMatrix(c) || isWindowed(c)) return false;
  if (c.delays !== undefined || c.storage !== undefined) return true;
  const size = connectedSizes(net, c.from.node, c.to.node);
  const count = synapseCount(c.connectivity, size);
  return count >= MANY * size.targets && count < size.sources * size.targets;
}
