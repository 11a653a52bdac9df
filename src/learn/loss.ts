/** Losses as plain data, and as kernels over the rows of the output. */
import { ModelError, requireFinite, requireInteger } from "../base/errors.ts";
import type { Node } from "../ir/program.ts";
import { overSteps } from "../sim/lower/contributions.ts";
import { COUNTED_SHARE, LossKernels, type LossPlaces } from "./lossKernels.ts";
import { needsOfLoss } from "./lossNeeds.ts";
import { measureNodes } from "./measures.ts";
import { poolNodes, spreadNodes } from "./pooling.ts";

/**
 * How the output of all steps becomes one answer: membranes, or spikes counted, or the sum of each step's
 * softmax(membrane) from step `from` on, counted from 0.
 */
export type Pooling = "sum" | "mean" | "last" | "max" | "count" | SoftmaxSum;
/** `Σ softmax(membrane)` over the steps from `from` on. `softmaxSum` makes it. */
export interface SoftmaxSum {
  readonly kind: "softmaxSum";
  readonly from: number;
}
/**
 * `crossEntropy` of softmax(answer) with the label; `meanSquared`: the mean over the classes of the squared difference
 * of the answer and the one-hot label, scaled by `target`; `meanSquaredValues`: the same with numbers that the batch gives
 * (`Batch.targets`).
 */
export type Measure =
  | { readonly kind: "crossEntropy" }
  | { readonly kind: "meanSquared"; readonly target: number }
  | { readonly kind: "meanSquaredValues" };
/** Compares one answer a sample. */
export type PooledLoss = Measure & { readonly pooling: Pooling };
/**
 * Compares the membrane in each step of a sample with that step's label, and adds up the steps that have one, or takes
 * their mean; a sample without labelled steps adds nothing.
 */
export type StepLoss = Measure & { readonly each: "step"; readonly reduce: Reduction };
/** Whether a loss of each step adds the steps up or takes their mean. */
export type Reduction = "mean" | "sum";
/** What training makes small: one comparison a sample, or one a step. Plain data. */
export type Loss = PooledLoss | StepLoss;

export const isStepLoss = (loss: Loss): loss is StepLoss => "each" in loss;

/**
 * `-log softmax(answer)[label]`, where `pooling` makes one answer of all steps: the mean of the membrane unless
 * said.
 */
export const crossEntropy = (pooling: Pooling = "mean"): PooledLoss => ({ kind: "crossEntropy", pooling });
/**
 * Mean over the classes of the squared difference of the answer and `target` at the label, 0 elsewhere.
 * @throws {ModelError} `not-finite`
 */
export function meanSquared(pooling: Pooling = "mean", target = 1): PooledLoss {
  requireFinite("meanSquared.target", [target]);
  return { kind: "meanSquared", pooling, target };
}
/** Cross-entropy of the membrane in each step that has a label. With `sum` snnTorch's loss of membranes (Eshraghian et al. 2023, Proc. IEEE 111:1016, section IV-A). */
export const crossEntropyEachStep = (reduce: Reduction = "mean"): StepLoss => ({
  kind: "crossEntropy",
  each: "step",
  reduce,
});
/**
 * `meanSquared` of the membrane in each step that has a label.
 * @throws {ModelError} `not-finite`
 */
export function meanSquaredEachStep(reduce: Reduction = "mean", target = 1): StepLoss {
  requireFinite("meanSquaredEachStep.target", [target]);
  return { kind: "meanSquared", each: "step", reduce, target };
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
 * `Σ softmax(membrane)` over the steps from `from` on, counted from 0.
 *
 * @throws {RheobaseError} `out-of-range`
 * @see Yin, Corradi and Bohté 2021, Nat. Mach. Intell. 3:905, whose code sums the steps t > 10
 */
export function softmaxSum(from = 0): SoftmaxSum {
  requireInteger("softmaxSum.from", from, 0);
  return { kind: "softmaxSum", from };
}

/** @throws {ModelError} `out-of-range` if no step of the network's samples could count */
export function requireSteps(loss: Loss, steps: number): void {
  const from = firstStep(loss);
  if (from >= steps)
    throw new ModelError("out-of-range", "loss.pooling.from", `samples have ${steps} steps, and none from ${from} on`);
}
/** The first step of a sample that the loss looks at. */
export const firstStep = (loss: Loss): number =>
  !isStepLoss(loss) && typeof loss.pooling === "object" ? loss.pooling.from : 0;

/** Kernel calls for one sample: its answers, its loss, and if asked the gradient of every step's row. */
export function lossNodes(loss: Loss, places: LossPlaces): Node[] {
  const k = new LossKernels(places);
  const { gradient, output, context } = places;
  const needs = needsOfLoss(loss);
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
  };
  return [
    ...poolNodes(loss.pooling, k),
    ...measureNodes(loss, k, at),
    ...(gradient ? spreadNodes(loss.pooling, k, gradient) : []),
  ];
}
