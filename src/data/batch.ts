/** The order in which examples are visited: another one each epoch, the same for the same seed. */
import { requireInteger } from "../base/errors.ts";
import { permutation, streamOf } from "../base/random.ts";

/** Options of `batches`. */
export interface BatchOptions {
  readonly seed?: number;
  readonly epoch?: number;
  /** Visit in random order; by default true. */
  readonly shuffle?: boolean;
}

/** Indices 0 … count − 1, each once, in batches; the last may be smaller. */
export function* batches(
  count: number,
  batchSize: number,
  { seed = 0, epoch = 0, shuffle = true }: BatchOptions = {},
): Generator<Uint32Array> {
  requireInteger("batchSize", batchSize, 1);
  const order = shuffle
    ? permutation(count, { seed, stream: streamOf(`data.batches.${epoch}`) })
    : Uint32Array.from({ length: count }, (_, k) => k);
  for (let from = 0; from < count; from += batchSize) yield order.subarray(from, from + batchSize);
}
