/** What an engine is made with where nothing was said. */
import type { Backend } from "../backend/backend.ts";
import type { WordSource } from "../base/words.ts";
import { connectedSizes } from "../model/connection.ts";
import { synapseCount } from "../model/connectivity/kinds.ts";
import { isDelivered } from "../model/delivered.ts";
import type { Network } from "../model/network.ts";
import { wordMill } from "./wordMill.ts";

const BLOCK = 64;
/** A block of up to so many neurons takes hardly longer than what surrounds it: lists to and fro, and threads that must be told. */
const FEW = { neurons: 1024, block: 256 } as const;
/** Steps of a block. */
export function blockFor({ populations }: Network, samples: number): number {
  const neurons = Object.values(populations).reduce((sum, p) => sum + p.size * samples, 0);
  return neurons <= FEW.neurons ? FEW.block : BLOCK;
}

/** Synapses for whose random words a compiled kernel pays. */
const MANY = 100_000;
/** What draws random words in bulk, where there are many to draw. */
export async function millFor(net: Network, backend: Backend): Promise<(WordSource & Disposable) | undefined> {
  const expected = net.connections
    .filter((c) => isDelivered(c, net))
    .map((c) => synapseCount(c.connectivity, connectedSizes(net, c.from.node, c.to.node)));
  return expected.reduce((sum, n) => sum + n, 0) >= MANY ? wordMill(backend) : undefined;
}
