/** The loop over epochs: trains on batches, watches what it learns and which layers are alive. */
import { RunError, requireInteger } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import type { Evaluation, Evaluator } from "./evaluator.ts";
import type { Batch } from "./feed.ts";
import type { Trainer } from "./trainer.ts";

export interface EpochReport {
  readonly epoch: number;
  /** Mean over the samples, while learning. */
  readonly loss: number;
  /** What regularisers added to it. */
  readonly penalty: number;
  /** Share of training samples answered rightly while learning. */
  readonly accuracy: number;
  readonly seconds: number;
  readonly samples: number;
  /** On held-out samples, where they are given. */
  readonly validation?: Summary;
  readonly warnings: readonly string[];
}

export interface FitOptions {
  readonly epochs: number;
  /** Batches of an epoch, in order. */
  readonly batches: (epoch: number) => Iterable<Batch>;
  /** Evaluates held-out batches after each epoch, which also tells the rates of the layers. */
  readonly validate?: { readonly evaluator: Evaluator; readonly batches: () => Iterable<Batch> };
  readonly onEpoch?: (report: EpochReport) => void;
  /** Samples done in the epoch. */
  readonly onBatch?: (epoch: number, samples: number) => void;
  readonly now?: () => number;
}

/** An evaluation over several batches. */
export interface Summary {
  readonly samples: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly predictions: Uint32Array;
  /** Spikes (or non-zero outputs) and membrane updates of each population, summed over all samples. */
  readonly activity: Evaluation["activity"];
  readonly inputEvents: number;
}

/** @throws {RunError} `not-finite` with the update and what is to blame; `out-of-range` if there is nothing to train on */
export function fit(trainer: Trainer, options: FitOptions): EpochReport[] {
  requireInteger("fit.epochs", options.epochs, 0);
  return Array.from({ length: options.epochs }, (_, epoch) => {
    const trained = trainEpoch(trainer, epoch, options);
    trainer.requireFinite();
    const validation = options.validate && validated(trainer, options.validate);
    const warnings = validation ? silentLayers(trainer.lowered.net, validation) : [];
    const report = { epoch, ...trained, warnings, ...(validation && { validation }) };
    options.onEpoch?.(report);
    return report;
  });
}

type Trained = Pick<EpochReport, "loss" | "penalty" | "accuracy" | "seconds" | "samples">;
function trainEpoch(trainer: Trainer, epoch: number, options: FitOptions): Trained {
  const { batches, onBatch, now = () => performance.now() } = options;
  const start = now();
  let [loss, penalty, correct, samples] = [0, 0, 0, 0];
  for (const batch of batches(epoch)) {
    const result = trainer.step(batch);
    loss += result.loss * batch.count;
    penalty += result.penalty * batch.count;
    correct += result.correct;
    samples += batch.count;
    onBatch?.(epoch, samples);
  }
  if (samples === 0) throw new RunError("out-of-range", `epoch ${epoch + 1}`, "there is nothing to train on");
  const mean = { loss: loss / samples, penalty: penalty / samples, accuracy: correct / samples };
  return { ...mean, seconds: (now() - start) / 1000, samples };
}

function validated(trainer: Trainer, { evaluator, batches }: NonNullable<FitOptions["validate"]>): Summary {
  evaluator.setParameters(trainer.deployed());
  return summarise(evaluator, batches());
}

export function summarise(evaluator: Evaluator, batches: Iterable<Batch>): Summary {
  const parts: Evaluation[] = [];
  for (const batch of batches) parts.push(evaluator.evaluate(batch));
  const samples = sum(parts.map((p) => p.samples));
  if (samples === 0) throw new RunError("out-of-range", "evaluation", "there are no samples to evaluate");
  const predictions = new Uint32Array(samples);
  let at = 0;
  for (const p of parts) {
    predictions.set(p.predictions, at);
    at += p.samples;
  }
  return {
    samples,
    predictions,
    loss: sum(parts.map((p) => p.loss * p.samples)) / samples,
    accuracy: sum(parts.map((p) => p.correct)) / samples,
    activity: mergeActivity(parts),
    inputEvents: sum(parts.map((p) => p.inputEvents)),
  };
}
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function mergeActivity(parts: readonly Evaluation[]): Evaluation["activity"] {
  const total = (node: string, key: "active" | "membraneUpdates") =>
    parts[0]!.activity[node]![key] === undefined ? {} : { [key]: sum(parts.map((p) => p.activity[node]![key]!)) };
  return Object.fromEntries(
    Object.keys(parts[0]!.activity).map((node) => [
      node,
      { ...total(node, "active"), ...total(node, "membraneUpdates") },
    ]),
  );
}

/** Spikes a neuron and step below which a layer counts as dead, and above which as saturated. */
const DEAD = 1e-4;
const SATURATED = 0.9;

/** Mean spikes a neuron and step of every population that spikes. */
export function meanRates(
  net: Network,
  { activity, samples }: Pick<Summary, "activity" | "samples">,
): Record<string, number> {
  const spiking = Object.entries(net.populations).filter(
    ([node, p]) => p.model.spike && activity[node]?.active !== undefined,
  );
  return Object.fromEntries(
    spiking.map(([node, p]) => [node, activity[node]!.active! / (samples * p.size * (net.steps ?? 1))]),
  );
}

/** Plain words for layers that no longer carry anything. */
export function silentLayers(net: Network, summary: Pick<Summary, "activity" | "samples">): string[] {
  return Object.entries(meanRates(net, summary)).flatMap(([node, rate]) => {
    const found = `layer '${node}' fires ${rate.toPrecision(2)} times a neuron and step`;
    if (rate < DEAD)
      return [`${found}: it is as good as dead; try larger initial weights, a lower threshold, or a wider surrogate`];
    return rate > SATURATED ? [`${found}: it is saturated; try smaller initial weights or a higher threshold`] : [];
  });
}
