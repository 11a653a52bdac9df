/** Trains a design and evaluates what it learned, telling how far it is. */
import type { Backend } from "../backend/backend.ts";
import { type Measured, measure, type PowerCounters } from "../energy/rapl.ts";
import { bptt, updatesOfBatch } from "../learn/algorithm.ts";
import { entriesOf } from "../learn/batch.ts";
import { createEvaluator } from "../learn/evaluator.ts";
import type { Batch } from "../learn/feed.ts";
import { type EpochReport, fitting, meanRates, type Summary, silentLayers, summarise } from "../learn/fit.ts";
import type { Loss } from "../learn/loss.ts";
import { adam, adamax, cosine, type Optimiser } from "../learn/optimiser.ts";
import { createTrainer, type Trainer, type TrainerOptions } from "../learn/trainer.ts";
import type { Network } from "../model/network.ts";
import { percent } from "../report/numbers.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { type BatchSource, type Encoding, readerOf, TEST_EPOCH } from "./batches.ts";
import type { Keeper, KeptTraining } from "./keeper.ts";
import type { LearningLog } from "./learningLog.ts";
import type { Design } from "./networks.ts";
import type { OnProgress } from "./options.ts";
import { Pulse } from "./pulse.ts";
import { openSelection, type Selected, type Selection } from "./selection.ts";
import type { Samples, Training } from "./task.ts";
import { type Passes, quantile } from "./times.ts";

export interface SessionOptions {
  readonly seed: number;
  readonly backend: Backend;
  /** What the progress calls it. */
  readonly stage: string;
  readonly onProgress: OnProgress;
  /** Saves trainings on their way. */
  readonly keeper?: Keeper | undefined;
  /** Hears of each epoch how the network learns. */
  readonly log?: LearningLog | undefined;
  /** Counters of the processor's energy, read around tests where they can be. */
  readonly power?: PowerCounters | undefined;
}

export interface Trained {
  /** As used without dropout. */
  readonly parameters: Parameters;
  readonly epochs: readonly EpochReport[];
  /** Encoding and selection included, compiling not. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Linear memory. */
  readonly bytes: number;
  /** Updates, and those of them that were left out because their gradients were not finite. */
  readonly skipped?: { readonly updates: number; readonly of: number };
  /** Where the best of several epochs was taken, and not the last. */
  readonly selected?: Selected;
}

/**
 * Trains, or goes on with a training that was saved.
 * @throws {RunError} `interrupted` where it was asked to stop, and is saved; `not-finite`
 */
export async function trainDesign(design: Design, samples: Samples, options: SessionOptions): Promise<Trained> {
  const kept = options.keeper?.training(options.stage, design, samples);
  if (kept?.trained) return kept.trained;
  const { rest, heldOut } = parted(design.training, samples, options.seed);
  using trainer = await createTrainer(design.net, options.backend, trainerOptions(design, rest, options));
  if (kept?.going) trainer.restore(kept.going.snapshot);
  const selecting = { backend: options.backend, encoding: encodingOf(design, options.seed), best: kept?.going?.best };
  const rule = design.training.selection;
  using selection = rule && heldOut && (await openSelection(design, rule, heldOut, selecting, trainer.deployed()));
  const epochs = await runEpochs(trainer, design, rest, { ...options, kept, selection });
  const { bytes, skipped, updates } = trainer;
  const trained: Trained = {
    ...resultOf(trainer, selection),
    ...timesOf(epochs, selection),
    epochs,
    bytes,
    ...(skipped > 0 && { skipped: { updates: skipped, of: updates } }),
  };
  await kept?.finish(trained);
  return trained;
}

function parted({ selection }: Training, samples: Samples, seed: number): { rest: Samples; heldOut?: Samples } {
  return selection
    ? samples.split(Math.min(selection.heldOut, Math.floor(samples.count / 4)), seed)
    : { rest: samples };
}

function trainerOptions(
  { training, net }: Design,
  { count }: Samples,
  { seed, log }: Pick<SessionOptions, "seed" | "log">,
): TrainerOptions {
  const { batch, loss, surrogate, groups, regularisers, chunk, algorithm = bptt(surrogate) } = training;
  const updates = training.epochs * Math.ceil(count / batch) * updatesOfBatch(algorithm, net.steps ?? 1);
  return {
    algorithm,
    loss,
    optimiser: optimiserOf(training, updates),
    batch,
    seed,
    watch: log !== undefined,
    ...(groups && { groups }),
    ...(regularisers && { regularisers }),
    ...(chunk && { chunk }),
  };
}

/** A warm-up takes at most a tenth of all updates. */
const OPTIMISERS = { adam, adamax } as const;
export const optimiserOf = (
  { rate, warmup, clip, overflow, decay, average, optimiser = "adam" }: Training,
  updates: number,
): Optimiser =>
  OPTIMISERS[optimiser](cosine(rate, updates, { warmup: Math.min(warmup, Math.floor(updates / 10)) }), {
    ...(clip !== undefined && { clip }),
    ...(overflow && { overflow }),
    ...(decay !== undefined && { decay }),
    ...(average !== undefined && { average }),
  });

function resultOf(trainer: Trainer, selection: Selection | undefined): Pick<Trained, "parameters" | "selected"> {
  if (!selection?.best) return { parameters: trainer.deployed() };
  const { parameters, ...selected } = selection.best;
  return { parameters, selected };
}

