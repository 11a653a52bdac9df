/**
 * How many parts populations are divided into (`parts.ts`): as many as there are threads, where a step takes long enough to be
 * shared. No result depends on it.
 */
import { isDelivered } from "../../model/delivered.ts";
import type { Network } from "../../model/network.ts";
import { sizeOf } from "../../model/nodes.ts";
import { whyOnePart } from "../../model/timing.ts";
import { operationsOfStep } from "./stepCost.ts";

/**
 * Operations that take a thread some seven microseconds: beyond that two threads gain what they need to meet and to hand over
 * spikes. Microseconds a step on one thread and on two: CUBA of 8,000 neurons 3.8 and 5.0, of 12,000 5.9 and 6.2, of 16,000 7.9
 * and 7.4, of 40,000 20 and 14; 4,000 Hodgkin-Huxley neurons 51 and 33.
 */
const LEAST = 300_000;

/**
 * Parts for threads: none of them where a step is too short to be shared, or where trials are shared instead. More, and for
 * one thread too, where sums of delayed spikes in one part would be too many for narrow cells (`delivery.ts`).
 */
export function partsFor(net: Network, samples: number, threads: number): number {
  if (samples > 1 || whyOnePart(net)) return 1;
  const least = Math.ceil(deliveredCells(net) / NARROW);
  if (least > 1) return Math.ceil(least / threads) * threads;
  return threads > 1 && operationsOfStep(net) >= LEAST ? threads : 1;
}
const NARROW = 65_000;
/** Neurons, once for each port at which delayed spikes arrive. */
function deliveredCells(net: Network): number {
  const ports = new Map(
    net.connections.filter((c) => isDelivered(c, net)).map(({ to }) => [`${to.node}.${to.port}`, to.node]),
  );
  return [...ports.values()].reduce((sum, node) => sum + sizeOf(net, node), 0);
}
