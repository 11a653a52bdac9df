/** Tables of sparse connections, and what synapses do beyond adding a weight. */

import {
  along,
  type Count,
  type Invoke,
  invoke,
  type KernelOf,
  type Node,
  type Place,
  place,
  shifted,
} from "../../ir/program.ts";
import type { Space, Step } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";
import { type Connection, connectedSizes } from "../../model/connection.ts";
import { endsOf, type SynapseEnds } from "../../model/connectivity/ends.ts";
import type { Size } from "../../model/connectivity/kind.ts";
import { synapseCount } from "../../model/connectivity/kinds.ts";
import {
  divideRows,
  fillColumnSource,
  fillColumnStart,
  fillColumnSynapse,
  type Rows,
  rowsOf,
} from "../../model/connectivity/rows.ts";
import type { VariableType } from "../../model/equations/parseEquations.ts";
import { constantOf, drawing, type Initializer } from "../../model/initializer.ts";
import { storedIn } from "../../model/sharedUnits.ts";
import { asStored } from "../../model/storage.ts";
import { dynamicsOf, statementsOf } from "../../model/synapse.ts";
import { SIDES, type Side, sharedVariables } from "../../model/synapseSharing.ts";
import type { Context, Fill } from "./context.ts";
import type { Selected } from "./delays.ts";
import { floatLaw } from "./drawn.ts";
import type { ParameterLayout } from "./parameters.ts";
import { fromParts, onParts, PART, partPlace, partStarts } from "./parts.ts";
import { type Again, drawnAgain } from "./procedural.ts";
import type { Events } from "./signals.ts";
import type { Sources } from "./sources.ts";
import { changing, LAST_EVENT, lengthOf, type Shared, sharedBy, tracePlace } from "./traces.ts";

/** The step of the last event of each synapse with event-driven equations. */
export const LAST_UPDATE = "last.update";

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
  /** How many sources and targets there are, where each of the former has a synapse to each of the latter: without tables. */
  readonly full?: readonly [sources: number, targets: number];
  /** How rows are drawn for each spike, where they are not stored. */
  readonly again?: Again;
  /** Whether there are certainly no multapses. */
  readonly distinct: boolean;
  /** `rowStart` and `target`. */
  readonly rows?: Readonly<Record<"rowStart" | "target", Place>>;
  /** `columnStart`, `columnSynapse` and `columnSource`, where spikes of the target trigger something. */
  readonly columns?: Readonly<Record<"columnStart" | "columnSynapse" | "columnSource", Place>>;
  /** Variables that the synapses of a source or a target share. */
  readonly shared: Shared;
  /** A variable: of every synapse, in order of source, of every source or target, or one number for all. */
  variable(name: string): Place;
  /** Whether each synapse has a weight, or all have one. */
  readonly weights: "synapse" | "uniform";
  /** How many synapses each source has, or each target: of the whole connection. */
  degree(end: "pre" | "post"): Place | number;
  /** Which of them. */
  space(name: string): "synapse" | "pre" | "post" | "uniform";
}

