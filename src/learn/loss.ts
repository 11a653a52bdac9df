/** Losses as plain data, and as kernels over the rows of the output. */
import type { Dimension } from "../base/dimension.ts";
import { type Every, ModelError, requireFinite, requireInteger, requireKnown } from "../base/errors.ts";
import { quantityOf } from "../base/quantity.ts";
import type { Node } from "../ir/program.ts";
import { overSteps } from "../sim/lower/contributions.ts";
import { COUNTED_SHARE, LENGTH, LossKernels, type LossPlaces } from "./lossKernels.ts";
import { needsOfLoss } from "./lossNeeds.ts";
import { measureNodes } from "./measures.ts";
import { poolNodes, spreadNodes } from "./pooling.ts";
import { namesOfLoss, termOf } from "./userLoss.ts";
import { vanRossumNodes } from "./vanRossum.ts";

/**
 * How the output of all steps becomes one answer: membranes, or spikes counted (`count`; `rate`: a step), or the sum of each
 * step's softmax(membrane) from a step on, or how early the first spike was.
 */
export type Pooling = "sum" | "mean" | "last" | "max" | "count" | "rate" | SoftmaxSum | FirstSpike;
/** `Σ softmax(membrane)` over the steps from `from` on. `softmaxSum` makes it. */
export interface SoftmaxSum {
  readonly kind: "softmaxSum";
  readonly from: number;
}
/** Minus the step of the first spike, over `unit` steps or over those of the sample. `firstSpike` makes it. */
export interface FirstSpike {
  readonly kind: "firstSpike";
  readonly unit: number | "sample";
}
/** Cross-entropy of softmax(answer) with the label. */
export interface CrossEntropyMeasure {
  readonly kind: "crossEntropy";
  /** Share of the label that all classes have alike; default 0. */
  readonly smoothing?: number;
  /** What a sample's loss is multiplied by, of each class; default 1. */
  readonly weights?: readonly number[];
}
/** Mean over the classes of the squared difference of the answer and `target` at the label, `wrong` elsewhere. */
export interface MeanSquaredMeasure {
  readonly kind: "meanSquared";
  readonly target: number;
  /** Default 0. */
  readonly wrong?: number;
  /** Multiplied by the steps of the sample. */
  readonly times?: "steps";
}
/** Mean over the outputs of the squared difference of the answer and the numbers that the batch gives. */
export interface MeanSquaredValuesMeasure {
  readonly kind: "meanSquaredValues";
}
/** `temperature²` times the divergence of softmax(answer / temperature) from softmax(numbers of the batch / temperature). */
export interface DistillationMeasure {
  readonly kind: "distillation";
  readonly temperature: number;
}
/** The sum over the outputs of an expression. */
export interface ExpressionMeasure {
  readonly kind: "expression";
  readonly equation: string;
  readonly parameters?: Readonly<Record<string, number>>;
}
/** A sum of others, each times its share. */
export interface MixedMeasure {
  readonly kind: "mixed";
  readonly parts: readonly { readonly share: number; readonly measure: Measure }[];
}
/** Compares an answer with what it should be. */
export type Measure =
  | CrossEntropyMeasure
  | MeanSquaredMeasure
  | MeanSquaredValuesMeasure
  | DistillationMeasure
  | ExpressionMeasure
  | MixedMeasure;
/** Compares one answer a sample. */
export type PooledLoss = Measure & { readonly pooling: Pooling };
/**
 * Compares the answer in each step of a sample with that step's label or numbers, and adds up the steps that have one, or
 * takes their mean; a sample without such steps adds nothing.
 */
export type StepLoss = Measure & {
  readonly each: "step";
  readonly reduce: Reduction;
  /** What answers: the membrane, or where this says so the spikes, 0 or 1. */
  readonly of?: "spikes";
  /** Whether every step is compared with the sample's one label or numbers, and the answer is that of the last step. */
  readonly rising?: Rising;
};
/** Step t of T (counted from 1) counts t/T; what is missing of 1 is a cross-entropy with equal shares, times `prior`. */
export interface Rising {
  readonly prior: number;
}
/** The sum over the outputs of the squares of van Rossum's distances to given trains. */
export interface VanRossumLoss {
  readonly kind: "vanRossum";
  readonly pooling: "count";
  /** Seconds. */
  readonly tau: number;
}
/** Whether a loss of each step adds the steps up or takes their mean. */
export type Reduction = "mean" | "sum";
/** What training makes small: one comparison a sample, or one a step. Plain data. */
export type Loss = PooledLoss | StepLoss | VanRossumLoss;

