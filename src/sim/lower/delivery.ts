/**
 * Which connections are delivered by groups of delays, through what rings and tables. All follows from the description: spikes
 * whose synapses add their weight and take different numbers of steps (or store their weights narrowly, or are very many) are, in an engine;
 * what pathways change, and values, lie by delay (`delays.ts`).
 *
 * A ring holds what arrives in the next few steps, at all ports that take in at one moment of the step. A table has the
 * synapses of a source's connections to the ports of a ring, so that a spike has one row, as long as may be; populations whose
 * rows have one form share a table, so that the spikes of a step are one list.
 */
import { along, type Place, place, RANGE, type WeightForm } from "../../ir/program.ts";
import type { FloatType } from "../../ir/types.ts";
import { boundsOf } from "../../model/bounds.ts";
import type { Connection } from "../../model/connection.ts";
import { LONGEST_DELAY, stepsOf } from "../../model/delays.ts";
import { isDelivered } from "../../model/delivered.ts";
import type { Network } from "../../model/network.ts";
import { sizeOf } from "../../model/nodes.ts";
import { storedIn } from "../../model/sharedUnits.ts";
import { ageOf, drivesUpdate, hasTwoGroups } from "../../model/timing.ts";
import { components } from "../../model/topology.ts";
import type { LowerOptions } from "./context.ts";
import { PART, partWidth } from "./parts.ts";

/**
 * When a ring is filled: before all populations, between the groups of phases, or, with one group, before the population that
 * hears in the step itself.
 */
export type Moment = "first" | "between" | `before ${string}`;

/** A connection in a table. */
export interface Delivered {
  readonly connection: Connection;
  /** Steps by which what its fastest synapse brings is older than the step that uses it. */
  readonly age: number;
  /** The same of its slowest. */
  readonly most: number;
  /** Where the cells of its target port begin in each part of a row, and how many neurons a part has. */
  readonly first: number;
  readonly width: number;
}
export interface Table {
  readonly name: string;
  /** In the order of their rows: populations, or one input. */
  readonly sources: readonly TableSource[];
  readonly ring: Ring;
  readonly weight: WeightForm;
  /** The weight of all, or what a stored number is in. */
  readonly unit: number | undefined;
  /** The age of the first slot. */
  readonly age: number;
  /** Which groups of slots some synapse may be in, in ascending order. */
  readonly groups: readonly number[];
  /** Whether its rows are drawn again for each spike: no blocks of it lie anywhere. */
  readonly again: boolean;
}
/** A population or an input, and its connections to the ports of the ring. */
export interface TableSource {
  readonly node: string;
  /** Number of its first row. */
  readonly first: number;
  readonly size: number;
  readonly connections: readonly Delivered[];
}
/** Of each part of the targets in turn `group` rows of `cells`, one for each of the next steps. */
export interface Ring {
  readonly name: string;
  /** Nodes of the component whose time loop fills it. */
  readonly nodes: readonly string[];
  readonly moment: Moment;
  readonly group: number;
  readonly cells: number;
  readonly ports: readonly Port[];
}
export interface Port {
  readonly node: string;
  readonly port: string;
  readonly first: number;
  readonly width: number;
}
export interface Delivery {
  readonly rings: readonly Ring[];
  readonly tables: readonly Table[];
  /** Names of the connections in tables. */
  readonly delivered: ReadonlySet<string>;
}

/** The longest delay that a connection's synapses may have. */
export function longestDelay(c: Connection, net: Network): number {
  if (!c.delays) return c.delay;
  const { high } = boundsOf(c.delays, sizeOf(net, c.from.node), `connection ${c.name}.delay`);
  return Math.max(c.delay, Math.min(LONGEST_DELAY, stepsOf(high, net.dt)));
}

interface Planned extends Omit<Delivered, "first" | "width"> {
  readonly ring: string;
  readonly nodes: readonly string[];
  readonly moment: Moment;
  readonly weight: WeightForm;
  readonly unit: number | undefined;
}

