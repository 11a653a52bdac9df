/**
 * Units of narrow weights (`storage.ts`), of a network's connections together. What lies in one row of synapses has one unit,
 * and a spike that has one row is cheaper than one that has two: so connections that ask for the same storage share a unit
 * where their own are less than a factor of two apart, first those of one source, then all.
 */
import type { FloatType } from "../ir/types.ts";
import type { Connection } from "./connection.ts";
import type { Network } from "./network.ts";
import { sizeOf } from "./nodes.ts";
import { type InUnits, isKept, MOST_UNITS, type StoredWeight, storedWeight } from "./storage.ts";

/** The largest unit over the smallest of those that share one; rounding apart. */
const APART = 2 * (1 + 1e-9);

/** How a connection of the network stores its weights. */
export function storedIn(net: Network, c: Connection, type: FloatType): StoredWeight {
  const own = storedWeight(c, type, sizeOf(net, c.from.node));
  const most = unitsOf(net).get(c.name);
  if (most === undefined || (own.form !== "i8" && own.form !== "i16")) return own;
  return { form: own.form, unit: type === "f32" ? Math.fround(most) : most };
}

const KNOWN = new WeakMap<Network, ReadonlyMap<string, number>>();
function unitsOf(net: Network): ReadonlyMap<string, number> {
  let known = KNOWN.get(net);
  if (!known) KNOWN.set(net, (known = sharedUnits(net)));
  return known;
}

interface Member extends InUnits {
  readonly connection: Connection;
}
/** Members with the least and the greatest of their units. */
interface Cluster {
  readonly members: readonly Member[];
  readonly low: number;
  readonly high: number;
}

const alone = (m: Member): Cluster => ({ members: [m], low: m.unit, high: m.unit });

/** Of each connection that asks for narrow storage, the unit. */
function sharedUnits(net: Network): Map<string, number> {
  const out = new Map<string, number>();
  for (const form of Object.keys(MOST_UNITS) as InUnits["form"][]) {
    const members = net.connections.flatMap((connection): Member[] => {
      if (connection.storage !== form) return [];
      const own = storedWeight(connection, "f64", sizeOf(net, connection.from.node));
      return own.form === form && own.unit > 0 ? [{ form, unit: own.unit, connection }] : [];
    });
    const sources = [...new Set(members.map((m) => m.connection.from.node))];
    const ofSource = (node: string): Cluster[] =>
      together(members.filter((m) => m.connection.from.node === node).map(alone));
    const clusters = together(sources.flatMap(ofSource));
    for (const { members: own, high } of clusters)
      for (const { connection: c, unit } of own) {
        const kept = unit === high || isKept(c, { form, unit: high }, sizeOf(net, c.from.node));
        out.set(c.name, kept ? high : unit);
      }
  }
  return out;
}

/** Joins clusters from the smallest units upwards. */
function together(clusters: readonly Cluster[]): Cluster[] {
  const out: Cluster[] = [];
  for (const next of [...clusters].sort((a, b) => a.high - b.high || a.low - b.low)) {
    const last = out.at(-1);
    const low = Math.min(last?.low ?? next.low, next.low);
    if (!last || next.high > APART * low) out.push(next);
    else out.splice(-1, 1, { members: [...last.members, ...next.members], low, high: next.high });
  }
  return out;
}
