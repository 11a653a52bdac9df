/** What synapses do on a spike or in every step, as kernel calls over them. */
import type { Node } from "../../ir/program.ts";
import type { Connection } from "../../model/connection.ts";
import { type Act, eventPort, triggerOf } from "../../model/synapse.ts";
import { eventAge } from "../../model/timing.ts";
import { spikeEvents } from "./contributions.ts";
import type { LateColumns } from "./lateColumns.ts";
import type { Lowered } from "./lower.ts";
import { FROM_PART, PART } from "./parts.ts";
import { motionBody, pathwayBody } from "./pathwayBody.ts";
import { overSynapses } from "./synapses.ts";
import { inEveryStep, onEvents } from "./traces.ts";

type Parts = Pick<Lowered, "context" | "sources" | "sums">;

const DOMAIN = { step: "all", pre: "rows", post: "columns" } as const;

/**
 * The kernel call of an act of a connection.
 * @param late where the connection puts off what spikes of its targets do to synapses
 */
export function actNode(c: Connection, a: Act, l: Parts, late?: LateColumns): Node[] {
  const { step, places, neuron } = pathwayBody(c, a, l);
  const trigger = triggerOf(a);
  const kernel = { kind: "perSynapse", domain: DOMAIN[trigger], step } as const;
  const none = step.stores.length === 0;
  if (trigger === "step") return none ? [] : [overSynapses(c, kernel, places, l)];
  const age = eventAge(l.context.net, c, a);
  const port = eventPort(a.kind === "pathway" ? a.pathway : {});
  const events =
    trigger === "pre"
      ? spikeEvents(c.from.node, age, l.sources, FROM_PART, port)
      : spikeEvents(c.to.node, age, l.sources, PART, port);
  const putOff = late !== undefined && trigger === "post";
  return [
    ...(late && trigger === "pre" ? [late.before(events)] : []),
    ...(none || putOff ? [] : [overSynapses(c, kernel, places, l, events)]),
    // After the synapses, which compute for themselves what they need of it: a source's is the same for its whole row.
    ...(neuron.step.stores.length > 0 ? [onEvents(c, trigger, neuron.step, neuron.places, events, l)] : []),
  ];
}

/** What the synapses of a neuron share, at the end of a step, where it moves with every step. */
export function motionNodes(c: Connection, l: Parts, late?: LateColumns): Node[] {
  const sides = [...(l.sources.synapses.get(c.name)?.shared.moving ?? [])];
  return sides.map((side) => {
    if (late && side === "pre") return late.step();
    const { step, places } = motionBody(c, side, "step", l);
    return inEveryStep(c, side, step, places, l);
  });
}
