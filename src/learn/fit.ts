/** The loop over epochs: trains on batches, watches what it learns and which layers are alive. */
import { type Every, ModelError, RunError, requireInteger, requireKnown } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import type { Evaluation } from "./evaluator.ts";
import type { Batch } from "./feed.ts";
import type { StepResult } from "./trainer.ts";
import type { WatchReport } from "./watch.ts";

/** What came of one epoch. */
export interface EpochReport {
  readonly epoch: number;
  /** Mean over the samples, while learning. */
  readonly loss: number;
  /** What regularisers added to it. */
  readonly penalty: number;
  /** Share of training samples answered rightly while learning; with a loss of each step of labelled steps. */
  readonly accuracy: number;
  readonly seconds: number;
  readonly samples: number;
  /** On held-out samples, where they are given. */
  readonly validation?: Summary;
  /** Layers that are as good as dead or saturated, in words: by `validate`, by a watch, or by the spikes while learning. */
  readonly warnings: readonly string[];
  /** What happened in the epoch, layer by layer, where the trainer watches. */
  readonly watch?: WatchReport;
}

/** Where training stands between two batches: plain data, from which a restored trainer goes on. */
export interface FitPosition {
  readonly epoch: number;
  /** Batches done in the epoch. */
  readonly batches: number;
  /** Sums over the samples of these batches. */
  readonly sums: FitSums;
  readonly seconds: number;
  /** Of the epochs before it. */
  readonly reports: readonly EpochReport[];
}
/** Sums over the samples of an epoch so far. */
export interface FitSums {
  readonly loss: number;
  readonly penalty: number;
  readonly counted: number;
  readonly correct: number;
  readonly samples: number;
}

/** What `fit` trains: a `Trainer`, or an `EventTrainer`, each with batches of its own. */
export interface Learner<B = Batch> {
  /** What learns. */
  readonly network: Network;
  /** One update. */
  step(batch: B): StepResult;
  /** Throws if a weight is no longer finite. */
  requireFinite(): void;
  /** Weights for use. */
  deployed(): Parameters;
  /** After an epoch: weights are put to their averages, where the algorithm has some. */
  settle?(): void;
  /** Spikes a neuron and step of each layer since the last call. */
  rates?(): Readonly<Record<string, number>>;
  /** Whether it counts what `watched` tells. */
  readonly watches?: boolean;
  /** What happened since the last call. */
  watched?(): WatchReport;
}
/** What answers held-out batches: an `Evaluator`, or an `EventTrainer`. */
export interface Judge<B = Batch> {
  /** Answers with other weights from now on. */
  setParameters(parameters: Parameters): void;
  /** Answers a batch. */
  evaluate(batch: B): Evaluation;
}
/** Batches say how many samples they hold. */
interface Counted {
  readonly count: number;
}

/** Options of `fit`. */
export interface FitOptions<B = Batch> {
  readonly epochs: number;
  /** Where to go on; by default from the start. Its trainer must be as it was there, and the batches the same. */
  readonly from?: FitPosition | undefined;
  /** Batches of an epoch, in order. */
  readonly batches: (epoch: number) => Iterable<B>;
  /** Evaluates held-out batches after each epoch, which also tells the rates of the layers. */
  readonly validate?: {
    readonly evaluator: Judge<B>;
    /** Held-out batches, anew after each epoch. */
    readonly batches: () => Iterable<B>;
  };
  /** Hears of each epoch. */
  readonly onEpoch?: (report: EpochReport) => void;
  /** Samples done in the epoch. */
  readonly onBatch?: (epoch: number, samples: number) => void;
  /** Milliseconds, of any clock; default `performance.now`. */
  readonly now?: () => number;
}

const OPTIONS = {
  ...{ epochs: true, from: true, batches: true, validate: true, onEpoch: true, onBatch: true, now: true },
} as const satisfies Every<FitOptions>;
const VALIDATE = { evaluator: true, batches: true } as const satisfies Every<NonNullable<FitOptions["validate"]>>;

