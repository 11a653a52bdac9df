/** `fit` for batches that have to be waited for, as those of a set that stays on disk. */
import type { Evaluation, Evaluator } from "./evaluator.ts";
import type { Batch } from "./feed.ts";
import { type EpochReport, type FitOptions, type FitPosition, fitting, type Summary, summaryOf } from "./fit.ts";
import type { Trainer } from "./trainer.ts";

/** Options of `fitStream`. */
export interface StreamFitOptions extends Omit<FitOptions, "batches"> {
  /** Batches of an epoch, in order, from number `first` on. Each is used before the next is asked for. */
  readonly batches: (epoch: number, first: number) => AsyncIterable<Batch>;
}

/** Waiting is not counted as training in the reports' seconds. @throws {RunError} as `fit`, and what `batches` throws */
export async function fitStream(trainer: Trainer, options: StreamFitOptions): Promise<EpochReport[]> {
  const run = fittingStream(trainer, options);
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
  }
}

/** `fitStream` in steps, as `fitting` is `fit` in steps. */
export async function* fittingStream(
  trainer: Trainer,
  { batches, ...options }: StreamFitOptions,
): AsyncGenerator<FitPosition, EpochReport[], void> {
  const feed = new Feed(batches, options);
  const run = fitting(trainer, { ...options, batches: () => feed.epoch() });
  try {
    for (;;) {
      await feed.prepare();
      const next = run.next();
      if (next.done) return next.value;
      yield next.value;
    }
  } finally {
    await feed.close();
  }
}

/** What the loop will ask for before it pauses, at hand: a batch, or the end of an epoch and the first batch of the next. */
class Feed {
  readonly #batches: StreamFitOptions["batches"];
  readonly #epochs: number;
  /** Undefined ends an epoch. */
  readonly #queue: (Batch | undefined)[] = [];
  #epoch: number;
  /** Batches of the epoch that are done already: the loop passes over as many. */
  #done: number;
  #current: AsyncIterator<Batch> | undefined;

  constructor(batches: StreamFitOptions["batches"], { epochs, from }: Omit<FitOptions, "batches">) {
    this.#batches = batches;
    this.#epochs = epochs;
    this.#epoch = from?.epoch ?? 0;
    this.#done = from?.batches ?? 0;
  }

  async prepare(): Promise<void> {
    while (this.#epoch < this.#epochs && !this.#queue.some((batch) => batch !== undefined)) await this.#pull();
  }

  async #pull(): Promise<void> {
    this.#current ??= this.#batches(this.#epoch, this.#done)[Symbol.asyncIterator]();
    const next = await this.#current.next();
    if (next.done) {
      this.#queue.push(undefined);
      this.#epoch++;
      this.#current = undefined;
    } else {
      // What is passed over is not looked at, so that the first which is not stands for those that are done.
      for (let k = 0; k < this.#done; k++) this.#queue.push(next.value);
      this.#queue.push(next.value);
    }
    this.#done = 0;
  }

  *epoch(): Generator<Batch> {
    for (let batch = this.#queue.shift(); batch; batch = this.#queue.shift()) yield batch;
  }

  async close(): Promise<void> {
    await this.#current?.return?.();
  }
}

/** `summarise` for batches that have to be waited for. */
export async function summariseStream(evaluator: Evaluator, batches: AsyncIterable<Batch>): Promise<Summary> {
  const parts: Evaluation[] = [];
  for await (const batch of batches) parts.push(evaluator.evaluate(batch));
  return summaryOf(parts);
}
