/** What an engine is made with where nothing was said. */
import { type Connection, connectedSizes } from "../model/connection.ts";
import { MOST_MARKED } from "../model/connectivity/degree.ts";
import { synapseCount } from "../model/connectivity/kinds.ts";
import type { Network } from "../model/network.ts";
import type { CountShape } from "./mill/rowCounter.ts";

const BLOCK = 64;
/** A block of up to so many neurons takes hardly longer than what surrounds it: lists to and fro, and threads that must be told. */
const FEW = { neurons: 1024, block: 256 } as const;
/** Steps of a block. */
export function blockFor({ populations }: Network, samples: number): number {
  const neurons = Object.values(populations).reduce((sum, p) => sum + p.size * samples, 0);
  return neurons <= FEW.neurons ? FEW.block : BLOCK;
}

/** Synapses for which compiled kernels pay that draw them. */
const MANY = 100_000;
/** Whether so many synapses are drawn. */
export const isLarge = (net: Network): boolean =>
  net.connections
    .filter((c) => isCounted(c) && (c.connectivity.kind !== "dense" || c.delays))
    .reduce((sum, c) => sum + synapseCount(c.connectivity, connectedSizes(net, c.from.node, c.to.node)), 0) >= MANY;

/** Of rows that are drawn again, whether numbers of their synapses must be counted. */
const isCounted = ({ procedural, weight, delays }: Connection): boolean =>
  !procedural || delays !== undefined || weight.kind !== "constant";

/** What counting the rows of all connections needs at most. */
export function countShape(net: Network): CountShape {
  const own = net.connections.flatMap((c) => (c.connectivity.kind === "inDegree" ? [{ c, ...c.connectivity }] : []));
  const distinct = own.filter((x) => !x.multapses && x.degree > 0);
  return {
    degree: Math.max(0, ...own.map((x) => x.degree)),
    distinctOf: Math.min(
      MOST_MARKED,
      Math.max(0, ...distinct.map(({ c }) => connectedSizes(net, c.from.node, c.to.node).sources)),
    ),
  };
}