/** @throws {ModelError} `unknown-name`, `usage`, `type-mismatch`, `out-of-range` */
function checkOptions<B>(options: FitOptions<B>): void {
  requireKnown("fit", options, OPTIONS);
  if (options.epochs === undefined) throw new ModelError("usage", "fit.epochs", "is missing: how many there are");
  requireInteger("fit.epochs", options.epochs, 0);
  requireFunction("fit.batches", options.batches, "(epoch) => batches of that epoch");
  if (options.validate === undefined) return;
  requireKnown("fit.validate", options.validate, VALIDATE);
  requireFunction(
    "fit.validate.evaluator.evaluate",
    options.validate.evaluator?.evaluate,
    "what createEvaluator gives",
  );
  requireFunction("fit.validate.batches", options.validate.batches, "() => held-out batches");
}
function requireFunction(path: string, x: unknown, words: string): void {
  if (typeof x === "function") return;
  if (x === undefined) throw new ModelError("usage", path, `is missing: ${words}`);
  const found = Array.isArray(x) ? "a list" : typeof x === "object" ? "an object" : String(x);
  throw new ModelError("type-mismatch", path, `must be a function, ${words}, got ${found}`);
}

/** An evaluation over several batches. */
export interface Summary {
  readonly samples: number;
  /** Steps of all samples together. */
  readonly steps: number;
  /** Mean over the samples. */
  readonly loss: number;
  /** Share of the answers that had a label: samples, or with a loss of each step their steps. */
  readonly accuracy: number;
  readonly counted: number;
  readonly predictions: Evaluation["predictions"];
  /** How often a label was answered by a class: [labels][classes]. */
  readonly confusion: Evaluation["confusion"];
  /** Spikes (or non-zero outputs) and membrane updates of each population, summed over all samples. */
  readonly activity: Evaluation["activity"];
  readonly inputEvents: number;
}

/**
 * Trains for some epochs.
 *
 * @returns a report of each epoch
 * @throws {RunError} `not-finite` with the update and what is to blame; `out-of-range` if there is nothing to train on
 */
export function fit<B extends Counted = Batch>(trainer: Learner<B>, options: FitOptions<B>): EpochReport[] {
  const run = fitting(trainer, options);
  for (;;) {
    const next = run.next();
    if (next.done) return next.value;
  }
}

const UNLABELLED = "no step of any sample has a label";
const NOTHING: FitSums = { loss: 0, penalty: 0, counted: 0, correct: 0, samples: 0 };
const START: FitPosition = { epoch: 0, batches: 0, sums: NOTHING, seconds: 0, reports: [] };

/**
 * `fit` in steps: it pauses after each batch and tells where it stands, so that whoever runs it may save, wait or stop.
 * @throws {RunError} as `fit`
 */
export function* fitting<B extends Counted = Batch>(
  trainer: Learner<B>,
  options: FitOptions<B>,
): Generator<FitPosition, EpochReport[], void> {
  checkOptions(options);
  let from = options.from ?? START;
  while (from.epoch < options.epochs) {
    const trained = yield* trainEpoch(trainer, from, options);
    trainer.settle?.();
    trainer.requireFinite();
    const validation = options.validate && validated(trainer, options.validate);
    const watch = trainer.watches ? trainer.watched!() : undefined;
    const learning = trainer.rates?.();
    const rates = validation ? meanRates(trainer.network, validation) : watch ? watchedRates(watch) : learning;
    const warnings = extremeRates(rates ?? {});
    const said = { ...(validation && { validation }), ...(watch && { watch }) };
    const report = { epoch: from.epoch, ...trained, warnings, ...said };
    options.onEpoch?.(report);
    from = { ...START, epoch: from.epoch + 1, reports: [...from.reports, report] };
  }
  return [...from.reports];
}

type Trained = Pick<EpochReport, "loss" | "penalty" | "accuracy" | "seconds" | "samples">;
function* trainEpoch<B extends Counted>(
  trainer: Learner<B>,
  from: FitPosition,
  options: FitOptions<B>,
): Generator<FitPosition, Trained, void> {
  const { onBatch, now = () => performance.now() } = options;
  const { epoch } = from;
  let { batches, sums, seconds } = from;
  let start = now();
  for (const batch of after(from.batches, options.batches(epoch))) {
    sums = added(sums, trainer.step(batch), batch.count);
    batches++;
    onBatch?.(epoch, sums.samples);
    seconds += (now() - start) / 1000;
    yield { ...from, batches, sums, seconds };
    start = now(); // what happens in the pause is not training
  }
  const { loss, penalty, counted, correct, samples } = sums;
  if (samples === 0) throw new RunError("out-of-range", `epoch ${epoch + 1}`, "there is nothing to train on");
  if (counted === 0) throw new RunError("out-of-range", `epoch ${epoch + 1}`, UNLABELLED);
  const mean = { loss: loss / samples, penalty: penalty / samples, accuracy: correct / counted };
  return { ...mean, seconds: seconds + (now() - start) / 1000, samples };
}

