/** Competitions: of the neurons of a population that are above threshold, who fires. */
import { invoke, type Node, place } from "../../ir/program.ts";
import { SPIKE } from "../../model/slots.ts";
import { EXCESS } from "./emission.ts";
import type { Lowered } from "./lower.ts";
import { partStarts } from "./parts.ts";
import { statePlace } from "./places.ts";

/** After the first group of phases: the list of those above threshold becomes that of those that fire. */
export function winnersNodes(
  node: string,
  { context: c, net, populations, sources }: Omit<Lowered, "forward" | "delayGroups" | "learned" | "described">,
): Node[] {
  const most = net.populations[node]?.winners;
  if (most === undefined) return [];
  const spikes = sources.spikes.get(node)!;
  const { list, ends, stride } = spikes.allParts();
  const from = place(c.constant(`${node}.parts`, partStarts(c.size(node), c.parts), "i32"));
  const flagged = populations.get(node)!.kernels[0]!.step.stores.some((s) => s.slot === SPIKE);
  return [
    invoke(
      { kind: "winners", type: c.type, most, parts: c.parts, stride, flagged },
      {
        ...{ list, from, to: ends },
        key: statePlace(node, EXCESS, c),
        ...(flagged && { flag: statePlace(node, SPIKE, c) }),
      },
    ),
  ];
}
