/** How soon a network that answers in each step is right: accuracy by the time since something began. */
import { DataError, requireInteger } from "../base/errors.ts";

/** What `latencyCurves` takes. */
export interface LatencyOptions {
  /** Steps of a row: labels and predictions are [samples][steps]. */
  readonly steps: number;
  /** Classes answered, and -1 behind the end of a sample, as `Summary.predictions`. */
  readonly predictions: ArrayLike<number>;
  /** Classes asked for, and -1 where a step does not count. */
  readonly labels: ArrayLike<number>;
}

/** Of the steps that lie k steps after a beginning: how many counted, how many of them were right, and the share. */
export interface Shares {
  readonly counted: Uint32Array;
  readonly correct: Uint32Array;
  /** NaN where no step counted. */
  readonly accuracy: Float64Array;
}

/** Accuracy by the time since something began. */
export interface LatencyCurves {
  /** Since the first step of the sample. */
  readonly sinceStart: Shares;
  /**
   * Since the first step with another label than the labelled step before it; the label a sample begins with is no
   * change. A step without a label does not count and changes nothing, but time goes on.
   */
  readonly sinceChange: Shares;
}

/**
 * How often answers were right, by the steps since a sample began and since its label changed.
 *
 * @throws {RheobaseError} `out-of-range` unless `steps` is a whole number from 1 on
 * @throws {DataError} `shape-mismatch`
 */
export function latencyCurves({ steps, predictions, labels }: LatencyOptions): LatencyCurves {
  requireInteger("latency.steps", steps, 1);
  if (labels.length !== predictions.length || labels.length % steps !== 0)
    throw new DataError(
      "shape-mismatch",
      "latency",
      `needs as many labels as predictions, in rows of ${steps}; got ${labels.length} and ${predictions.length}`,
    );
  const [sinceStart, sinceChange] = [new Counts(steps), new Counts(steps)];
  for (let row = 0; row < labels.length; row += steps) {
    let [label, change] = [-1, -1];
    for (let t = 0; t < steps; t++) {
      const [wanted, found] = [labels[row + t]!, predictions[row + t]!];
      if (wanted < 0 || found < 0) continue;
      if (label >= 0 && wanted !== label) change = t;
      label = wanted;
      sinceStart.note(t, found === wanted);
      if (change >= 0) sinceChange.note(t - change, found === wanted);
    }
  }
  return { sinceStart: sinceStart.shares(), sinceChange: sinceChange.shares() };
}

class Counts {
  readonly #counted: Uint32Array;
  readonly #correct: Uint32Array;

  constructor(steps: number) {
    this.#counted = new Uint32Array(steps);
    this.#correct = new Uint32Array(steps);
  }
  note(after: number, right: boolean): void {
    this.#counted[after]!++;
    if (right) this.#correct[after]!++;
  }
  /** As long as anything was counted. */
  shares(): Shares {
    const end = this.#counted.findLastIndex((n) => n > 0) + 1;
    const [counted, correct] = [this.#counted.slice(0, end), this.#correct.slice(0, end)];
    return { counted, correct, accuracy: Float64Array.from(counted, (n, k) => correct[k]! / n) };
  }
}