export const isStepLoss = (loss: Loss): loss is StepLoss => "each" in loss;
/** Whether each step has an answer of its own, and not each sample. */
export const answersSteps = (loss: Loss): boolean => isStepLoss(loss) && !loss.rising;

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions {
  /** Share of the label that all classes have alike, from 0 to below 1 (Szegedy et al. 2016, CVPR, section 7); default 0. */
  readonly smoothing?: number;
  /** What a sample's loss is multiplied by, for each class; default 1. The mean is still over the samples, not over weights. */
  readonly weights?: readonly number[];
}
const CROSS_ENTROPY = { smoothing: true, weights: true } as const satisfies Every<CrossEntropyOptions>;
/** @param own what the loss that is made takes beside, and has taken out */
function crossEntropyMeasure(
  options: CrossEntropyOptions,
  path = "crossEntropy",
  own: readonly string[] = [],
): CrossEntropyMeasure {
  requireKnown(path, options, [...own, ...Object.keys(CROSS_ENTROPY)]);
  const { smoothing = 0, weights } = options;
  if (!(smoothing >= 0 && smoothing < 1))
    throw new ModelError("out-of-range", "crossEntropy.smoothing", `must be from 0 to below 1, got ${smoothing}`);
  if (weights) requireFinite("crossEntropy.weights", weights);
  if (weights?.some((w) => w < 0)) throw new ModelError("out-of-range", "crossEntropy.weights", "must be at least 0");
  return { kind: "crossEntropy", ...(smoothing > 0 && { smoothing }), ...(weights && { weights }) };
}
function meanSquaredMeasure(path: string, target: number, wrong: number): MeanSquaredMeasure {
  requireFinite(`${path}.target`, [target]);
  requireFinite(`${path}.wrong`, [wrong]);
  return { kind: "meanSquared", target, ...(wrong !== 0 && { wrong }) };
}
/**
 * `-log softmax(answer)[label]`, where `pooling` makes one answer of all steps: the mean of the membrane unless said.
 * @throws {ModelError} `out-of-range`, `not-finite`
 */
export const crossEntropy = (pooling: Pooling = "mean", options: CrossEntropyOptions = {}): PooledLoss => ({
  ...crossEntropyMeasure(options),
  pooling,
});
/**
 * Mean over the classes of the squared difference of the answer and `target` at the label, `wrong` elsewhere.
 * @throws {ModelError} `not-finite`
 */
export const meanSquared = (pooling: Pooling = "mean", target = 1, wrong = 0): PooledLoss => ({
  ...meanSquaredMeasure("meanSquared", target, wrong),
  pooling,
});
/**
 * Squared differences of the counts of spikes from those that a class should have: mean over the classes of
 * `(count - rate · steps)² / steps`, with the rate `right` at the label and `wrong` elsewhere, in spikes a step.
 *
 * @see Shrestha and Orchard 2018, NeurIPS; snnTorch's `mse_count_loss`, which cuts `rate · steps` off to a whole number
 * @throws {ModelError} `not-finite`
 */
export const meanSquaredCount = (right = 1, wrong = 0): PooledLoss => ({
  ...meanSquaredMeasure("meanSquaredCount", right, wrong),
  pooling: "rate",
  times: "steps",
});
/** Cross-entropy of the membrane in each step that has a label. With `sum` snnTorch's loss of membranes (Eshraghian et al. 2023, Proc. IEEE 111:1016, section IV-A). */
export const crossEntropyEachStep = (reduce: Reduction = "mean", options: CrossEntropyOptions = {}): StepLoss => ({
  ...crossEntropyMeasure(options),
  each: "step",
  reduce,
});
/** Cross-entropy of the output's spikes, 0 or 1, in each step that has a label: snnTorch's `ce_rate_loss`. */
export const crossEntropyRate = (reduce: Reduction = "mean", options: CrossEntropyOptions = {}): StepLoss => ({
  ...crossEntropyEachStep(reduce, options),
  of: "spikes",
});
/**
 * `meanSquared` of the membrane in each step that has a label.
 * @throws {ModelError} `not-finite`
 */
