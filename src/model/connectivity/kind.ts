/**
 * What a kind of connectivity must say: its lines, each with the synapses of one source (or of one target), drawn from
 * numbers that belong to the line alone. A line gives the same whenever it is asked.
 */
import type { DrawnRows } from "../../ir/drawnRows.ts";
import type { Connectivity, ConnectivityOf } from "../connectivity.ts";

export interface Size {
  readonly sources: number;
  readonly targets: number;
  /** Whether a population is connected to itself, so that equal numbers are one neuron. */
  readonly recurrent?: boolean;
  /** Shapes of both nodes, where they have several dimensions. */
  readonly sourceShape?: readonly number[];
  readonly targetShape?: readonly number[];
}

export interface Draw {
  /** The connection's, which keys the random numbers. */
  readonly name: string;
  readonly seed: number;
}

export interface Lines {
  readonly by: "source" | "target";
  /** Whether the other ends come in ascending order. */
  readonly ascending: boolean;
  /** Whether no line names another end twice, as far as the kind can tell. */
  readonly distinct: boolean;
  /** Calls `take` for the other end of each synapse. */
  each(line: number, take: (other: number) => void): void;
  /** Where a kernel can draw the same (kernel `drawRows`), how; its targets are the other ends, whose lines they are. */
  readonly drawn?: DrawnRows | undefined;
  /** How many there will be, where that is known without drawing them. */
  count?(line: number): number;
  /** Of given synapses: where each came from, in order of source, then target, then as given. */
  readonly origin?: Uint32Array;
}

export interface Kind<C extends Connectivity> {
  /** @throws {ModelError} `out-of-range`, `shape-mismatch`, … for what is impossible, at the path */
  check(c: C, size: Size, path: string): void;
  /** How many synapses there will be, or are to be expected. */
  expected(c: C, size: Size): number;
  lines(c: C, size: Size, draw: Draw): Lines;
}
export type Kinds = { readonly [K in Connectivity["kind"]]: Kind<ConnectivityOf<K>> };
