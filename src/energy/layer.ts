/**
 * The counts of one layer, from what it is and how active it was.
 *
 * Memory traffic follows Lemaire et al. 2022. Event by event, an active input is read once, and each of its synapses
 * reads a weight and reads and writes an accumulator. Dense, every product reads a weight and an input, and
 * accumulates in a register. Neither reuses an operand, so that neither network is given a cache the other lacks.
 *
 * @see Lemaire et al. 2022, An analytical estimation of spiking neural networks energy efficiency, arXiv:2210.13107
 */
import { DataError } from "../base/errors.ts";
import { type LayerCounts, withShares } from "./counts.ts";
import { type FanOut, fanAt } from "./neurobench.ts";

/** What one update of one neuron does. Additions include subtractions, comparisons and the bias. */
export interface UpdateCost {
  readonly additions: number;
  readonly multiplications: number;
  /** Divisions, exponentials and the like. */
  readonly otherOperations?: number;
  /** Biases, time constants and thresholds read from memory. */
  readonly parameterReads: number;
  readonly stateReads: number;
  readonly stateWrites: number;
}

/** What a layer is. */
export interface LayerDescription {
  readonly name: string;
  readonly inputs: number;
  readonly neurons: number;
  /** Connections out of each input, zero weights included. */
  readonly fanOut: FanOut;
  /** The same without zero weights; by default `fanOut`. */
  readonly effectiveFanOut?: FanOut;
  /** Stored weights (shared ones once), and how many of them are zero. */
  readonly weights: number;
  readonly zeroWeights?: number;
  /** Stored parameters besides the weights. */
  readonly otherParameters: number;
  readonly bytesPerNumber?: number;
  /** Numbers that a neuron keeps from step to step. */
  readonly stateVariables: number;
  readonly spiking: boolean;
  /** Name of the neuron model. */
  readonly neuron?: string;
  /** `event`: only active inputs cost anything. `dense`: every product is computed. */
  readonly execution: "event" | "dense";
  readonly update: UpdateCost;
}

/** What a layer did, summed over `samples` inferences. */
export interface LayerActivity {
  readonly samples: number;
  readonly steps: number;
  /** Times its connection was evaluated in an inference; by default `steps`. Constant input needs it once. */
  readonly calls?: number;
  readonly binaryInputs: boolean;
  /** Times each input was non-zero; where all inputs have the same fan-out, the sum will do. */
  readonly activeInputs: number | ArrayLike<number>;
  /** Non-zero outputs, spikes or activations; left out where the neurons have no such output (a readout). */
  readonly activeOutputs?: number;
  readonly membraneUpdates?: number;
}

/**
 * Counts what a layer did, as means of one inference.
 *
 * @throws {DataError} `shape-mismatch` or `out-of-range` if the activity cannot be that of the layer
 */
export function countLayer(layer: LayerDescription, activity: LayerActivity): LayerCounts {
  requireActivity(layer, activity);
  const work = connectionWork(layer, activity);
  return withShares({
    name: layer.name,
    spiking: layer.spiking,
    binaryInputs: activity.binaryInputs,
    ...(layer.neuron !== undefined && { neuron: layer.neuron }),
    ...structure(layer),
    ...work,
    ...neuronWork(layer, activity),
    ...traffic(layer, activity, work.macs + work.acs),
  });
}

function structure(layer: LayerDescription) {
  const { inputs, neurons, weights, zeroWeights = 0, bytesPerNumber = 4 } = layer;
  const parameterCount = weights + layer.otherParameters;
  const stateCount = neurons * layer.stateVariables;
  return {
    neurons,
    weights,
    zeroWeights,
    parameterCount,
    stateCount,
    synapses: synapsesOf(layer),
    parameterBytes: parameterCount * bytesPerNumber,
    stateBytes: stateCount * bytesPerNumber,
    bufferCount: inputs + neurons,
  };
}

/** Products and sums of the connection. Dense hardware multiplies, whatever the inputs are. */
function connectionWork(layer: LayerDescription, activity: LayerActivity) {
  const { fanOut, effectiveFanOut = fanOut } = layer;
  const { samples, activeInputs, binaryInputs, calls = activity.steps } = activity;
  const denseOperations = synapsesOf(layer) * calls;
  const events = eventsOf(fanOut, activeInputs) / samples;
  const effective = eventsOf(effectiveFanOut, activeInputs) / samples;
  return {
    denseOperations,
    effectiveMacs: binaryInputs ? 0 : effective,
    effectiveAcs: binaryInputs ? effective : 0,
    synapticEvents: binaryInputs ? events : 0,
    macs: layer.execution === "dense" ? denseOperations : binaryInputs ? 0 : events,
    acs: layer.execution === "event" && binaryInputs ? events : 0,
  };
}