export const meanSquaredEachStep = (reduce: Reduction = "mean", target = 1, wrong = 0): StepLoss => ({
  ...meanSquaredMeasure("meanSquaredEachStep", target, wrong),
  each: "step",
  reduce,
});
/** Options of `temporalEfficientTraining`. */
export interface TetOptions extends CrossEntropyOptions {
  /** Share of the second term, from 0 to 1; default 1e-3, as in the authors' code. */
  readonly lambda?: number;
  /** The membrane that all outputs are drawn to; default 1, the threshold. */
  readonly membrane?: number;
}
/**
 * Temporal efficient training: the mean over the steps of `(1 - lambda) · crossEntropy + lambda · mean (v - membrane)²` of
 * the output's membrane v.
 *
 * @see Deng, Li, Zhang and Gu 2022, ICLR, equations 10 to 12
 * @throws {ModelError} `out-of-range`, `not-finite`
 */
export function temporalEfficientTraining({ lambda = 1e-3, membrane = 1, ...options }: TetOptions = {}): StepLoss {
  const path = "temporalEfficientTraining";
  requireShare(`${path}.lambda`, lambda);
  const drawn = meanSquaredMeasure(path, membrane, membrane);
  const right = crossEntropyMeasure(options, path, ["lambda", "membrane"]);
  return { ...mixture(1 - lambda, right, lambda, drawn), each: "step", reduce: "mean" };
}
function requireShare(path: string, x: number): void {
  if (!(x >= 0 && x <= 1)) throw new ModelError("out-of-range", path, `must be from 0 to 1, got ${x}`);
}
const mixture = (a: number, first: Measure, b: number, second: Measure): MixedMeasure => ({
  kind: "mixed",
  parts: [
    { share: a, measure: first },
    { share: b, measure: second },
  ],
});
/** Options of `distillation`. */
export interface DistillationOptions extends CrossEntropyOptions {
  readonly pooling?: Pooling;
  /** Both answers are divided by it before the softmax; default 4. */
  readonly temperature?: number;
  /** Share of what the teacher says, against the label; default 0.5. */
  readonly share?: number;
}
/**
 * Learns from a teacher's answers, which `Batch.targets` gives as they were before its softmax (`Evaluation.answers`):
 * `(1 - share) · crossEntropy + share · T² · KL(softmax(teacher / T), softmax(answer / T))` with the temperature T.
 *
 * @see Hinton, Vinyals and Dean 2015, arXiv:1503.02531, section 2
 * @throws {ModelError} `out-of-range`, `not-finite`
 */
export function distillation(options: DistillationOptions = {}): PooledLoss {
  const { pooling = "mean", temperature = 4, share = 0.5, ...rest } = options;
  requireShare("distillation.share", share);
  if (!(temperature > 0 && Number.isFinite(temperature)))
    throw new ModelError("out-of-range", "distillation.temperature", `must be above 0, got ${temperature}`);
  const taught = { kind: "distillation", temperature } as const;
  const right = crossEntropyMeasure(rest, "distillation", ["pooling", "temperature", "share"]);
  return { ...mixture(1 - share, right, share, taught), pooling };
}
/** Options of `lossOf` and `lossOfEachStep`. */
export interface OwnLossOptions {
  /** Numbers that the expression reads by name. */
  readonly parameters?: Readonly<Record<string, number>>;
}
/**
 * A loss of your own: the sum over the outputs of an expression in the language of equations. It may read `answer`;
 * `label`, the sample's class; `target`, the number that the batch gives for the output (`Batch.targets`); `output`, the
 * output's number from 0, `outputs`, how many there are; and parameters. It is differentiated by `answer`.
 *
 * @throws {ModelError} `syntax`, `unknown-name`, `unit-mismatch`, `not-differentiable` with the place in the text
 */
export function lossOf(equation: string, pooling: Pooling = "mean", { parameters }: OwnLossOptions = {}): PooledLoss {
  return { ...expressionMeasure(equation, parameters, false), pooling };
}
/**
 * `lossOf` in each step that has a label or numbers; the expression may read `step` too, from 0.
 * @throws {ModelError} as `lossOf`
 */
