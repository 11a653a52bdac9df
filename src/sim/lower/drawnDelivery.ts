/**
 * Rows that are drawn again, into the rings that stored ones would go to (`delivery.ts`), in the same order. What a spike brings
 * in a group of slots is added when the group comes, and rows are kept for that, as long as there is room for them.
 */
import { isKept } from "../../ir/drawnRows.ts";
import { along, type Count, invoke, type Node, place } from "../../ir/program.ts";
import { deliverStep } from "./bodies.ts";
import type { Context } from "./context.ts";
import { spikeEvents } from "./contributions.ts";
import { agesOf, type Delivered, type Table, visitsOf } from "./delivery.ts";
import type { Lowered } from "./lower.ts";
import { fromParts, PART } from "./parts.ts";
import { type Again, drawnAgain } from "./procedural.ts";
import { targetsOfPart } from "./synapses.ts";

type Parts = Pick<Lowered, "context" | "sources">;

export function drawnDelivery(c: Context): Map<string, Again> {
  const out = new Map<string, Again>();
  for (const table of c.delivery.tables.filter((t) => t.again)) {
    const { group, cells } = table.ring;
    for (const d of table.sources.flatMap((s) => s.connections))
      out.set(d.connection.name, drawnAgain(d.connection, c, { group, cells }, visitsOf(table, d).length));
  }
  return out;
}

/** The calls for spikes of each age, oldest first. */
export function drawnNodes(table: Table, phase: Count, l: Parts): { readonly age: number; readonly nodes: Node[] }[] {
  return agesOf(table)
    .map((age) => ({
      age,
      nodes: table.sources.flatMap((s) => s.connections.flatMap((d) => visitNodes(table, d, age, phase, l))),
    }))
    .reverse();
}
function visitNodes(table: Table, d: Delivered, age: number, phase: Count, { context, sources }: Parts): Node[] {
  const { connection: c, first } = d;
  const visits = visitsOf(table, d);
  const at = visits.findIndex((v) => v.age === age);
  if (at < 0) return [];
  const { drawn, args } = sources.again.get(c.name)!;
  const { group, cells } = table.ring;
  const { parts, type } = context;
  const { list, from, to } = spikeEvents(c.from.node, age, sources);
  const out = place(
    table.ring.name,
    first,
    along("s", parts * group * cells),
    ...(parts > 1 ? [along(PART, group * cells)] : []),
  );
  // From memory, so that all visits share one function.
  const numbers = [...visits.map((v) => v.since), ...visits.keys()];
  const since = context.constant(`${c.name}.visits`, numbers, "i32");
  const step = deliverStep(type, drawn.numbers ? "synapse" : "uniform");
  const call = invoke(
    { kind: "perSynapse", domain: "rows", step, drawn },
    { ...args, in: out, list },
    {
      ...{ from, to, phase, since: place(since, at) },
      ...(isKept(drawn) && { at: place(since, visits.length + at) }),
      ...targetsOfPart(c.to.node, drawn.targets, context),
    },
  );
  return [...fromParts([call], c.from.node, context)];
}