/** Tables of 4 bytes a synapse and variable, filled in place when the program is loaded. */
export function synapseTables(
  c: Connection,
  context: Context,
  parameters: ParameterLayout,
  selected?: Selected,
): SynapseTables {
  const size = connectedSizes(context.net, c.from.node, c.to.node);
  if (c.procedural && context.options.mode === "stream") return drawnTables(c, size, context);
  const { seed, counter } = context.options;
  const rows = selected?.rows ?? rowsOf(c.connectivity, size, { name: c.name, seed }, counter);
  const tables = selected?.tables ?? c.name;
  const plain = context.options.mode === "stream" && !selected;
  const shared = sharedBy(c, plain ? sharedVariables(c, context.net) : new Map(), rows.count, context);
  const trained = parameters.weights.get(c.name);
  const own = ownVariables(c, shared);
  if (trained?.each) own.add("w");
  if (!rows.full) {
    rowTables({ name: tables }, rows, partStarts(size.targets, context.parts), context);
    if (c.synapse?.pathways.some((p) => p.trigger === "post")) columnTables(c, rows, size.targets, context);
  }
  if (!trained) weights(c, own.has("w"), { rows, size, context, selected });
  for (const [name, usual] of Object.entries(c.synapse?.variables ?? {})) {
    const from = c.initial?.[name] ?? constantOf(usual);
    const value = from.kind === "constant" ? from.value : Number.NaN;
    if (own.has(name)) initialVariable(c, name, from, { rows, size, context, selected });
    else if (shared.of.has(name)) sharedVariable(c, name, value, shared, context);
    else context.constant(`${c.name}.${name}`, [value]);
  }
  if (own.has(LAST_UPDATE)) context.buffer(`${c.name}.${LAST_UPDATE}`, "u32", Math.max(1, rows.count), "state");
  const table = (name: string): Place => place(`${c.name}.${name}`);
  const given = (name: string): Place => place(`${tables}.${name}`);
  const side = (name: string): Side | undefined => shared.of.get(name) ?? SIDES.find((x) => LAST_EVENT[x] === name);
  return {
    count: rows.count,
    total: selected?.total ?? rows.count,
    of: selected?.of ?? c.name,
    ...(selected && { index: selected.index }),
    own: [...own],
    distinct: rows.distinct,
    ...(rows.full
      ? { full: [size.sources, size.targets] as const }
      : { rows: { rowStart: given("rowStart"), target: given("target") } }),
    ...(context.buffers.has(`${c.name}.columnSource`) && {
      columns: {
        columnStart: table("columnStart"),
        columnSynapse: table("columnSynapse"),
        columnSource: table("columnSource"),
      },
    }),
    shared,
    weights: own.has("w") ? "synapse" : "uniform",
    degree: (end) =>
      rows.full ? size[end === "pre" ? "targets" : "sources"] : degrees(c, size, end, context, selected),
    variable: (name) => {
      if (name === "w" && trained) return trained.place;
      return side(name) ? tracePlace(c, name, side(name)!, context) : table(name);
    },
    space: (name) => (own.has(name) ? "synapse" : (side(name) ?? "uniform")),
  };
}

/** Counted when the program is loaded; of some synapses of a connection all are drawn once more. */
function degrees(c: Connection, size: Size, end: "pre" | "post", context: Context, selected?: Selected): Place {
  const [of, length] = [selected?.of ?? c.name, end === "pre" ? size.sources : size.targets];
  const { seed, counter } = context.options;
  const fill: Fill = (to) => {
    const rows = rowsOf(c.connectivity, size, { name: of, seed }, counter);
    if (end === "pre") for (let s = 0; s < size.sources; s++) to[s] = rows.start[s + 1]! - rows.start[s]!;
    else {
      const target = new Uint32Array(rows.count);
      rows.fill(target);
      for (const t of target) to[t]!++;
    }
  };
  return place(context.filled(`${of}.degree.${end}`, "i32", length, "constant", fill));
}

/** Of synapses that are drawn for each spike nothing lies anywhere. */
function drawnTables(c: Connection, size: Size, context: Context): SynapseTables {
  const again = drawnAgain(c, context);
  const count = synapseCount(c.connectivity, size);
  const weights = again.drawn.numbers ? "synapse" : "uniform";
  return {
    ...{ count, total: count, of: c.name, own: [], distinct: false, again, weights },
    shared: { of: new Map(), moving: new Set() },
    degree: () => {
      throw new Error(`connection ${c.name}: rows that are drawn have no statements`);
    },
    variable: (name) => place(`${c.name}.${name}`),
    space: () => "uniform",
  };
}

/** One number a neuron; and the step of its last event, where that is looked at. */
function sharedVariable(c: Connection, name: string, value: number, { of, moving }: Shared, context: Context): void {
  const side = of.get(name)!;
  const length = lengthOf(c, side, context);
  context.filled(`${c.name}.${name}`, typeOf(c, name, context), length, "state", (to) => to.fill(value));
  if (changing(c, of, side).length > 0 && !moving.has(side))
    context.buffer(`${c.name}.${LAST_EVENT[side]}`, "u32", length, "state");
}

/**
 * What differs between synapses, or comes to differ: what equations declare, and what pathways change. Anything else stays
 * the number that it starts with.
 */
