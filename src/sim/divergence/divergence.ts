/** What is found where two runs are compared. */
import type { Stored } from "./column.ts";

/** Where two runs part: the first step, population, neuron and variable. */
export interface Parting {
  /** Steps from 0; -1: they differ before the first step. */
  readonly step: number;
  /** Seconds at the start of the step. */
  readonly time: number;
  /** Of neurons; else `connection`. */
  readonly population?: string;
  /** Undefined where only digests were kept of that step. */
  readonly neuron?: number;
  /** Of several trials. */
  readonly trial?: number;
  readonly connection?: string;
  /** Number of the synapse in order of source, then of target, and its ends. */
  readonly synapse?: number;
  readonly source?: number;
  readonly target?: number;
  /** A state variable; `spike`, whose values are 0 and 1; or what synapses hold. */
  readonly variable: string;
  readonly a?: Value;
  readonly b?: Value;
  /** Numbers of the type between the two, where both sides have the same. */
  readonly ulps?: string;
  /** Neurons of the population, or synapses, that differ in this variable in this step. */
  readonly differing?: number;
  /** Other variables that differ in this step. */
  readonly others: readonly string[];
  /** The same variable in the steps before. */
  readonly before: readonly Earlier[];
  /** Where values were kept of a later step only. */
  readonly seen?: { readonly step: number; readonly neuron: number; readonly a: number; readonly b: number };
}
/** A number on one side, and how it is stored. */
export interface Value {
  readonly value: number;
  readonly stored: Stored;
  /** Hexadecimal digits, sign first. */
  readonly bits?: string;
}
/** A variable on both sides in a step before they part. */
export interface Earlier {
  /** -1: before the first step. */
  readonly step: number;
  readonly a: number;
  readonly b: number;
}

/** A spike that one run has and the other has not, or has at another time. */
export interface SpikeParting {
  readonly population: string;
  readonly neuron: number;
  /** Seconds; undefined where there is no such spike. */
  readonly a?: number;
  readonly b?: number;
  /** How many spikes the neuron had fired before, on both sides. */
  readonly number: number;
}

/** What comparing two runs has found. */
export interface Divergence {
  /** Undefined where the runs are equal. */
  readonly parting?: Parting;
  /** The first spike that differs. */
  readonly spike?: SpikeParting;
  /** Steps compared. */
  readonly steps: number;
  /** Spikes on each side, as far as they were compared. */
  readonly spikes: { readonly a: number; readonly b: number };
}
