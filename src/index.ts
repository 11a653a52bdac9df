/**
 * What most programs need, from one import; what is not here has an entry point of its own.
 * @module rheobase
 */
export { interpret } from "./backend/interpret/run.ts";
export { threadedWasm, wasm } from "./backend/wasm/wasm.ts";
export { DataError, ModelError, RheobaseError, RunError, UsageError } from "./base/errors.ts";
export { arctan, boxcar, fastSigmoid, gaussian, multiGaussian, sigmoid, triangle } from "./ir/surrogate.ts";
export { bptt } from "./learn/algorithm.ts";
export { narrowing } from "./learn/delayGradients.ts";
export { createEvaluator } from "./learn/evaluator.ts";
export { fit, summarise } from "./learn/fit.ts";
export { latencyCurves } from "./learn/latency.ts";
export {
  crossEntropy,
  crossEntropyEachStep,
  meanSquared,
  meanSquaredEachStep,
  meanSquaredValues,
  meanSquaredValuesEachStep,
  softmaxSum,
} from "./learn/loss.ts";
export { adam, cosine, sgd, stepwise } from "./learn/optimiser.ts";
export { createTrainer } from "./learn/trainer.ts";
export { connect } from "./model/connection.ts";
export { discProfile, exponentialProfile, gaussianProfile, grid, points } from "./model/connectivity/space.ts";
export {
  averagePooling,
  averagePooling1d,
  condition,
  convolution,
  convolution1d,
  dense as allToAll,
  distanceDependent,
  inDegree,
  oneToOne,
  outDegree,
  pairs,
  probability,
  sumPooling,
  sumPooling1d,
  totalNumber,
} from "./model/connectivity.ts";
export { gatedLayer, gru, lstm, spikingLstm } from "./model/gated.ts";
export {
  clippedNormal,
  exponential,
  fanIn,
  glorotUniform,
  logNormal,
  normal,
  orthogonal,
  truncatedNormal,
  uniform,
} from "./model/initializer.ts";
export { inputNode, type Network, network, population } from "./model/network.ts";
export { adex } from "./model/neuron/adex.ts";
export { alif } from "./model/neuron/alif.ts";
export { alphaLif } from "./model/neuron/alphaLif.ts";
export { balancedResonateAndFire } from "./model/neuron/balancedResonateAndFire.ts";
export { cobaLif } from "./model/neuron/cobaLif.ts";
export { cubaLif } from "./model/neuron/cubaLif.ts";
export { eif } from "./model/neuron/eif.ts";
export { gif } from "./model/neuron/gif.ts";
export { hodgkinHuxley } from "./model/neuron/hodgkinHuxley.ts";
export { integrateAndFire } from "./model/neuron/integrateAndFire.ts";
export { izhikevich } from "./model/neuron/izhikevich.ts";
export { leakyIntegrator } from "./model/neuron/leakyIntegrator.ts";
export { lif } from "./model/neuron/lif.ts";
export { linear } from "./model/neuron/linear.ts";
export { maskedPsn, maskedPsnWeights } from "./model/neuron/maskedPsn.ts";
export { parametricLif } from "./model/neuron/parametricLif.ts";
export { qif } from "./model/neuron/qif.ts";
export { relu } from "./model/neuron/relu.ts";
export { resonateAndFire } from "./model/neuron/resonateAndFire.ts";
export { seAdLif } from "./model/neuron/seAdLif.ts";
export { secondOrderLif } from "./model/neuron/secondOrderLif.ts";
export { slidingPsn, slidingPsnWeights } from "./model/neuron/slidingPsn.ts";
export { synapseFilter } from "./model/neuron/synapseFilter.ts";
export { traubMiles } from "./model/neuron/traubMiles.ts";
export { neuron } from "./model/neuron.ts";
export type { NeuronModel } from "./model/neuronModel.ts";
export { bcm } from "./model/plasticity/bcm.ts";
export { inhibitoryStdp } from "./model/plasticity/inhibitoryStdp.ts";
export { multiplicativeStdp } from "./model/plasticity/multiplicativeStdp.ts";
export { oja } from "./model/plasticity/oja.ts";
export { pairStdp } from "./model/plasticity/pairStdp.ts";
export { powerLawStdp } from "./model/plasticity/powerLawStdp.ts";
export { rewardStdp } from "./model/plasticity/rewardStdp.ts";
export { synapticScaling } from "./model/plasticity/synapticScaling.ts";
export { tripletStdp } from "./model/plasticity/tripletStdp.ts";
export {
  batchNormLayer,
  denseLayer,
  input,
  neurons,
  readout,
  residualLayer,
  sequential,
} from "./model/sequential.ts";
export { synapse } from "./model/synapse.ts";
export { gapJunction } from "./model/synapses/gapJunction.ts";
export { tsodyksMarkram } from "./model/synapses/tsodyksMarkram.ts";
export {
  avgPoolLayer,
  conv1dLayer,
  convLayer,
  flattenLayer,
  maxPoolLayer,
  sumPoolLayer,
} from "./model/windowLayers.ts";
export { createEngine, type Engine } from "./sim/engine.ts";
export type { Hook, HookView } from "./sim/hooks.ts";
export type { Recording } from "./sim/recording.ts";
export { rounded } from "./sim/settled.ts";
