/**
 * How old what a connection brings is when it is used.
 *
 * With one group of phases a node sees in step t what its sources left in step t, or `delay` steps before. With two
 * groups (`brian`) a connection is heard at one of two moments: one to an `(input)` port, which the update reads, before
 * all populations move; any other between the groups. Spikes of step t are known at the second moment, values that leave
 * in step t at neither: they are taken from the step before.
 */
import type { Connection, Nodes } from "./connection.ts";
import type { Network } from "./network.ts";
import type { NeuronModel } from "./neuronModel.ts";
import { namesOf, type Pathway } from "./synapse.ts";

/** Steps between leaving and arriving, the schedule's latency included. */
export const totalDelay = (net: Pick<Network, "schedule">, c: Pick<Connection, "delay">): number =>
  c.delay + net.schedule.latency;

export const hasTwoGroups = (net: Pick<Network, "schedule">): boolean => net.schedule.groups.length > 1;

/** Whether the target's update reads what arrives, rather than a state taking it. */
export const drivesUpdate = (net: Pick<Network, "populations">, c: Pick<Connection, "to">): boolean =>
  net.populations[c.to.node]?.model.inputs.some((i) => i.name === c.to.port) ?? false;

/** Age in steps of what left a port of the connection's source. */
export function ageOf(net: Network, c: Connection, port = c.from.port): number {
  const known = port === "spike" ? !drivesUpdate(net, c) : c.from.node in net.inputs;
  return totalDelay(net, c) + Number(hasTwoGroups(net) && !known);
}

/** Age of the spikes that trigger a pathway. */
export const eventAge = (net: Network, c: Connection, p: Pathway): number =>
  p.trigger === "post" ? p.delay + Number(hasTwoGroups(net) && drivesUpdate(net, c)) : ageOf(net, c, "spike") + p.delay;

/** A variable of the source that a pathway reads (as `x_pre`). */
export interface SourceRead {
  readonly variable: string;
  /**
   * `now`: its state as it stands, which is what Brian reads on a spike, between the groups. Else as it left the source
   * as many steps ago, with the spike that triggers a pathway on source spikes.
   */
  readonly age: number | "now";
}

/** What a pathway may read of a source. */
export function sourceValues(net: Nodes, node: string): string[] {
  const { populations, inputs } = net;
  if (node in populations) return floatStates(populations[node]!.model);
  return inputs[node]?.signal === "spikes" ? [] : ["value"];
}
export const floatStates = (model: NeuronModel): string[] =>
  model.variables.filter((v) => v.type === "float").map((v) => v.name);

export function sourceReads(net: Network, c: Connection, p: Pathway): SourceRead[] {
  const own = new Set([...Object.keys(c.synapse!.variables), ...Object.keys(c.synapse!.parameters)]);
  const now = hasTwoGroups(net) && !drivesUpdate(net, c) && p.trigger !== "step" && c.from.node in net.populations;
  const variables = sourceValues(net, c.from.node);
  const extra = p.trigger === "post" ? 0 : p.delay;
  return [...namesOf(p)]
    .filter((name) => name.endsWith("_pre") && !own.has(name))
    .map((name) => name.slice(0, -"_pre".length))
    .filter((variable) => variables.includes(variable))
    .map((variable) => ({ variable, age: now ? "now" : ageOf(net, c, variable) + extra }));
}
