/**
 * Connections whose synapses have delays of their own become one connection for each delay that occurs: spikes of so many
 * steps ago are delivered through the synapses that take as many. Plain and exact, at the price of looking through a
 * source's spikes once a delay.
 */
import { ModelError } from "../../base/errors.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { fillSources, rowsOf } from "../../model/connectivity/rows.ts";
import { pairs } from "../../model/connectivity.ts";
import { LONGEST_DELAY, stepsOf } from "../../model/delays.ts";
import { drawing, type Initializer } from "../../model/initializer.ts";
import type { Network } from "../../model/network.ts";

/** The synapses of a connection that take as many steps. */
export interface DelayGroup {
  /** The connection that has them alone. */
  readonly name: string;
  readonly delay: number;
  /** Their places among all synapses of the connection they come from. */
  readonly index: Uint32Array;
}
export interface Apart {
  /** Every connection has one delay. */
  readonly net: Network;
  /** Of each connection that was taken apart, by its name. */
  readonly groups: ReadonlyMap<string, readonly DelayGroup[]>;
}

/** @throws {ModelError} `out-of-range` for a delay that is drawn too short, `shape-mismatch` for lists that do not fit */
export function delaysApart(net: Network, seed: number): Apart {
  const groups = new Map<string, readonly DelayGroup[]>();
  if (!net.connections.some((c) => c.delays)) return { net, groups };
  const names = new Set(net.connections.map((c) => c.name));
  const connections = net.connections.flatMap((c) => {
    if (!c.delays) return [c];
    const parts = takenApart(c, c.delays, net, seed);
    groups.set(
      c.name,
      parts.map((p) => p.group),
    );
    const taken = parts.find((p) => names.has(p.group.name));
    if (taken)
      throw new ModelError(
        "duplicate-name",
        `connection ${c.name}`,
        `the name '${taken.group.name}' is needed for its delays`,
      );
    return parts.map((p) => p.connection);
  });
  return { net: { ...net, connections }, groups };
}

function takenApart(
  c: Connection,
  delays: Initializer,
  net: Network,
  seed: number,
): { readonly group: DelayGroup; readonly connection: Connection }[] {
  const size = connectedSizes(net, c.from.node, c.to.node);
  const rows = rowsOf(c.connectivity, size, { name: c.name, seed });
  const { count, origin } = rows;
  const [source, target] = [new Uint32Array(count), new Uint32Array(count)];
  fillSources(source, rows.start);
  rows.fill(target);
  /** Numbers of a synapse: given ones follow it. */
  const values = (from: Initializer, name: string): Float64Array => {
    const next = drawing(from, count, { name: `${c.name}.${name}`, seed, fanIn: size.sources });
    return Float64Array.from(source, (_, k) => next(from.kind === "values" && origin ? origin[k]! : k));
  };
  const steps = Int32Array.from(values(delays, "delay"), (seconds, k) => stepsWithin(seconds, c, net.dt, k));
  const weight = c.weight.kind === "constant" ? undefined : values(c.weight, "weight");
  const { delays: _, ...one } = c;
  return byDelay(steps, c.delay).map(([delay, index]) => {
    const name = `${c.name}, delay ${delay}`;
    const connection: Connection = {
      ...one,
      name,
      delay,
      connectivity: pairs(
        index.map((k) => source[k]!),
        index.map((k) => target[k]!),
      ),
      ...(weight && { weight: { kind: "values", values: Float64Array.from(index, (k) => weight[k]!) } }),
    };
    return { group: { name, delay, index }, connection };
  });
}

function stepsWithin(seconds: number, c: Connection, dt: number, k: number): number {
  const steps = stepsOf(seconds, dt);
  if (steps >= c.delay && steps <= LONGEST_DELAY) return steps;
  throw new ModelError(
    "out-of-range",
    `connection ${c.name}.delay`,
    `synapse ${k} got ${seconds} s, which is ${steps} steps; from ${c.delay} to ${LONGEST_DELAY} are possible ` +
      "(truncatedNormal and clippedNormal stay above a bound)",
  );
}

/** The synapses of each delay that occurs, in ascending order; without synapses one group that is empty. */
function byDelay(steps: Int32Array, least: number): [number, Uint32Array][] {
  const counts = new Map<number, number>(steps.length > 0 ? [] : [[least, 0]]);
  for (const d of steps) counts.set(d, (counts.get(d) ?? 0) + 1);
  const lists = new Map([...counts].sort(([a], [b]) => a - b).map(([d, n]) => [d, new Uint32Array(n)]));
  const next = new Map<number, number>();
  steps.forEach((d, k) => {
    const at = next.get(d) ?? 0;
    lists.get(d)![at] = k;
    next.set(d, at + 1);
  });
  return [...lists];
}
