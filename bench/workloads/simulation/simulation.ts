import type { Network } from "../../../src/model/network.ts";
import type { SpikeSources } from "../../../src/sim/spikeSource.ts";

/** A network, how long its model time is, and the rates that it must have. */
export interface Simulation {
  readonly net: Network;
  /** What fires by itself. */
  readonly sources?: SpikeSources;
  readonly seconds: number;
  /** Seconds of model time before that, which are not measured. */
  readonly warmUp?: number;
  /** Spikes a second and neuron, by population, that others publish. */
  readonly reference?: Readonly<Record<string, number>>;
  /** Spikes a second and neuron, from the least to the most that is believed, by population; `all` is everybody together. */
  readonly rates: Readonly<Record<string, readonly [number, number]>>;
  readonly plastic?: Plastic;
}

/** Synapses that learn. */
export interface Plastic {
  readonly connection: string;
  /** What the mean of the weights after the run must be, and their standard deviation: from, to. */
  readonly mean: readonly [number, number];
  readonly deviation: readonly [number, number];
}
