/** What a network answered, of each sample or of each step, and how often it was right. */
import type { Executable } from "../backend/backend.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { labelOf, lengthOf, markOf } from "./batch.ts";
import type { Batch } from "./feed.ts";
import { answersSteps, type Loss } from "./loss.ts";
import { ANSWERS, STEP_ANSWERS, STEP_BEST } from "./lossKernels.ts";
import { needsOfLoss } from "./lossNeeds.ts";
import { argmax } from "./readout.ts";
import type { Window } from "./stretches.ts";

/** What a network answered, and how often it was right. */
export interface Answers {
  /**
   * The class with the largest answer in each sample; with a loss of each step in each sample and step of the network,
   * [samples][steps], and -1 behind a sample's end.
   */
  readonly predictions: Int32Array;
  /** Answers that had a label, or numbers to be compared with: samples, or steps. */
  readonly counted: number;
  /** Those that were right; NaN where the loss compares with numbers, and none is right or wrong. */
  readonly correct: number;
  /** How often a label was answered by a class: [labels][classes]. */
  readonly confusion: Uint32Array;
  /**
   * The numbers themselves, [samples][outputs]; with a loss of each step that compares with numbers
   * [samples][steps][outputs], NaN behind a sample's end, and otherwise absent.
   */
  readonly answers?: Float64Array;
}

/** How often the answers in these steps were right, of a loss that compares one in each. */
export function scoreOf(x: Executable, l: Lowered, batch: Batch, loss: Loss, window: Window): Score {
  const classes = l.context.size(l.net.output!);
  const best = needsOfLoss(loss).labels ? x.array(STEP_BEST) : undefined;
  let [counted, correct] = [0, best ? 0 : Number.NaN];
  for (let s = 0; s < batch.count; s++) {
    const end = Math.min(window.first + window.steps, lengthOf(l.net, batch, s));
    for (let t = window.first; t < end; t++) {
      const mark = markOf(l.net, batch, loss, s, t);
      if (mark < 0) continue;
      counted++;
      if (best) correct += Number(bestOf(best[s * window.steps + t - window.first]!, classes) === mark);
    }
  }
  return { counted, correct };
}
export type Score = Pick<Answers, "counted" | "correct">;
/** The class, from how far it lies from the end of all classes. */
const bestOf = (distance: number | bigint, classes: number): number =>
  Math.min(classes - 1, classes - Number(distance));

/** Reads the answers to a batch that has been run. */
export function answersOf(x: Executable, l: Lowered, batch: Batch, loss: Loss): Answers {
  if (!needsOfLoss(loss).labels) return ofNumbers(x, l, batch, loss);
  return answersSteps(loss) ? ofSteps(x, l, batch) : ofSamples(x, l, batch);
}

/** Nothing is right or wrong; a step loss keeps answers where it does not learn. */
function ofNumbers(x: Executable, l: Lowered, batch: Batch, loss: Loss): Answers {
  const { net, context: c } = l;
  const classes = c.size(net.output!);
  const each = answersSteps(loss);
  const steps = each ? c.options.steps : 1;
  const lengths = Array.from({ length: batch.count }, (_, s) => (each ? lengthOf(net, batch, s) : 1));
  const counted = lengths.reduce(
    (sum, n, s) =>
      sum +
      (each ? Array.from({ length: n }, (_, t) => markOf(net, batch, loss, s, t)).filter((m) => m >= 0).length : n),
    0,
  );
  const shown = !each || c.buffers.has(STEP_ANSWERS);
  const answers = shown ? rowsOf(x.array(each ? STEP_ANSWERS : ANSWERS), l, lengths, steps) : undefined;
  const predictions = new Int32Array(batch.count * steps).fill(-1);
  if (answers)
    for (const [s, n] of lengths.entries())
      for (let row = s * steps; row < s * steps + n; row++) predictions[row] = argmax(answers, row * classes, classes);
  return {
    predictions,
    counted,
    correct: Number.NaN,
    confusion: new Uint32Array(classes * classes),
    ...(answers && { answers }),
  };
}

/** Rows without their padding: so many of each sample, of `most`. */
function rowsOf(
  from: ArrayLike<number | bigint>,
  { net, context: c }: Lowered,
  rows: readonly number[],
  most: number,
): Float64Array {
  const [stride, classes] = [c.stride(net.output!), c.size(net.output!)];
  const out = new Float64Array(rows.length * most * classes).fill(Number.NaN);
  for (const [s, n] of rows.entries())
    for (let row = s * most; row < s * most + n; row++)
      for (let k = 0; k < classes; k++) out[row * classes + k] = Number(from[row * stride + k]);
  return out;
}

function ofSamples(x: Executable, l: Lowered, batch: Batch): Answers {
  const { net, context: c } = l;
  const [stride, classes] = [c.stride(net.output!), c.size(net.output!)];
  const answers = x.array(ANSWERS);
  const tally = new Tally(batch.count, classes);
  for (let s = 0; s < batch.count; s++) tally.note(s, argmax(answers, s * stride, classes), labelOf(net, batch, s, 0));
  tally.answers = rowsOf(answers, l, new Array<number>(batch.count).fill(1), 1);
  return tally;
}

function ofSteps(x: Executable, { net, context: c }: Lowered, batch: Batch): Answers {
  const classes = c.size(net.output!);
  const { steps } = c.options;
  const best = x.array(STEP_BEST);
  const tally = new Tally(batch.count * steps, classes);
  for (let s = 0; s < batch.count; s++)
    for (let t = 0; t < lengthOf(net, batch, s); t++) {
      const k = s * steps + t;
      tally.note(k, bestOf(best[k]!, classes), labelOf(net, batch, s, t));
    }
  return tally;
}

class Tally implements Answers {
  readonly predictions: Int32Array;
  readonly confusion: Uint32Array;
  readonly #classes: number;
  counted = 0;
  correct = 0;
  answers?: Float64Array;

  constructor(answers: number, classes: number) {
    this.predictions = new Int32Array(answers).fill(-1);
    this.confusion = new Uint32Array(classes * classes);
    this.#classes = classes;
  }
  note(k: number, predicted: number, label: number): void {
    this.predictions[k] = predicted;
    if (label < 0) return;
    this.counted++;
    this.correct += Number(predicted === label);
    this.confusion[label * this.#classes + predicted]!++;
  }
}
