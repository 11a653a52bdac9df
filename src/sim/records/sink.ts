/** Where records go: chunk by chunk while the run goes on. */
import type { RecordKind } from "./spec.ts";

/** One series of a recording. */
export interface SeriesInfo {
  /** As the user called it; that of a trigger's moments is `NAME.trigger`. */
  readonly name: string;
  readonly kind: RecordKind | "trigger";
  /** Spikes and triggers are events; anything else comes in rows. */
  readonly shape: "events" | "rows";
  /** The population, `population.variable` or connection. */
  readonly of: string;
  /** Of synapses: which variable. */
  readonly variable?: string;
  /** Of values: their SI unit, such as `volt`, where equations say what it is; `1/second` of rates. */
  readonly unit?: string;
  /** Of the population, or synapses of the connection. */
  readonly size: number;
  /** Which neurons or synapses, as columns of rows in this order; absent where it is all of them. A rate has one column. */
  readonly elements?: Uint32Array;
  /** Of synapses: the neurons that each column's leads from and to. */
  readonly source?: Uint32Array;
  readonly target?: Uint32Array;
  /** Numbers of a row and trial. */
  readonly columns: number;
  /** Ticks from one row to the next, within a window; a bin's length for rates; 0 for events. */
  readonly every: number;
  /** Ticks that the moment of an entry lies behind its `ticks`: 1 for values after a step, else 0. */
  readonly offset: number;
  /** `[from, to)` in ticks. */
  readonly windows: readonly (readonly [from: number, to: number])[];
}

/** Told before anything else. */
export interface RecordHeader {
  readonly network: string;
  readonly engine: "clocked" | "exact";
  readonly seed: number;
  /** Trials side by side. */
  readonly samples: number;
  /** Seconds a tick: a step of the clocked engine; 1 in the exact one, whose ticks are seconds. */
  readonly tick: number;
  readonly series: readonly SeriesInfo[];
}

/** Some more of a series, in order of time. A sink copies what it keeps: the arrays are used again. */
export interface RecordChunk {
  /** Number of the series in the header. */
  readonly series: number;
  /** When: numbers of steps in the clocked engine (also far above 2^32), seconds in the exact one. */
  readonly ticks: Float64Array;
  /** Of events: neuron k of trial `samples[k]` at `ticks[k]`. Of rows empty. */
  readonly indices: Uint32Array;
  readonly samples: Uint32Array;
  /** Of rows: `[ticks][samples][columns]`. Of events empty. */
  readonly values: Float64Array;
}

/** Takes records while a run goes on. What it throws ends the run. */
export interface Sink<R = unknown> {
  /** Once, before anything else. */
  begin(header: RecordHeader): void;
  /** Some more of a series; it copies what it keeps. */
  write(chunk: RecordChunk): void;
  /** When all has come: what the sink has made of it. */
  finish(): R | Promise<R>;
  /** Instead of `finish`: lets go of its files. What has been written stays where `keep` says so, and is removed otherwise. */
  abandon?(options: { readonly keep: boolean }): void | Promise<void>;
}

/** Seconds of each entry of a series. @param ticks as chunks and series have them */
export const secondsOf = (
  { tick }: Pick<RecordHeader, "tick">,
  { offset }: Pick<SeriesInfo, "offset">,
  ticks: ArrayLike<number>,
): Float64Array => Float64Array.from(ticks, (k) => (k + offset) * tick);

/** Hands every chunk to a function. @param write called while the run goes on; what it throws ends the run */
export const callbackSink = (write: (chunk: RecordChunk, header: RecordHeader) => void): Sink<void> => {
  let header: RecordHeader;
  return {
    begin: (h) => (header = h),
    write: (chunk) => write(chunk, header),
    finish: () => {},
  };
};
