/** What fills a ring in a step: of each table the spikes of every age at which a group of its slots comes. */
import { headWords, VISITS_AT, visitWords } from "../../ir/blocks.ts";
import { along, type Count, invoke, type Node, type Place, place } from "../../ir/program.ts";
import type { Context } from "./context.ts";
import { spikeEvents } from "./contributions.ts";
import { agesOf, type Moment, type Ring, type Table } from "./delivery.ts";
import { type Due, dueOf, tableBuffers } from "./deliveryTables.ts";
import { drawnNodes } from "./drawnDelivery.ts";
import type { Lowered } from "./lower.ts";
import { fromParts, onParts, PART } from "./parts.ts";
import type { Events } from "./signals.ts";

type Parts = Pick<Lowered, "context" | "sources">;

/**
 * The rings of a component that are filled at a moment, each part of the targets by itself. Spikes of the last step come last:
 * they are what threads wait for (`ir/together.ts`), and most synapses are slower.
 */
export function deliverNodes(nodes: readonly string[], moment: Moment, l: Parts): Node[] {
  const { context } = l;
  const { rings, tables } = context.delivery;
  const mine = (ring: Ring): boolean => ring.moment === moment && ring.nodes.some((n) => nodes.includes(n));
  return rings.filter(mine).flatMap((ring) => {
    const own = tables.filter((t) => t.ring === ring);
    const far = own.reduce((sum, t) => sum + (l.sources.delivery.get(t.name)?.words ?? 0), 0) > NEAR;
    const work = own.map((t) => tableNodes(t, far, l));
    const calls = [
      ...work.flatMap(({ older }) => older.touch),
      ...work.flatMap(({ older, settle }) => [...older.deliver, ...settle]),
      ...own.flatMap((t) => enlistNodes(t, l)),
      ...work.flatMap(({ latest }) => latest.touch),
      ...work.flatMap(({ latest, settle }) => [...latest.deliver, ...settle]),
    ];
    return context.parts === 1 ? calls : [onParts(calls, context)];
  });
}
/** Words of tables that a cache near the processor holds: blocks of larger ones are asked for before they are gone through. */
const NEAR = 2 ** 19;
/** Visits that are noted of those, at most: their lines fit beside the ring in the second-level cache. */
const NOTED = 128;

/** Spikes that a table's synapses hear of from this step on, of all its populations in turn. */
function enlistNodes(table: Table, { context, sources }: Parts): Node[] {
  const due = dueOf(table, context);
  if (!due) return [];
  const { list: out, to: end } = dueEvents(due, table.age, context);
  return table.sources.flatMap(({ node, first }, k) => {
    const { list, from, to } = spikeEvents(node, table.age, sources);
    const enlist = (begin: Place): Node => invoke({ kind: "enlist" }, { out, begin, end, list }, { from, to, first });
    // Lists of the parts of the first source begin where those before ended, too: at nothing.
    return [
      ...(k === 0 ? [invoke({ kind: "zero", type: "i32" }, { out: end }, { n: 1 })] : []),
      ...fromParts([enlist(end)], node, context),
    ];
  });
}
/** The spikes of an age, as numbers of a table's rows. */
function dueEvents(
  { table, steps, room, apart }: Due,
  age: number,
  { parts }: Context,
): Events & { readonly to: Place } {
  const { due, dueCount } = tableBuffers(table);
  const old = age - table.age;
  const terms = (part: number, stride: number) => [
    along("s", parts * part),
    ...(parts === 1 ? [] : [along(PART, part)]),
    along("t", stride, { ...(old > 0 && { shift: steps - old }), modulo: steps }),
  ];
  return { list: place(due, 0, ...terms(steps * room, room)), from: 0, to: place(dueCount, 0, ...terms(apart, 1)) };
}

/**
 * Through what groups of slots a table's spikes go: oldest spikes first, for those of the last step are what threads wait for.
 * @param far whether the table is too large for a cache near the processor
 */
function tableNodes(table: Table, far: boolean, l: Parts): TableNodes {
  if (table.again) return drawnAgainNodes(table, l);
  const { context, sources } = l;
  const { ring, unit, weight } = table;
  const { group, cells } = ring;
  const { parts, type } = context;
  const { rows, heads, w, visits } = tableBuffers(table);
  const ofPart = (stride: number) => (parts === 1 ? [] : [along(PART, stride)]);
  const { header } = sources.delivery.get(table.name)!;
  const { narrow, groups } = header;
  const due = dueOf(table, context);
  const lists = agesOf(table).map((age, at) => {
    const { list, from, to } = due ? dueEvents(due, age, context) : spikeEvents(table.sources[0]!.node, age, sources);
    return { age, list, counts: { from, to, at: numbered(at, groups, context) } };
  });
  const oldestFirst = lists.reverse();
  const room = VISITS_AT + Math.ceil((NOTED * visitWords(header)) / LINE) * LINE;
  if (far) context.transient(visits, "u32", parts * room);
  const head = place(heads, 0, ...ofPart(headWords(header)));
  const out = place(ring.name, 0, along("s", parts * group * cells), ...ofPart(group * cells));
  const ends = {
    out,
    ...(unit !== undefined && { w: place(w) }),
    ...(far && { visits: place(visits, 0, ...ofPart(room)) }),
  };
  const phase = phaseOf(group, context);
  const of = { type, group, cells, narrow, weight };
  const deliver = { kind: "deliver", ...of, groups, parts, ...(far && { noted: NOTED }) } as const;
  const visit = (lists: typeof oldestFirst): Visit => ({
    touch: far
      ? lists.map(({ list, counts }) =>
          invoke({ kind: "touch", group, groups, parts, narrow }, { heads: head, list }, counts),
        )
      : [],
    deliver: lists.map(({ list, counts }) =>
      invoke(deliver, { ...ends, rows: place(rows), heads: head, list }, { ...counts, phase }),
    ),
  });
  return {
    older: visit(oldestFirst.filter(({ age }) => age > table.age)),
    latest: visit(oldestFirst.filter(({ age }) => age === table.age)),
    settle: far ? [invoke({ kind: "settle", ...of, noted: NOTED }, ends, { phase })] : [],
  };
}
function drawnAgainNodes(table: Table, l: Parts): TableNodes {
  const visits = drawnNodes(table, phaseOf(table.ring.group, l.context), l);
  const those = (latest: boolean): Visit => ({
    touch: [],
    deliver: visits.filter(({ age }) => (age === table.age) === latest).flatMap(({ nodes }) => nodes),
  });
  return { older: those(false), latest: those(true), settle: [] };
}
type Visit = Record<"touch" | "deliver", readonly Node[]>;
/** Of the spikes of the last step and of those before them. */
interface TableNodes {
  readonly older: Visit;
  readonly latest: Visit;
  readonly settle: readonly Node[];
}
/** Numbers of a cache line. */
const LINE = 16;

/** Read from memory, so that all groups share one function. */
const numbered = (k: number, count: number, c: Context): Count =>
  place(numbers(`delivery.groups.${count}`, count, c), k);
const phaseOf = (group: number, c: Context): Count =>
  group === 1 ? 0 : place(numbers(`delivery.phase.${group}`, group, c), 0, along("t", 1, { modulo: group }));
const numbers = (name: string, count: number, c: Context): string =>
  c.constant(
    name,
    Int32Array.from({ length: count }, (_, k) => k),
    "i32",
  );
