/** From samples that stay on disk to batches, one being read while another is used. */
import { batches } from "../data/batch.ts";
import type { ExampleStore, SampleStore, SequenceStore } from "../data/stored.ts";
import type { Batch } from "../learn/feed.ts";
import { type Encoding, type Pass, readerOf } from "./batches.ts";
import type { Samples } from "./task.ts";

/** One pass over stored samples. */
export interface StoredPass extends Pass {
  /** The first batch that is wanted, counted from 0, which is the default. */
  readonly first?: number;
}
/** Hands out all samples once a pass, in the same batches as from memory. */
export interface StoredSource {
  /** The batches of one pass, in order. */
  pass(pass: StoredPass): AsyncGenerator<Batch>;
}

/**
 * Hands out stored samples, encoded, one batch after the other.
 *
 * @param store of examples, which enter through an encoder, or of sequences, which enter `AS_EVENTS`
 * @throws {DataError} while it reads: `unsupported` where such samples cannot enter so, and what the store throws
 */
export function storedReader(store: ExampleStore | SequenceStore, encoding: Encoding): StoredSource {
  const { seed } = encoding;
  const samples: SampleStore<Samples> = store;
  return {
    async *pass({ batch, epoch, shuffle, first = 0 }) {
      const order = batches(store.count, batch, { seed, epoch, shuffle });
      for (let k = 0; k < first; k++) order.next();
      const read = (): Reading | undefined => {
        const { value: numbers, done } = order.next();
        if (done) return undefined;
        const examples = samples.read(numbers, epoch);
        examples.catch(() => {}); // told to whoever waits for it; nobody may
        return { numbers, examples };
      };
      for (let now = read(); now; ) {
        const { numbers, examples } = now;
        const part = await examples;
        now = read();
        const [encoded] = readerOf(part, { ...encoding, numbers }).pass({ batch, epoch, shuffle: false });
        yield encoded!;
      }
    },
  };
}
interface Reading {
  readonly numbers: Uint32Array;
  readonly examples: Promise<Samples>;
}
