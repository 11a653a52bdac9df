/**
 * Parts of populations, which threads work on side by side within a step: ranges of neurons, with the synapses that end
 * there. What a target receives it receives in the same order however many parts there are, so no bit depends on them.
 */
import { along, type Invoke, invoke, loop, type Node, type Place, place, RANGE, shifted } from "../../ir/program.ts";
import type { Context } from "./context.ts";

/** The loop over the parts that run side by side, and that over the parts which spikes come from. */
export const PART = "part";
export const FROM_PART = "part.from";

/** Neurons of each part but the last, which may have fewer: whole ranges. */
export const partWidth = (size: number, parts: number): number => Math.ceil(Math.ceil(size / RANGE) / parts) * RANGE;
/** First neuron of each part, and after the last part the number of neurons. */
export function partStarts(size: number, parts: number): number[] {
  const width = partWidth(size, parts);
  return Array.from({ length: parts + 1 }, (_, k) => Math.min(size, k * width));
}
/** Where the first neuron of the part at hand is told; behind it, that of the next. */
export const partPlace = (node: string, c: Context, variable: string): Place =>
  place(c.constant(`${node}.parts`, partStarts(c.size(node), c.parts), "i32"), 0, along(variable, 1));

/** Where the list of a part begins: there is room for every neuron of the parts before it. */
export const listStart = (node: string, c: Context, variable: string): Place | 0 =>
  c.parts === 1 ? 0 : partPlace(node, c, variable);

/** A call over all neurons of a node, each part by itself. */
export function byPart(call: Invoke, node: string, c: Context): Node {
  if (c.parts === 1) return call;
  const first = partPlace(node, c, PART);
  if (call.kernel.kind === "drawCounts")
    return onParts([invoke(call.kernel, call.args, { first, n: shifted(first, 1) })], c);
  if (call.kernel.kind !== "perElement") throw new Error(`${call.kernel.kind} has no ranges`);
  return onParts([invoke({ ...call.kernel, domain: "range" }, call.args, { first, n: shifted(first, 1) })], c);
}
/** What each part does for itself. */
export const onParts = (body: readonly Node[], c: Context): Node => loop(PART, c.parts, body, { parallel: true });

/** The body for the spikes of each part of a population; those that the host gives come as one. */
export const fromParts = (body: readonly Node[], node: string, c: Context): readonly Node[] =>
  c.parts === 1 || node in c.net.inputs ? body : [loop(FROM_PART, c.parts, body)];
