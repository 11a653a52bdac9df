/** What must be kept of what leaves each port: for every reader, which port and how many steps old it may be. */
import { addsValues, type Connection } from "../../model/connection.ts";
import type { Network } from "../../model/network.ts";
import { type Act, actsOf, eventPort, triggerOf } from "../../model/synapse.ts";
import { ageOf, eventAge, sourceReads } from "../../model/timing.ts";
import { givesSpikes } from "../../model/transform.ts";

import { agesAsked, type Delivery } from "./delivery.ts";

export interface Need {
  readonly node: string;
  readonly port: string;
  readonly age: number;
}

/** @param record `node.port` of what the host reads back */
export function needsOf(net: Network, record: readonly string[], { tables, delivered }: Delivery): Need[] {
  const fresh = (node: string, port: string): Need => ({ node, port, age: 0 });
  return [
    ...net.connections.filter((c) => !delivered.has(c.name)).flatMap((c) => ofConnection(net, c)),
    ...tables.flatMap((t) =>
      t.sources.flatMap((s) => agesAsked(t, s, net).map((age): Need => ({ node: s.node, port: "spike", age }))),
    ),
    ...Object.values(net.transforms).flatMap(
      (t) => t.of.filter((e) => e.port !== "spike").map((e) => fresh(e.node, e.port)), // spikes as rows: `sources.ts`
    ),
    ...Object.keys(net.transforms).map((node) => fresh(node, "value")),
    ...Object.entries(net.populations).flatMap(([node, p]) => (p.winners === undefined ? [] : [fresh(node, "spike")])),
    ...record.map((r) => fresh(...(r.split(".") as [string, string]))),
  ];
}

/** Whether a connection is told who in a transform gives 1, instead of hearing all of its values. */
export const isTold = (net: Network, c: Connection): boolean =>
  c.from.node in net.transforms && !addsValues(c) && !c.synapse && givesSpikes(net, c.from.node);

function ofConnection(net: Network, c: Connection): Need[] {
  if (c.synapse) return actsOf(c.synapse).flatMap((a) => ofAct(net, c, a));
  const need = { ...c.from, age: ageOf(net, c) };
  return isTold(net, c) ? [need, { ...need, port: "spike" }] : [need];
}

function ofAct(net: Network, c: Connection, a: Act): Need[] {
  const reads = sourceReads(net, c, a).flatMap(({ variable, age }): Need[] =>
    age === "now" ? [] : [{ node: c.from.node, port: variable, age }],
  );
  const trigger = triggerOf(a);
  if (trigger === "step") return reads;
  const { node } = trigger === "pre" ? c.from : c.to;
  const port = eventPort(a.kind === "pathway" ? a.pathway : {});
  return [{ node, port, age: eventAge(net, c, a) }, ...reads];
}
