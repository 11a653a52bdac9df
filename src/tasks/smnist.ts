/**
 * Handwritten digits as sequences. Task `smnist`: pixel by pixel, 784 steps of one number, a recurrent layer of adaptive
 * neurons trained by back-propagation through time. Task `smnist-rows`: row by row, 28 steps of 28 numbers, a layer with
 * liquid time constants trained by forward propagation through time, which updates weights after every row.
 */
import { stream } from "../data/encoder.ts";
import { idxDataset } from "../data/sets/mnist.ts";
import { multiGaussian } from "../ir/surrogate.ts";
import { fptt } from "../learn/algorithm.ts";
import { crossEntropy, crossEntropyRising } from "../learn/loss.ts";
import { connect } from "../model/connection.ts";
import { type GatedLayer, gru } from "../model/gated.ts";
import { fanIn, glorotUniform, orthogonal, truncatedNormal } from "../model/initializer.ts";
import { liquid, liquidReadout } from "../model/liquid.ts";
import { inputNode, type Network, network, population } from "../model/network.ts";
import { alif } from "../model/neuron/alif.ts";
import { leakyIntegrator } from "../model/neuron/leakyIntegrator.ts";
import { linear } from "../model/neuron/linear.ts";
import { denseLayer, input, sequential } from "../model/sequential.ts";
import type { Published, SampleTask, Training } from "./task.ts";

const [PIXELS, SIDE, CLASSES] = [784, 28, 10];

const PUBLISHED: readonly Published[] = [
  {
    source: "Yin, Corradi and Bohté 2021, Nature Machine Intelligence 3, 905",
    network: "recurrent layers of adaptive neurons, pixel by pixel",
    accuracy: 0.987,
  },
];

/** Neurons, time constants and first weights as Yin et al. 2021 have them, at 1 ms a step; one recurrent layer. */
function pixelNetwork(): Network {
  const tau = (mean: number, sd: number) => truncatedNormal(mean * 1e-3, sd * 1e-3, { low: 1e-3 });
  return network({
    name: "smnist-spiking",
    dt: "1 ms",
    steps: PIXELS,
    inputs: { input: inputNode(1, { signal: "values" }) },
    populations: {
      hidden: population(256, alif(), {
        parameters: { tauM: tau(20, 5), tauA: tau(200, 50) },
        trainable: ["tauM", "tauA"],
      }),
      output: population(CLASSES, leakyIntegrator(), { parameters: { tau: tau(20, 5) }, trainable: ["tau"] }),
    },
    connections: [
      connect("input", "hidden", { weight: fanIn(), bias: fanIn() }),
      connect("hidden", "hidden", { weight: orthogonal(), delay: 1 }),
      connect("hidden", "output", { weight: glorotUniform(), bias: fanIn(), port: "i" }),
    ],
    output: "output",
  });
}

const rowNetwork = (): Network =>
  sequential([input(SIDE, { signal: "values" }), liquid(256), liquidReadout(CLASSES)], {
    name: "smnist-rows-spiking",
    steps: SIDE,
  });

const gatedNetwork = (name: string, inputs: number, steps: number, layer: GatedLayer): Network =>
  sequential([input(inputs, { signal: "values" }), layer, denseLayer(CLASSES), linear()], { name, steps });

const PIXEL_TRAINING: Training = {
  epochs: 20,
  batch: 64,
  rate: 5e-3,
  warmup: 200,
  dropout: 0,
  loss: crossEntropy("mean"),
  surrogate: multiGaussian(),
  clip: 1,
  groups: [{ match: "*.tau*", rate: 0.1 }],
};
const ROW_TRAINING: Training = {
  epochs: 30,
  batch: 128,
  rate: 3e-3,
  warmup: 500,
  dropout: 0,
  loss: crossEntropyRising({ prior: 0.1 }),
  surrogate: multiGaussian({ sigma: 0.3 }),
  algorithm: fptt(multiGaussian({ sigma: 0.3 })),
  optimiser: "adamax",
  clip: 1,
};
const { groups: _groups, ...GATED } = PIXEL_TRAINING;

const DIGITS = {
  kind: "samples",
  classes: CLASSES,
  load: ({ directory }) => idxDataset("mnist", { directory }),
  published: PUBLISHED,
} as const satisfies Partial<SampleTask>;

/** Digits pixel by pixel. */
export const SMNIST: SampleTask = {
  ...DIGITS,
  name: "smnist",
  doc: "MNIST pixel by pixel: 784 steps of one number, back-propagation through all of them",
  inputs: 1,
  spiking: { network: pixelNetwork, training: PIXEL_TRAINING, input: stream(1) },
  twin: {
    doc: "gated units",
    network: () => gatedNetwork("smnist-twin", 1, PIXELS, gru(96)),
    training: { ...GATED, loss: crossEntropy("last") },
    input: stream(1),
  },
};

/** Digits row by row. */
export const SMNIST_ROWS: SampleTask = {
  ...DIGITS,
  name: "smnist-rows",
  doc: "MNIST row by row: 28 steps of 28 numbers, an update after each by forward propagation through time",
  inputs: SIDE,
  spiking: { network: rowNetwork, training: ROW_TRAINING, input: stream(SIDE) },
  twin: {
    doc: "gated units",
    network: () => gatedNetwork("smnist-rows-twin", SIDE, SIDE, gru(96)),
    training: { ...GATED, epochs: 12, loss: crossEntropy("last") },
    input: stream(SIDE),
  },
};
