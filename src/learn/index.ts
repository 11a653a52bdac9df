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
export { createEvaluator, type Evaluation, type Evaluator, type EvaluatorOptions } from "./evaluator.ts";
export {
  type FirstSpikeCrossEntropy,
  type FirstSpikeOptions,
  firstSpikeCrossEntropy,
  type HighestVoltage,
  highestVoltage,
  type SquaredTimes,
  squaredTimes,
  type TimeLoss,
  type TrainDistance,
  type Trains,
  trainDistance,
} from "./eventprop/timeLoss.ts";
export {
  createEventTrainer,
  type EventBatch,
  type EventStepResult,
  type EventTrainer,
  type EventTrainerOptions,
  type Raise,
} from "./eventprop/trainer.ts";
export type { Batch, BatchInput, EventInput, SparseValueInput } from "./feed.ts";
export {
  type EpochReport,
  type FitOptions,
  type FitPosition,
  fit,
  fitting,
  type Judge,
  type Learner,
  meanRates,
  type Summary,
  silentLayers,
  summarise,
} from "./fit.ts";
export { fitStream, fittingStream, type StreamFitOptions, summariseStream } from "./fitStream.ts";
export type { ParameterGroup } from "./groups.ts";
export { type LatencyCurves, type LatencyOptions, latencyCurves, type Shares } from "./latency.ts";
export {
  type CrossEntropyMeasure,
  type CrossEntropyOptions,
  crossEntropy,
  crossEntropyEachStep,
  crossEntropyRate,
  type DistillationMeasure,
  type DistillationOptions,
  distillation,
  type ExpressionMeasure,
  type FirstSpike,
  firstSpike,
  type Loss,
  lossOf,
  lossOfEachStep,
  type MeanSquaredMeasure,
  type MeanSquaredValuesMeasure,
  type Measure,
  type MixedMeasure,
  meanSquared,
  meanSquaredCount,
  meanSquaredEachStep,
  meanSquaredValues,
  meanSquaredValuesEachStep,
  type OwnLossOptions,
  type PooledLoss,
  type Pooling,
  type Reduction,
  type SoftmaxSum,
  type StepLoss,
  softmaxSum,
  type TetOptions,
  temporalEfficientTraining,
  type VanRossumLoss,
  vanRossum,
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
