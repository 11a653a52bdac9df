/**
 * What SONATA has no words for, in a section `rheobase` of a circuit's configuration, where the format leaves room for what
 * is each program's own: order and names of nodes and connections, the schedule, ports, and what training needs. Numbers that
 * SONATA can hold (parameters, weights, delays, who meets whom) are in its own files, and there alone.
 */
import type { Initializer } from "../../model/initializer.ts";
import type { Network } from "../../model/network.ts";
import { SCHEDULES, type ScheduleName } from "../../model/schedule.ts";
import type { SynapseModel } from "../../model/synapse.ts";
import type { Grain } from "../../model/trainable.ts";
import { finite, flag, integer, listOf, oneOf, optional, plainObject, recordOf, struct, text } from "../check.ts";
import { initializer, synapseModel } from "../networkSchema.ts";
import type { DrawnConnection } from "./drawn.ts";

export interface NodeSection {
  readonly shape: readonly number[];
  /** Of an input. */
  readonly signal?: "spikes" | "values";
  readonly constant?: boolean;
  readonly encoder?: Readonly<Record<string, unknown>>;
  /** Of a population. */
  readonly trainable?: Readonly<Record<string, Grain>>;
  readonly dropout?: number;
  readonly winners?: number;
}
export interface EdgeSection {
  /** The edge population that holds its synapses. */
  readonly population: string;
  readonly name: string;
  readonly output: string;
  readonly port: string;
  readonly trainable: boolean;
  /** Where synapses are not those of a list: all pairs, or each neuron with its like. */
  readonly connectivity?: "dense" | "oneToOne";
  readonly bias?: Initializer;
  /** What synapses do beyond adding their weight. */
  readonly synapse?: SynapseModel;
  /** Whether each synapse has a delay of its own, and be they all the same. */
  readonly delays?: boolean;
  /** Whether each synapse has a weight of its own. */
  readonly weights?: boolean;
}
export interface Section {
  readonly version: 1;
  readonly name: string;
  /** Seconds a step. */
  readonly dt: number;
  readonly schedule: ScheduleName;
  readonly steps?: number;
  readonly output?: string;
  /** In the order of the network. */
  readonly inputs: Readonly<Record<string, NodeSection>>;
  readonly populations: Readonly<Record<string, NodeSection>>;
  readonly connections: readonly EdgeSection[];
}

const MOST_DIMENSIONS = 16;
const MOST_CONNECTIONS = 10_000;
const node = struct<NodeSection>({
  shape: listOf(integer(1, 2 ** 31), MOST_DIMENSIONS),
  signal: optional(oneOf("spikes", "values")),
  constant: optional(flag),
  encoder: optional(plainObject),
  trainable: optional(recordOf(oneOf<Grain>("neuron", "layer"))),
  dropout: optional(finite),
  winners: optional(integer(1)),
});
const edge = struct<EdgeSection>({
  population: text,
  name: text,
  output: text,
  port: text,
  trainable: flag,
  connectivity: optional(oneOf("dense", "oneToOne")),
  bias: optional(initializer),
  synapse: optional(synapseModel),
  delays: optional(flag),
  weights: optional(flag),
});

/** @throws {DataError} `bad-file` with the place */
export const section = struct<Section>({
  version: integer(1, 1) as never,
  name: text,
  dt: finite,
  schedule: oneOf(...(Object.keys(SCHEDULES) as ScheduleName[])),
  steps: optional(integer(1)),
  output: optional(text),
  inputs: recordOf(node),
  populations: recordOf(node),
  connections: listOf(edge, MOST_CONNECTIONS),
});

/** What a network is beside its numbers. */
export function sectionOf(net: Network, connections: readonly DrawnConnection[]): Section {
  const { name, dt, schedule, steps, output } = net;
  const names = edgeNames(net);
  return {
    version: 1,
    ...{ name, dt, schedule: schedule.name as ScheduleName },
    ...(steps !== undefined && { steps }),
    ...(output !== undefined && { output }),
    inputs: mapped(net.inputs, ({ shape, signal, constant, encoder }) => ({
      ...{ shape, signal, constant },
      ...(encoder && { encoder }),
    })),
    populations: mapped(net.populations, ({ shape, trainable, dropout, winners }) => ({
      ...{ shape, trainable, dropout },
      ...(winners !== undefined && { winners }),
    })),
    connections: connections.map(
      ({ connection: c, weight, delay, bias }): EdgeSection => ({
        population: names.get(c.name)!,
        ...{ name: c.name, output: c.from.port, port: c.to.port, trainable: c.trainable },
        ...(isRegular(c.connectivity.kind) && { connectivity: c.connectivity.kind }),
        ...(bias && { bias }),
        ...(c.synapse && { synapse: c.synapse }),
        ...(typeof delay !== "number" && { delays: true }),
        ...(typeof weight !== "number" && { weights: true }),
      }),
    ),
  };
}
const isRegular = (kind: string): kind is "dense" | "oneToOne" => kind === "dense" || kind === "oneToOne";
const mapped = <A, B>(group: Readonly<Record<string, A>>, f: (x: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(group).map(([name, x]) => [name, f(x)]));

/** A name for each connection's edge population that HDF5 and a table can hold: `a>b.g` is `a_to_b.g`. */
export function edgeNames(net: Pick<Network, "connections">): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const out = new Map<string, string>();
  for (const { name } of net.connections) {
    const base =
      name
        .replaceAll(">", "_to_")
        .replace(/[^\w.-]/g, "_")
        .replace(/^\.+/, "_") || "_";
    let free = base;
    for (let k = 2; taken.has(free); k++) free = `${base}_${k}`;
    taken.add(free);
    out.set(name, free);
  }
  return out;
}
