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
  type ConditionOptions,
  type Connectivity,
  condition,
  type DistanceOptions,
  dense as allToAll,
  distanceDependent,
  inDegree,
  oneToOne,
  outDegree,
  pairs,
  probability,
  totalNumber,
} from "./connectivity.ts";
export type { DelayOption } from "./delays.ts";
export { type GatedLayer, type GatedOptions, gatedLayer, gru, lstm } from "./gated.ts";
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
export { type AlifOptions, alif } from "./neuron/alif.ts";
export { type CubaLifOptions, cubaLif } from "./neuron/cubaLif.ts";
export { gruCell } from "./neuron/gru.ts";
export { integrateAndFire } from "./neuron/integrateAndFire.ts";
export { leakyIntegrator } from "./neuron/leakyIntegrator.ts";
export { lif } from "./neuron/lif.ts";
export { linear } from "./neuron/linear.ts";
export { lstmCell } from "./neuron/lstm.ts";
export { type ParametricLifOptions, parametricLif } from "./neuron/parametricLif.ts";
export { quantisedRelu } from "./neuron/quantisedRelu.ts";
export { relu } from "./neuron/relu.ts";
export { type SeAdLifOptions, seAdLif } from "./neuron/seAdLif.ts";
export { neuron } from "./neuron.ts";
export type { NeuronModel, NeuronSpec, ParameterSpec } from "./neuronModel.ts";
export { type Phase, SCHEDULES, type Schedule, type ScheduleName } from "./schedule.ts";
export { denseLayer, input, type Layer, neurons, readout, type SequentialOptions, sequential } from "./sequential.ts";
export type { WeightStorage } from "./storage.ts";
export { type OnSpike, type Pathway, type SynapseModel, type SynapseSpec, synapse } from "./synapse.ts";
export { type TimedArraySpec, timedArray } from "./timedArray.ts";
export type { Grain, Trainable } from "./trainable.ts";
export { batchNorm, concat, softmax, type Transform } from "./transform.ts";