export function lossOfEachStep(
  equation: string,
  reduce: Reduction = "mean",
  { parameters }: OwnLossOptions = {},
): StepLoss {
  return { ...expressionMeasure(equation, parameters, true), each: "step", reduce };
}
function expressionMeasure(
  equation: string,
  parameters: Readonly<Record<string, number>> | undefined,
  steps: boolean,
): ExpressionMeasure {
  if (parameters) requireFinite("loss.parameters", Object.values(parameters));
  const measure = { kind: "expression", equation, ...(parameters && { parameters }) } as const;
  termOf(measure, 2, "f64");
  const names = namesOfLoss(measure);
  if (!names.has("label") && !names.has("target"))
    throw new ModelError("usage", "loss.equation", "compares with nothing: it must read 'label' or 'target'");
  if (names.has("step") && !steps)
    throw new ModelError("unknown-name", "loss.equation", "'step' is known to lossOfEachStep alone");
  return measure;
}
const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
/**
 * Draws each output's spikes to a given train: the sum over the outputs of D², with van Rossum's distance D (see
 * `vanRossumDistance`). `Batch.targets` holds the trains, [count][steps][outputs], 1 where a spike should be.
 *
 * @param tau a duration such as "5 ms"; a bare number is in seconds
 * @see van Rossum 2001, Neural Comput. 13:751
 * @throws {ModelError} `out-of-range`
 */
export function vanRossum(tau: string | number): VanRossumLoss {
  const path = "vanRossum.tau";
  const seconds = typeof tau === "string" ? quantityOf(tau, SECOND, path) : tau;
  if (!(seconds > 0 && Number.isFinite(seconds)))
    throw new ModelError("out-of-range", path, `must be a number of seconds above 0, got ${tau}`);
  return { kind: "vanRossum", pooling: "count", tau: seconds };
}
/**
 * Mean over the outputs of the squared difference of the answer and the numbers that a batch gives for each sample
 * (`Batch.targets`): regression. No answer is right or wrong then: `correct` and accuracies are NaN.
 */
export const meanSquaredValues = (pooling: Pooling = "mean"): PooledLoss => ({ kind: "meanSquaredValues", pooling });
/** The same of the membrane in each step for which the batch gives numbers. */
export const meanSquaredValuesEachStep = (reduce: Reduction = "mean"): StepLoss => ({
  kind: "meanSquaredValues",
  each: "step",
  reduce,
});
/**
 * Cross-entropy of the membrane in every step with the sample's one label, `t/T` times in step t of T, and
 * `prior·(1 - t/T)` times that with equal shares for all classes: early answers may be open, late ones must be right.
 *
 * @throws {ModelError} `out-of-range`, `not-finite`
 * @see Kag and Saligrama 2021, ICML, and Yin et al. 2023, Nat. Mach. Intell. 5:518, who train with it by FPTT; their
 *   oracle is an estimate that may begin as equal shares
 */
export function crossEntropyRising({ prior = 1, ...options }: RisingOptions = {}): StepLoss {
  if (!(prior >= 0 && Number.isFinite(prior)))
    throw new ModelError("out-of-range", "crossEntropyRising.prior", `must be a finite number >= 0, got ${prior}`);
  const measure = crossEntropyMeasure(options, "crossEntropyRising", ["prior"]);
  return { ...measure, each: "step", reduce: "sum", rising: { prior } };
}
/** Options of `crossEntropyRising`: `prior` (1) is what equal shares count. */
export interface RisingOptions extends CrossEntropyOptions {
  readonly prior?: number;
}
/** `meanSquaredValues` of the membrane in every step with the sample's one row of numbers, `t/T` times in step t of T. */
export const meanSquaredValuesRising = (): StepLoss => ({
  kind: "meanSquaredValues",
  each: "step",
  reduce: "sum",
  rising: { prior: 0 },
});
/**
 * `Σ softmax(membrane)` over the steps from `from` on, counted from 0.
 *
 * @throws {RheobaseError} `out-of-range`
 * @see Yin, Corradi and Bohté 2021, Nat. Mach. Intell. 3:905, whose code sums the steps t > 10
 */
export function softmaxSum(from = 0): SoftmaxSum {
  requireInteger("softmaxSum.from", from, 0);
  return { kind: "softmaxSum", from };
}

