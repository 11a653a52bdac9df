/**
 * Training by back-propagation through time: losses, optimisers, trainers, evaluators.
 * @module learn
 */
export type { PopulationActivity } from "./activity.ts";
export {
  type Algorithm,
  type Bptt,
  type BpttOptions,
  bptt,
  type SegmentSteps,
  type TruncatedBptt,
  truncatedBptt,
} from "./algorithm.ts";
export type { Answers } from "./answers.ts";
export { narrowing } from "./delayGradients.ts";
export { createEvaluator, type Evaluation, type Evaluator, type EvaluatorOptions } from "./evaluator.ts";
export type { Batch, BatchInput, EventInput, SparseValueInput } from "./feed.ts";
export {
  type EpochReport,
  type FitOptions,
  type FitPosition,
  fit,
  fitting,
  meanRates,
  type Summary,
  silentLayers,
  summarise,
} from "./fit.ts";
export { fitStream, fittingStream, type StreamFitOptions, summariseStream } from "./fitStream.ts";
export type { ParameterGroup } from "./groups.ts";
export { type LatencyCurves, type LatencyOptions, latencyCurves, type Shares } from "./latency.ts";
export {
  crossEntropy,
  crossEntropyEachStep,
  type Loss,
  meanSquared,
  meanSquaredEachStep,
  type PooledLoss,
  type Pooling,
  type Reduction,
  type SoftmaxSum,
  type StepLoss,
  softmaxSum,
} from "./loss.ts";
export {
  type AdamOptions,
  adam,
  chain,
  clipByNorm,
  cosine,
  type GradientTransform,
  type Optimiser,
  type Rate,
  type SgdOptions,
  scaleByAdam,
  scaleByRate,
  sgd,
  stepwise,
  trace,
  type UpdateContext,
  weightDecay,
} from "./optimiser.ts";
export { type RateOptions, type Regulariser, rate, rateAbove } from "./regularise.ts";
export type { TrainerSnapshot } from "./snapshot.ts";
export { createTrainer, type StepResult, type Trainer, type TrainerOptions } from "./trainer.ts";
