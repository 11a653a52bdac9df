/**
 * Stretches of a batch: the steps of which what the host gives is in memory at a time. Usually that is all of them. Where
 * all samples of a batch go through time together (`timeOutermost.ts`) it is a few segments, brought from the host's arrays
 * while the program waits, so that no memory grows with the steps of a sample.
 */
import { BYTES, type FloatType } from "../ir/types.ts";
import type { Network } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { inputOf, lengthOf } from "./batch.ts";
import type { Batch } from "./feed.ts";

/** Bytes of what the host gives that are in memory at a time: few enough for a second-level cache. */
const ROOM = 2 ** 18;
/** Steps at least, so that going back to the host costs little, and at most. */
const [LEAST, MOST] = [16, 128];

/**
 * Segments whose steps are in memory at a time: a power of two, which does not depend on how many segments a sample has,
 * unless it has fewer.
 */
export function stagedSegments(net: Network, batch: number, segment: number, type: FloatType): number {
  const { signal } = net.inputs[inputOf(net)]!;
  const entry = signal === "spikes" ? BYTES.u32 : BYTES.u32 + 2 * BYTES[type]; // a list, and rows
  const step = batch * (sizeOf(net, inputOf(net)) * entry + BYTES.i32);
  const fitting = Math.min(MOST, Math.max(LEAST, ROOM / step)) / segment;
  const [most, all] = [Math.floor(Math.log2(fitting)), Math.ceil(Math.log2(net.steps! / segment))];
  return 2 ** Math.max(0, Math.min(most, all));
}

/** Segments of a batch that follow one another. */
export interface Stretch {
  readonly first: number;
  readonly count: number;
}
/** Steps of which what the host gives is in memory: from the first on, as many as there is room for. */
export interface Window {
  readonly first: number;
  readonly steps: number;
}

/** Segments that a batch has: those of its longest sample. */
export function segmentsOf(l: Lowered, batch: Batch): number {
  let steps = 0;
  for (let s = 0; s < batch.count; s++) steps = Math.max(steps, lengthOf(l.net, batch, s));
  return Math.ceil(steps / l.context.stepsKept);
}
/** All stretches of a batch, in order. */
export function* stretchesOf(l: Lowered, batch: Batch): Generator<Stretch> {
  const all = segmentsOf(l, batch);
  const each = l.context.options.staged ?? all;
  for (let first = 0; first < all; first += each) yield { first, count: Math.min(each, all - first) };
}
/** What must be in memory while a segment runs. */
export function windowAt({ context: c }: Lowered, segment: number): Window {
  const { staged } = c.options;
  const first = staged === undefined ? 0 : segment - (segment % staged);
  return { first: first * c.stepsKept, steps: c.stepsStaged };
}
