/**
 * Training whose errors are formed as time goes on: a sample runs forwards in segments of time, each of which leaves its
 * share of the gradients behind, and what later segments need of it, before the next begins.
 */

import type { Node, Place } from "../ir/program.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSamples } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import { overSegments, SegmentStarts, segmentNodes, startNodes, withoutStores } from "../sim/lower/segments.ts";
import { bitsBefore, withoutTape } from "./segmented.ts";
import { isWatched } from "./watch.ts";
import type { PortErrors } from "./weightGradients.ts";

/** What an algorithm of this kind does. */
export interface OnlinePass extends PortErrors {
  /** The gradient of the loss with respect to a port, as far as no connection brings it. Before the population's `kernel`. */
  give(node: string, port: string, row: Place): void;
  /** Hook for `lower`. */
  kernel(node: string, kernel: Kernel, c: Context): Kernel;
  /** Starts what a shard sums besides weights. */
  clearSums(l: Lowered): Node[];
  /** Buffers of what a sample keeps from one segment to the next. */
  kept(l: Lowered): readonly string[];
  /** Of a sample, before its first segment. */
  begin(l: Lowered): Node[];
  /** Of a sample, when it has run through the segment at hand: errors at ports. */
  errors(l: Lowered): Node[];
  /** Of a chunk, after that: gradients, and what goes on to the next segment. */
  gradients(l: Lowered): Node[];
}

export interface OnlinePlan {
  readonly pass: OnlinePass;
  /** Of a sample: what needs all its steps before the first error can be formed. */
  readonly whole: readonly Node[];
  /** Of a sample: the loss of the segment at hand. */
  readonly each: readonly Node[];
}

/** Spikes that a watch counts are counted once. */
const withoutWatch = (nodes: readonly Node[]): Node[] => withoutStores(nodes, (_slot, at) => isWatched(at.buffer));

/** A chunk of samples. Where something needs whole samples, they run twice: the first time to know it, and without a tape. */
export function onlineNodes(l: Lowered, { pass, whole, each }: OnlinePlan): Node[] {
  const c = l.context;
  const starts = new SegmentStarts(l, bitsBefore(l));
  const sweep = { end: starts.advance(), change: withoutTape(l) };
  const first = [...startNodes(l, starts.begin()), overSegments(c, segmentNodes(l, sweep)), ...overSamples(c, whole)];
  return [
    ...(whole.length > 0 ? first : []),
    ...startNodes(l, [...starts.begin(), ...pass.begin(l)]),
    overSegments(c, [
      ...segmentNodes(l, { end: [...each, ...pass.errors(l)], ...(whole.length > 0 && { change: withoutWatch }) }),
      ...pass.gradients(l),
      ...overSamples(c, starts.advance()),
    ]),
  ];
}
