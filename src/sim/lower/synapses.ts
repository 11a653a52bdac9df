/** Tables of sparse connections, and what synapses do beyond adding a weight. */
import { along, invoke, type KernelOf, type Node, type Place, place } from "../../ir/program.ts";
import type { Type } from "../../ir/types.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import {
  divideRows,
  fillColumnStart,
  fillColumnSynapse,
  fillSources,
  type Rows,
  rowsOf,
} from "../../model/connectivity/rows.ts";
import type { VariableType } from "../../model/equations/parseEquations.ts";
import { drawing } from "../../model/initializer.ts";
import { asStored, storedWeight } from "../../model/storage.ts";
import { dynamicsOf, statementsOf } from "../../model/synapse.ts";
import type { Context, Fill } from "./context.ts";
import type { Selected } from "./delays.ts";
import { fromParts, onParts, PART, partStarts } from "./parts.ts";
import type { Events } from "./signals.ts";
import type { Sources } from "./sources.ts";

/** The step of the last event of each synapse with event-driven equations. */
export const LAST_UPDATE = "lastupdate";

export interface SynapseTables {
  readonly count: number;
  /** Of some synapses of a connection: how many it has. */
  readonly total: number;
  /** The name by which random numbers of its synapses are drawn. */
  readonly of: string;
  /** Of some synapses of a connection: the place of each among all. */
  readonly index?: Uint32Array;
  /** Names of the variables that each synapse has a number for. */
  readonly own: readonly string[];
  /** `rowStart` and `target`. */
  readonly rows: Readonly<Record<"rowStart" | "target", Place>>;
  /** `columnStart`, `columnSynapse` and `source`, where spikes of the target trigger something. */
  readonly columns?: Readonly<Record<"columnStart" | "columnSynapse" | "source", Place>>;
  /** A variable: of every synapse, in order of source, or one number for all. */
  variable(name: string): Place;
  /** Which of the two. */
  space(name: string): "synapse" | "uniform";
}

/** Tables of 4 bytes a synapse and variable, filled in place when the program is loaded. */
export function synapseTables(c: Connection, context: Context, selected?: Selected): SynapseTables {
  const size = connectedSizes(context.net, c.from.node, c.to.node);
  const rows = selected?.rows ?? rowsOf(c.connectivity, size, { name: c.name, seed: context.options.seed });
  const own = ownVariables(c);
  rowTables(c, rows, partStarts(size.targets, context.parts), context);
  if (c.synapse?.pathways.some((p) => p.trigger === "post")) columnTables(c, rows, size.targets, context);
  weights(c, rows, own.has("w"), context, selected);
  for (const [name, value] of Object.entries(c.synapse?.variables ?? {}))
    if (own.has(name)) variable(context, c, name, rows.count, (to) => to.fill(value), typeOf(c, name, context));
    else context.constant(`${c.name}.${name}`, [value]);
  if (own.has(LAST_UPDATE)) context.buffer(`${c.name}.${LAST_UPDATE}`, "u32", Math.max(1, rows.count), "state");
  const table = (name: string): Place => place(`${c.name}.${name}`);
  return {
    count: rows.count,
    total: selected?.total ?? rows.count,
    of: selected?.of ?? c.name,
    ...(selected && { index: selected.index }),
    own: [...own],
    rows: { rowStart: table("rowStart"), target: table("target") },
    ...(context.buffers.has(`${c.name}.source`) && {
      columns: { columnStart: table("columnStart"), columnSynapse: table("columnSynapse"), source: table("source") },
    }),
    variable: table,
    space: (name) => (own.has(name) ? "synapse" : "uniform"),
  };
}

/**
 * What differs between synapses, or comes to differ: what equations declare, and what pathways change. Anything else stays
 * the number that it starts with.
 */
function ownVariables({ weight, synapse }: Connection): Set<string> {
  if (!synapse) return new Set(weight.kind === "constant" ? [] : ["w"]);
  const dynamics = dynamicsOf(synapse);
  const written = synapse.pathways.flatMap((p) => statementsOf(synapse, p).map((s) => s.target));
  const declared = [...(dynamics?.states ?? []).map((x) => x.name), ...(dynamics?.weight ? ["w"] : [])];
  const changed = new Set([...written, ...declared]);
  const names = Object.keys(synapse.variables).filter((name) => changed.has(name));
  return new Set([
    ...(weight.kind === "constant" && !changed.has("w") ? [] : ["w"]),
    ...names,
    ...(dynamics && dynamics.eventDriven.length > 0 ? [LAST_UPDATE] : []),
  ]);
}

const STORED: Readonly<Record<VariableType, Type | undefined>> = { float: undefined, integer: "i32", boolean: "bool" };
/** The type in which a variable of synapses is stored. */
function typeOf({ synapse }: Connection, name: string, { type }: Context): Type {
  const declared = dynamicsOf(synapse!)?.states.find((x) => x.name === name)?.type ?? "float";
  return STORED[declared] ?? type;
}

function rowTables({ name }: Connection, rows: Rows, parts: readonly number[], context: Context): void {
  const { start, count } = rows;
  const target = context.filled(`${name}.target`, "u32", count, "constant", (to) => rows.fill(to as Uint32Array));
  if (parts.length === 2) context.constant(`${name}.rowStart`, start, "i32");
  else
    context.filled(`${name}.rowStart`, "i32", (start.length - 1) * (parts.length - 1) + 1, "constant", (to, array) =>
      divideRows(to, start, array(target), parts),
    );
}

function columnTables({ name }: Connection, { start, count }: Rows, targets: number, context: Context): void {
  const target = `${name}.target`;
  const columnStart = context.filled(`${name}.columnStart`, "i32", targets + 1, "constant", (to, array) =>
    fillColumnStart(to as Int32Array, array(target)),
  );
  context.filled(`${name}.columnSynapse`, "u32", count, "constant", (to, array) =>
    fillColumnSynapse(to as Uint32Array, array(columnStart) as Int32Array, array(target)),
  );
  context.filled(`${name}.source`, "u32", count, "constant", (to) => fillSources(to, start));
}

function weights(c: Connection, rows: Rows, own: boolean, context: Context, selected?: Selected): void {
  const draw = { name: `${selected?.of ?? c.name}.weight`, seed: context.options.seed, fanIn: rows.start.length - 1 };
  const weight = drawing(c.weight, selected?.total ?? rows.count, draw);
  if (!own) {
    context.constant(`${c.name}.w`, [weight(0)]);
    return;
  }
  const { index, origin } = selected ?? { index: undefined, origin: rows.origin };
  const given = c.weight.kind === "values" ? origin : undefined;
  // Only an engine stores narrowly; elsewhere weights are what they would be there.
  const stored = c.storage && storedWeight(c, context.type, rows.start.length - 1);
  variable(context, c, "w", rows.count, (to) => {
    for (let n = 0; n < rows.count; n++) {
      const k = index ? index[n]! : n;
      const w = weight(given ? given[k]! : k);
      to[n] = stored ? asStored(w, stored, context.type) : w;
    }
  });
}

function variable(
  context: Context,
  c: Connection,
  name: string,
  count: number,
  fill: Fill,
  type: Type = context.type,
): void {
  context.filled(`${c.name}.${name}`, type, Math.max(1, count), "state", fill);
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
