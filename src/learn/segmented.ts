/**
 * Training in segments of time (`sim/lower/segments.ts`): what happens to a chunk of samples.
 *
 * In two passes all segments run forwards, keeping what each starts from, then from the last to the first each runs
 * forwards again, now with what its adjoint needs, and backwards. In one pass, where errors are cut and each segment has a
 * loss of its own, it runs forwards and backwards before the next begins.
 */
import { ModelError } from "../base/errors.ts";
import { loop, type Node, type Place, place, type Region } from "../ir/program.ts";
import type { Network } from "../model/network.ts";
import { SEGMENT } from "../sim/lower/context.ts";
import { overSamples } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import {
  inFirstSegment,
  overSegments,
  type Past,
  SegmentStarts,
  segmentCounts,
  segmentNodes,
  startNodes,
  withoutStores,
} from "../sim/lower/segments.ts";
import { overChunks } from "../sim/lower/shards.ts";
import type { BackwardPass } from "./backward.ts";
import { isCountOf } from "./regularise.ts";
import { isWatched } from "./watch.ts";
import { bitRows, weightGradients } from "./weightGradients.ts";

export interface SegmentedPlan {
  readonly backward: BackwardPass;
  /** Whether errors end where a segment begins. */
  readonly cut: boolean;
  /** Of a sample: what needs all its steps before the first error can be formed. */
  readonly whole: readonly Node[];
  /** Of a sample: the loss of the segment at hand. */
  readonly each: readonly Node[];
}

/** @throws {ModelError} `unsupported` for synapses that change while a sample runs */
export function segmentedNodes(l: Lowered, plan: SegmentedPlan): Node[] {
  requireRepeatable(l.net);
  return plan.cut && plan.whole.length === 0 ? onePass(l, plan) : twoPasses(l, plan);
}

/** A second run of a segment would find other weights. */
function requireRepeatable(net: Network): void {
  const plastic = net.connections.find((c) => c.synapse);
  if (plastic)
    throw new ModelError(
      "unsupported",
      `connection ${plastic.name}`,
      "synapses with variables of their own cannot be trained around in segments of time: train without checkpoint or segment",
    );
}

function onePass(l: Lowered, { backward, each }: SegmentedPlan): Node[] {
  const c = l.context;
  const starts = new SegmentStarts(l, bitsBefore(l));
  const backwards = [...each, ...backward.segment(l, true), ...inFirstSegment(c, backward.end(l))];
  return [
    ...startNodes(l, starts.begin()),
    overSegments(c, [
      ...segmentNodes(l, { end: backwards }),
      ...weightGradients(l, backward),
      ...overSamples(c, starts.advance()),
    ]),
  ];
}

function twoPasses(l: Lowered, { backward, cut, whole, each }: SegmentedPlan): Node[] {
  const c = l.context;
  const starts = new SegmentStarts(l, bitsBefore(l));
  const nodes = Object.keys(l.net.populations);
  const isCount = (_slot: string, at: Place): boolean => isWatched(at.buffer) || nodes.some((n) => isCountOf(n, at));
  const sweep = { start: starts.keep(), end: starts.advance(), change: withoutTape(l) };
  const again = {
    start: starts.restore(),
    end: [...each, ...backward.segment(l, cut)],
    change: (nodes: readonly Node[]) => withoutStores(nodes, isCount), // they are counted once
  };
  return [
    ...startNodes(l, starts.begin()),
    overSegments(c, segmentNodes(l, sweep)),
    ...overSamples(c, [...whole, ...backward.begin(l)]),
    overSegments(c, [...segmentNodes(l, again), ...weightGradients(l, backward)], true),
    ...overSamples(c, backward.end(l)),
  ];
}

/** The region that runs forwards alone, and only so many segments, so that the rows of the last of them can be looked at. */
export const LOOK = "look";
export const LOOK_SEGMENTS = "look.segments";
export function lookRegion(l: Lowered): Region {
  const c = l.context;
  const starts = new SegmentStarts(l, bitsBefore(l));
  const count = place(c.buffer(LOOK_SEGMENTS, "i32", 1, "argument"));
  const sweep = segmentNodes(l, { end: starts.advance(), change: withoutTape(l) });
  return {
    name: LOOK,
    body: overChunks(c, [], [...startNodes(l, starts.begin()), loop(SEGMENT, count, [...segmentCounts(c), ...sweep])]),
  };
}

/** The first pass needs nothing of what only the adjoint reads, but for spikes that are late. */
export function withoutTape(l: Lowered): (nodes: readonly Node[]) => Node[] {
  const late = new Set(bitsBefore(l).map((p) => p.buffer));
  return (nodes) =>
    withoutStores(nodes, (slot, at) => slot.startsWith("tape.") || (slot === "bits" && !late.has(at.buffer)));
}

/** Bits of spikes that left before a segment, and arrive in it. */
export function bitsBefore(l: Lowered): Past[] {
  return [...l.populations.values()]
    .filter(({ kernels }) => kernels.some((k) => k.step.stores.some((s) => s.slot === "bits")))
    .map(({ node }) => bitRows(node, l.context))
    .filter((p) => p.count > 0);
}