function* after<T>(skipped: number, items: Iterable<T>): Generator<T> {
  let k = 0;
  for (const item of items) if (k++ >= skipped) yield item;
}
const added = (sums: FitSums, { loss, penalty, counted, correct }: StepResult, count: number): FitSums => ({
  loss: sums.loss + loss * count,
  penalty: sums.penalty + penalty * count,
  counted: sums.counted + counted,
  correct: sums.correct + correct,
  samples: sums.samples + count,
});

function validated<B>(trainer: Learner<B>, { evaluator, batches }: NonNullable<FitOptions<B>["validate"]>): Summary {
  evaluator.setParameters(trainer.deployed());
  return summarise(evaluator, batches());
}

/**
 * Evaluates several batches and adds up.
 *
 * @throws {RunError} `out-of-range` if there is no sample, or none with a label
 */
export function summarise<B>(evaluator: Pick<Judge<B>, "evaluate">, batches: Iterable<B>): Summary {
  const parts: Evaluation[] = [];
  for (const batch of batches) parts.push(evaluator.evaluate(batch));
  return summaryOf(parts);
}
/** Of the evaluations of all batches together. */
export function summaryOf(parts: readonly Evaluation[]): Summary {
  const total = (of: (p: Evaluation) => number): number => sum(parts.map(of));
  const [samples, counted] = [total((p) => p.samples), total((p) => p.counted)];
  if (samples === 0) throw new RunError("out-of-range", "evaluation", "there are no samples to evaluate");
  if (counted === 0) throw new RunError("out-of-range", "evaluation", UNLABELLED);
  return {
    samples,
    steps: total((p) => p.steps),
    counted,
    predictions: joined(parts.map((p) => p.predictions)),
    confusion: parts[0]!.confusion.map((_, k) => total((p) => p.confusion[k]!)),
    loss: total((p) => p.loss * p.samples) / samples,
    accuracy: total((p) => p.correct) / counted,
    activity: mergeActivity(parts),
    inputEvents: total((p) => p.inputEvents),
  };
}
function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(sum(parts.map((p) => p.length)));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function mergeActivity(parts: readonly Evaluation[]): Evaluation["activity"] {
  const total = (node: string, key: "active" | "membraneUpdates") =>
    parts[0]!.activity[node]![key] === undefined ? {} : { [key]: sum(parts.map((p) => p.activity[node]![key]!)) };
  const each = (node: string) => {
    const first = parts[0]!.activity[node]!.each;
    return first && { each: Array.from(first, (_, k) => sum(parts.map((p) => p.activity[node]!.each![k]!))) };
  };
  return Object.fromEntries(
    Object.keys(parts[0]!.activity).map((node) => [
      node,
      { ...total(node, "active"), ...total(node, "membraneUpdates"), ...each(node) },
    ]),
  );
}

/** Spikes a neuron and step below which a layer counts as dead, and above which as saturated. */
const DEAD = 1e-4;
const SATURATED = 0.9;

/** Mean spikes a neuron and step of every population that spikes. */
export function meanRates(
  net: Network,
  { activity, steps }: Pick<Summary, "activity" | "steps">,
): Record<string, number> {
  const spiking = Object.entries(net.populations).filter(
    ([node, p]) => p.model.spike && activity[node]?.active !== undefined,
  );
  return Object.fromEntries(spiking.map(([node, p]) => [node, activity[node]!.active! / (steps * p.size)]));
}

/** Plain words for layers that no longer carry anything. */
export const silentLayers = (net: Network, summary: Pick<Summary, "activity" | "steps">): string[] =>
  extremeRates(meanRates(net, summary));
const watchedRates = ({ layers }: WatchReport): Record<string, number> =>
  Object.fromEntries(Object.entries(layers).map(([node, { rate }]) => [node, rate]));
function extremeRates(rates: Readonly<Record<string, number>>): string[] {
  return Object.entries(rates).flatMap(([node, rate]) => {
    const found = `layer '${node}' fires ${rate.toPrecision(2)} times a neuron and step`;
    if (rate < DEAD)
      return [`${found}: it is as good as dead; try larger initial weights, a lower threshold, or a wider surrogate`];
    return rate > SATURATED ? [`${found}: it is saturated; try smaller initial weights or a higher threshold`] : [];
  });
}
