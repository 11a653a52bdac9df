/** Augmentation of features that are rows of time, such as spectrograms: moved in time, and with parts left out. */
import { type Every, ModelError, requireInteger, requireKnown } from "../../base/errors.ts";
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import { Examples } from "../dataset.ts";

/** How rows are changed; what is left out or moved in is 0. */
export interface RowAugmentation {
  /** Moves an example later or earlier, by up to so many steps, evenly. Default 0. */
  readonly shift?: number;
  /** Leaves out up to so many steps in a row, evenly. Default 0. */
  readonly maskSteps?: number;
  /** Leaves out up to so many features in a row, in all steps, evenly. Default 0. */
  readonly maskFeatures?: number;
}
/** What the changes are drawn by. */
export interface RowOptions {
  /** Features of a step. */
  readonly width: number;
  readonly seed: number;
  readonly epoch: number;
}

const CHANGES = { shift: true, maskSteps: true, maskFeatures: true } as const satisfies Every<RowAugmentation>;
const OPTIONS = { width: true, seed: true, epoch: true } as const satisfies Every<RowOptions>;

/**
 * Each example changed: first moved, then masked, as an epoch has it. What is drawn depends on the seed, the epoch and the
 * example's index alone.
 *
 * @param examples of shape [steps][width]
 * @throws {ModelError} `out-of-range` for an option
 * @see Park et al. 2019, SpecAugment, Interspeech, section 2
 */
export function augmentRows(examples: Examples, changes: RowAugmentation, options: RowOptions): Examples {
  requireKnown("augmentRows", changes, CHANGES);
  requireKnown("augmentRows", options, OPTIONS);
  const { shift = 0, maskSteps = 0, maskFeatures = 0 } = changes;
  const { width, seed, epoch } = options;
  const steps = examples.size / width;
  if (!(Number.isInteger(width) && width >= 1 && Number.isInteger(steps)))
    throw new ModelError("out-of-range", "augmentRows.width", `must divide ${examples.size} features, got ${width}`);
  requireInteger("augmentRows.shift", shift, 0, steps);
  requireInteger("augmentRows.maskSteps", maskSteps, 0, steps);
  requireInteger("augmentRows.maskFeatures", maskFeatures, 0, width);
  const line = new LineStream(seed, streamOf("data.augment.rows"));
  const { count, size } = examples;
  const features = new Float32Array(count * size);
  for (let s = 0; s < count; s++) {
    line.begin(s, epoch);
    const by = line.below(2 * shift + 1) - shift;
    const [stepCount, featureCount] = [line.below(maskSteps + 1), line.below(maskFeatures + 1)];
    const [stepFrom, featureFrom] = [line.below(steps - stepCount + 1), line.below(width - featureCount + 1)];
    for (let t = Math.max(0, by); t < Math.min(steps, steps + by); t++) {
      if (t >= stepFrom && t < stepFrom + stepCount) continue;
      const [from, to] = [s * size + (t - by) * width, s * size + t * width];
      for (let k = 0; k < width; k++)
        if (k < featureFrom || k >= featureFrom + featureCount) features[to + k] = examples.features[from + k]!;
    }
  }
  return new Examples("augmented", size, features, examples.labels);
}
