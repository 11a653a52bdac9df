/**
 * Time outermost: all samples of a batch go through one segment of time, forwards and backwards, before any goes on to the
 * next. Of every sample its states are kept, and as many rows of what left as delays reach back; nothing that grows with
 * the number of segments. So weights may change between segments (`fptt`). Where a segment is one step, what needs all
 * samples of a batch may stand anywhere in it (`sim/lower/meetings.ts`).
 *
 * The loop over the segments stands around the parallel loop over shards: threads run it together, and meet where one
 * needs what another has summed.
 */
import { keptByRound } from "../ir/parallel.ts";
import { loop, type Node, type Place, type Program, place, type Region } from "../ir/program.ts";
import { abreast } from "../sim/lower/abreast.ts";
import { type Context, SEGMENT } from "../sim/lower/context.ts";
import { overSamples } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { inStages, type TogetherStage } from "../sim/lower/meetings.ts";
import { inFirstSegment, SegmentStarts, segmentCounts, segmentNodes } from "../sim/lower/segments.ts";
import { overChunks } from "../sim/lower/shards.ts";
import type { BackwardPass } from "./backward.ts";
import { maskName } from "./dropout.ts";
import type { OnlinePass } from "./online.ts";
import { bitsBefore, LOOK, withoutTape } from "./segmented.ts";
import { weightGradients } from "./weightGradients.ts";

/**
 * A batch goes through its segments in stretches, of which the host brings what it gives (`staged.ts`): the first segment of the
 * stretch at hand, how many it has, and whether (1 or 0) the batch begins and ends with it. The host writes them.
 */
export const STRETCH = {
  ...{ first: "stretch.first", count: "stretch.count" },
  ...{ begins: "stretch.begins", ends: "stretch.ends" },
} as const;
const numberOf = (c: Context, name: keyof typeof STRETCH): Place =>
  place(c.buffer(STRETCH[name], "i32", 1, "argument"));
const ofStretch = (c: Context, body: readonly Node[]): Node =>
  loop(SEGMENT, numberOf(c, "count"), body, { from: numberOf(c, "first") });
function when(c: Context, which: "begins" | "ends", body: readonly Node[]): Node[] {
  const count = numberOf(c, which); // the host writes it even where nothing is done then
  return body.length === 0 ? [] : [loop(which, count, body)];
}

/** What samples do: their errors and gradients, and in front of these the loss of the segment at hand. */
export interface OnwardWork {
  readonly pass: Pick<OnlinePass, "begin" | "errors" | "gradients">;
  readonly each: readonly Node[];
}
/** What is done besides. */
export interface OnwardTurns {
  /** Once a batch, before all. */
  readonly before: readonly Node[];
  /** Once a shard, before the first segment: sums over the whole batch start. */
  readonly start: readonly Node[];
  /** Once a shard and segment: gradients start. */
  readonly clear: readonly Node[];
  /** After all shards, once a segment. */
  readonly end: readonly Node[];
  /** Once a batch, after all. */
  readonly after: readonly Node[];
}
/** Nodes of samples, which regions may share: to where they start, and what they do in a segment. */
export interface OnwardParts {
  readonly begin: readonly Node[];
  readonly first: TogetherStage;
  /** Loops over the shards. */
  readonly later: readonly Node[];
}

export function onwardParts(l: Lowered, { pass, each }: OnwardWork): OnwardParts {
  const c = l.context;
  const starts = new SegmentStarts(l, bitsBefore(l));
  const begin = [...l.forward.flatMap((f) => f.start), ...starts.begin(), ...pass.begin(l)];
  const errors = [...each, ...pass.errors(l)];
  const constant = l.forward.flatMap((f) => f.sample.once); // weights have changed since the segment before
  const steps = segmentNodes(l, { start: constant, end: errors });
  const gradients = pass.gradients(l);
  const segment = [
    ...segmentCounts(c),
    ...l.forward.flatMap((f) => f.chunk),
    ...overSamples(
      c,
      l.forward.flatMap((f) => f.given.once),
    ),
    ...steps,
    ...gradients,
    ...overSamples(c, starts.advance()),
  ];
  const [first, ...later] = together(segment, c);
  return {
    begin: overSamples(c, begin),
    first: first!,
    later: later.flatMap(({ shard, chunk }) => overChunks(c, shard, chunk)),
  };
}

/** What chunks do in a segment, side by side as far as one need not wait for the others. */
function together(segment: readonly Node[], c: Context): TogetherStage[] {
  const wide = c.options.statistics === "batch";
  const stages = wide ? inStages(segment) : [{ shard: [], chunk: segment }];
  return stages.map(({ shard, chunk }) => ({ shard, chunk: c.stepsKept === 1 ? abreast(chunk, c) : chunk }));
}

/** A region's body, for a stretch of the segments: all samples to where they start, then segment by segment. */
export function onwardNodes({ context: c }: Lowered, parts: OnwardParts, turns: OnwardTurns): Node[] {
  const { begin, first, later } = parts;
  const segment = [...overChunks(c, [...turns.clear, ...first.shard], first.chunk), ...later];
  return [
    ...when(c, "begins", [...turns.before, ...overChunks(c, turns.start, begin)]),
    ofStretch(c, [...segment, ...turns.end]),
    ...when(c, "ends", turns.after),
  ];
}

/** The region that runs forwards alone, so that the rows of each segment can be looked at. */
export function onwardLook(l: Lowered): Region {
  const c = l.context;
  const starts = new SegmentStarts(l, bitsBefore(l));
  const constant = l.forward.flatMap((f) => f.sample.once);
  const begin = overSamples(c, [...l.forward.flatMap((f) => f.start), ...starts.begin()]);
  const segment = [
    ...segmentCounts(c),
    ...l.forward.flatMap((f) => f.chunk),
    ...overSamples(
      c,
      l.forward.flatMap((f) => f.given.once),
    ),
    ...segmentNodes(l, { start: constant, end: starts.advance(), change: withoutTape(l) }),
  ];
  return { name: LOOK, body: overChunks(c, [], [...when(c, "begins", begin), ofStretch(c, segment)]) };
}

/** Errors that end where a segment begins. */
export const onwardPass = (backward: BackwardPass): OnwardWork["pass"] => ({
  begin: () => [],
  errors: (l) => [...backward.segment(l, true), ...inFirstSegment(l.context, backward.end(l))],
  gradients: (l) => weightGradients(l, backward),
});

/** The program with a copy for each chunk of all that its samples keep from one segment to the next. */
export function keptByChunk(program: Program, l: Lowered, more: readonly string[]): Program {
  const kept = new SegmentStarts(l, bitsBefore(l)).buffers;
  const masks = Object.keys(l.net.populations).map(maskName);
  return keptByRound(program, new Set([...kept, ...masks, ...more]), "chunk", l.context.chunks);
}
