/** From data to batches: the one place where the data layer's arrays become what learning takes. */
import { DataError } from "../base/errors.ts";
import { batches } from "../data/batch.ts";
import type { Examples } from "../data/dataset.ts";
import { encodeEvents, encodeStream, encodeValues, eventBatch, valueBatch } from "../data/encode.ts";
import type { Encoder } from "../data/encoder.ts";
import { type SequenceBatch, Sequences } from "../data/sequences.ts";
import type { Batch, BatchInput } from "../learn/feed.ts";
import type { Samples } from "./task.ts";

/** How data enter a network: through an encoder, or as the events that they are. */
export type Input = Encoder | EventInput;
interface EventInput {
  readonly kind: "events";
  /** What a batch gives a label to: each step, which is the default, or each sample, if all of its steps have the same. */
  readonly labelled?: "samples" | "steps";
}
export const AS_EVENTS: Input = { kind: "events" };
/** Events of which each recording has one label. */
export const AS_LABELLED_EVENTS: Input = { kind: "events", labelled: "samples" };
/** Whether what enters are spikes. */
export const isSpikes = ({ kind }: Input): boolean => kind !== "current" && kind !== "stream";

export interface Encoding {
  readonly encoder: Input;
  readonly steps: number;
  readonly seed: number;
  /** The number of each example in its data set, where they are a part of one; by default its index. */
  readonly numbers?: ArrayLike<number>;
}
interface ExampleEncoding extends Encoding {
  readonly encoder: Encoder;
}
export interface Pass {
  readonly batch: number;
  /** Keys the order, and spikes drawn by chance. */
  readonly epoch: number;
  readonly shuffle: boolean;
}

/** Hands out all samples once a pass. */
export interface BatchSource {
  pass(pass: Pass): Generator<Batch>;
  /** Samples of these numbers, as a pass of that epoch has them. */
  batch(numbers: Uint32Array, epoch: number): Batch;
}
/** @throws {DataError} `unsupported` where such samples cannot enter so */
export function readerOf(samples: Samples, encoding: Encoding): BatchSource {
  const { encoder, ...rest } = encoding;
  if (samples instanceof Sequences) {
    if (encoder.kind === "events") return new SequenceReader(samples, encoder, encoding);
    throw new DataError("unsupported", "encoder", `sequences of events take no encoder, got '${encoder.kind}'`);
  }
  if (encoder.kind !== "events") return new Reader(samples, { encoder, ...rest });
  throw new DataError("unsupported", "encoder", "images are no events: they need an encoder");
}

/** Sequences with a label a step, each as long as it is. */
class SequenceReader implements BatchSource {
  readonly #sequences: Sequences;
  readonly #labelled: "samples" | "steps";
  readonly #encoding: Encoding;

  constructor(sequences: Sequences, { labelled = "steps" }: EventInput, encoding: Encoding) {
    this.#sequences = sequences;
    this.#labelled = labelled;
    this.#encoding = encoding;
  }
  *pass({ batch, epoch, shuffle }: Pass): Generator<Batch> {
    const { seed } = this.#encoding;
    for (const indices of batches(this.#sequences.count, batch, { seed, epoch, shuffle })) yield this.batch(indices);
  }
  batch(indices: Uint32Array): Batch {
    const read = this.#sequences.batch(indices);
    const labels = this.#labelled === "steps" ? read.labels : labelEach(read, this.#sequences.steps);
    return { ...read, labels, labelled: this.#labelled, numbers: knownOf(this.#encoding.numbers, indices) };
  }
}

/** The one label of each sequence. @throws {DataError} `out-of-range` at the first that has two */
function labelEach({ count, labels, lengths, numbers }: SequenceBatch, steps: number): Int32Array {
  return Int32Array.from({ length: count }, (_, s) => {
    const own = labels.subarray(s * steps, s * steps + lengths[s]!);
    const other = own.findIndex((label) => label !== own[0]);
    if (other < 0) return own[0]!;
    const problem = `has the label ${own[0]} at first and ${own[other]} in step ${other}: it has none as a whole`;
    throw new DataError("out-of-range", `sequences[${numbers[s]}]`, problem);
  });
}

/** Numbers in the whole set of samples that are a part of it. */
const knownOf = (numbers: ArrayLike<number> | undefined, indices: Uint32Array): Uint32Array =>
  numbers ? indices.map((k) => numbers[k]!) : indices;

/** Reads examples through an encoder. Batches share their arrays: each is valid until the next. */
class Reader implements BatchSource {
  readonly examples: Examples;
  readonly #encoding: ExampleEncoding;
  readonly #events = eventBatch();
  readonly #values = valueBatch();

  constructor(examples: Examples, encoding: ExampleEncoding) {
    this.examples = examples;
    this.#encoding = encoding;
  }

  /** All examples once. */
  *pass({ batch, epoch, shuffle }: Pass): Generator<Batch> {
    const { count } = this.examples;
    for (const numbers of batches(count, batch, { seed: this.#encoding.seed, epoch, shuffle }))
      yield this.batch(numbers, epoch);
  }
  batch(numbers: Uint32Array, epoch: number): Batch {
    const { labels } = this.examples;
    return {
      count: numbers.length,
      input: this.#encode(numbers, epoch),
      labels: Int32Array.from(numbers, (k) => labels[k]!),
      numbers: knownOf(this.#encoding.numbers, numbers),
    };
  }

  #encode(numbers: Uint32Array, epoch: number): BatchInput {
    const { encoder, steps, seed } = this.#encoding;
    const known = knownOf(this.#encoding.numbers, numbers);
    if (encoder.kind === "current") {
      encodeValues(encoder, this.examples, numbers, this.#values);
      return { kind: "sparse", ...this.#values };
    }
    if (encoder.kind === "stream") {
      encodeStream(encoder, this.examples, numbers, steps, this.#values);
      return { kind: "sparse", ...this.#values };
    }
    encodeEvents(encoder, this.examples, numbers, { steps, seed, epoch, numbers: known }, this.#events);
    return { kind: "events", ...this.#events };
  }
}

/** Spikes drawn for testing differ from those of every epoch of training. */
export const TEST_EPOCH = 2 ** 32 - 1;

const KINDS: ReadonlySet<string> = new Set<Input["kind"]>([
  "current",
  "stream",
  "bernoulli",
  "poisson",
  "rate",
  "latency",
  "events",
]);

/** An encoder as found in a file. Its numbers are checked when it encodes. @throws {DataError} `bad-file` */
export function encoderFrom(found: object | undefined, path: string): Input {
  if (found === undefined)
    throw new DataError("bad-file", path, `does not say how data enter: save it with an encoder, such as latency()`);
  const { kind } = found as { kind?: unknown };
  if (typeof kind === "string" && KINDS.has(kind)) return found as Input;
  throw new DataError("bad-file", `${path}.encoder`, `must have a kind among ${[...KINDS].join(", ")}, got ${kind}`);
}
