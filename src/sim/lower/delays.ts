/**
 * Delays of each synapse, drawn as whole steps. Synapses that just add their weight on a spike are delivered by groups of
 * delays (`delivery.ts`). What remains (plastic synapses, values that leave in every step, samples in training) becomes one
 * connection for each delay that occurs: spikes of so many steps ago are delivered through the synapses that take as many.
 * Plain and exact, at the price of looking through a source's spikes once a delay.
 */
import { ModelError } from "../../base/errors.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { countingSort } from "../../model/connectivity/countingSort.ts";
import { endsOf } from "../../model/connectivity/ends.ts";
import { type Rows, rowsOf } from "../../model/connectivity/rows.ts";
import { LONGEST_DELAY, stepsOf } from "../../model/delays.ts";
import { isDelivered } from "../../model/delivered.ts";
import { drawing, type Initializer } from "../../model/initializer.ts";
import type { Network } from "../../model/network.ts";
import type { LowerOptions } from "./context.ts";

/** The synapses of a connection that take as many steps. */
export interface DelayGroup {
  /** The connection that has them alone. */
  readonly name: string;
  readonly delay: number;
  /** Their places among all synapses of the connection they come from, in ascending order. */
  readonly index: Uint32Array;
}
/** Synapses that are drawn already. */
export interface Selected {
  /** The connection that they are some synapses of. */
  readonly of: string;
  /** Where that connection's tables are theirs. */
  readonly tables?: string;
  /** How many it has. */
  readonly total: number;
  readonly rows: Rows;
  /** Where each lies among all, and where each of all came from, if it was given. */
  readonly index: Uint32Array;
  readonly origin: Uint32Array | undefined;
}
export interface Apart {
  /** Every connection has one delay. */
  readonly net: Network;
  /** Of each connection that was taken apart, by its name. */
  readonly groups: ReadonlyMap<string, readonly DelayGroup[]>;
  /** Of each connection whose delays learn, by its name: what it became, one for each step. */
  readonly taps: ReadonlyMap<string, readonly string[]>;
  /** The synapses of each connection that was made, by its name. */
  readonly selected: ReadonlyMap<string, Selected>;
}

/** @throws {ModelError} `out-of-range` for a delay that is drawn too short, `shape-mismatch` for lists that do not fit */
export function delaysApart(described: Network, { seed, mode }: Pick<LowerOptions, "seed" | "mode">): Apart {
  const net = { ...described, connections: described.connections.map((c) => withDelays(c, described, seed)) };
  const groups = new Map<string, readonly DelayGroup[]>();
  const selected = new Map<string, Selected>();
  const names = new Set(net.connections.map((c) => c.name));
  const taps = new Map<string, readonly string[]>();
  const claim = (c: Connection, name: string): void => {
    if (names.has(name))
      throw new ModelError("duplicate-name", `connection ${c.name}`, `the name '${name}' is needed for its delays`);
  };
  const connections = net.connections.flatMap((c) => {
    if (c.learned && mode === "samples") {
      const made = tapsOf(c, net, seed);
      for (const { tap, synapses } of made) {
        claim(c, tap.name);
        if (synapses) selected.set(tap.name, synapses);
      }
      taps.set(
        c.name,
        made.map(({ tap }) => tap.name),
      );
      return made.map(({ tap }) => tap);
    }
    if (!c.delays || (mode === "stream" && isDelivered(c, net))) return [c];
    const parts = takenApart(c, c.delays, net, seed);
    for (const { name, synapses } of parts) {
      claim(c, name);
      selected.set(name, synapses);
    }
    groups.set(
      c.name,
      parts.map(({ name, delay, synapses }) => ({ name, delay, index: synapses.index })),
    );
    return parts.map(({ name, delay }): Connection => ({ ...c, name, delay }));
  });
  return { net: { ...net, connections }, groups, taps, selected };
}

/** Delays that an expression says are computed at once: rings are as long as the longest. */
function withDelays(c: Connection, net: Network, seed: number): Connection {
  if (c.delays?.kind !== "pairwise") return c;
  const rows = rowsOf(c.connectivity, connectedSizes(net, c.from.node, c.to.node), { name: c.name, seed });
  const steps = stepsDrawing(c, rows, { dt: net.dt, seed });
  const values = new Float64Array(rows.count);
  let least = rows.count > 0 ? LONGEST_DELAY : 0;
  for (let k = 0; k < rows.count; k++) {
    const n = steps(k);
    values[rows.origin ? rows.origin[k]! : k] = n * net.dt;
    least = Math.min(least, n);
  }
  return { ...c, delay: least, delays: { kind: "values", values } };
}

