/**
 * Running a network step by step: the engine, its inputs, and what it records.
 * @module sim
 */
export type { Divergence, Earlier, Parting, SpikeParting, Value } from "./divergence/divergence.ts";
export { type DivergenceOptions, firstDivergence } from "./divergence/lockstep.ts";
export { ClockedSide, type SideOptions } from "./divergence/side.ts";
export { createEngine, type Engine, type EngineOptions, type RunOptions } from "./engine.ts";
export { createExactEngine, type ExactEngine, type ExactOptions, type ExactRunOptions } from "./exact/engine.ts";
export type { ExactCounts, ExactRecording, ExactSpikes } from "./exact/recording.ts";
export type { ExactDelays } from "./exact/rows.ts";
export type {
  ExactEvents,
  ExactInputs,
  ExactValues,
} from "./exact/sources.ts";
export type { EventData, InputData, Inputs, ValueData } from "./feed.ts";
export type { Hook, HookView } from "./hooks.ts";
export { initialParameters, type Parameters } from "./lower/parameters.ts";
export type { Recording, Spikes } from "./recording.ts";
export { type Run, type SimulateOptions, simulate } from "./simulate.ts";
export type { Snapshot } from "./snapshot.ts";
export { poissonSource, regularSource, type SpikeSource, type SpikeSources } from "./spikeSource.ts";
