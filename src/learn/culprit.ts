/** When a loss is not a finite number: which layer is to blame. */
import type { Elements, Executable } from "../backend/backend.ts";
import { copyStride } from "../ir/parallel.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { sampleOf } from "./batch.ts";
import type { Batch } from "./feed.ts";
import { ANSWERS } from "./lossKernels.ts";

export interface Accident {
  readonly x: Executable;
  readonly lowered: Lowered;
  readonly parameters: Parameters;
  readonly batch: Batch;
  /** Runs a batch through the same program. */
  readonly run: (batch: Batch) => void;
}

/** Weights that are not finite; else the first layer that was not in the first sample that went wrong, run again alone. */
export function culprit(a: Accident): string {
  const broken = brokenBlock(a.parameters);
  if (broken) return broken;
  const sample = firstBadSample(a);
  if (sample === undefined) return "every answer is finite; the loss is too large for its type";
  a.run(sampleOf(a.lowered.net, a.batch, sample));
  const layer = firstBadLayer(a);
  return `${layer ? `layer '${layer}'` : "an answer"} is not finite in sample ${sample} of the batch; try smaller weights or inputs`;
}

/** In words, the first array of weights that holds something else than numbers. */
export function brokenBlock(parameters: Parameters): string | undefined {
  const broken = Object.entries(parameters).find(([, values]) => !allFinite(values, values.length));
  return broken && `${broken[0]} is not finite; try a lower rate, or clip the gradients`;
}

function allFinite(values: ArrayLike<number>, count: number, from = 0): boolean {
  for (let k = from; k < from + count; k++) if (!Number.isFinite(values[k])) return false;
  return true;
}

function firstBadSample({ x, lowered: { net, context }, batch }: Accident): number | undefined {
  const [answers, stride, classes] = [x.array(ANSWERS), context.stride(net.output!), context.size(net.output!)];
  for (let s = 0; s < batch.count; s++) if (!allFinite(answers, classes, s * stride)) return s;
  return undefined;
}

/** Where copies of a buffer begin: of whichever thread. */
const copiesOf = (values: Elements, length: number): number[] =>
  Array.from({ length: Math.max(1, Math.floor(values.length / copyStride(length))) }, (_, k) => k * copyStride(length));

/** Looks at what arrived, at the states, and at what left by value, of the first sample of the last chunk. */
function firstBadLayer({ x, lowered }: Accident): string | undefined {
  const { context, sums, sources, populations, components } = lowered;
  const own = (name: string): boolean => {
    const [values, { length }] = [x.array(name), context.buffers.get(name)!];
    return copiesOf(values, length).every((from) => allFinite(values, length / context.options.samples, from));
  };
  return components.flat().find((node) => {
    const arrived = [...sums].filter(([key, s]) => key.startsWith(`${node}.`) && s.place.buffer.startsWith(`${node}.`));
    const sent = [...sources.values].filter(([key]) => key.startsWith(`${node}.`));
    const names = [
      ...arrived.map(([, s]) => s.place.buffer),
      ...(populations.get(node)?.states ?? []).map((s) => s.buffer),
      ...sent.map(([, s]) => s.name),
    ];
    return names.some((name) => !own(name));
  });
}
