/** What a run is asked to record: plain data, the same for the clocked and for the exact engine. */
import type { Elements } from "../../backend/backend.ts";

/**
 * A moment or a length of time: a duration such as "10 ms", or a number, which counts steps in the clocked engine and
 * seconds in the exact one. Moments count from the engine's step 0.
 */
export type Span = string | number;

/** From `from` (default: the beginning) up to but without `to` (default: for ever). */
export interface RecordWindow {
  readonly from?: Span;
  readonly to?: Span;
}

/** What every kind of record may say. */
export interface RecordOptions {
  /** Only what lies in one of these; default: everything. */
  readonly windows?: readonly RecordWindow[];
  /** Only the newest entries (spikes, rows): memory is fixed, and they are handed over when the recorder finishes. */
  readonly last?: number;
  /** Only what lies around an event. */
  readonly trigger?: Trigger;
}

/** Spikes of a population, or of some of its neurons. */
export interface SpikeRecord extends RecordOptions {
  readonly kind: "spikes";
  /** A population. */
  readonly of: string;
  /** Default: all. */
  readonly neurons?: ArrayLike<number>;
}

/** A variable of a population: a row of values in every n-th step. */
export interface VariableRecord extends RecordOptions {
  readonly kind: "variable";
  /** `population.variable`, or `transform.value`. */
  readonly of: string;
  /** Columns of the rows, in this order; default: all. */
  readonly neurons?: ArrayLike<number>;
  /** In steps whose number is a multiple of this; default 1. The exact engine has no default. */
  readonly every?: Span;
  /**
   * Before the step, as Brian's monitors do, with what hooks have just changed, or after it (default). The exact engine
   * has moments in place of steps: there it is left out.
   */
  readonly when?: "before" | "after";
}

/** The mean rate of a population's neurons, in spikes a second, over bins that begin at multiples of their length. */
export interface RateRecord extends RecordOptions {
  readonly kind: "rate";
  /** A population. */
  readonly of: string;
  readonly neurons?: ArrayLike<number>;
  readonly bin: Span;
}

/** A variable of a sparse connection's synapses, before every n-th step. */
export interface SynapseRecord extends RecordOptions {
  readonly kind: "synapses";
  /** A connection. */
  readonly of: string;
  /** Default: the weight, `w`. */
  readonly variable?: string;
  /** Columns of the rows, in order of source and then of target; default: all. */
  readonly synapses?: ArrayLike<number>;
  readonly every: Span;
}

/** One thing to record. */
export type RecordSpec = SpikeRecord | VariableRecord | RateRecord | SynapseRecord;
/** Names of the kinds. */
export type RecordKind = RecordSpec["kind"];
/** What to record, by names of the user's choice. */
export type Records = Readonly<Record<string, RecordSpec>>;

/** A spike of a population, or of some of its neurons. */
export interface SpikeTrigger {
  readonly spike: string;
  readonly neurons?: ArrayLike<number>;
}
/** A variable of one neuron that comes from below to `rises`, or from above to `falls`, from one step's end to the next. */
export interface CrossingTrigger {
  /** `population.variable` */
  readonly variable: string;
  readonly neuron: number;
  readonly rises?: number;
  readonly falls?: number;
}
/** A function that is asked before every step, or every n-th. */
export interface PredicateTrigger {
  /** Whether to set it off, from what it sees. */
  readonly test: (view: RecordView) => boolean;
  /** How often it is asked; default: in every step. */
  readonly every?: Span;
}
/** What sets a record off, and how much around it is kept. The moments are recorded too, as `NAME.trigger`. */
export interface Trigger {
  readonly on: SpikeTrigger | CrossingTrigger | PredicateTrigger;
  /** How long before the event; default 0. */
  readonly before?: Span;
  /** How long after it; default 0. */
  readonly after?: Span;
  /** Events that count at most; default: all of them. */
  readonly most?: number;
}
/** What a predicate sees, before its step. */
export interface RecordView {
  readonly step: number;
  /** Seconds at its start. */
  readonly t: number;
  /** A live view of a state variable, `[samples][padded size]`: to be read only. */
  state(name: string): Elements;
}