/**
 * A connection whose delays learn is one for each step that they may take, all with the same synapses and with weights that
 * follow from weight and delay (`taps.ts`).
 */
function tapsOf(c: Connection, net: Network, seed: number): { tap: Connection; synapses?: Selected }[] {
  const { delays: _start, learned, ...plain } = c;
  const taps = Array.from({ length: learned!.most - c.delay + 1 }, (_, k): Connection => {
    const delay = c.delay + k;
    return { ...plain, name: `${c.name}, tap ${delay}`, delay, trainable: true };
  });
  if (c.connectivity.kind === "dense") return taps.map((tap) => ({ tap }));
  const rows = rowsOf(c.connectivity, connectedSizes(net, c.from.node, c.to.node), { name: c.name, seed });
  const index = Uint32Array.from({ length: rows.count }, (_, k) => k);
  const synapses = { of: c.name, tables: c.name, total: rows.count, rows, index, origin: rows.origin };
  return taps.map((tap) => ({ tap, synapses }));
}

interface Part {
  readonly name: string;
  readonly delay: number;
  readonly synapses: Selected;
}
function takenApart(c: Connection, delays: Initializer, net: Network, seed: number): Part[] {
  const rows = rowsOf(c.connectivity, connectedSizes(net, c.from.node, c.to.node), { name: c.name, seed });
  const { count: total, origin } = rows;
  const target = new Uint32Array(total);
  rows.fill(target);
  const steps = stepsOfAll(c, delays, rows, { dt: net.dt, seed });
  const { start, order } = countingSort(steps, steps.reduce((a, b) => Math.max(a, b), c.delay) + 1);
  return occurring(start, c.delay).map((delay) => {
    const index = order.subarray(start[delay], start[delay + 1]);
    const own = {
      start: startsOf(index, rows.start),
      count: index.length,
      byTarget: false,
      full: false,
      distinct: rows.distinct,
    };
    const fill = chosen(target, index, own.start);
    return {
      name: `${c.name}, delay ${delay}`,
      delay,
      synapses: { of: c.name, total, index, origin, rows: { ...own, fill } },
    };
  });
}

function stepsOfAll(c: Connection, delays: Initializer, rows: Rows, of: { dt: number; seed: number }): Int32Array {
  const steps = stepsDrawing({ ...c, delays }, rows, of);
  return Int32Array.from({ length: rows.count }, (_, k) => steps(k));
}
/** Steps that synapse k takes. */
export function stepsDrawing(
  c: Connection,
  rows: Rows,
  { dt, seed }: { dt: number; seed: number },
): (k: number) => number {
  const { delays } = c;
  const { count, start, origin } = rows;
  if (!delays) return () => c.delay;
  const ends = () => endsOf(rows, delays.kind === "pairwise" ? delays.targets : 0);
  const seconds = drawing(delays, count, { name: `${c.name}.delay`, seed, fanIn: start.length - 1, ends });
  const given = delays.kind === "values" ? origin : undefined;
  return (k) => stepsWithin(seconds(given ? given[k]! : k), c, dt, k);
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

/** Delays that some synapse has; without synapses one of a group that is empty. */
function occurring(start: Uint32Array, least: number): number[] {
  const all = Array.from({ length: start.length - 1 }, (_, d) => d).filter((d) => start[d + 1]! > start[d]!);
  return all.length > 0 ? all : [least];
}

/** Where each row begins among some of the synapses. */
function startsOf(index: Uint32Array, all: Int32Array): Int32Array {
  const out = new Int32Array(all.length);
  let n = 0;
  for (let row = 1; row < all.length; row++) {
    while (n < index.length && index[n]! < all[row]!) n++;
    out[row] = n;
  }
  return out;
}
const chosen =
  (target: Uint32Array, index: Uint32Array, start: Int32Array): Rows["fill"] =>
  (out, from = 0, to = start.length - 1) => {
    for (let n = start[from]!; n < start[to]!; n++) out[n] = target[index[n]!]!;
  };
