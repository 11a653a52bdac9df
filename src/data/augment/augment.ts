/** Augmentation of recordings: other ones of the same class, anew in each epoch. */
import { type Every, requireInteger, requireKnown } from "../../base/errors.ts";
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import type { EventRecording } from "../events/recording.ts";
import type { RecordingStore } from "../events/store.ts";
import { type Augmentation, changeOf, drawOf } from "./augmentation.ts";

/** What the changes of a recording are drawn by. */
export interface AugmentOptions {
  readonly seed: number;
  /** Which epoch: each draws anew. Default 0. */
  readonly epoch?: number;
  /** The recording's number in the whole set. Default 0. */
  readonly number?: number;
}

const OPTIONS = { seed: true, epoch: true, number: true } as const satisfies Every<AugmentOptions>;

/**
 * The recording after the changes of a list, in that order. What is given is not changed.
 *
 * @throws {ModelError} `out-of-range`, `unknown-name` for an augmentation or an option
 */
export function augment(
  recording: EventRecording,
  augmentations: readonly Augmentation[],
  options: AugmentOptions,
): EventRecording {
  requireKnown("augment", options, OPTIONS);
  const { seed, epoch = 0, number = 0 } = options;
  requireInteger("augment.epoch", epoch, 0, 2 ** 32 - 1);
  requireInteger("augment.number", number, 0, 2 ** 32 - 1);
  const changes = augmentations.map((a, k) => changeOf(a, `augmentations[${k}]`));
  return changes.reduce((r, change, k) => {
    const line = new LineStream(seed, streamOf(`data.augment.${k}`));
    line.begin(number, epoch);
    return change(r, drawOf(line));
  }, recording);
}

/**
 * A store whose recordings are changed anew in each epoch that reads them.
 *
 * @throws {ModelError} at once, `out-of-range` or `unknown-name` for an augmentation
 */
export function augmentStore(
  store: RecordingStore,
  augmentations: readonly Augmentation[],
  { seed }: { readonly seed: number },
): RecordingStore {
  augmentations.forEach((a, k) => {
    changeOf(a, `augmentations[${k}]`);
  });
  return {
    ...store,
    async read(indices, epoch = 0) {
      const recordings = await store.read(indices, epoch);
      return recordings.map((r, k) => augment(r, augmentations, { seed, epoch, number: indices[k]! }));
    },
  };
}
