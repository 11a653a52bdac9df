/**
 * What an inference did, counted: facts without prices. One record a layer (a connection and the neurons it feeds),
 * and their sum. All activity is the mean of one inference (a whole sequence).
 */

/** Counts that add up over layers. */
export const ADDITIVE = [
  // what the network is: numbers stored, and their bytes
  "neurons",
  "synapses",
  "weights",
  "zeroWeights",
  "parameterCount",
  "parameterBytes",
  "stateCount",
  "stateBytes",
  "bufferCount",
  // as NeuroBench defines them
  "denseOperations",
  "effectiveMacs",
  "effectiveAcs",
  "membraneUpdates",
  "activations",
  "zeroActivations",
  // what was executed
  "macs",
  "acs",
  "synapticEvents",
  "spikes",
  "neuronUpdates",
  "additions",
  "multiplications",
  "otherOperations",
  // words moved
  "weightReads",
  "stateReads",
  "stateWrites",
  "activationReads",
  "activationWrites",
  "eventReads",
  "eventWrites",
] as const;
/** The name of a count: numbers stored, work done, words moved. */
export type CountName = (typeof ADDITIVE)[number];
export type Sums = Readonly<Record<CountName, number>>;

/** The sums, and the two shares that NeuroBench makes of them. */
export interface Counted extends Sums {
  /** Zeros among the weights. */
  readonly connectionSparsity: number;
  /** Zeros among the outputs of neurons, over all steps. */
  readonly activationSparsity: number;
}

/** The counts of one layer: a connection and the neurons that it feeds. */
export interface LayerCounts extends Counted {
  readonly name: string;
  /** Its inputs are spikes (−1, 0, 1), so that a synapse adds and does not multiply. */
  readonly binaryInputs: boolean;
  /** Its neurons emit spikes. */
  readonly spiking: boolean;
  /** Name of the neuron model, by which a chip tells whether it has a price for an update. */
  readonly neuron?: string;
}

/** The counts of a network, layer by layer and in total, of one inference. */
export interface Counts {
  readonly name: string;
  /** Steps of one inference; 1 for a conventional network. */
  readonly steps: number;
  readonly layers: readonly LayerCounts[];
  readonly total: Counted;
}

/** The counts of a network from those of its layers. */
export function countNetwork(name: string, steps: number, layers: readonly LayerCounts[]): Counts {
  const total = Object.fromEntries(
    ADDITIVE.map((key) => [key, layers.reduce((n, layer) => n + layer[key], 0)]),
  ) as Sums;
  return { name, steps, layers, total: withShares(total) };
}

export function withShares<T extends Sums>(sums: T): T & Counted {
  return {
    ...sums,
    connectionSparsity: share(sums.zeroWeights, sums.weights),
    activationSparsity: share(sums.zeroActivations, sums.activations),
  };
}

const share = (part: number, of: number): number => (of === 0 ? 0 : part / of);
