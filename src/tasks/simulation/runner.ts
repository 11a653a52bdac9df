/** What runs a network piece by piece: the clocked engine or the exact one. */
import { connectedSizes, hasMatrix } from "../../model/connection.ts";
import type { Network } from "../../model/network.ts";
import type { HealthFinding } from "../../sim/health/finding.ts";
import type { SynapseEnds } from "../../sim/records/plan.ts";
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
  /** The neurons at the ends of each synapse of a connection; nothing where they cannot be looked at, or share weights. */
  ends(connection: string): SynapseEnds | undefined;
  work(): Work;
}

/** Those of a matrix of weights, row by row; nothing of other connections. */
export function matrixEnds(net: Network, connection: string): SynapseEnds | undefined {
  const c = net.connections.find((x) => x.name === connection);
  if (!c || !hasMatrix(c)) return undefined;
  const { sources, targets } = connectedSizes(net, c.from.node, c.to.node);
  const number = (of: (k: number) => number): Uint32Array =>
    Uint32Array.from({ length: sources * targets }, (_, k) => of(k));
  return { source: number((k) => Math.floor(k / targets)), target: number((k) => k % targets) };
}
