/** What fills a ring in a step: of each table the spikes of every age at which a group of its slots comes. */
import { along, type Count, invoke, type Node, place } from "../../ir/program.ts";
import type { Context } from "./context.ts";
import { spikeEvents } from "./contributions.ts";
import { agesOf, type Moment, type Ring, type Table } from "./delivery.ts";
import { tableBuffers } from "./deliveryTables.ts";
import type { Lowered } from "./lower.ts";
import { fromParts, onParts, PART } from "./parts.ts";

type Parts = Pick<Lowered, "context" | "sources">;

/** The rings of a component that are filled at a moment, each part of the targets by itself. */
export function deliverNodes(nodes: readonly string[], moment: Moment, l: Parts): Node[] {
  const { context } = l;
  const { rings, tables } = context.delivery;
  const mine = (ring: Ring): boolean => ring.moment === moment && ring.nodes.some((n) => nodes.includes(n));
  return rings.filter(mine).flatMap((ring) => {
    const own = tables.filter((t) => t.ring === ring);
    const far = own.reduce((sum, t) => sum + l.sources.delivery.get(t.name)!.words, 0) > NEAR;
    const groups = own.flatMap((t) => groupsOf(t, l));
    const calls = [
      ...(far ? [...groups.flatMap((g) => g.touch("headers")), ...groups.flatMap((g) => g.touch("quads"))] : []),
      ...groups.flatMap((g) => g.deliver()),
    ];
    return context.parts === 1 ? calls : [onParts(calls, context)];
  });
}
/** Words of tables that a cache near the processor holds: larger ones are touched before they are read, all at once. */
const NEAR = 2 ** 19;

interface Group {
  touch(what: "headers" | "quads"): readonly Node[];
  deliver(): readonly Node[];
}
/** Oldest spikes first: those of the last step are what threads wait for. */
const groupsOf = (table: Table, l: Parts): Group[] =>
  agesOf(table)
    .map((age, at) => groupOf(table, age, at, l))
    .reverse();

function groupOf(table: Table, age: number, at: number, { context, sources }: Parts): Group {
  const { ring, source, unit, weight } = table;
  const { group, cells } = ring;
  const { parts, type } = context;
  const { list, from, to } = spikeEvents(source, age, sources);
  const { rows, start, w } = tableBuffers(table);
  const ofPart = (stride: number) => (parts === 1 ? [] : [along(PART, stride)]);
  const { narrow, groups } = sources.delivery.get(table.name)!.header;
  const blocks = { group, groups, parts, narrow, weight };
  const places = { rows: place(rows), start: place(start, 0, ...ofPart(1)), list };
  const out = place(ring.name, 0, along("s", parts * group * cells), ...ofPart(group * cells));
  const counts = { from, to, at: numbered(at, groups, context) };
  return {
    touch: (what) => fromParts([invoke({ kind: "touch", what, ...blocks }, places, counts)], source, context),
    deliver: () => {
      const args = { out, ...places, ...(unit !== undefined && { w: place(w) }) };
      const kernel = { kind: "deliver", type, cells, ...blocks } as const;
      return fromParts([invoke(kernel, args, { ...counts, phase: phaseOf(group, context) })], source, context);
    },
  };
}
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
