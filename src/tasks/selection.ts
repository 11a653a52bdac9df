/** Which weights of a training to keep: those that answer held-out training samples best, looked at every few epochs. */
import type { Backend } from "../backend/backend.ts";
import { createEvaluator, type Evaluator } from "../learn/evaluator.ts";
import { summarise } from "../learn/fit.ts";
import type { Trainer } from "../learn/trainer.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { type Encoding, readerOf, TEST_EPOCH } from "./batches.ts";
import type { Design } from "./networks.ts";
import type { Samples, SelectionRule } from "./task.ts";

/** One look at the held-out samples, after an epoch counted from 0. */
export interface Look {
  readonly epoch: number;
  readonly accuracy: number;
  readonly loss: number;
}
/** What was kept, in numbers. */
export interface Selected {
  /** Counted from 0. */
  readonly epoch: number;
  /** On the samples held out. */
  readonly accuracy: number;
  readonly loss: number;
  readonly heldOut: number;
  /** All looks so far took. */
  readonly seconds: number;
  readonly looks: readonly Look[];
}
export interface Best extends Selected {
  readonly parameters: Parameters;
}

export interface SelectionOptions {
  readonly backend: Backend;
  readonly encoding: Encoding;
  /** Of a training that goes on. */
  readonly best?: Best | undefined;
}

/** Samples answered at once. */
const BATCH = 100;

export async function openSelection(
  { net, training }: Design,
  rule: SelectionRule,
  heldOut: Samples,
  { backend, encoding, best }: SelectionOptions,
  parameters: Parameters,
): Promise<Selection> {
  const batch = Math.min(BATCH, heldOut.count);
  const options = { loss: training.loss, batch, parameters, seed: encoding.seed };
  const evaluator = await createEvaluator(net, backend, options);
  const reader = readerOf(heldOut, encoding);
  const look = () => summarise(evaluator, reader.pass({ batch, epoch: TEST_EPOCH, shuffle: false }));
  return new Selection({ evaluator, look, heldOut: heldOut.count, every: rule.every, last: training.epochs - 1 }, best);
}

interface Looking {
  readonly evaluator: Evaluator;
  readonly look: () => { readonly accuracy: number; readonly loss: number };
  readonly heldOut: number;
  readonly every: number;
  readonly last: number;
}

export class Selection implements Disposable {
  readonly #looking: Looking;
  #best: Best | undefined;

  /** Use `openSelection`. */
  constructor(looking: Looking, best: Best | undefined) {
    this.#looking = looking;
    this.#best = best;
  }
  get best(): Best | undefined {
    return this.#best;
  }

  /** To be called after each epoch. Of two equal ones the earlier is kept. */
  after(epoch: number, trainer: Trainer): void {
    const { evaluator, look, heldOut, every, last } = this.#looking;
    if ((epoch + 1) % every !== 0 && epoch !== last) return;
    const start = performance.now();
    const parameters = trainer.deployed();
    evaluator.setParameters(parameters);
    const { accuracy, loss } = look();
    const seconds = (this.#best?.seconds ?? 0) + (performance.now() - start) / 1000;
    const looks = [...(this.#best?.looks ?? []), { epoch, accuracy, loss }];
    if (this.#best && accuracy <= this.#best.accuracy) this.#best = { ...this.#best, seconds, looks };
    else this.#best = { epoch, accuracy, loss, heldOut, seconds, looks, parameters };
  }

  [Symbol.dispose](): void {
    this.#looking.evaluator.dispose();
  }
}
