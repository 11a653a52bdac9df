/**
 * Variables that are the same for all synapses of a source, or of a target, because nothing but events of that neuron
 * changes them, in a way that asks for nothing of the synapse: traces of spike-timing-dependent plasticity, resources of
 * short-term plasticity. One number a neuron is enough for them.
 */
import { UNITS } from "../base/units.ts";
import type { Connection, Nodes } from "./connection.ts";
import { type Node, namesIn, walk } from "./equations/ast.ts";
import { CONSTANTS, RANDOM } from "./equations/functions.ts";
import { LAST_UPDATED, TIME } from "./slots.ts";
import { dynamicsOf, type Pathway, type SynapseModel, statementsOf, targetOf } from "./synapse.ts";
import { reachableFrom, type SynapseDynamics } from "./synapseEquations.ts";

/** Whose synapses share a variable: those of one source, or of one target. */
export type Side = "pre" | "post";
export const SIDES: readonly Side[] = ["pre", "post"];

/** The shared variables of a connection's synapses; none where equations are not event-driven, or synapses differ in delay. */
export function sharedVariables(
  { synapse, from, to, delays, initial = {} }: Connection,
  { inputs, populations }: Nodes,
) {
  const out = new Map<string, Side>();
  const d = synapse && dynamicsOf(synapse);
  if (!d || delays || d.eventDriven.length === 0 || asksForLastUpdate(synapse, d)) return out;
  const { variables, parameters, inputs: ports, subexpressions } = populations[to.node]!.model;
  const ofTarget = new Set([...variables, ...parameters, ...ports, ...subexpressions].map((x) => x.name));
  for (const side of SIDES) {
    const names = closed(synapse, d, side, { ofTarget, other: out });
    // A host may let an input fire twice in a step: then each time must see what the time before left.
    if (side === "pre" && from.node in inputs && areReadBeside(names, synapse, d)) continue;
    for (const name of names) out.set(name, side);
  }
  // Synapses that start with numbers of their own are not the same.
  for (const name of out.keys()) if ((initial[name]?.kind ?? "constant") !== "constant") return new Map<string, Side>();
  return out;
}

/** Whether anything asks when the synapse had its last event: then each notes that for itself. */
const asksForLastUpdate = (s: SynapseModel, d: SynapseDynamics): boolean =>
  [
    ...d.subexpressions,
    ...d.held,
    ...d.clockDriven,
    ...d.summed,
    ...s.pathways.flatMap((p) => statementsOf(s, p)),
  ].some((x) => namesIn(x.value).has(LAST_UPDATED));

/** What names mean besides: something of the target; a variable that the other side's synapses share. */
interface Known {
  readonly ofTarget: ReadonlySet<string>;
  readonly other: ReadonlyMap<string, Side>;
}
/** The largest set of variables that one side's pathways alone write, of nothing but each other. */
function closed(s: SynapseModel, d: SynapseDynamics, side: Side, known: Known): Set<string> {
  const writes = s.pathways.flatMap((p) => statementsOf(s, p).map((x) => ({ ...x, by: p.trigger })));
  const equation = (name: string) => d.eventDriven.find((e) => e.name === name);
  const names = new Set(
    d.states
      .map(({ name }) => name)
      .filter(
        (name) => !known.other.has(name) && (writes.some((x) => x.target === name) || equation(name) !== undefined),
      )
      .filter((name) => writes.every((x) => x.target !== name || x.by === side))
      .filter((name) => !d.clockDriven.some((e) => e.name === name)),
  );
  const isOwn = (value: Node): boolean => ownNodes(value, d).every((n) => isSame(n, names, s, known.ofTarget));
  const fits = (name: string): boolean =>
    writes.every((x) => x.target !== name || isOwn(x.value)) &&
    (!equation(name) || isOwn(equation(name)!.value)) &&
    d.eventDriven.every((e) => names.has(e.name) || !reachableFrom(namesIn(e.value), d).has(name));
  for (let before = -1; before !== names.size; ) {
    before = names.size;
    for (const name of [...names]) if (!fits(name)) names.delete(name);
  }
  return names;
}

/** The nodes of an expression, and of the subexpressions that it leads to. */
function ownNodes(value: Node, d: SynapseDynamics): Node[] {
  const names = reachableFrom(namesIn(value), d);
  const through = d.subexpressions.filter((e) => names.has(e.name)).map((e) => e.value);
  return [value, ...through].flatMap((n) => [...walk(n)]);
}
/** Whether a node is one of these variables, or the same everywhere; what subexpressions lead to is looked at by itself. */
function isSame(n: Node, names: ReadonlySet<string>, s: SynapseModel, ofTarget: ReadonlySet<string>): boolean {
  if (n.tag === "call") return !RANDOM.has(n.fn);
  if (n.tag !== "name" || names.has(n.name)) return true;
  if (dynamicsOf(s)!.subexpressions.some((e) => e.name === n.name)) return true;
  const { of } = targetOf(s, n.name);
  if (of === "synapse") return Object.hasOwn(s.parameters, n.name);
  return isEverywhere(n.name) && !ofTarget.has(n.name);
}
const isEverywhere = (name: string): boolean =>
  UNITS.has(name) || CONSTANTS.has(name) || name === "dt" || name === TIME;

/** Whether what a pathway on source spikes does to anything else depends on these variables. */
function areReadBeside(names: ReadonlySet<string>, s: SynapseModel, d: SynapseDynamics): boolean {
  const reads = (p: Pathway): boolean =>
    statementsOf(s, p)
      .filter((x) => !names.has(x.target))
      .some((x) => [...reachableFrom(namesIn(x.value), d)].some((name) => names.has(name)));
  return s.pathways.some((p) => p.trigger === "pre" && reads(p));
}
