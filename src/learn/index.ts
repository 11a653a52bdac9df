/**
 * Training by back-propagation through time, e-prop and OTTT: losses, optimisers, trainers, evaluators.
 * @module learn
 */
export type { PopulationActivity } from "./activity.ts";
export {
  type Algorithm,
  type Bptt,
  type BpttOptions,
  bptt,
  type Eprop,
  type EpropOptions,
  eprop,
  type Feedback,
  type Fptt,
  type FpttOptions,
  fptt,
  type OnlineUpdate,
  type Ottt,
  type OtttOptions,
  ottt,
  type SegmentSteps,
  type TruncatedBptt,
  truncatedBptt,
} from "./algorithm.ts";
export { ALGORITHMS, type AlgorithmEntry } from "./algorithms.ts";
export type { Answers } from "./answers.ts";
export { narrowing } from "./delayGradients.ts";
export { createEvaluator, type Evaluation, type Evaluator, type EvaluatorOptions } from "./evaluator.ts";
export {
  type EventProp,
  type EventPropOptions,
  type EventPropTrainerOptions,
  eventProp,
} from "./eventprop/algorithm.ts";
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
  crossEntropyRising,
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
  meanSquaredValuesRising,
  type OwnLossOptions,
  type PooledLoss,
  type Pooling,
  type Reduction,
  type Rising,
  type RisingOptions,
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
  adamax,
  averageWeights,
  chain,
  clipByNorm,
  cosine,
  type GradientTransform,
  type Optimiser,
  type Overflow,
  type Rate,
  type SgdOptions,
  scaleByAdam,
  scaleByAdamax,
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
export {
  type FittedAlgorithm,
  fitToMemory,
  type TrainingMemory,
  type Tried,
  trainingMemory,
} from "./trainingMemory.ts";
export type { LayerWatch, ParameterWatch, WatchReport } from "./watch.ts";