function ownVariables({ weight, synapse, initial = {} }: Connection, { of: shared }: Shared): Set<string> {
  if (!synapse) return new Set(weight.kind === "constant" ? [] : ["w"]);
  const dynamics = dynamicsOf(synapse);
  const written = synapse.pathways.flatMap((p) => statementsOf(synapse, p).map((s) => s.target));
  const declared = [...(dynamics?.states ?? []).map((x) => x.name), ...(dynamics?.weight ? ["w"] : [])];
  const changed = new Set([...written, ...declared]);
  const differs = (name: string): boolean => (initial[name]?.kind ?? "constant") !== "constant";
  const names = Object.keys(synapse.variables).filter((x) => (changed.has(x) || differs(x)) && !shared.has(x));
  return new Set([
    ...(weight.kind === "constant" && !changed.has("w") ? [] : ["w"]),
    ...names,
    ...(dynamics?.eventDriven.some((e) => !shared.has(e.name)) ? [LAST_UPDATE] : []),
  ]);
}

const STORED: Readonly<Record<VariableType, Type | undefined>> = { float: undefined, integer: "i32", boolean: "bool" };
/** The type in which a variable of synapses is stored. */
function typeOf({ synapse }: Connection, name: string, { type }: Context): Type {
  const declared = dynamicsOf(synapse!)?.states.find((x) => x.name === name)?.type ?? "float";
  return STORED[declared] ?? type;
}

function rowTables({ name }: Pick<Connection, "name">, rows: Rows, parts: readonly number[], context: Context): void {
  const { start, count } = rows;
  const byKernels = rows.drawn !== undefined || rows.columns !== undefined;
  if (byKernels) context.drawn.push({ rows });
  const target = context.filled(`${name}.target`, "u32", count, "constant", (to, _array, mill) => {
    if (mill && byKernels) mill.targets(rows, to as Uint32Array);
    else rows.fill(to as Uint32Array);
  });
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
  context.filled(`${name}.columnSource`, "u32", count, "constant", (to, array) =>
    fillColumnSource(to as Uint32Array, array(columnStart) as Int32Array, array(target), start),
  );
}

interface Making {
  readonly rows: Rows;
  readonly size: Size;
  readonly context: Context;
  readonly selected: Selected | undefined;
}
/** Of some synapses of a connection all are drawn once more. */
function endsIn(c: Connection, { rows, size, context, selected }: Making): () => SynapseEnds {
  const { seed, counter } = context.options;
  return () =>
    endsOf(selected ? rowsOf(c.connectivity, size, { name: selected.of, seed }, counter) : rows, size.targets);
}
/** What each synapse starts with; numbers that are given follow the synapses that they were given for. */
function initialVariable(c: Connection, name: string, from: Initializer, making: Making): void {
  const { rows, context, selected } = making;
  const { index, origin, total, of } = selected ?? { ...rows, index: undefined, total: rows.count, of: c.name };
  const fill: Fill = (to) => {
    if (from.kind === "constant") return void to.fill(from.value);
    const draw = { name: `${of}.${name}`, seed: context.options.seed, ends: endsIn(c, making) };
    const number = drawing(from, total, draw);
    const given = from.kind === "values" ? origin : undefined;
    for (let n = 0; n < rows.count; n++) {
      const k = index ? index[n]! : n;
      to[n] = number(given ? given[k]! : k);
    }
  };
  variable(context, c, name, rows.count, fill, typeOf(c, name, context));
}

