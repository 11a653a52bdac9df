/**
 * Ports whose state takes what arrives at once, without a sum in between: between the groups of phases nothing looks at
 * the state, and the next thing that happens to it is that it takes the sum.
 */
import type { Connection } from "../../model/connection.ts";
import { namesIn } from "../../model/equations/ast.ts";
import type { Network } from "../../model/network.ts";
import { type Act, actsOf, dynamicsOf, statementsOf, targetOf, writtenBy } from "../../model/synapse.ts";
import { reachableFrom } from "../../model/synapseEquations.ts";
import { actsOnStates, drivesUpdate, hasTwoGroups } from "../../model/timing.ts";
import type { Context } from "./context.ts";

/** Whether an act changes states themselves, as Brian does, rather than adding to sums that states take later. */
export const isDirect = (c: Connection, a: Act, { options, net }: Context): boolean =>
  options.mode === "stream" && actsOnStates(net, c, a);

/** Ports at which something of a connection arrives as a sum. */
export function arrivalsOf(c: Connection, context: Context): string[] {
  if (!c.synapse) return [c.to.port];
  const written = actsOf(c.synapse)
    .filter((a) => !isDirect(c, a, context))
    .flatMap((a) => writtenBy(c.synapse!, a, "post"))
    .filter((port) => takesSums(c.to.node, port, context.net));
  return [...new Set([...(c.bias ? [c.to.port] : []), ...written])];
}
/** What may be added to: numbers. Anything else is refused where it is written. */
function takesSums(node: string, port: string, { populations }: Network): boolean {
  const { inputs, variables } = populations[node]!.model;
  return inputs.some((i) => i.name === port) || variables.some((v) => v.name === port && v.type === "float");
}

/** @param incoming what ends at the port, all of it from the population's own component or through pathways */
export function arrivesDirectly(node: string, port: string, incoming: readonly Connection[], c: Context): boolean {
  const { net } = c;
  const { model } = net.populations[node]!;
  const state = model.variables.find((v) => v.name === port);
  return (
    c.options.mode === "stream" &&
    hasTwoGroups(net) &&
    !drivesUpdate(net, { to: { node, port } }) &&
    state?.type === "float" &&
    !(model.refractory && state.unlessRefractory) &&
    incoming.every((x) => !x.bias && !x.synapse) &&
    !isLookedAt(node, port, net)
  );
}

/** Whether a pathway reads the state, as that of its source or of its target, or anything that may be made of it. */
function isLookedAt(node: string, port: string, { connections, populations }: Network): boolean {
  const made = populations[node]!.model.subexpressions.map((s) => s.name);
  const looks = (c: Connection, of: "pre" | "post"): boolean =>
    valuesIn(c).some((x) => x.of === of && (x.variable === port || made.includes(x.variable)));
  return connections.some(
    (c) => c.synapse && ((c.to.node === node && looks(c, "post")) || (c.from.node === node && looks(c, "pre"))),
  );
}
const valuesIn = ({ synapse }: Connection): ReturnType<typeof targetOf>[] => {
  const d = dynamicsOf(synapse!);
  const written = synapse!.pathways.flatMap((p) => statementsOf(synapse!, p).flatMap((s) => [...namesIn(s.value)]));
  const moving = [...(d?.clockDriven ?? []), ...(d?.summed ?? [])].flatMap((e) => [...namesIn(e.value)]);
  return [...reachableFrom([...written, ...moving], d)].map((name) => targetOf(synapse!, name));
};
