/**
 * Running a network step by step: the engine, its inputs, and what it records.
 * @module sim
 */
export type { Divergence, Earlier, Parting, SpikeParting, Value } from "./divergence/divergence.ts";
export { type DivergenceOptions, firstDivergence } from "./divergence/lockstep.ts";
export { ClockedSide, type SideOptions } from "./divergence/side.ts";
export { createEngine, type Engine } from "./engine.ts";
export type { EngineOptions, RunOptions } from "./engineOptions.ts";
export { createExactEngine, type ExactEngine } from "./exact/engine.ts";
export type { ExactOptions, ExactRunOptions } from "./exact/options.ts";
export type { ExactRecorder } from "./exact/recorder.ts";
export type { ExactCounts, ExactRecording, ExactSpikes } from "./exact/recording.ts";
export type { ExactDelays } from "./exact/rows.ts";
export type {
  ExactEvents,
  ExactInputs,
  ExactValues,
} from "./exact/sources.ts";
export type { EventData, InputData, Inputs, ListData, ValueData } from "./feed.ts";
export { checkHealth, type HealthOptions } from "./health/check.ts";
export type { HealthCode, HealthFinding } from "./health/finding.ts";
export { Growth } from "./health/growth.ts";
export { findNotFinite, type NotFinite, notFiniteFinding, type Replay } from "./health/notFinite.ts";
export { checkStep, type TimeConstant, timeConstants } from "./health/step.ts";
export type { Hook, HookView } from "./hooks.ts";
export { initialParameters, type Parameters } from "./lower/parameters.ts";
export type { Recording, Spikes } from "./recording.ts";
export { type MemorySink, memorySink, type RecordedSeries, type Series } from "./records/memorySink.ts";
export type { Recorder } from "./records/recorder.ts";
export {
  callbackSink,
  type RecordChunk,
  type RecordHeader,
  type SeriesInfo,
  type Sink,
  secondsOf,
} from "./records/sink.ts";
export type {
  CrossingTrigger,
  PredicateTrigger,
  RateRecord,
  RecordKind,
  RecordOptions,
  RecordSpec,
  Records,
  RecordView,
  RecordWindow,
  Span,
  SpikeRecord,
  SpikeTrigger,
  SynapseRecord,
  Trigger,
  VariableRecord,
} from "./records/spec.ts";
export { rounded } from "./settled.ts";
export { type Run, type SimulateOptions, simulate } from "./simulate.ts";
export type { Snapshot } from "./snapshot.ts";
export { arraySource, poissonSource, regularSource, type SpikeSource, type SpikeSources } from "./spikeSource.ts";
