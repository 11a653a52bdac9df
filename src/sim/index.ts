export { createEngine, type Engine, type EngineOptions, type RunOptions } from "./engine.ts";
export type { EventData, InputData, Inputs, ValueData } from "./feed.ts";
export type { Hook, HookView } from "./hooks.ts";
export { initialParameters, type Parameters } from "./lower/parameters.ts";
export type { Recording, Spikes } from "./recording.ts";
export { type Run, type SimulateOptions, simulate } from "./simulate.ts";
export type { Snapshot } from "./snapshot.ts";
