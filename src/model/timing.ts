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
import { type Act, actsOf, delayIn, namesOf, targetOf, triggerOf, writtenBy } from "./synapse.ts";

/** Steps between leaving and arriving, the schedule's latency included. */
export const totalDelay = (net: Pick<Network, "schedule">, c: Pick<Connection, "delay">): number =>
  c.delay + net.schedule.latency;

export const hasTwoGroups = (net: Pick<Network, "schedule">): boolean => net.schedule.groups.length > 1;

/** Whether the target's update reads what arrives, rather than a state taking it. */
export const drivesUpdate = (net: Pick<Network, "populations">, c: Pick<Connection, "to">): boolean =>
  isInputPort(net, c.to.node, c.to.port);
const isInputPort = (net: Pick<Network, "populations">, node: string, port: string): boolean =>
  net.populations[node]?.model.inputs.some((i) => i.name === port) ?? false;

/**
 * Whether an act of a connection comes at the moment before all populations move: sums and equations in every step; pathways
 * that add to an `(input)`, and with them those of the connection that change synapses alone.
 */
export function actsBeforeUpdate(net: Pick<Network, "populations">, c: Connection, a: Act): boolean {
  if (a.kind !== "pathway") return true;
  const { variables, inputs } = net.populations[c.to.node]!.model;
  const known = new Set([...variables, ...inputs].map((v) => v.name)); // other names are made by statements for themselves
  const ports = (x: Act): string[] => writtenBy(c.synapse!, x, "post").filter((port) => known.has(port));
  const own = ports(a);
  const heard = own.length > 0 ? own : actsOf(c.synapse!).flatMap((x) => (x.kind === "pathway" ? ports(x) : []));
  return heard.some((port) => isInputPort(net, c.to.node, port));
}

/** Age in steps of what left a port of the connection's source. */
export function ageOf(net: Network, c: Connection, port = c.from.port, before = drivesUpdate(net, c)): number {
  const known = port === "spike" ? !before : c.from.node in net.inputs;
  return totalDelay(net, c) + Number(hasTwoGroups(net) && !known);
}

/** Age of the spikes that trigger a pathway. */
export function eventAge(net: Network, c: Connection, a: Act): number {
  const before = actsBeforeUpdate(net, c, a);
  return triggerOf(a) === "post"
    ? delayIn(a) + Number(hasTwoGroups(net) && before)
    : ageOf(net, c, "spike", before) + delayIn(a);
}

/** A variable of the source that an act reads (as `x_pre`). */
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
  if (node in populations) return [...floatStates(populations[node]!.model), ...floatValues(populations[node]!.model)];
  return inputs[node]?.signal === "spikes" ? [] : ["value"];
}
export const floatStates = (model: NeuronModel): string[] =>
  model.variables.filter((v) => v.type === "float").map((v) => v.name);
const floatValues = (model: NeuronModel): string[] =>
  model.subexpressions.filter((v) => v.type === "float").map((v) => v.name);

/** Whether an act sees and may change the states of both nodes as they stand: on a spike, between the groups of phases. */
export const actsOnStates = (net: Network, c: Connection, a: Act): boolean =>
  hasTwoGroups(net) && !actsBeforeUpdate(net, c, a) && triggerOf(a) !== "step";

export function sourceReads(net: Network, c: Connection, a: Act): SourceRead[] {
  const now = actsOnStates(net, c, a) && c.from.node in net.populations;
  const variables = sourceValues(net, c.from.node);
  const extra = triggerOf(a) === "post" ? 0 : delayIn(a);
  // Equations and sums of Brian take no delay.
  const from = a.kind !== "pathway" && hasTwoGroups(net) ? { ...c, delay: 0 } : c;
  const before = actsBeforeUpdate(net, c, a);
  return [...namesOf(c.synapse!, a)]
    .map((name) => targetOf(c.synapse!, name))
    .filter(({ of, variable }) => of === "pre" && variables.includes(variable))
    .map(({ variable }) => ({ variable, age: now ? "now" : ageOf(net, from, variable, before) + extra }));
}

/** Why a network cannot be worked on in parts side by side, if so: a synapse changes what other parts read or change. */
export function whyOnePart(net: Network): string | undefined {
  for (const c of net.connections)
    for (const a of c.synapse ? actsOf(c.synapse) : []) {
      if (writtenBy(c.synapse!, a, "pre").length > 0) return `connection ${c.name} changes its source`;
      const into = net.connections.filter((x) => x.synapse && x.to.node === c.from.node);
      const changed = into.flatMap((x) => actsOf(x.synapse!).flatMap((y) => writtenBy(x.synapse!, y, "post")));
      const read = sourceReads(net, c, a).find((r) => r.age === "now" && changed.includes(r.variable));
      if (read && c.from.node === c.to.node)
        return `connection ${c.name} reads '${read.variable}_pre' while synapses change it`;
    }
  return undefined;
}
