/** What the training benches measure: a network, a batch for it, and how it learns with either surrogate. */
import type { Surrogate } from "../../src/ir/surrogate.ts";
import type { Algorithm } from "../../src/learn/algorithm.ts";
import type { Batch } from "../../src/learn/feed.ts";
import type { Loss } from "../../src/learn/loss.ts";
import type { Optimiser } from "../../src/learn/optimiser.ts";
import type { Network } from "../../src/model/network.ts";

export interface Workload {
  readonly network: Network;
  /** Of the weights: one whose hidden rate at the start is that of the peers. */
  readonly seed: number;
  readonly batch: Batch;
  readonly loss: Loss;
  /** Of Adam, where weights shall learn. */
  readonly rate: number;
  /** `compact`: with compact support; `full`: the peers' own; others beside them. */
  readonly surrogates: Readonly<Record<"compact" | "full", Surrogate> & Record<string, Surrogate>>;
  /** How it is trained, where not by back-propagation and Adam; the optimiser's rate must be 0. */
  readonly algorithm?: (surrogate: Surrogate) => Algorithm;
  readonly optimiser?: Optimiser;
  /** Where it differs from what the peers were measured with. */
  readonly differs?: string;
}

/** Samples of a batch in all training benches. */
export const BATCH = 128;
