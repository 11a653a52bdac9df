/** When a loss is not a finite number: which layer is to blame. */
import type { Executable } from "../backend/backend.ts";
import { copyStride } from "../ir/parallel.ts";
import type { Place } from "../ir/program.ts";
import { isNorm } from "../model/transform.ts";
import { SEGMENT } from "../sim/lower/context.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { statePlace } from "../sim/lower/places.ts";
import { lengthOf, sampleOf } from "./batch.ts";
import { type Batch, writeStretch } from "./feed.ts";
import { answersSteps, type Loss } from "./loss.ts";
import { ANSWERS } from "./lossKernels.ts";
import { outputPort } from "./readout.ts";
import { LOOK, LOOK_SEGMENTS } from "./segmented.ts";

export interface Accident {
  readonly x: Executable;
  readonly lowered: Lowered;
  readonly parameters: Parameters;
  readonly batch: Batch;
  readonly loss: Loss;
  /** What keys random draws. */
  readonly update?: number;
  /** Runs a batch through the same program. */
  readonly run: (batch: Batch) => void;
}

/** Weights that are not finite; else the first layer that was not in the first sample that went wrong, run again alone. */
export function culprit(a: Accident): string {
  const broken = brokenBlock(a.parameters);
  if (broken) return broken;
  if (isShared(a.lowered))
    return "an answer is not finite, and samples share their statistics; try smaller weights or inputs";
  const sample = firstBadSample(a);
  if (sample === undefined) return "every answer is finite; the loss is too large for its type";
  runAlone(a, sample);
  const layer = firstBadLayer(a, sample);
  return `${layer ? `layer '${layer}'` : "an answer"} is not finite in sample ${sample} of the batch; try smaller weights or inputs`;
}

/** Whether a sample alone would go another way: where each step has the statistics of all samples. */
const isShared = ({ net, context }: Lowered): boolean =>
  context.options.statistics === "batch" && Object.values(net.transforms).some((t) => isNorm(t) && t.over === "batch");

/** In words, the first array of weights that holds something else than numbers. */
export function brokenBlock(parameters: Parameters): string | undefined {
  const broken = Object.entries(parameters).find(([, values]) => !allFinite(values, values.length));
  return broken && `${broken[0]} is not finite; try a lower rate, or clip the gradients`;
}

function allFinite(values: ArrayLike<number>, count: number, from = 0): boolean {
  for (let k = from; k < from + count; k++) if (!Number.isFinite(values[k])) return false;
  return true;
}

function firstBadSample(a: Accident): number | undefined {
  const { net, context } = a.lowered;
  const isBad = answersSteps(a.loss)
    ? (s: number) => !answersInEachStep(a, s)
    : (s: number) => !allFinite(a.x.array(ANSWERS), context.size(net.output!), s * context.stride(net.output!));
  for (let s = 0; s < a.batch.count; s++) if (isBad(s)) return s;
  return undefined;
}
/**
 * Runs one sample alone, on whichever thread takes it. What other samples left in the copies of other threads means
 * nothing, and is cleared where it is not finite: what is not finite afterwards came from this sample.
 */
function runAlone(a: Accident, sample: number): void {
  for (const { buffer } of a.lowered.components.flat().flatMap((node) => placesOf(node, a))) {
    const values = a.x.array(buffer);
    for (let k = 0; k < values.length; k++) if (!Number.isFinite(values[k])) values[k] = 0;
  }
  a.run(sampleOf(a.lowered.net, a.batch, sample));
}
/** Of one sample alone: the answers of each step are not kept for all. */
function answersInEachStep(a: Accident, sample: number): boolean {
  const { node, port } = outputPort(a.lowered.net, a.loss);
  runAlone(a, sample);
  const row = a.lowered.sources.values.get(`${node}.${port}`)!.row();
  for (const steps of stretches(a, sample)) if (!isFinite(a, row, steps)) return false;
  return true;
}

/** The first of a sample's segments in which a layer went wrong tells which one that was. */
function firstBadLayer(a: Accident, sample: number): string | undefined {
  for (const steps of stretches(a, sample)) {
    const layer = badLayer(a, steps);
    if (layer) return layer;
  }
  return undefined;
}

/** Steps whose rows are in memory, after as many segments of the sample. */
interface Stretch {
  readonly segment: number;
  readonly steps: number;
}
/** All steps of a sample that has just run alone; with segments each of them in turn, brought back by running up to it. */
function* stretches(a: Accident, sample: number): Generator<Stretch> {
  const { net, context } = a.lowered;
  const length = lengthOf(net, a.batch, sample);
  if (!context.hasSegments) yield { segment: 0, steps: length };
  else
    for (let segment = 0; segment * context.stepsKept < length; segment++) {
      runUpTo(a, sample, segment);
      yield { segment, steps: Math.min(context.stepsKept, length - segment * context.stepsKept) };
    }
}
/** Forwards, to the end of a segment: from the start, or where samples keep what they have come to from the segment before. */
function runUpTo({ x, lowered, batch, loss, update }: Accident, sample: number, segment: number): void {
  if (lowered.context.options.staged === undefined) x.array(LOOK_SEGMENTS)[0] = segment + 1;
  else {
    const alone = sampleOf(lowered.net, batch, sample);
    writeStretch(
      x,
      lowered,
      { batch: alone, loss, ...(update !== undefined && { update }) },
      { first: segment, count: 1 },
    );
  }
  x.run(LOOK);
}

/** Looks at what arrived, at the states, and at what left by value. */
const badLayer = (a: Accident, steps: Stretch): string | undefined =>
  a.lowered.components.flat().find((node) => placesOf(node, a).some((p) => !isFinite(a, p, steps)));

function placesOf(node: string, a: Accident): Place[] {
  const { context, sums, sources, populations } = a.lowered;
  const own = (key: string): boolean => key.startsWith(`${node}.`);
  return [
    ...[...sums].filter(([key, s]) => own(key) && own(s.place.buffer)).map(([, s]) => s.place),
    ...(populations.get(node)?.states ?? []).map((s) => statePlace(node, s.name, context, typeOf(s.buffer, a))),
    ...[...sources.values].filter(([key]) => own(key)).map(([, s]) => s.row()),
  ];
}
const typeOf = (buffer: string, { lowered }: Accident) => lowered.context.buffers.get(buffer)!.type;

/** What a sample alone left at a place: its own steps, in every copy. */
function isFinite({ x, lowered: { context } }: Accident, at: Place, { segment, steps }: Stretch): boolean {
  const values = x.array(at.buffer);
  const { length } = context.buffers.get(at.buffer)!;
  const stride = (loop: string): number => at.terms.find((t) => t.loop === loop)?.stride ?? 0;
  const rows = at.offset + segment * stride(SEGMENT) + steps * stride("t");
  const checked = stride("t") > 0 ? rows : stride("s") || length;
  for (let start = 0; start + checked <= values.length; start += copyStride(length))
    if (!allFinite(values, checked, start)) return false;
  return true;
}
