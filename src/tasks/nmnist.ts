/**
 * The task `nmnist`: digits that an event camera saw while it moved, the small split (1,000 to train, 100 to test). Steps are
 * 10 ms; in each epoch recordings are moved by up to three pixels and a tenth of their events is left out. Two convolutions:
 * 99 % (94.6 to 99.8) with seed 1; a published figure of this split there is not.
 */

import { drop, shift } from "../data/augment/augmentation.ts";
import { augmentSequences } from "../data/augment/sequences.ts";
import { Examples } from "../data/dataset.ts";
import { current } from "../data/encoder.ts";
import { binSequences } from "../data/events/binned.ts";
import { type SequenceDataset, type Sequences, sequenceDataset } from "../data/sequences.ts";
import { type LabelledRecordings, nMnistSmall } from "../data/sets/nMnistSmall.ts";
import { triangle } from "../ir/surrogate.ts";
import { crossEntropy } from "../learn/loss.ts";
import { fanIn } from "../model/initializer.ts";
import type { Network } from "../model/network.ts";
import { leakyIntegrator } from "../model/neuron/leakyIntegrator.ts";
import { lif } from "../model/neuron/lif.ts";
import { linear } from "../model/neuron/linear.ts";
import { relu } from "../model/neuron/relu.ts";
import type { NeuronModel } from "../model/neuronModel.ts";
import { denseLayer, input, neurons, sequential } from "../model/sequential.ts";
import { convLayer } from "../model/windowLayers.ts";
import { AS_LABELLED_EVENTS } from "./batches.ts";
import { labelEach } from "./samples.ts";
import type { LoadOptions, RenewOptions, Samples, SampleTask, Training } from "./task.ts";

const SENSOR = { width: 34, height: 34 };
const SHAPE = [SENSOR.height, SENSOR.width, 2];
const INPUTS = 2 * SENSOR.width * SENSOR.height;
const [STEPS, CLASSES] = [32, 10];
const [DT, ORDER] = [0.01, "pixels"] as const;

async function load({ directory }: LoadOptions): Promise<SequenceDataset> {
  const { name, classes, train, test, source, licence } = await nMnistSmall({ directory });
  const binned = (part: string, { recordings, labels }: LabelledRecordings): Sequences =>
    binSequences(`${name}.${part}`, recordings, labels, classes, { dt: DT, steps: STEPS, start: 0, order: ORDER });
  return sequenceDataset({ name, dt: DT, train: binned("train", train), test: binned("test", test), source, licence });
}

const renewed = (samples: Samples, options: RenewOptions): Samples =>
  augmentSequences(samples as Sequences, SENSOR, [shift(3), drop("events", 0.1)], { ...options, order: ORDER });

/** The twin sees the events of a whole recording at once: how many steps each input was active in, as a share. */
function summed(samples: Samples): Samples {
  const { count, steps, inputs, list, ends } = samples as Sequences;
  const features = new Float32Array(count * inputs);
  for (let s = 0; s < count; s++)
    for (let k = ends[s * steps]!; k < ends[(s + 1) * steps]!; k++) features[s * inputs + list[k]!]! += 1 / steps;
  return new Examples("summed", inputs, features, Uint8Array.from(labelEach(samples)));
}

type Size = readonly [number, number];
/** Two convolutions that halve the picture, and what reads them: the same shape for spikes and for the twin. */
const layersOf = (neuron: () => NeuronModel, answer: NeuronModel, [first, second]: Size) => [
  convLayer(first, { kernel: 5, stride: 2, weight: fanIn(2) }),
  neurons(neuron(), { dropout: 0.1 }),
  convLayer(second, { kernel: 5, stride: 2, weight: fanIn(2) }),
  neurons(neuron(), { dropout: 0.2 }),
  denseLayer(CLASSES),
  neurons(answer, { name: "output" }),
];

const spikingNetwork = (): Network =>
  sequential(
    [
      input(SHAPE),
      ...layersOf(() => lif({ tau: "50 ms", reset: "subtract" }), leakyIntegrator({ tau: "100 ms" }), [16, 32]),
    ],
    { steps: STEPS, dt: "10 ms", name: "nmnist-spiking" },
  );
const twinNetwork = (): Network =>
  sequential([input(SHAPE, { signal: "values", constant: true }), ...layersOf(relu, linear(), [16, 32])], {
    steps: 1,
    name: "nmnist-twin",
  });

const TRAINING: Training = {
  epochs: 40,
  batch: 32,
  rate: 3e-3,
  warmup: 50,
  dropout: 0.2,
  loss: crossEntropy("mean"),
  surrogate: triangle(1),
  clip: 1,
  decay: 0.01,
};

export const NMNIST: SampleTask = {
  kind: "samples",
  name: "nmnist",
  doc: "N-MNIST, the small split of 1,000 and 100: digits that a moving event camera saw",
  load,
  inputs: INPUTS,
  classes: CLASSES,
  spiking: { network: spikingNetwork, training: TRAINING, input: AS_LABELLED_EVENTS, renewed },
  twin: {
    doc: "the same layers of rectified units; it has all events of a recording at once",
    network: twinNetwork,
    training: TRAINING,
    input: current(),
    view: summed,
  },
  published: [],
};
