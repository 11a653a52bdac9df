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
 * Spikes through synapses that just add their weight, where delays differ, a storage is asked for, or there are many of them at
 * one port, of one connection or of several (but not all that there can be, which need no tables).
 */
export function isDelivered(c: Connection, net: Network): boolean {
  if (!canBe(c)) return false;
  if (c.delays !== undefined || c.storage !== undefined) return true;
  if (countOf(c, net) >= pairsOf(c, net)) return false;
  const together = net.connections.filter((x) => x.to.node === c.to.node && x.to.port === c.to.port && canBe(x));
  const count = together.reduce((sum, x) => sum + countOf(x, net), 0);
  return count >= MANY * connectedSizes(net, c.from.node, c.to.node).targets;
}
const canBe = (c: Connection): boolean => !c.synapse && c.from.port === "spike" && !hasMatrix(c) && !isWindowed(c);
const countOf = ({ connectivity, from, to }: Connection, net: Network): number =>
  synapseCount(connectivity, connectedSizes(net, from.node, to.node));
function pairsOf({ from, to }: Connection, net: Network): number {
  const { sources, targets } = connectedSizes(net, from.node, to.node);
  return sources * targets;
}