function timesOf(epochs: readonly EpochReport[], selection: Selection | undefined) {
  const training = epochs.reduce((sum, e) => sum + e.seconds, 0);
  const samples = epochs.reduce((sum, e) => sum + e.samples, 0);
  return { seconds: training + (selection?.best?.seconds ?? 0), samplesPerSecond: samples / training };
}

interface RunOptions extends SessionOptions {
  readonly kept: KeptTraining | undefined;
  readonly selection: Selection | undefined;
}
async function runEpochs(
  trainer: Trainer,
  design: Design,
  samples: Samples,
  options: RunOptions,
): Promise<readonly EpochReport[]> {
  const { kept, selection, stage } = options;
  const { epochs, batch } = design.training;
  const encoding = encodingOf(design, options.seed);
  const reader = readerOf(samples, encoding);
  const { renewed } = design;
  const readerIn = (epoch: number): BatchSource =>
    renewed ? readerOf(renewed(samples, { seed: options.seed, epoch }), encoding) : reader;
  const total = epochs * samples.count;
  const pulse = new Pulse(design, samples, { ...options, encoding });
  let note = "";
  const tell = (done: number): void => options.onProgress({ stage, done, total, note });
  const run = fitting(trainer, {
    epochs,
    from: kept?.going?.position,
    batches: (epoch) => readerIn(epoch).pass({ batch, epoch, shuffle: true }),
    onBatch: (epoch, done) => tell(epoch * samples.count + done),
    onEpoch: (report) => {
      const { epoch, loss } = report;
      selection?.after(epoch, trainer);
      const last = selection?.best?.looks.at(-1);
      options.log?.epoch({ stage, report, look: last?.epoch === epoch ? last : undefined });
      note = [`loss ${loss.toFixed(3)}`, ...heldOutNote(selection)].join(", ");
      tell((epoch + 1) * samples.count);
    },
  });
  for (;;) {
    const next = run.next();
    if (next.done) return next.value;
    await kept?.after(trainer, next.value, selection?.best);
    await pulse.after(trainer, next.value);
  }
}
const heldOutNote = (selection: Selection | undefined): string[] =>
  selection?.best ? [`held-out ${percent(selection.best.accuracy)}`] : [];

/** How samples enter a network. */
export const encodingOf = ({ net, encoder }: Pick<Design, "net" | "encoder">, seed: number): Encoding => ({
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
  /** Encoding included; the median of several passes, unless one is long. */
  readonly seconds: number;
  /** The shortest and the longest of the passes, and how many they were. */
  readonly passSeconds: Passes;
  readonly samplesPerSecond: number;
  readonly bytes: number;
  /** Times each input was active, over all samples. */
  readonly inputActivity: Uint32Array;
  /** Spikes a neuron and step. */
  readonly meanRate: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** Of the whole machine while it answered, where counters can be read. */
  readonly measured?: Measured;
}

/** Samples answered at once: fewer where there are many steps, because there is room for every input in each of them. */
const MOST = 250;
const ROOM = 2 ** 26;
function batchFor(net: Network): number {
  const inputs = Object.values(net.inputs).reduce((sum, x) => sum + x.size, 0);
  return Math.max(1, Math.min(MOST, Math.floor(ROOM / (inputs * (net.steps ?? 1)))));
}

/** Passes, at most and at least, and for how many seconds; one that is longer than that alone is not repeated. */
const PASSES = { most: 9, least: 3, enough: 0.5, tooLong: 10 };
/** A pass is timed several times, as whatever else runs meanwhile disturbs one of them more than their median. */
export function timePasses(first: number, again: () => number): Pick<Evaluated, "seconds" | "passSeconds"> {
  const { most, least, enough, tooLong } = PASSES;
  const all = [first];
  if (first < tooLong)
    for (let sum = first; all.length < (sum < enough ? most : least); sum += all.at(-1)!) all.push(again());
  all.sort((a, b) => a - b);
  const passSeconds = { low: all[0]!, high: all.at(-1)!, count: all.length };
  return { seconds: quantile(all, 1 / 2), passSeconds };
}

export async function evaluateDeployed(d: Deployed, samples: Samples, options: SessionOptions): Promise<Evaluated> {
  const { net, loss, parameters } = d;
  await options.keeper?.pause();
  const batch = batchFor(net);
  using evaluator = await createEvaluator(net, options.backend, { loss, parameters, batch, seed: options.seed });
  const reader = readerOf(samples, encodingOf(d, options.seed));
  const watch = new InputWatch(net, options, samples.count);
  const pass = { batch, epoch: TEST_EPOCH, shuffle: false };
  const [first] = reader.pass(pass);
  evaluator.evaluate(first!); // the engine optimises code that runs
  const answer = () => {
    const start = performance.now();
    const summary = summarise(evaluator, watch.through(reader.pass(pass)));
    return { summary, seconds: (performance.now() - start) / 1000 };
  };
  const { value, measured } = options.power?.available
    ? await measure(options.power, answer)
    : { value: answer(), measured: undefined };
  const { summary } = value;
  const times = timePasses(value.seconds, () => {
    const start = performance.now();
    for (const part of reader.pass(pass)) evaluator.evaluate(part);
    return (performance.now() - start) / 1000;
  });
  return {
    ...summary,
    ...(measured && { measured }),
    ...times,
    samplesPerSecond: samples.count / times.seconds,
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
