export { type Connection, type ConnectionSpec, type ConnectOptions, connect, type Endpoint } from "./connection.ts";
export { type Connectivity, dense as allToAll, oneToOne, pairs, probability } from "./connectivity.ts";
export { constantOf, fanIn, type Initializer, normal, uniform } from "./initializer.ts";
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
export { integrateAndFire } from "./neuron/integrateAndFire.ts";
export { leakyIntegrator } from "./neuron/leakyIntegrator.ts";
export { lif } from "./neuron/lif.ts";
export { relu } from "./neuron/relu.ts";
export { neuron } from "./neuron.ts";
export type { NeuronModel, NeuronSpec, ParameterSpec } from "./neuronModel.ts";
export { type Phase, SCHEDULES, type Schedule, type ScheduleName } from "./schedule.ts";
export { denseLayer, input, type Layer, neurons, readout, type SequentialOptions, sequential } from "./sequential.ts";
export { type Pathway, type SynapseModel, type SynapseSpec, synapse } from "./synapse.ts";
export { batchNorm, concat, softmax, type Transform } from "./transform.ts";
