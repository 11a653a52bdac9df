/** What runs a network piece by piece: the clocked engine or the exact one. */
import type { HealthFinding } from "../../sim/health/finding.ts";
import type { Collected } from "./collected.ts";
import type { RecordedSynapses } from "./record.ts";

/** Work that was done. */
export interface Work {
  readonly inputSpikes?: number;
  readonly synapticEvents: number;
  /** States brought to a new time. */
  readonly neuronUpdates: number;
}

/** An engine at work; its results go into `collected`. */
export interface Runner extends Disposable {
  readonly collected: Collected;
  /** In words, such as "clocked, in steps of 0.1 ms, f32". */
  readonly says: string;
  readonly digest: string;
  /** Nothing where they are not counted. */
  readonly synapses: number | undefined;
  readonly threads: number;
  /**
   * Runs on by some ticks.
   * @returns what went so wrong that the run ends; then what came before is there
   */
  advance(ticks: number): HealthFinding | undefined;
  /** What its states look like so far. */
  readonly findings: readonly HealthFinding[];
  /** Ticks that one piece may have at most, for the memory that it takes. */
  readonly most: number;
  /** A variable of synapses as it is now; nothing where it cannot be looked at. */
  look(of: RecordedSynapses): ArrayLike<number> | undefined;
  work(): Work;
}
