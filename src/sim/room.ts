/**
 * Whether a network fits the memory of a backend. What is far too large is refused by the synapses to be expected, before
 * they are drawn, which may take minutes; what is a little too large when every table has its length.
 */
import type { Backend } from "../backend/backend.ts";
import { layout } from "../backend/layout.ts";
import { RunError } from "../base/errors.ts";
import { quadWords } from "../ir/blocks.ts";
import type { Program } from "../ir/program.ts";
import type { FloatType } from "../ir/types.ts";
import { type Connection, connectedSizes, isWindowed } from "../model/connection.ts";
import { synapseCount } from "../model/connectivity/kinds.ts";
import { isDelivered } from "../model/delivered.ts";
import type { Network } from "../model/network.ts";
import { storedIn } from "../model/sharedUnits.ts";

/** What may be drawn less than is to be expected: some hundred standard deviations where it matters. */
const SURELY = 0.98;

/** @throws {RunError} `out-of-range` for a network whose synapses alone need more than there can be */
export function requireRoomToDraw(net: Network, backend: Backend, type: FloatType): void {
  const { mostBytes = Number.POSITIVE_INFINITY } = backend;
  const bytes = SURELY * net.connections.reduce((sum, c) => sum + synapsesOf(c, net) * leastBytes(c, net, type), 0);
  if (bytes > mostBytes) throw tooLarge(net, bytes, backend, "at least ");
}

/** @throws {RunError} `out-of-range` for a program that needs more than there can be */
export function requireRoom(net: Network, backend: Backend, program: Program): void {
  const { mostBytes = Number.POSITIVE_INFINITY, threads = 1 } = backend;
  const { bytes } = layout(program, threads);
  if (bytes > mostBytes) throw tooLarge(net, bytes, backend);
}

const synapsesOf = ({ connectivity, from, to }: Connection, net: Network): number =>
  synapseCount(connectivity, connectedSizes(net, from.node, to.node));

/** Of a synapse: none where rows are drawn again, where weights are shared, or where every source has every target and tables are not needed. */
function leastBytes(c: Connection, net: Network, type: FloatType): number {
  if (c.procedural) return 0;
  if (isDelivered(c, net)) return quadWords(true, storedIn(net, c, type).form);
  const { connectivity: k } = c;
  return k.kind === "dense" || isWindowed(c) || (k.kind === "probability" && k.p === 1) ? 0 : 4;
}

const gibibytes = (n: number): string => `${(n / 2 ** 30).toFixed(2)} GiB`;
const SHOWN = 3;

function tooLarge(net: Network, bytes: number, { mostBytes = 0, whyMost }: Backend, about = ""): RunError {
  const synapses = net.connections.map((c) => ({ c, count: synapsesOf(c, net) })).sort((a, b) => b.count - a.count);
  const largest = synapses.slice(0, SHOWN).map(({ c, count }) => `${c.name} ${count.toExponential(1)}`);
  const where = largest.length > 0 ? `; synapses: ${largest.join(", ")}${synapses.length > SHOWN ? ", …" : ""}` : "";
  return new RunError(
    "out-of-range",
    net.name,
    `needs ${about}${gibibytes(bytes)}, and there are ${gibibytes(mostBytes)} at most${whyMost ? ` (${whyMost})` : ""}${where}. Less is needed by weights in ` +
      'storage: "i8" or "i16", by one weight for all synapses, by rows that are not stored (procedural: true), or by a smaller network',
  );
}
