/**
 * What a network is: neurons as equations, populations, connections, networks. Plain data; nothing runs here.
 * @module model
 */
export { type Connection, type ConnectionSpec, type ConnectOptions, connect, type Endpoint } from "./connection.ts";
export {
  discProfile,
  exponentialProfile,
  gaussianProfile,
  grid,
  type Positions,
  type Profile,
  points,
} from "./connectivity/space.ts";
export {
  averagePooling,
  averagePooling1d,
  type ConditionOptions,
  type Connectivity,
  type ConvolutionOptions,
  condition,
  convolution,
  convolution1d,
  type DistanceOptions,
  dense as allToAll,
  distanceDependent,
  inDegree,
  oneToOne,
  outDegree,
  type PerDimension,
  type PoolOptions,
  pairs,
  probability,
  sumPooling,
  sumPooling1d,
  totalNumber,
  type WindowNumbers,
} from "./connectivity.ts";
export type { DelayOption, Interpolation, LearnedDelay, LearnedRange } from "./delays.ts";
export { type GatedLayer, type GatedOptions, gatedLayer, gru, lstm, spikingLstm } from "./gated.ts";
export {
  clippedNormal,
  constantOf,
  exponential,
  fanIn,
  glorotUniform,
  type Initializer,
  logNormal,
  normal,
  orthogonal,
  truncatedNormal,
  uniform,
} from "./initializer.ts";
export {
  type LiquidLayer,
  type LiquidLayerOptions,
  type LiquidNormOptions,
  type LiquidReadoutOptions,
  liquid,
  liquidLayer,
  liquidReadout,
} from "./liquid.ts";
export {
  type GivenNumber,
  type InputNode,
  type InputOptions,
  inputNode,
  type Network,
  type NetworkSpec,
  network,
  type Population,
  type PopulationOptions,
  population,
} from "./network.ts";
export { type AdexOptions, adex } from "./neuron/adex.ts";
export { type AlifOptions, alif } from "./neuron/alif.ts";
export { type AlphaLifOptions, alphaLif } from "./neuron/alphaLif.ts";
export {
  type BalancedResonateAndFireOptions,
  balancedResonateAndFire,
} from "./neuron/balancedResonateAndFire.ts";
export { type CobaLifOptions, cobaLif } from "./neuron/cobaLif.ts";
export { type CubaLifOptions, cubaLif } from "./neuron/cubaLif.ts";
export { type EifOptions, eif } from "./neuron/eif.ts";
export { type GifOptions, gif } from "./neuron/gif.ts";
export { gruCell } from "./neuron/gru.ts";
export { type HodgkinHuxleyOptions, hodgkinHuxley } from "./neuron/hodgkinHuxley.ts";
export { integrateAndFire } from "./neuron/integrateAndFire.ts";
export { type IzhikevichOptions, izhikevich } from "./neuron/izhikevich.ts";
export { leakyIntegrator } from "./neuron/leakyIntegrator.ts";
export { lif } from "./neuron/lif.ts";
export { linear } from "./neuron/linear.ts";
export { type LiquidOptions, liquidCell, liquidIntegrator } from "./neuron/liquid.ts";
export { lstmCell } from "./neuron/lstm.ts";
export { type MaskedPsnOptions, maskedPsn, maskedPsnWeights } from "./neuron/maskedPsn.ts";
export { type ParametricLifOptions, parametricLif } from "./neuron/parametricLif.ts";
export { type QifOptions, qif } from "./neuron/qif.ts";
export { quantisedRelu } from "./neuron/quantisedRelu.ts";
export { relu } from "./neuron/relu.ts";
export { type ResonateAndFireOptions, resonateAndFire } from "./neuron/resonateAndFire.ts";
export { type SeAdLifOptions, seAdLif } from "./neuron/seAdLif.ts";
export { type SecondOrderLifOptions, secondOrderLif } from "./neuron/secondOrderLif.ts";
export { type SlidingPsnOptions, slidingPsn, slidingPsnWeights } from "./neuron/slidingPsn.ts";
export { spikingLstmCell } from "./neuron/spikingLstm.ts";
export { type SynapseFilterOptions, synapseFilter } from "./neuron/synapseFilter.ts";
export type { ParameterTable, TableOptions } from "./neuron/tabled.ts";
export { type TraubMilesOptions, traubMiles } from "./neuron/traubMiles.ts";
export { neuron } from "./neuron.ts";
export type { NeuronModel, NeuronSpec, ParameterSpec } from "./neuronModel.ts";
export { type BcmOptions, bcm } from "./plasticity/bcm.ts";
export { type InhibitoryStdpOptions, inhibitoryStdp } from "./plasticity/inhibitoryStdp.ts";
export { type MultiplicativeStdpOptions, multiplicativeStdp } from "./plasticity/multiplicativeStdp.ts";
export { type OjaOptions, oja, type RateRuleOptions } from "./plasticity/oja.ts";
export { type Pairing, type PairStdpOptions, pairStdp } from "./plasticity/pairStdp.ts";
export { type PowerLawStdpOptions, powerLawStdp } from "./plasticity/powerLawStdp.ts";
export { type RewardStdpOptions, rewardStdp } from "./plasticity/rewardStdp.ts";
export type { RuleOptions } from "./plasticity/rule.ts";
export { type SynapticScalingOptions, synapticScaling } from "./plasticity/synapticScaling.ts";
export {
  type TripletFit,
  type TripletPairing,
  type TripletStdpOptions,
  tripletStdp,
} from "./plasticity/tripletStdp.ts";
export type { Range } from "./range.ts";
export { type Phase, SCHEDULES, type Schedule, type ScheduleName } from "./schedule.ts";
export {
  batchNormLayer,
  denseLayer,
  input,
  type Layer,
  neurons,
  type ResidualOptions,
  readout,
  residualLayer,
  type SequentialOptions,
  sequential,
} from "./sequential.ts";
export type { WeightStorage } from "./storage.ts";
export {
  type GivenPathway,
  type OnSpike,
  type Pathway,
  type SynapseModel,
  type SynapseSpec,
  synapse,
} from "./synapse.ts";
export { type GapJunctionOptions, gapJunction } from "./synapses/gapJunction.ts";
export { type TsodyksMarkramOptions, tsodyksMarkram } from "./synapses/tsodyksMarkram.ts";
export { type TimedArraySpec, timedArray } from "./timedArray.ts";
export type { Grain, Trainable } from "./trainable.ts";
export {
  type BatchNorm,
  type BatchNormOptions,
  batchNorm,
  concat,
  maxPool,
  type NormalisedOver,
  type ResidualJoin,
  residual,
  type SpikeJoin,
  softmax,
  sum,
  type Transform,
} from "./transform.ts";
export {
  avgPoolLayer,
  type ConvLayer,
  type ConvOptions,
  conv1dLayer,
  convLayer,
  type FlattenLayer,
  flattenLayer,
  maxPoolLayer,
  type PoolLayer,
  sumPoolLayer,
} from "./windowLayers.ts";
