/** Trains a design and evaluates what it learned, telling how far it is. */
import type { Backend } from "../backend/backend.ts";
import type { Examples } from "../data/dataset.ts";
import { bptt } from "../learn/algorithm.ts";
import { entriesOf } from "../learn/batch.ts";
import { createEvaluator } from "../learn/evaluator.ts";
import type { Batch } from "../learn/feed.ts";
import { type EpochReport, fitting, meanRates, type Summary, silentLayers, summarise } from "../learn/fit.ts";
import type { Loss } from "../learn/loss.ts";
import { adam, cosine, type Optimiser } from "../learn/optimiser.ts";
import { createTrainer, type Trainer } from "../learn/trainer.ts";
import type { Network } from "../model/network.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { type Encoding, Reader, TEST_EPOCH } from "./batches.ts";
import type { Keeper, KeptTraining } from "./keeper.ts";
import type { Design } from "./networks.ts";
import type { OnProgress } from "./options.ts";
import type { Training } from "./tasks.ts";

export interface SessionOptions {
  readonly seed: number;
  readonly backend: Backend;
  /** What the progress calls it. */
  readonly stage: string;
  readonly onProgress: OnProgress;
  /** Saves trainings on their way. */
  readonly keeper?: Keeper | undefined;
}

export interface Trained {
  /** As used without dropout. */
  readonly parameters: Parameters;
  readonly epochs: readonly EpochReport[];
  /** Encoding included, compiling not. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Linear memory. */
  readonly bytes: number;
}

/**
 * Trains, or goes on with a training that was saved.
 * @throws {RunError} `interrupted` where it was asked to stop, and is saved; `not-finite`
 */
export async function trainDesign(design: Design, examples: Examples, options: SessionOptions): Promise<Trained> {
  const { training } = design;
  const kept = options.keeper?.training(options.stage, design, examples);
  if (kept?.trained) return kept.trained;
  const updates = training.epochs * Math.ceil(examples.count / training.batch);
  const { batch, loss, surrogate } = training;
  const made = {
    algorithm: bptt(surrogate),
    loss,
    optimiser: optimiserOf(training, updates),
    batch,
    seed: options.seed,
  };
  using trainer = await createTrainer(design.net, options.backend, made);
  if (kept?.going) trainer.restore(kept.going.snapshot);
  const epochs = await runEpochs(trainer, design, examples, { ...options, kept });
  const seconds = epochs.reduce((sum, e) => sum + e.seconds, 0);
  const samplesPerSecond = (training.epochs * examples.count) / seconds;
  const trained = { parameters: trainer.deployed(), epochs, seconds, samplesPerSecond, bytes: trainer.bytes };
  await kept?.finish(trained);
  return trained;
}

/** A warm-up takes at most a tenth of all updates. */
const optimiserOf = ({ rate, warmup }: Training, updates: number): Optimiser =>
  adam(cosine(rate, updates, { warmup: Math.min(warmup, Math.floor(updates / 10)) }));

interface RunOptions extends SessionOptions {
  readonly kept: KeptTraining | undefined;
}
async function runEpochs(
  trainer: Trainer,
  design: Design,
  examples: Examples,
  options: RunOptions,
): Promise<readonly EpochReport[]> {
  const { kept } = options;
  const { epochs, batch } = design.training;
  const reader = new Reader(examples, encodingOf(design, options.seed));
  const total = epochs * examples.count;
  let note = "";
  const tell = (done: number): void => options.onProgress({ stage: options.stage, done, total, note });
  const run = fitting(trainer, {
    epochs,
    from: kept?.going?.position,
    batches: (epoch) => reader.pass({ batch, epoch, shuffle: true }),
    onBatch: (epoch, samples) => tell(epoch * examples.count + samples),
    onEpoch: ({ epoch, loss }) => {
      note = `loss ${loss.toFixed(3)}`;
      tell((epoch + 1) * examples.count);
    },
  });
  for (;;) {
    const next = run.next();
    if (next.done) return next.value;
    await kept?.after(trainer, next.value);
  }
}

const encodingOf = ({ net, encoder }: Pick<Design, "net" | "encoder">, seed: number): Encoding => ({
  encoder,
  steps: net.steps ?? 1,
  seed,
});

/** A trained network, ready to answer. */
export interface Deployed extends Pick<Design, "net" | "encoder"> {
  readonly parameters: Parameters;
  readonly loss: Loss;
}

export interface Evaluated extends Summary {
  /** Encoding included. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly bytes: number;
  /** Times each input was active, over all samples. */
  readonly inputActivity: Uint32Array;
  /** Spikes a neuron and step. */
  readonly meanRate: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** Samples answered at once: fewer where there are many steps, because there is room for every input in each of them. */
const MOST = 250;
const ROOM = 2 ** 26;
function batchFor(net: Network): number {
  const inputs = Object.values(net.inputs).reduce((sum, x) => sum + x.size, 0);
  return Math.max(1, Math.min(MOST, Math.floor(ROOM / (inputs * (net.steps ?? 1)))));
}

export async function evaluateDeployed(d: Deployed, examples: Examples, options: SessionOptions): Promise<Evaluated> {
  const { net, loss, parameters } = d;
  await options.keeper?.pause();
  const batch = batchFor(net);
  using evaluator = await createEvaluator(net, options.backend, { loss, parameters, batch, seed: options.seed });
  const reader = new Reader(examples, encodingOf(d, options.seed));
  const watch = new InputWatch(net, options, examples.count);
  const pass = { batch, epoch: TEST_EPOCH, shuffle: false };
  const [first] = reader.pass(pass);
  evaluator.evaluate(first!); // the engine optimises code that runs
  const start = performance.now();
  const summary = summarise(evaluator, watch.through(reader.pass(pass)));
  const seconds = (performance.now() - start) / 1000;
  return {
    ...summary,
    seconds,
    samplesPerSecond: examples.count / seconds,
    bytes: evaluator.bytes,
    inputActivity: watch.activity,
    meanRate: meanRates(net, summary),
    warnings: silentLayers(net, summary),
  };
}

/** Counts what enters, and tells how far the evaluation is, as batches pass through. */
class InputWatch {
  readonly activity: Uint32Array;
  readonly #options: SessionOptions;
  readonly #total: number;
  readonly #net: Network;

  constructor(net: Network, options: SessionOptions, total: number) {
    this.activity = new Uint32Array(Object.values(net.inputs)[0]!.size);
    this.#options = options;
    this.#total = total;
    this.#net = net;
  }
  *through(batches: Iterable<Batch>): Generator<Batch> {
    let done = 0;
    for (const batch of batches) {
      yield batch;
      this.#count(batch);
      done += batch.count;
      this.#options.onProgress({ stage: this.#options.stage, done, total: this.#total });
    }
  }
  #count(batch: Batch): void {
    const { list } = batch.input;
    for (const [from, to] of entriesOf(this.#net, batch)) for (let k = from; k < to; k++) this.activity[list[k]!]!++;
  }
}
