/** From examples to batches: the one place where the data layer's arrays become what learning takes. */
import { DataError } from "../base/errors.ts";
import { batches } from "../data/batch.ts";
import type { Examples } from "../data/dataset.ts";
import { encodeEvents, encodeValues, eventBatch, valueBatch } from "../data/encode.ts";
import type { Encoder } from "../data/encoder.ts";
import type { Batch, BatchInput } from "../learn/feed.ts";

export interface Encoding {
  readonly encoder: Encoder;
  readonly steps: number;
  readonly seed: number;
}
export interface Pass {
  readonly batch: number;
  /** Keys the order, and spikes drawn by chance. */
  readonly epoch: number;
  readonly shuffle: boolean;
}

/** Reads examples through an encoder. Batches share their arrays: each is valid until the next. */
export class Reader {
  readonly examples: Examples;
  readonly #encoding: Encoding;
  readonly #events = eventBatch();
  readonly #values = valueBatch();

  constructor(examples: Examples, encoding: Encoding) {
    this.examples = examples;
    this.#encoding = encoding;
  }

  /** All examples once. */
  *pass({ batch, epoch, shuffle }: Pass): Generator<Batch> {
    const { labels, count } = this.examples;
    for (const numbers of batches(count, batch, { seed: this.#encoding.seed, epoch, shuffle }))
      yield {
        count: numbers.length,
        input: this.#encode(numbers, epoch),
        labels: Int32Array.from(numbers, (k) => labels[k]!),
        numbers,
      };
  }

  #encode(numbers: Uint32Array, epoch: number): BatchInput {
    const { encoder, steps, seed } = this.#encoding;
    if (encoder.kind === "current") {
      encodeValues(encoder, this.examples, numbers, this.#values);
      return { kind: "sparse", ...this.#values };
    }
    encodeEvents(encoder, this.examples, numbers, { steps, seed, epoch }, this.#events);
    return { kind: "events", ...this.#events };
  }
}

/** Spikes drawn for testing differ from those of every epoch of training. */
export const TEST_EPOCH = 2 ** 32 - 1;

const KINDS: ReadonlySet<string> = new Set<Encoder["kind"]>(["current", "bernoulli", "poisson", "rate", "latency"]);

/** An encoder as found in a file. Its numbers are checked when it encodes. @throws {DataError} `bad-file` */
export function encoderFrom(found: object | undefined, path: string): Encoder {
  const { kind } = (found ?? {}) as { kind?: unknown };
  if (typeof kind === "string" && KINDS.has(kind)) return found as Encoder;
  throw new DataError("bad-file", `${path}.encoder`, `must have a kind among ${[...KINDS].join(", ")}, got ${kind}`);
}
