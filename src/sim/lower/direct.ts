/**
 * Ports whose state takes what arrives at once, without a sum in between: between the groups of phases nothing looks at
 * the state, and the next thing that happens to it is that it takes the sum.
 */
import type { Connection } from "../../model/connection.ts";
import { namesIn } from "../../model/equations/ast.ts";
import { parseStatements } from "../../model/equations/statements.ts";
import type { Network } from "../../model/network.ts";
import { drivesUpdate, hasTwoGroups } from "../../model/timing.ts";
import type { Context } from "./context.ts";

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
    incoming.every((x) => !x.bias) &&
    !isLookedAt(node, port, net)
  );
}

/** Whether a pathway reads the state, as that of its source or of its target. */
const isLookedAt = (node: string, port: string, { connections }: Network): boolean =>
  connections.some(
    (c) =>
      (c.to.node === node && valuesIn(c).some((name) => name === port || name === `${port}_post`)) ||
      (c.from.node === node && valuesIn(c).includes(`${port}_pre`)),
  );
const valuesIn = ({ synapse }: Connection): string[] =>
  (synapse?.pathways ?? []).flatMap((p) =>
    parseStatements({ text: p.body, path: synapse!.name }).flatMap((s) => [...namesIn(s.value)]),
  );