/**
 * How early an output spikes first: minus the step of its first spike, counted from 0, over `unit` steps, or over the steps
 * of the sample. An output that does not spike counts as if it had in the last step. With `crossEntropy(firstSpike())` the
 * label's output learns to spike before the others; `meanSquared(firstSpike("sample"), 0, -1)` draws it to the first step
 * and the others to the last. A time has no derivative where time goes in steps: more of a spike at the first spike's step
 * (of a silent output the last) is taken to make it earlier, by one step for one spike.
 *
 * @see snnTorch's `ce_temporal_loss` and `mse_temporal_loss` (Eshraghian et al. 2023, Proc. IEEE 111:1016), whose convention this is
 * @throws {ModelError} `out-of-range`
 */
export function firstSpike(unit: number | "sample" = 1): FirstSpike {
  if (unit !== "sample" && !(unit > 0 && Number.isFinite(unit)))
    throw new ModelError(
      "out-of-range",
      "firstSpike.unit",
      `must be a number of steps above 0, or 'sample', got ${unit}`,
    );
  return { kind: "firstSpike", unit };
}

/** @throws {ModelError} `out-of-range` if no step of the network's samples could count */
export function requireSteps(loss: Loss, steps: number): void {
  const from = firstStep(loss);
  if (from >= steps)
    throw new ModelError("out-of-range", "loss.pooling.from", `samples have ${steps} steps, and none from ${from} on`);
}
/** The first step of a sample that the loss looks at. */
export const firstStep = (loss: Loss): number =>
  !isStepLoss(loss) && typeof loss.pooling === "object" && "from" in loss.pooling ? loss.pooling.from : 0;
/** Whether spikes answer, or else the membrane. */
export function isOfSpikes(loss: Loss): boolean {
  if (isStepLoss(loss)) return loss.of === "spikes";
  const { pooling } = loss;
  return typeof pooling === "object" ? pooling.kind === "firstSpike" : pooling === "count" || pooling === "rate";
}

/** Kernel calls for one sample: its answers, its loss, and if asked the gradient of every step's row. */
export function lossNodes(loss: Loss, places: LossPlaces): Node[] {
  const k = new LossKernels(places);
  const { gradient, output, context } = places;
  if (loss.kind === "vanRossum") return vanRossumNodes(loss, k);
  const needs = needsOfLoss(loss);
  if (isStepLoss(loss) && loss.rising) return risingNodes(loss, loss.rising, k);
  if (isStepLoss(loss)) {
    const share = loss.reduce === "mean" ? { share: context.ofSample(COUNTED_SHARE) } : {};
    const at = {
      answer: output.row(),
      label: k.stepLabel,
      missing: true,
      slope: gradient,
      ...(needs.labels && { best: k.stepBest }),
      ...(needs.targets && { target: k.stepTarget }),
      ...share,
    };
    const shown = needs.labels || gradient ? [] : [k.copy(output.row(), k.stepAnswer)];
    return overSteps(context, [...measureNodes(loss, k, at), ...shown]);
  }
  const { answer } = k;
  const at = {
    answer,
    slope: gradient && k.slope,
    ...(needs.labels && { label: k.label }),
    ...(needs.targets && { target: k.target }),
    ...(loss.kind === "meanSquared" && loss.times && { share: context.ofSample(LENGTH) }),
  };
  return [
    ...poolNodes(loss.pooling, k),
    ...measureNodes(loss, k, at),
    ...(gradient ? spreadNodes(loss.pooling, k, gradient) : []),
  ];
}

/** Every step with what the sample is to be, and where that does not count with equal shares; the last answer stays. */
function risingNodes(loss: StepLoss, { prior }: Rising, k: LossKernels): Node[] {
  const { output, gradient: slope, context } = k.places;
  const { nodes, share, rest } = k.rise;
  const [row, { labels, targets }] = [output.row(), needsOfLoss(loss)];
  const at = { answer: row, slope, ...(labels && { label: k.label }), ...(targets && { target: k.target }) };
  const even = { ...at, share: rest, factor: prior, adds: true };
  return overSteps(context, [
    ...nodes,
    ...measureNodes(loss, k, { ...at, share }),
    ...(prior > 0 ? measureNodes({ kind: "crossEntropy", smoothing: 1 }, k, even) : []),
    k.copy(row, k.answer),
  ]);
}