function neuronWork(layer: LayerDescription, activity: LayerActivity) {
  const { update } = layer;
  const neuronUpdates = layer.neurons * activity.steps;
  const active = outputsOf(activity);
  const activations = activity.activeOutputs === undefined ? 0 : neuronUpdates;
  return {
    neuronUpdates,
    activations,
    zeroActivations: activations === 0 ? 0 : activations - active,
    spikes: layer.spiking ? active : 0,
    membraneUpdates: (activity.membraneUpdates ?? 0) / activity.samples,
    additions: update.additions * neuronUpdates,
    multiplications: update.multiplications * neuronUpdates,
    otherOperations: (update.otherOperations ?? 0) * neuronUpdates,
  };
}

/** Words moved. An analog event is an index and a value; a spike is an index. */
function traffic(layer: LayerDescription, activity: LayerActivity, products: number) {
  const { update, execution, spiking } = layer;
  const updates = layer.neurons * activity.steps;
  const byEvent = execution === "event";
  const accumulated = byEvent ? products : 0;
  const activeIn = eventsOf(1, activity.activeInputs) / activity.samples;
  const activeOut = outputsOf(activity);
  return {
    weightReads: products + update.parameterReads * updates,
    stateReads: accumulated + update.stateReads * updates,
    stateWrites: accumulated + update.stateWrites * updates,
    activationReads: byEvent ? (activity.binaryInputs ? 0 : activeIn) : products,
    activationWrites: byEvent ? (spiking ? 0 : activeOut) : updates,
    eventReads: byEvent ? activeIn : 0,
    eventWrites: byEvent ? activeOut : 0,
  };
}

const outputsOf = (activity: LayerActivity): number => (activity.activeOutputs ?? 0) / activity.samples;

const synapsesOf = ({ fanOut, inputs }: LayerDescription): number =>
  typeof fanOut === "number" ? fanOut * inputs : sum(fanOut);

/** Σ over inputs of fan-out × times active. */
function eventsOf(fanOut: FanOut, active: number | ArrayLike<number>): number {
  if (typeof active === "number") return (fanOut as number) * active; // requireActivity: one fan-out for all
  let total = 0;
  for (let k = 0; k < active.length; k++) total += fanAt(fanOut, k) * active[k]!;
  return total;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k]!;
  return total;
}

function requireActivity(layer: LayerDescription, activity: LayerActivity): void {
  const { name, inputs, neurons, fanOut, effectiveFanOut = fanOut } = layer;
  const { samples, steps, calls = steps, activeInputs } = activity;
  for (const [key, value] of Object.entries({ samples, steps, calls }))
    requireCount(`${name}.${key}`, value, 1, Infinity);
  for (const [key, fan] of Object.entries({ fanOut, effectiveFanOut })) {
    if (typeof fan === "number") continue;
    if (fan.length !== inputs)
      throw new DataError(
        "shape-mismatch",
        `${name}.${key}`,
        `expected one entry for each of ${inputs} inputs, found ${fan.length}`,
      );
    if (typeof activeInputs === "number")
      throw new DataError(
        "shape-mismatch",
        `${name}.activeInputs`,
        `must be given for each input, because ${key} differs between inputs`,
      );
  }
  if (typeof activeInputs === "number") requireCount(`${name}.activeInputs`, activeInputs, 0, inputs * calls * samples);
  else if (activeInputs.length !== inputs)
    throw new DataError(
      "shape-mismatch",
      `${name}.activeInputs`,
      `expected one entry for each of ${inputs} inputs, found ${activeInputs.length}`,
    );
  else
    for (let k = 0; k < inputs; k++) requireCount(`${name}.activeInputs[${k}]`, activeInputs[k]!, 0, calls * samples);
  requireCount(`${name}.activeOutputs`, activity.activeOutputs ?? 0, 0, neurons * steps * samples);
}

function requireCount(path: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return; // NaN fails both
  throw new DataError(
    "out-of-range",
    path,
    `must be ${high === Infinity ? `at least ${low}` : `from ${low} to ${high}`}, got ${value}`,
  );
}
