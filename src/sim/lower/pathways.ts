/** What synapses do on a spike or in every step, as kernel calls over them. */
import type { Node } from "../../ir/program.ts";
import type { Connection } from "../../model/connection.ts";
import { type Act, eventPort, triggerOf } from "../../model/synapse.ts";
import { eventAge } from "../../model/timing.ts";
import { spikeEvents } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import { FROM_PART, PART } from "./parts.ts";
import { pathwayBody } from "./pathwayBody.ts";
import { overSynapses } from "./synapses.ts";

type Parts = Pick<Lowered, "context" | "sources" | "sums">;

const DOMAIN = { step: "all", pre: "rows", post: "columns" } as const;

/** The kernel call of an act of a connection. */
export function actNode(c: Connection, a: Act, l: Parts): Node[] {
  const { step, places } = pathwayBody(c, a, l);
  if (step.stores.length === 0) return [];
  const trigger = triggerOf(a);
  const kernel = { kind: "perSynapse", domain: DOMAIN[trigger], step } as const;
  if (trigger === "step") return [overSynapses(c, kernel, places, l)];
  const age = eventAge(l.context.net, c, a);
  const port = eventPort(a.kind === "pathway" ? a.pathway : {});
  const events =
    trigger === "pre"
      ? spikeEvents(c.from.node, age, l.sources, FROM_PART, port)
      : spikeEvents(c.to.node, age, l.sources, PART, port);
  return [overSynapses(c, kernel, places, l, events)];
}
