/**
 * Variables that all synapses of a source, or of a target, share (`model/synapseSharing.ts`): one number a neuron, kept up
 * to date in one of two ways. Where a neuron has few synapses, its number is brought up to date by its closed form when an
 * event asks for it, from the step of the neuron's own last event. Where it has many, every event of the other side would
 * ask for it once a synapse, and it moves with every step instead: one multiplication a neuron.
 */
import { LISTED, signatureOf } from "../../ir/kernelArguments.ts";
import { along, type Invoke, invoke, type Node, type Place, place } from "../../ir/program.ts";
import type { Slot, Step } from "../../ir/step.ts";
import type { Connection } from "../../model/connection.ts";
import { dynamicsOf } from "../../model/synapse.ts";
import { SIDES, type Side } from "../../model/synapseSharing.ts";
import type { Context } from "./context.ts";
import type { Lowered } from "./lower.ts";
import { byPart, fromParts, onParts, PART } from "./parts.ts";
import type { Events } from "./signals.ts";

/** Synapses a neuron from which on its numbers move with every step: an exponential costs as much as so many products. */
const MANY = 16;
/** Numbers of a cache line: parts write on lines of their own. */
const LINE = 16;

/** The step of the last event of each source or target, where its numbers do not move with every step. */
export const LAST_EVENT: Readonly<Record<Side, string>> = { pre: "lastupdate_pre", post: "lastupdate_post" };

/** What synapses share, by variable, and the sides on which it moves with every step. */
export interface Shared {
  readonly of: ReadonlyMap<string, Side>;
  readonly moving: ReadonlySet<Side>;
}

/** @param count synapses of the connection */
export function sharedBy(c: Connection, of: ReadonlyMap<string, Side>, count: number, context: Context): Shared {
  const many = (side: Side): boolean => count >= MANY * context.size(nodeOf(c, side));
  const moves = (side: Side): boolean => changing(c, of, side).length > 0 && many(side);
  return { of, moving: new Set(SIDES.filter(moves)) };
}
export const nodeOf = ({ from, to }: Connection, side: Side): string => (side === "pre" ? from : to).node;
/** Shared variables of a side that change between events. */
export const changing = ({ synapse }: Connection, of: ReadonlyMap<string, Side>, side: Side): string[] =>
  ((synapse && dynamicsOf(synapse)?.eventDriven) ?? []).map((e) => e.name).filter((name) => of.get(name) === side);

/** Elements of a side's numbers; each part of the targets has numbers of all sources for itself. */
export const strideOf = (c: Connection, side: Side, context: Context): number =>
  Math.ceil(context.size(nodeOf(c, side)) / LINE) * LINE;
export const lengthOf = (c: Connection, side: Side, context: Context): number =>
  strideOf(c, side, context) * (side === "pre" ? context.parts : 1);
/** The numbers of the side's neurons; of the part at hand, where each has its own. */
export const tracePlace = (c: Connection, name: string, side: Side, context: Context): Place =>
  place(
    `${c.name}.${name}`,
    0,
    ...(side === "pre" && context.parts > 1 ? [along(PART, strideOf(c, side, context))] : []),
  );

/** Numbers of sources that each part has for itself, and how many elements one of these copies has. */
export function copiedTraces({ context, net, sources }: Pick<Lowered, "context" | "net" | "sources">) {
  if (context.parts === 1) return [];
  return net.connections.flatMap((c) => {
    const shared = sources.synapses.get(c.name)?.shared.of ?? new Map<string, Side>();
    return [...[...shared].filter(([, side]) => side === "pre").map(([name]) => name), LAST_EVENT.pre]
      .map((name) => ({ buffer: `${c.name}.${name}`, stride: strideOf(c, "pre", context) }))
      .filter(({ buffer }) => context.buffers.has(buffer));
  });
}

/** What a pathway does to a side's numbers, as a step of a neuron: slots of that side become those of the element. */
export function neuronStep(step: Step, side: Side): Step {
  const slot = (s: Slot): Slot => (s.space === side ? { ...s, space: "element" } : s);
  return { ...step, slots: step.slots.map(slot) };
}
type Parts = Pick<Lowered, "context">;
type Places = Readonly<Record<string, Place>>;
const argumentsFor = (call: Invoke["kernel"], places: Places, more: Places = {}): Places =>
  Object.fromEntries(signatureOf(call).args.map((name) => [name, more[name] ?? places[name]!]));

/** A step of the neurons with an event. */
export function onEvents(c: Connection, side: Side, step: Step, places: Places, events: Events, l: Parts): Node {
  const kernel = { kind: "perElement", step, domain: "list" } as const;
  const { list, from, to } = events;
  const call = invoke(kernel, argumentsFor(kernel, places, { [LISTED]: list }), { from, to });
  if (l.context.parts === 1) return call;
  return onParts(side === "pre" ? fromParts([call], c.from.node, l.context) : [call], l.context);
}
/** A step of all neurons. */
export function inEveryStep(c: Connection, side: Side, step: Step, places: Places, { context }: Parts): Node {
  const kernel = { kind: "perElement", step } as const;
  const node = nodeOf(c, side);
  const call = invoke(kernel, argumentsFor(kernel, places), { n: context.size(node) });
  if (side === "post") return byPart(call, node, context);
  return context.parts > 1 ? onParts([call], context) : call;
}
