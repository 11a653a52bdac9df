/** Augmentation of pictures: moved, and mirrored. */
import { type Every, ModelError, requireInteger, requireKnown } from "../../base/errors.ts";
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import { Examples } from "../dataset.ts";

/** How pictures are changed; what comes in from outside is 0. */
export interface ImageAugmentation {
  /** Moves a picture, on each axis by up to so many pixels, evenly. Default 0. */
  readonly shift?: number;
  /** Mirrors every other picture, left and right, by chance. Default false. */
  readonly mirror?: boolean;
}
/** What the changes are drawn by. */
export interface ImageAugmentOptions {
  /** Height, width, and channels if there are several. */
  readonly shape: readonly number[];
  readonly seed: number;
  readonly epoch: number;
}

const CHANGES = { shift: true, mirror: true } as const satisfies Every<ImageAugmentation>;
const OPTIONS = { shape: true, seed: true, epoch: true } as const satisfies Every<ImageAugmentOptions>;

/**
 * Each picture changed, as an epoch has it. What is drawn depends on the seed, the epoch and the picture's index alone.
 *
 * @param examples of shape [height][width][channels], row by row
 * @throws {ModelError} `out-of-range` for an option
 */
export function augmentImages(examples: Examples, changes: ImageAugmentation, options: ImageAugmentOptions): Examples {
  requireKnown("augmentImages", changes, CHANGES);
  requireKnown("augmentImages", options, OPTIONS);
  const { shift = 0, mirror = false } = changes;
  const { shape, seed, epoch } = options;
  const [height = 0, width = 0, channels = 1] = shape;
  const { count, size, features } = examples;
  if (height * width * channels !== size || shape.length > 3)
    throw new ModelError("out-of-range", "augmentImages.shape", `must be of ${size} numbers, got ${shape.join(" x ")}`);
  requireInteger("augmentImages.shift", shift, 0, Math.min(height, width));
  const line = new LineStream(seed, streamOf("data.augment.images"));
  const out = features instanceof Uint8Array ? new Uint8Array(features.length) : new Float32Array(features.length);
  for (let s = 0; s < count; s++) {
    line.begin(s, epoch);
    const [dy, dx] = [line.below(2 * shift + 1) - shift, line.below(2 * shift + 1) - shift];
    const mirrored = mirror && line.below(2) === 1;
    for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++)
      for (let x = Math.max(0, dx); x < Math.min(width, width + dx); x++) {
        const column = mirrored ? width - 1 - (x - dx) : x - dx;
        const [to, from] = [s * size + (y * width + x) * channels, s * size + ((y - dy) * width + column) * channels];
        for (let c = 0; c < channels; c++) out[to + c] = features[from + c]!;
      }
  }
  return new Examples("augmented", size, out, examples.labels);
}
