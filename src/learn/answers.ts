/** What a network answered, of each sample or of each step, and how often it was right. */
import type { Executable } from "../backend/backend.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { labelOf, lengthOf } from "./batch.ts";
import type { Batch } from "./feed.ts";
import { answersSteps, hasTargets, type Loss } from "./loss.ts";
import { ANSWERS, STEP_BEST } from "./lossKernels.ts";
import { argmax } from "./readout.ts";

/** What a network answered, and how often it was right. */
export interface Answers {
  /**
   * The class answered in each sample; with a loss of each step in each sample and step of the network,
   * [samples][steps], and -1 behind a sample's end; with targets -1.
   */
  readonly predictions: Int32Array;
  /** Answers that had a label: samples, or steps. */
  readonly counted: number;
  /** Those that were right. */
  readonly correct: number;
  /** How often a label was answered by a class: [labels][classes]. */
  readonly confusion: Uint32Array;
}

/** Reads the answers to a batch that has been run. */
export function answersOf(x: Executable, l: Lowered, batch: Batch, loss: Loss): Answers {
  if (answersSteps(loss)) return ofSteps(x, l, batch);
  return hasTargets(loss) ? ofNumbers(x, l, batch, loss.within) : ofSamples(x, l, batch);
}

function ofSamples(x: Executable, { net, context: c }: Lowered, batch: Batch): Answers {
  const [stride, classes] = [c.stride(net.output!), c.size(net.output!)];
  const answers = x.array(ANSWERS);
  const tally = new Tally(batch.count, classes);
  for (let s = 0; s < batch.count; s++) tally.note(s, argmax(answers, s * stride, classes), labelOf(net, batch, s, 0));
  return tally;
}

/** A sample is answered rightly where no output is further from its target than that. */
function ofNumbers(x: Executable, { net, context: c }: Lowered, batch: Batch, within: number): Answers {
  const [stride, outputs] = [c.stride(net.output!), c.size(net.output!)];
  const [answers, targets] = [x.array(ANSWERS), batch.targets!];
  const tally = new Tally(batch.count, outputs);
  for (let s = 0; s < batch.count; s++) {
    let worst = 0;
    for (let k = 0; k < outputs; k++)
      worst = Math.max(worst, Math.abs(answers[s * stride + k]! - targets[s * outputs + k]!));
    tally.counted++;
    tally.correct += Number(worst <= within);
  }
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
      tally.note(k, Math.min(classes - 1, classes - Number(best[k]!)), labelOf(net, batch, s, t));
    }
  return tally;
}

class Tally implements Answers {
  readonly predictions: Int32Array;
  readonly confusion: Uint32Array;
  readonly #classes: number;
  counted = 0;
  correct = 0;

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
