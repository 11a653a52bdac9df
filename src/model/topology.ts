/** Which node must be evaluated before which within a step; cycles without delay are refused by name. */
import { ModelError } from "../base/errors.ts";
import type { Connection } from "./connection.ts";
import type { Network } from "./network.ts";
import { actsOf, writtenBy } from "./synapse.ts";
import { hasTwoGroups, sourceReads, totalDelay } from "./timing.ts";

/** Whether what leaves a node in a step is seen by the target in the same step, before its threshold. */
const isInstant = (net: Network, c: Connection): boolean => totalDelay(net, c) === 0 && !hasTwoGroups(net);

/** Whether synapses see or change states of the source in the middle of a step: the two must then move in one time loop. */
const seesSource = (net: Network, c: Connection): boolean =>
  (c.synapse ? actsOf(c.synapse) : []).some(
    (a) => writtenBy(c.synapse!, a, "pre").length > 0 || sourceReads(net, c, a).some((r) => r.age === "now"),
  );

/** Directed edges between nodes: connections, and the inputs of transforms (which have no delay). */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly instant: boolean;
  readonly label: string;
}

export function edgesOf(net: Network): Edge[] {
  const connections = net.connections.map((c) => ({
    from: c.from.node,
    to: c.to.node,
    instant: isInstant(net, c),
    label: c.name,
  }));
  const transforms = Object.entries(net.transforms).flatMap(([to, t]) =>
    t.of.map((from) => ({ from: from.node, to, instant: true, label: `${from.node}>${to}` })),
  );
  const seen = net.connections
    .filter((c) => seesSource(net, c))
    .map((c) => ({ from: c.to.node, to: c.from.node, instant: false, label: c.name }));
  return [...connections, ...transforms, ...seen];
}

/** @throws {ModelError} `out-of-range` for a delay below the schedule's least, `cycle` naming a cycle of instant edges */
export function checkDelays(net: Network): void {
  for (const c of net.connections)
    if (c.delay < net.schedule.minimumDelay)
      throw new ModelError(
        "out-of-range",
        `connection ${c.name}.delay`,
        `schedule '${net.schedule.name}' needs a delay of at least ${net.schedule.minimumDelay} step, got ${c.delay}`,
      );
  evaluationOrder(net);
}

/** Nodes in an order in which instant edges point forwards; as declared where nothing else decides. */
export function evaluationOrder(net: Network): string[] {
  const nodes = [net.inputs, net.populations, net.transforms].flatMap((group) => Object.keys(group));
  const before = new Map<string, string[]>(nodes.map((n) => [n, []]));
  for (const e of edgesOf(net)) if (e.instant) before.get(e.to)!.push(e.from);
  const state = new Map<string, "open" | "done">();
  const order: string[] = [];
  const visit = (node: string, trail: readonly string[]): void => {
    if (state.get(node) === "done") return;
    if (state.get(node) === "open") {
      const cycle = [...trail.slice(trail.indexOf(node)), node].reverse(); // the trail runs against the edges
      throw new ModelError(
        "cycle",
        net.name,
        `a cycle without delay: ${cycle.join(" -> ")}; give one of its connections a delay of at least 1 step`,
      );
    }
    state.set(node, "open");
    for (const b of before.get(node)!) visit(b, [...trail, node]);
    state.set(node, "done");
    order.push(node);
  };
  for (const n of nodes) visit(n, []);
  return order;
}

/**
 * Strongly connected components over all edges, in an order in which every edge points forwards: each component
 * needs a time loop of its own, and only inside a component must time come before layers.
 */
export function components(net: Network): string[][] {
  const nodes = evaluationOrder(net);
  const next = new Map<string, string[]>(nodes.map((n) => [n, []]));
  for (const e of edgesOf(net)) next.get(e.from)!.push(e.to);
  const found = tarjan(nodes, next).reverse();
  const position = new Map(nodes.map((n, k) => [n, k]));
  return found.map((c) => c.sort((a, b) => position.get(a)! - position.get(b)!));
}

/** Tarjan 1972: components come out with every successor before its predecessors. */
function tarjan(nodes: readonly string[], next: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const out: string[][] = [];
  const visit = (n: string): void => {
    index.set(n, index.size);
    low.set(n, index.get(n)!);
    stack.push(n);
    for (const m of next.get(n)!) {
      if (!index.has(m)) visit(m);
      if (stack.includes(m)) low.set(n, Math.min(low.get(n)!, low.get(m)!));
    }
    if (low.get(n) === index.get(n)) out.push(stack.splice(stack.indexOf(n)));
  };
  for (const n of [...nodes].reverse()) if (!index.has(n)) visit(n);
  return out;
}
