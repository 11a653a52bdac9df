/** A small spiking network and its twin, with counts that can be worked out by hand. */
import { type Counts, countNetwork } from "../../src/energy/counts.ts";
import { countLayer, type LayerActivity, type LayerDescription } from "../../src/energy/layer.ts";

/** 4 inputs, 3 neurons: a multiplication (leak), two additions (current, threshold), one parameter (bias), one state. */
export const LIF: LayerDescription = {
  name: "hidden",
  inputs: 4,
  neurons: 3,
  fanOut: 3,
  weights: 12,
  otherParameters: 3,
  stateVariables: 1,
  spiking: true,
  execution: "event",
  update: { additions: 2, multiplications: 1, parameterReads: 1, stateReads: 1, stateWrites: 1 },
};
/** Summed over the samples: 3 spikes in, 2 out, two steps. */
export const QUIET: LayerActivity = { samples: 1, steps: 2, binaryInputs: true, activeInputs: 3, activeOutputs: 2 };

const RELU: LayerDescription = {
  ...LIF,
  name: "hidden",
  stateVariables: 0,
  spiking: false,
  execution: "dense",
  update: { additions: 1, multiplications: 0, parameterReads: 1, stateReads: 0, stateWrites: 0 },
};

export const spiking = (activity: Partial<LayerActivity> = {}, layer: Partial<LayerDescription> = {}): Counts => {
  const did = { ...QUIET, ...activity };
  return countNetwork("snn", did.steps, [countLayer({ ...LIF, ...layer }, did)]);
};
export const twin = (): Counts =>
  countNetwork("twin", 1, [
    countLayer(RELU, { samples: 1, steps: 1, binaryInputs: false, activeInputs: 4, activeOutputs: 3 }),
  ]);
