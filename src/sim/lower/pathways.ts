/** What synapses do on a spike or in every step, as kernel calls over them. */
import { invoke, type Node } from "../../ir/program.ts";
import type { Connection } from "../../model/connection.ts";
import type { Pathway } from "../../model/synapse.ts";
import { eventAge } from "../../model/timing.ts";
import { spikeEvents } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import { pathwayBody } from "./pathwayBody.ts";

type Parts = Pick<Lowered, "context" | "sources" | "sums">;

/** Kernel calls of a connection's pathways: those on target spikes (`post`), or all others. */
export function pathwayNodes(c: Connection, post: boolean, l: Parts): Node[] {
  return c.synapse!.pathways.filter((p) => (p.trigger === "post") === post).map((p) => pathwayNode(c, p, l));
}

function pathwayNode(c: Connection, p: Pathway, l: Parts): Node {
  const { step, places } = pathwayBody(c, p, l);
  const { rows, columns } = l.sources.synapses.get(c.name)!;
  if (p.trigger === "step") {
    const sources = l.context.size(c.from.node);
    return invoke({ kind: "perSynapse", domain: "all", step }, { ...places, ...rows }, { sources });
  }
  const pre = p.trigger === "pre";
  const { list, from, to } = spikeEvents(pre ? c.from.node : c.to.node, eventAge(l.context.net, c, p), l.sources);
  const kernel = { kind: "perSynapse", domain: pre ? "rows" : "columns", step } as const;
  return invoke(kernel, { ...places, ...(pre ? rows : columns), list }, { from, to });
}
