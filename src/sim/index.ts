export { createEngine, type Engine, type EngineOptions, type Snapshot } from "./engine.ts";
export type { EventData, InputData, ValueData } from "./feed.ts";
export { initialParameters, type Parameters } from "./lower/parameters.ts";
export type { Recording, Spikes } from "./recording.ts";
