/** What an engine and its runs may be told. */
import type { Every } from "../base/errors.ts";
import type { FloatType } from "../ir/types.ts";
import type { Hook } from "./hooks.ts";
import type { Parameters } from "./lower/parameters.ts";
import type { Recorder } from "./records/recorder.ts";
import type { Records } from "./records/spec.ts";
import type { SpikeSources } from "./spikeSource.ts";

/** Options of `createEngine`. */
export interface EngineOptions {
  /** Default `f32`. */
  readonly type?: FloatType;
  /** Default that of the training that `parameters` come from, else 0. */
  readonly seed?: number;
  /** Trials side by side, each with a state of its own; default 1. */
  readonly samples?: number;
  /** Number of the first trial, which keys random draws; default 0. */
  readonly firstSample?: number;
  /** Number of the first step, which keys random draws and tells the time; default 0. */
  readonly firstStep?: number;
  /** Steps that one entry into the compiled loop runs at most; default 64, of up to 1,024 neurons 256. No result depends on it. */
  readonly block?: number;
  /** `population.variable` of values to record. Spikes of every population are recorded always. */
  readonly record?: readonly string[];
  /**
   * What runs will be told to record. Variables that this names leave the compiled loop as it goes. Any other is read between
   * steps, where a run stops for it, and then only states can be had.
   */
  readonly records?: Records;
  /** Inputs of spikes that fire by themselves, from step 0 on: `{ x: poissonSource(15) }`. */
  readonly sources?: SpikeSources;
  /** Weights by name; drawn by `seed` where absent. */
  readonly parameters?: Parameters;
  /**
   * Parts of each population that threads work on side by side in every step: 1 to 256. By default as many as the backend has
   * threads, where the network is large enough to gain by it. No result depends on it.
   */
  readonly parts?: number;
  /**
   * By connection, what the weights that arrive at each target add up to after `engine.normalise()`: `{ "in>e": 78.4 }`. For
   * plastic synapses, and others with weights of their own.
   */
  readonly normalise?: Readonly<Record<string, number>>;
}

/** Options of one run. */
export interface RunOptions {
  /** Functions that are called before declared steps of the run. */
  readonly hooks?: readonly Hook[];
  /**
   * What to record, instead of all spikes and of what `record` names: a description, whose series come back in
   * `recording.records`, or a recorder, which goes on from run to run and hands everything to its sink.
   */
  readonly records?: Records | Recorder;
}

/** Names of the options of an engine. */
export const ENGINE = {
  ...{ type: true, seed: true, samples: true, firstSample: true, firstStep: true, block: true, record: true },
  ...{ records: true, sources: true, parameters: true, parts: true, normalise: true },
} as const satisfies Every<EngineOptions>;
export const FLOATS: readonly FloatType[] = ["f32", "f64"];
/** Names of the options of a run. */
export const RUN_OPTIONS = { hooks: true, records: true } as const satisfies Every<RunOptions>;

/** Names of the options of a reset. */
export const RESET = ["keep"];