export function deliveryOf(net: Network, { mode, type, parts = 1 }: LowerOptions): Delivery {
  const chosen = mode === "stream" ? net.connections.filter((c) => isDelivered(c, net)) : [];
  if (chosen.length === 0) return { rings: [], tables: [], delivered: new Set() };
  const order = components(net);
  const planned = chosen.map((c) => planOf(c, net, order, type));
  const rings: Ring[] = [];
  const tables: Table[] = [];
  for (const [, own] of groupedBy(planned, (p) => p.ring)) {
    const ring = ringOf(`delivery.${rings.length}`, own, net, parts);
    rings.push(ring);
    const pieces = tableGroups(own).map((together) => pieceOf(together, ring, net));
    for (const [, alike] of groupedBy(pieces, (p) => p.form))
      for (const again of [false, true]) {
        const those = alike.flatMap((p) => partOf(p, again));
        if (those.length > 0) tables.push(tableOf(`${ring.name}.${tables.length}`, those, again, net));
      }
  }
  return { rings, tables, delivered: new Set(chosen.map((c) => c.name)) };
}

function planOf(c: Connection, net: Network, order: readonly (readonly string[])[], type: FloatType): Planned {
  const age = ageOf(net, c);
  const component = order.findIndex((nodes) => nodes.includes(c.to.node));
  const nodes = order[component]!;
  const known = age > 0 || !nodes.includes(c.from.node);
  const moment: Moment = hasTwoGroups(net)
    ? drivesUpdate(net, c)
      ? "first"
      : "between"
    : known
      ? "first"
      : `before ${c.to.node}`;
  const stored = storedIn(net, c, type);
  return {
    connection: c,
    age,
    most: age + longestDelay(c, net) - c.delay,
    ring: `${component} ${moment}`,
    nodes,
    moment,
    weight: stored.form,
    unit: "unit" in stored ? stored.unit : undefined,
  };
}

/** Of one source, one form of weights and one unit; and one connection to a port, so that cells tell which. */
interface Together {
  readonly planned: readonly Planned[];
  /** How many connections to one of the ports came before. */
  readonly times: number;
}
function tableGroups(planned: readonly Planned[]): Together[] {
  const times = new Map<string, number>();
  const counted = planned.map((p) => {
    const { connection, weight, unit } = p;
    const form = `${connection.from.node} ${weight} ${unit}`;
    const port = `${form} ${connection.to.node}.${connection.to.port}`;
    const before = times.get(port) ?? 0;
    times.set(port, before + 1);
    return { p, times: before, key: `${form} ${before}` };
  });
  return [...groupedBy(counted, (c) => c.key).values()].map((own) => ({
    planned: own.map((c) => c.p),
    times: own[0]!.times,
  }));
}
function groupedBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>();
  for (const item of items) {
    const k = key(item);
    const known = out.get(k);
    if (known) known.push(item);
    else out.set(k, [item]);
  }
  return out;
}

/** Groups of slots, as a rule: what few rows of sums do not hold is done in more groups. */
const MOST_GROUPS = 64;
const LEAST_GROUP = 4;
const MOST_GROUP = 64;

function groupSize(planned: readonly Planned[]): number {
  const range = spanOf(planned);
  if (range < LEAST_GROUP) return range === 3 ? LEAST_GROUP : range;
  let group = LEAST_GROUP;
  while (group < MOST_GROUP && range > MOST_GROUPS * group) group *= 2;
  return group;
}
/** Slots of delay, from the first to the last that a table of the source may need. */
const spanOf = (planned: readonly Planned[]): number =>
  Math.max(...planned.map((p) => p.most)) - Math.min(...planned.map((p) => p.age)) + 1;

function ringOf(name: string, planned: readonly Planned[], net: Network, parts: number): Ring {
  const ports: Port[] = [];
  let cells = 0;
  for (const [, [{ connection }]] of groupedBy(
    planned,
    (p) => `${p.connection.to.node}.${p.connection.to.port}`,
  ) as Map<string, [Planned]>) {
    const { node, port } = connection.to;
    const width = partWidth(sizeOf(net, node), parts);
    ports.push({ node, port, first: cells, width });
    cells += width;
  }
  const bySource = [...groupedBy(planned, (p) => p.connection.from.node).values()];
  const group = Math.max(...bySource.map(groupSize));
  return { name, nodes: planned[0]!.nodes, moment: planned[0]!.moment, group, cells: cells + RANGE, ports };
}

