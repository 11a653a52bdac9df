/**
 * From counts of what a network did to energy, by price lists with sources.
 * @module energy
 */
export {
  type Account,
  type AccountLine,
  type Components,
  type EnergyOptions,
  energy,
  refusals,
  type Unpriced,
} from "./account.ts";
export { type BreakEven, breakEven, isDead, spikeRate, spikesPerSynapse, type Verdict } from "./breakeven.ts";
export type { ChipName, ChipTable } from "./chip.ts";
export { type Comparison, compare, compareAcross } from "./compare.ts";
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
export { equalBits } from "./notes.ts";
export { type OdinOptions, odin } from "./odin.ts";
export { type OwnBreakEven, ownBreakEven, withActivity } from "./ownBreakEven.ts";
export {
  type Component,
  type Duration,
  equalPrecision,
  POPULAR,
  type PriceOptions,
  type PriceTable,
  type Pricing,
  prices,
  WORK_LABELS,
  type Work,
} from "./prices.ts";
export { LEVELS, type MemoryLevel, processor } from "./processor.ts";
export {
  idlePower,
  type Measured,
  type MeasureOptions,
  measure,
  type PowerCounters,
  type PowerPlaces,
  powerCounters,
} from "./rapl.ts";
export {
  COMPONENT_LABELS,
  type EnergyTable,
  energyTable,
  type SideAccount,
  type Statement,
  statementOf,
} from "./statement.ts";
export { chips } from "./tables.ts";
