/**
 * The task `unsupervised`: digits read by a layer that learned without labels. Labels come in afterwards, and only to find out
 * which digit each neuron stands for. Its twin is a conventional network of the same shape that learns with labels.
 * With 400 neurons and seed 1 it reads 90.0 % (89.4 to 90.6) of the test digits.
 */
import { assignLabels, type LabelAssignment, predictByLabel } from "../../analysis/labels.ts";
import { requireInteger } from "../../base/errors.ts";
import type { Dataset, Examples } from "../../data/dataset.ts";
import { current } from "../../data/encoder.ts";
import { idxDataset } from "../../data/sets/mnist.ts";
import { crossEntropy } from "../../learn/loss.ts";
import { fanIn } from "../../model/initializer.ts";
import type { Network } from "../../model/network.ts";
import { linear } from "../../model/neuron/linear.ts";
import { relu } from "../../model/neuron/relu.ts";
import { denseLayer, input, neurons, sequential } from "../../model/sequential.ts";
import { percent, short, whole } from "../../report/numbers.ts";
import type { Design } from "../networks.ts";
import type { SessionOptions } from "../session.ts";
import type { Learnt, LoadOptions, Published, SampleTask, TaskData, Told, Training } from "../task.ts";
import { ENCODER, type LearnResult, learn, responses } from "./learn.ts";
import { answeringNetwork, POTENTIATION } from "./network.ts";

/** What it learns from, and how much. */
export interface UnsupervisedRecipe {
  readonly name: string;
  readonly load: (options: LoadOptions) => Promise<Dataset>;
  readonly neurons: number;
  readonly epochs: number;
  /** Labelled samples that say which class each neuron stands for. */
  readonly labelled: number;
  readonly published: readonly Published[];
}

const SOURCE = "Diehl and Cook 2015, Frontiers in Computational Neuroscience 9:99";
const MNIST: UnsupervisedRecipe = {
  name: "unsupervised",
  load: ({ directory }) => idxDataset("mnist", { directory }),
  neurons: 400,
  epochs: 1,
  labelled: 10_000,
  published: [
    { source: SOURCE, network: "400 neurons", accuracy: 0.87 },
    { source: SOURCE, network: "1,600 neurons", accuracy: 0.919 },
    { source: SOURCE, network: "6,400 neurons", accuracy: 0.95 },
  ],
};
const INPUTS = 784;
const CLASSES = 10;

/** One sample after the other; the rate is by how much a weight grows. */
const TRAINING = { batch: 1, rate: POTENTIATION, warmup: 0, dropout: 0, loss: crossEntropy("sum") } as const;
const TWIN: Training = { epochs: 3, batch: 128, rate: 2e-3, warmup: 100, dropout: 0.2, loss: crossEntropy("mean") };

/** The task on MNIST. */
export const UNSUPERVISED: SampleTask = unsupervisedTask(MNIST);

/** Of digits of 784 pixels, ten classes. */
export function unsupervisedTask(recipe: UnsupervisedRecipe): SampleTask {
  const { name, epochs, published, load } = recipe;
  const sizeOf = (asked = recipe.neurons): number => {
    requireInteger("--neurons", asked, CLASSES, 10_000);
    return asked;
  };
  return {
    kind: "samples",
    ...{ name, load, published, inputs: INPUTS, classes: CLASSES, takes: ["neurons", "samples"] },
    doc: "MNIST without labels: a layer of spiking neurons that inhibit one another and learn by STDP (Diehl and Cook 2015)",
    spiking: {
      network: (changes) => unlearned(sizeOf(changes?.neurons)),
      training: { ...TRAINING, epochs },
      input: ENCODER,
      learn: (design, data, options) => learnLayer(recipe, design, data, options),
    },
    twin: {
      doc: "rectified units that learn with labels, by back-propagation",
      network: (changes) => twinNetwork(name, sizeOf(changes?.neurons)),
      training: TWIN,
      input: current(),
    },
  };
}

/** What answers, before anything is learned. */
const unlearned = (size: number): Network =>
  answeringNetwork(
    { inputs: INPUTS, neurons: size, weights: new Float32Array(INPUTS * size), theta: new Float32Array(size) },
    { classes: CLASSES, proportions: new Float32Array(size * CLASSES) },
  ).net;

const twinNetwork = (name: string, size: number): Network =>
  sequential(
    [
      input([INPUTS], { signal: "values", constant: true }),
      denseLayer(size, { weight: fanIn() }),
      neurons(relu(), { dropout: TWIN.dropout }),
      denseLayer(CLASSES),
      neurons(linear(), { name: "output" }),
    ],
    { steps: 1, name: `${name}-twin` },
  );

/** Learns, asks which class each neuron stands for, and makes a network whose spikes vote. */
async function learnLayer(
  { labelled: labels }: UnsupervisedRecipe,
  { net: { populations }, training: { epochs }, samples }: Design,
  data: TaskData,
  options: SessionOptions,
): Promise<Learnt> {
  const { train, test } = data as Dataset; // a task loads what its recipe does
  const shown = train.take(samples ?? train.count);
  const labelled = train.take(labels);
  const size = populations.e!.size;
  const origin = { neurons: size, epochs, samples: shown.count };
  const kept = options.keeper?.work(options.stage, origin);
  const learned = await learn(shown, { ...options, neurons: size, epochs, kept });
  await options.keeper?.pause();
  const heard = await responses(learned, labelled, { ...options, stage: `${options.stage}, labels` });
  const assignment = assignLabels(heard, labelled.labels, { neurons: size, classes: CLASSES });
  const tested = await responses(learned, test, { ...options, stage: `${options.stage}, test by neuron` });
  const byLabel = predictByLabel(tested, assignment).reduce((n, c, k) => n + Number(c === test.labels[k]), 0);
  const { net, parameters } = answeringNetwork(learned, { classes: CLASSES, proportions: assignment.proportion });
  const { seconds, bytes } = learned;
  return {
    net,
    trained: { parameters, epochs: [], seconds, samplesPerSecond: learned.samples / seconds, bytes },
    told: toldOf(learned, assignment, labelled, byLabel / test.count),
  };
}

function toldOf(learned: LearnResult, { silent, size }: LabelAssignment, labelled: Examples, byLabel: number): Told {
  const { neurons: count, samples, spikes, spikesInTheEnd } = learned;
  return {
    numbers: {
      neurons: count,
      accuracyByLabel: byLabel,
      learning: { samples, spikes, spikesInTheEnd },
      labels: { samples: labelled.count, silent, neurons: Array.from(size) },
    },
    notes: [
      `${whole(samples)} samples without labels, one after the other: ${short(spikes)} spikes a sample, ${short(spikesInTheEnd)} in the end. Afterwards ${whole(labelled.count)} labelled samples told which class each neuron fires for; ${whole(silent)} neurons never fired.`,
      `Spikes vote by the proportions of the classes that a neuron fires for. By the mean activity of a class's neurons, ${percent(byLabel, 2)} are right.`,
      "Each sample is shown once, however few spikes come of it, as in BindsNET; the paper shows such samples again, brighter.",
      "The answering network has no inhibitory neurons: they fire once for each spike of theirs, so neurons inhibit one another two steps later themselves.",
    ],
  };
}
