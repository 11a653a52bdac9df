/** Answers in every step, judged: overall, by class, and against the time that they are given. */
import type { Sequences } from "../data/sequences.ts";
import { latencyCurves } from "../learn/latency.ts";
import type { Loaded } from "./run.ts";

export interface ClassReport {
  readonly name: string;
  /** Steps with this label. */
  readonly steps: number;
  /** Share of them that were answered with it. */
  readonly recall: number;
  /** Share of the steps answered with it whose label it is. */
  readonly precision: number;
}

export interface StepReport {
  /** Of all steps from `scoredFrom` on, as published figures are. */
  readonly accuracyPublished: number;
  readonly scoredFrom: number;
  /** Of the steps that the set itself gives a class. */
  readonly accuracyAnnotated: number;
  /** Their share of all steps. */
  readonly annotated: number;
  readonly perClass: readonly ClassReport[];
  /** [labels][answers], all steps. */
  readonly confusion: readonly (readonly number[])[];
  readonly latency: {
    /** By the steps since the label changed. */
    readonly sinceChange: { readonly counted: readonly number[]; readonly accuracy: readonly number[] };
    /** If the label of a step is compared with the answer so many steps later. */
    readonly later: readonly { readonly steps: number; readonly accuracy: number }[];
  };
}

const DELAYS = [0, 1, 2, 5, 10, 25];
/** Steps after a change that the curve is told for. */
const LONGEST = 50;

/** Where every step has an answer. */
export const stepsIn = (loaded: Loaded, predictions: Int32Array): StepReport | undefined =>
  loaded.kind === "sequences" ? stepReport(loaded.data.test, predictions, loaded.task.scoredFrom) : undefined;

/** @param predictions [count][steps], and -1 behind the end of a sequence */
export function stepReport(sequences: Sequences, predictions: Int32Array, scoredFrom: number): StepReport {
  const { annotated, steps } = sequences;
  const labels = Int32Array.from(sequences.labels);
  const confusion = confusionOf(sequences, predictions);
  const { counted, accuracy } = latencyCurves({ steps, predictions, labels }).sinceChange;
  const all = shareRight(sequences, predictions);
  const given = shareRight(sequences, predictions, (row) => annotated[row] === 1);
  return {
    accuracyPublished: shareRight(sequences, predictions, (row) => row % steps >= scoredFrom).share,
    scoredFrom,
    accuracyAnnotated: given.share,
    annotated: given.counted / all.counted,
    perClass: sequences.classes.map((name, k) => classReport(name, k, confusion)),
    confusion,
    latency: {
      sinceChange: { counted: Array.from(counted.slice(0, LONGEST)), accuracy: Array.from(accuracy.slice(0, LONGEST)) },
      later: DELAYS.map((d) => ({ steps: d, accuracy: shareRight(sequences, predictions, () => true, d).share })),
    },
  };
}

/** Of the steps asked for that have an answer so many steps later. */
function shareRight(
  { labels, lengths, steps }: Sequences,
  predictions: Int32Array,
  asked: (row: number) => boolean = () => true,
  later = 0,
): { readonly share: number; readonly counted: number } {
  let [counted, right] = [0, 0];
  for (let s = 0; s < lengths.length; s++)
    for (let row = s * steps; row < s * steps + lengths[s]! - later; row++) {
      if (!asked(row)) continue;
      counted++;
      right += Number(predictions[row + later] === labels[row]);
    }
  return { share: right / counted, counted };
}

function confusionOf({ labels, classes }: Sequences, predictions: Int32Array): number[][] {
  const table = classes.map(() => classes.map(() => 0));
  for (let row = 0; row < labels.length; row++) if (predictions[row]! >= 0) table[labels[row]!]![predictions[row]!]!++;
  return table;
}

function classReport(name: string, k: number, confusion: readonly (readonly number[])[]): ClassReport {
  const steps = confusion[k]!.reduce((a, b) => a + b, 0);
  const answered = confusion.reduce((sum, row) => sum + row[k]!, 0);
  const right = confusion[k]![k]!;
  return { name, steps, recall: share(right, steps), precision: share(right, answered) };
}
/** Of nothing it is 0: a document has no NaN. */
const share = (part: number, of: number): number => (of === 0 ? 0 : part / of);

/**
 * How much more often one network is right than another, a share of steps, and its standard error. Steps of a sequence
 * depend on one another, sequences do not: the error is that of the mean of their differences.
 */
export function pairedDifference(
  { labels, lengths, steps }: Sequences,
  a: Int32Array,
  b: Int32Array,
): { readonly mean: number; readonly error: number } {
  const differences = Array.from(lengths, (length, s) => {
    let sum = 0;
    for (let row = s * steps; row < s * steps + length; row++)
      sum += Number(a[row] === labels[row]) - Number(b[row] === labels[row]);
    return sum / length;
  });
  const n = differences.length;
  const mean = differences.reduce((x, y) => x + y, 0) / n;
  const squares = differences.reduce((x, y) => x + (y - mean) ** 2, 0);
  return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.POSITIVE_INFINITY };
}
