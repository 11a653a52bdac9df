/** What synapses do on a spike or in every step, as kernel calls over them. */
import type { Node } from "../../ir/program.ts";
import type { Connection } from "../../model/connection.ts";
import type { Pathway } from "../../model/synapse.ts";
import { eventAge } from "../../model/timing.ts";
import { spikeEvents } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import { PART } from "./parts.ts";
import { pathwayBody } from "./pathwayBody.ts";
import { overSynapses } from "./synapses.ts";

type Parts = Pick<Lowered, "context" | "sources" | "sums">;

/** Kernel calls of a connection's pathways: those on target spikes (`post`), or all others. */
export function pathwayNodes(c: Connection, post: boolean, l: Parts): Node[] {
  return c.synapse!.pathways.filter((p) => (p.trigger === "post") === post).map((p) => pathwayNode(c, p, l));
}

function pathwayNode(c: Connection, p: Pathway, l: Parts): Node {
  const { step, places } = pathwayBody(c, p, l);
  if (p.trigger === "step") return overSynapses(c, { kind: "perSynapse", domain: "all", step }, places, l);
  const age = eventAge(l.context.net, c, p);
  if (p.trigger === "pre")
    return overSynapses(
      c,
      { kind: "perSynapse", domain: "rows", step },
      places,
      l,
      spikeEvents(c.from.node, age, l.sources),
    );
  const own = spikeEvents(c.to.node, age, l.sources, PART);
  return overSynapses(c, { kind: "perSynapse", domain: "columns", step }, places, l, own);
}
