/**
 * From counts of what a network did to energy, by price lists with sources.
 * @module energy
 */
export { type Account, type AccountLine, type Components, type EnergyOptions, energy } from "./account.ts";
export { type BreakEven, breakEven, spikeRate, spikesPerSynapse, type Verdict } from "./breakeven.ts";
export { type Comparison, compare } from "./compare.ts";
export { type Counted, type CountName, type Counts, countNetwork, type LayerCounts } from "./counts.ts";
export { type Grade, memoryAccess, type NumberFormat, type Price, type Range } from "./horowitz.ts";
export { countLayer, type LayerActivity, type LayerDescription, type UpdateCost } from "./layer.ts";
export {
  activationSparsity,
  connectionSparsity,
  countZeros,
  effectiveFanOut,
  type FanOut,
  footprint,
  isTernary,
  type MembraneStep,
  membraneUpdates,
  NEURON_OPERATIONS,
  type NeuronType,
  neuronOperations,
  parameterCount,
  type ResetKind,
  type Stored,
  type SynapticOperations,
  synapticOperations,
} from "./neurobench.ts";
export {
  type Component,
  POPULAR,
  type PriceOptions,
  type PriceTable,
  type Pricing,
  prices,
  type Work,
} from "./prices.ts";
