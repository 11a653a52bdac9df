/**
 * The metrics of NeuroBench as pure functions over what a network stores and what it did, by the definitions in its
 * source (version 2), including the two that surprise: whether a layer multiplies is judged call by call from its
 * inputs, and the first step updates every membrane.
 *
 * @see Yik et al. 2025, The NeuroBench framework, Nature Communications 16:1545; repository NeuroBench/neurobench
 */

/** A parameter or buffer: how many numbers, of how many bytes. */
export interface Stored {
  readonly count: number;
  readonly bytes: number;
}

/** Bytes of all parameters and buffers. */
export const footprint = (tensors: readonly Stored[]): number => sum(tensors.map((t) => t.count * t.bytes));

/** Numbers in all parameters. */
export const parameterCount = (parameters: readonly Stored[]): number => sum(parameters.map((p) => p.count));

/** Zeros among the weights of all connections; 0 is dense. */
export const connectionSparsity = (weights: readonly ArrayLike<number>[]): number => zeroShare(weights);

/** Zeros among the outputs of all neuron and activation layers, over all steps and samples. */
export const activationSparsity = (outputs: readonly ArrayLike<number>[]): number => zeroShare(outputs);

function zeroShare(arrays: readonly ArrayLike<number>[]): number {
  const total = sum(arrays.map((a) => a.length));
  return total === 0 ? 0 : sum(arrays.map(countZeros)) / total;
}

/** Entries equal to zero. */
export function countZeros(values: ArrayLike<number>): number {
  let zeros = 0;
  for (let k = 0; k < values.length; k++) if (values[k] === 0) zeros++;
  return zeros;
}

/** Connections out of each input: one number if every input has as many. */
export type FanOut = number | ArrayLike<number>;

/** Non-zero weights out of each input of a dense layer, shape [inputs][outputs]. */
export function effectiveFanOut(weights: ArrayLike<number>, inputs: number): Uint32Array {
  const outputs = weights.length / inputs;
  const fan = new Uint32Array(inputs);
  for (let k = 0; k < weights.length; k++) if (weights[k] !== 0) fan[Math.floor(k / outputs)]!++;
  return fan;
}

/** NeuroBench's synaptic operations of a sample: all of a dense evaluation, and those with non-zero operands. */
export interface SynapticOperations {
  readonly dense: number;
  readonly effectiveMacs: number;
  readonly effectiveAcs: number;
}

/**
 * Synaptic operations of one connection layer, a sample. Biases are not synapses and do not count.
 *
 * @param layer connections out of each input, and how many of them have a non-zero weight
 * @param calls the inputs of each call, shape [inputs] or [batch][inputs]; a call accumulates (AC) if all its inputs
 *   are −1, 0 or 1, and multiplies (MAC) otherwise
 * @param samples by which the sums are divided: a sample is a whole sequence
 */
export function synapticOperations(
  layer: { readonly inputs: number; readonly fanOut: FanOut; readonly effectiveFanOut: FanOut },
  calls: Iterable<ArrayLike<number>>,
  samples: number,
): SynapticOperations {
  const total = { dense: 0, effectiveMacs: 0, effectiveAcs: 0 };
  for (const call of calls) {
    const kind = isTernary(call) ? "effectiveAcs" : "effectiveMacs";
    for (let k = 0; k < call.length; k++) {
      total.dense += fanAt(layer.fanOut, k % layer.inputs);
      if (call[k] !== 0) total[kind] += fanAt(layer.effectiveFanOut, k % layer.inputs);
    }
  }
  return {
    dense: total.dense / samples,
    effectiveMacs: total.effectiveMacs / samples,
    effectiveAcs: total.effectiveAcs / samples,
  };
}

/** Whether all values are −1, 0 or 1, so that a product with them is no multiplication. */
export function isTernary(values: ArrayLike<number>): boolean {
  for (let k = 0; k < values.length; k++) {
    const x = values[k]!;
    if (x !== 0 && x !== 1 && x !== -1) return false;
  }
  return true;
}

export const fanAt = (fan: FanOut, input: number): number => (typeof fan === "number" ? fan : fan[input]!);

/** Membrane potentials of all neurons around one step. */
export interface MembraneStep {
  readonly before: ArrayLike<number>;
  readonly after: ArrayLike<number>;
}

/** Membranes that a step changed, a sample; the first step counts every neuron. */
export function membraneUpdates(steps: readonly MembraneStep[], samples: number): number {
  const updates = steps.map(({ before, after }, t) => (t === 0 ? after.length : countChanged(before, after)));
  return sum(updates) / samples;
}

function countChanged(before: ArrayLike<number>, after: ArrayLike<number>): number {
  let changed = 0;
  for (let k = 0; k < after.length; k++) if (before[k] !== after[k]) changed++;
  return changed;
}

/** Neurons of snnTorch that NeuroBench counts operations for. */
export type NeuronType = "Leaky" | "Synaptic" | "Lapicque" | "Alpha";
/** What a spike does to the membrane: subtracts the threshold, or sets it to zero. */
export type ResetKind = "subtract" | "zero";

/** Operations a membrane update, by snnTorch neuron type and reset (`neuron_operations.py`). */
export const NEURON_OPERATIONS: Readonly<Record<NeuronType, Readonly<Record<ResetKind, number>>>> = {
  Leaky: { subtract: 4, zero: 4 },
  Synaptic: { subtract: 6, zero: 8 },
  Lapicque: { subtract: 11, zero: 11 },
  Alpha: { subtract: 18, zero: 24 },
};

/** Neuron operations a sample: for the membranes that changed, and for all of them. */
export function neuronOperations(
  type: NeuronType,
  reset: ResetKind,
  layer: { readonly membraneUpdates: number; readonly neurons: number; readonly steps: number },
): { effective: number; dense: number } {
  const each = NEURON_OPERATIONS[type][reset];
  return { effective: each * layer.membraneUpdates, dense: each * layer.neurons * layer.steps };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
