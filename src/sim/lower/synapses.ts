/** Tables of sparse connections, and what synapses do beyond adding a weight. */

import { along, invoke, type KernelOf, type Node, type Place, place } from "../../ir/program.ts";
import type { Type } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import { synapsesOf } from "../../model/connectivity.ts";
import type { VariableType } from "../../model/equations/parseEquations.ts";
import { initialise } from "../../model/initializer.ts";
import { dynamicsOf } from "../../model/synapse.ts";
import type { Context } from "./context.ts";
import { fromParts, onParts, PART, partStarts } from "./parts.ts";
import type { Events } from "./signals.ts";
import type { Sources } from "./sources.ts";

export interface SynapseTables {
  readonly count: number;
  /** Of several parts: where each synapse would lie if there were one. */
  readonly drawn?: Uint32Array;
  /** Names of the variables. */
  readonly variables: readonly string[];
  /** `rowStart` and `target`. */
  readonly rows: Readonly<Record<"rowStart" | "target", Place>>;
  /** `columnStart`, `columnSynapse` and `source`. */
  readonly columns: Readonly<Record<"columnStart" | "columnSynapse" | "source", Place>>;
  /** A variable of every synapse, in order of source. */
  variable(name: string): Place;
}

export function synapseTables(c: Connection, context: Context): SynapseTables {
  const { seed } = context.options;
  const size = { sources: context.size(c.from.node), targets: context.size(c.to.node) };
  const starts = partStarts(size.targets, context.parts);
  const synapses = synapsesOf(c.connectivity, size, { name: c.name, seed }, starts);
  const count = synapses.target.length;
  const table = (name: string, values: ArrayLike<number>, type: "i32" | "u32"): Place =>
    place(context.constant(`${c.name}.${name}`, values, type));
  const given = initialise(c.weight, count, { name: `${c.name}.weight`, seed, fanIn: size.sources });
  const order = c.weight.kind === "values" ? synapses.origin : synapses.drawn;
  const byRow = given.map((_, k) => given[order[k]!]!);
  variable(context, c, "w", byRow);
  const dynamics = c.synapse && dynamicsOf(c.synapse);
  const own = Object.entries(c.synapse?.variables ?? {});
  for (const [name, value] of own) {
    const type = dynamics?.states.find((x) => x.name === name)?.type ?? "float";
    variable(context, c, name, new Float64Array(count).fill(value), STORED[type]);
  }
  const internal = dynamics && dynamics.eventDriven.length > 0 ? [LAST_UPDATE] : [];
  for (const name of internal) context.buffer(`${c.name}.${name}`, "u32", Math.max(1, count), "state");
  return {
    count,
    ...(context.parts > 1 && { drawn: synapses.drawn }),
    variables: ["w", ...own.map(([name]) => name), ...internal],
    rows: { rowStart: table("rowStart", synapses.rowStart, "i32"), target: table("target", synapses.target, "u32") },
    columns: {
      columnStart: table("columnStart", synapses.columnStart, "i32"),
      columnSynapse: table("columnSynapse", synapses.columnSynapse, "u32"),
      source: table("source", synapses.source, "u32"),
    },
    variable: (name) => place(`${c.name}.${name}`),
  };
}

/** The step of the last event of each synapse with event-driven equations. */
export const LAST_UPDATE = "lastupdate";
const STORED: Readonly<Record<VariableType, Type | undefined>> = { float: undefined, integer: "i32", boolean: "bool" };

function variable(
  context: Context,
  c: Connection,
  name: string,
  values: Float64Array,
  type: Type = context.type,
): void {
  context.buffer(`${c.name}.${name}`, type, Math.max(1, values.length), "state");
  context.contents.set(`${c.name}.${name}`, values);
}

interface Surroundings {
  readonly context: Context;
  readonly sources: Sources;
}
/**
 * A kernel over a connection's synapses, those of each part of its target by themselves: of all sources, or of those
 * with an event. Events of target neurons (`columns`) are those of the part at hand.
 */
export function overSynapses(
  c: Connection,
  kernel: KernelOf<"perSynapse">,
  places: Readonly<Record<string, Place>>,
  { context, sources }: Surroundings,
  events?: Events,
): Node {
  const tables = sources.synapses.get(c.name)!;
  const { parts } = context;
  const { rowStart, target } = tables.rows;
  const rows = { rowStart: parts === 1 ? rowStart : { ...rowStart, terms: [along(PART, 1)] }, target };
  const args = {
    ...places,
    ...(kernel.domain === "columns" ? tables.columns : rows),
    ...(events && { list: events.list }),
  };
  const counts = events ? { from: events.from, to: events.to } : { sources: context.size(c.from.node) };
  const call = invoke(parts === 1 ? kernel : { ...kernel, parts }, args, counts);
  if (parts === 1) return call;
  const eachPart = kernel.domain === "rows" ? fromParts([call], c.from.node, context) : [call];
  return onParts(eachPart, context);
}