/** What one source has in a table. */
interface Piece extends Pick<Table, "ring" | "weight" | "unit" | "age" | "groups"> {
  readonly node: string;
  readonly connections: readonly Delivered[];
  /** Pieces of one form may lie in one table. */
  readonly form: string;
}
function pieceOf({ planned, times }: Together, ring: Ring, net: Network): Piece {
  const { weight, unit, connection } = planned[0]!;
  const age = Math.min(...planned.map((p) => p.age));
  const connections = planned.map((p): Delivered => {
    const { node, port } = p.connection.to;
    const { first, width } = ring.ports.find((x) => x.node === node && x.port === port)!;
    return { connection: p.connection, age: p.age, most: p.most, first, width };
  });
  const found = new Set(connections.flatMap((d) => groupsOf(d, age, ring.group, net.dt)));
  const groups = [...found].sort((a, b) => a - b);
  const { node } = connection.from;
  const form = `${node in net.inputs ? node : ""} ${weight} ${unit} ${times} ${age} ${groups}`;
  return { ring, node, connections, weight, unit, age, groups, form };
}
/** Its connections that are stored, or those that are not; between both kinds of a form no order is kept. */
function partOf(piece: Piece, again: boolean): Piece[] {
  const connections = piece.connections.filter(({ connection }) => (connection.procedural ?? false) === again);
  return connections.length > 0 ? [{ ...piece, connections }] : [];
}
function tableOf(name: string, pieces: readonly Piece[], again: boolean, net: Network): Table {
  const { ring, weight, unit, age, groups } = pieces[0]!;
  let first = 0;
  const sources = pieces.map(({ node, connections }): TableSource => {
    const source = { node, first, size: sizeOf(net, node), connections };
    first += source.size;
    return source;
  });
  return { name, sources, ring, weight, unit, age, groups, again };
}
/** Whether the spikes of a table come from the host, whose lists are as old as they must be. */
export const isGiven = ({ sources }: Table, net: Network): boolean => sources.some(({ node }) => node in net.inputs);
export const rowsOf = ({ sources }: Table): number => sources.reduce((sum, { size }) => sum + size, 0);
/** Groups of slots that a connection's synapses may be in; those of given delays are. */
function groupsOf({ connection: c, age, most }: Delivered, first: number, group: number, dt: number): number[] {
  const groupAt = (steps: number): number => Math.floor((age + steps - c.delay - first) / group);
  if (c.delays?.kind !== "values") {
    const [from, to] = [groupAt(c.delay), Math.floor((most - first) / group)];
    return Array.from({ length: to - from + 1 }, (_, k) => from + k);
  }
  const found = new Set<number>();
  for (let k = 0; k < c.delays.values.length; k++) found.add(groupAt(stepsOf(c.delays.values[k]!, dt)));
  return [...found];
}

/** The age of spikes whose synapses of each group of slots are gone through. */
export const agesOf = ({ age, groups, ring }: Table): number[] => groups.map((g) => age + g * ring.group);

/** When the spikes of a connection whose rows are drawn again are gone through: at what age, and for which synapses. */
export interface Visit {
  readonly age: number;
  /** Steps that a synapse takes at least to count; without delays of their own 0 stands for those of all. */
  readonly since: number;
}
export function visitsOf({ ring: { group }, groups, age }: Table, { connection: c, ...own }: Delivered): Visit[] {
  const before = own.age - age; // slots before that of the fastest synapse
  const [from, to] = [before, own.most - age].map((slot) => Math.floor(slot / group)) as [number, number];
  return groups
    .filter((g) => g >= from && g <= to)
    .map((g) => ({ age: age + g * group, since: g * group - before + (c.delays ? c.delay : 0) }));
}
/** The ages of spikes that a table asks for itself; of populations it keeps lists of its own of those that are older. */
export const agesAsked = (table: Table, source: TableSource, net: Network): number[] => {
  if (table.again) return source.connections.flatMap((d) => visitsOf(table, d).map((v) => v.age));
  return isGiven(table, net) ? agesOf(table) : [table.age];
};

/** Where what arrives at a port now has been added up. Each part of the neurons has cells of its own. */
export function arrivalsAt(
  { name, group, cells, ports }: Ring,
  node: string,
  port: string,
  parts: number,
): Place | undefined {
  const own = ports.find((p) => p.node === node && p.port === port);
  if (!own) return undefined;
  return place(
    name,
    own.first,
    along("s", parts * group * cells),
    ...(parts > 1 ? [along(PART, group * cells - own.width)] : []),
    ...(group > 1 ? [along("t", cells, { modulo: group })] : []),
  );
}