function weights(c: Connection, own: boolean, making: Making): void {
  const { rows, context, selected } = making;
  const name = `${selected?.of ?? c.name}.weight`;
  const draw = { name, seed: context.options.seed, fanIn: rows.start.length - 1, ends: endsIn(c, making) };
  const weight = drawing(c.weight, selected?.total ?? rows.count, draw);
  if (!own) {
    context.constant(`${c.name}.w`, [weight(0)]);
    return;
  }
  const { index, origin } = selected ?? { index: undefined, origin: rows.origin };
  const given = c.weight.kind === "values" ? origin : undefined;
  // Only an engine stores narrowly; elsewhere weights are what they would be there.
  const stored = c.storage && storedIn(context.net, c, context.type);
  const law = selected || stored ? undefined : floatLaw(c.weight, draw);
  const series = { at: weight, law };
  if (law) context.drawn.push({ count: rows.count, series });
  variable(context, c, "w", rows.count, (to, _array, mill) => {
    if (mill && law) mill.numbers(series, to.subarray(0, rows.count));
    else
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
  if (tables.again) return overDrawn(c, kernel.step, tables.again, places, { context, sources }, events!);
  if (tables.full) return overFull(c, kernel, tables.full, places, { context, sources }, events);
  const { rowStart, target } = tables.rows!;
  const rows = { rowStart: parts === 1 ? rowStart : { ...rowStart, terms: [along(PART, 1)] }, target };
  const args = {
    ...places,
    ...(kernel.domain === "columns" ? tables.columns : rows),
    ...(events && { list: events.list }),
  };
  const counts = events ? { from: events.from, to: events.to } : { sources: context.size(c.from.node) };
  // A body without a pathway only adds: nothing to gain by vectors.
  const apart = tables.distinct && c.synapse !== undefined && areApart(kernel.step, kernel.domain, places);
  const far = kernel.domain === "rows" && isFar(sources);
  const call = invoke(
    { ...kernel, ...(parts > 1 && { parts }), ...(apart && { apart }), ...(far && { far }) },
    args,
    counts,
  );
  return ofParts(call, c, context);
}
/** Whether the rows of all connections are more than a cache near the processor holds. */
function isFar({ synapses }: Sources): boolean {
  let words = 0;
  for (const { rows, count, own } of synapses.values()) if (rows) words += count * (1 + own.length);
  return words > NEAR;
}
/** Words that such a cache holds. */
const NEAR = 2 ** 19;
/** The call of each part of the targets, for the spikes of each part of the sources. */
function ofParts(call: Invoke, c: Connection, context: Context): Node {
  if (context.parts === 1) return call;
  const byRows = call.kernel.kind === "perSynapse" && call.kernel.domain === "rows";
  return onParts(byRows ? fromParts([call], c.from.node, context) : [call], context);
}

function overFull(
  c: Connection,
  { domain, step }: KernelOf<"perSynapse">,
  full: readonly [number, number],
  places: Readonly<Record<string, Place>>,
  { context }: Surroundings,
  events?: Events,
): Node {
  const args = { ...places, ...(events && { list: events.list }) };
  const apart = areApart(step, domain, places);
  const counts = {
    ...(events ? { from: events.from, to: events.to } : { sources: full[0] }),
    ...(domain !== "columns" && targetsOfPart(c.to.node, full[1], context)),
  };
  return ofParts(invoke({ kind: "perSynapse", domain, step, full, ...(apart && { apart }) }, args, counts), c, context);
}
function overDrawn(
  c: Connection,
  step: Step,
  { drawn, args }: Again,
  { w: _w, ...places }: Readonly<Record<string, Place>>,
  { context }: Surroundings,
  { list, from, to }: Events,
): Node {
  const counts = { from, to, ...targetsOfPart(c.to.node, drawn.targets, context) };
  return ofParts(
    invoke({ kind: "perSynapse", domain: "rows", step, drawn }, { ...places, ...args, list }, counts),
    c,
    context,
  );
}
/** The targets of the part at hand, or all. */
export function targetsOfPart(node: string, targets: number, context: Context): Record<"first" | "n", Count> {
  if (context.parts === 1) return { first: 0, n: targets };
  const first = partPlace(node, context, PART);
  return { first, n: shifted(first, 1) };
}
/** Whether a body stores only what belongs to the synapse, or to its own end, and nothing else lies there. */
function areApart({ slots, stores }: Step, domain: string, places: Readonly<Record<string, Place>>): boolean {
  const own = new Set<Space>(["synapse", domain === "columns" ? "pre" : "post"]);
  return stores.every(({ slot }) =>
    slots.every((s) => (s.name === slot ? own.has(s.space) : places[s.name]!.buffer !== places[slot]!.buffer)),
  );
}
