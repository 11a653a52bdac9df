/** What an exact engine and its runs are told. */
import type { Every } from "../../base/errors.ts";
import type { Parameters } from "../lower/parameters.ts";
import type { Records } from "../records/spec.ts";
import type { SpikeSource } from "../spikeSource.ts";
import type { ExactRecorder } from "./recorder.ts";
import type { ExactDelays } from "./rows.ts";
import type { ExactInputs } from "./sources.ts";

/** How an exact engine is made. */
export interface ExactOptions {
  /** Default that of the training that `parameters` come from, else 0. */
  readonly seed?: number;
  /** `population.variable` of values to sample, at the times that a run asks for. Spikes are recorded always. */
  readonly record?: readonly string[];
  /** Weights by name; drawn by `seed` where absent. */
  readonly parameters?: Parameters;
  /** Instead of the network's. */
  readonly delays?: ExactDelays;
  /** Inputs that fire by themselves. */
  readonly sources?: Readonly<Record<string, SpikeSource>>;
}
/** What a run is given, and what it samples. */
export interface ExactRunOptions {
  /** What is not given is silent. */
  readonly inputs?: ExactInputs;
  /** When to sample what `record` names, in seconds since the engine began, within the run and in ascending order. */
  readonly sampleAt?: ArrayLike<number>;
  /**
   * What to record, instead of all spikes: a description, whose series come back in `recording.records`, or a recorder, which
   * goes on from run to run. Moments are in seconds; a run records those from its beginning up to before its end.
   */
  readonly records?: Records | ExactRecorder;
}

/** Names of `ExactOptions`. */
export const EXACT = {
  ...{ seed: true, record: true, parameters: true, delays: true, sources: true },
} as const satisfies Every<ExactOptions>;
/** Names of `ExactRunOptions`. */
export const EXACT_RUN = { inputs: true, sampleAt: true, records: true } as const satisfies Every<ExactRunOptions>;
