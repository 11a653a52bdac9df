/** What a task is: which data, which networks, how they are trained. Plain data and makers of networks. */
import type { Dataset, Examples } from "../data/dataset.ts";
import type { Encoder } from "../data/encoder.ts";
import type { SequenceDataset, Sequences } from "../data/sequences.ts";
import type { Surrogate } from "../ir/surrogate.ts";
import type { Algorithm } from "../learn/algorithm.ts";
import type { Loss } from "../learn/loss.ts";
import type { Overflow } from "../learn/optimiser.ts";
import type { Regulariser } from "../learn/regularise.ts";
import type { Network } from "../model/network.ts";
import type { Input } from "./batches.ts";
import type { Design } from "./networks.ts";
import type { EncoderName } from "./options.ts";
import type { SessionOptions, Trained } from "./session.ts";

/** How a network is trained: by Adam, unless said, whose rate rises over `warmup` updates and then falls along half a cosine to 0. */
export interface Training {
  readonly epochs: number;
  /** Samples of one update. */
  readonly batch: number;
  /** The highest rate. */
  readonly rate: number;
  readonly warmup: number;
  /** Share of hidden neurons that are silenced for a sample. */
  readonly dropout: number;
  readonly loss: Loss;
  /** Of gradients: `triangle(1)` unless said. */
  readonly surrogate?: Surrogate;
  /** How gradients are found; back-propagation through time with the surrogate unless said. */
  readonly algorithm?: Algorithm;
  readonly optimiser?: "adam" | "adamax";
  /** The most that the norm of a gradient may be. */
  readonly clip?: number;
  /** What becomes of an update whose gradient is not finite, where gradients are clipped. */
  readonly overflow?: Overflow;
  /** What weights and biases shrink by, times the rate, in an update. */
  readonly decay?: number;
  /** What averages of weights, which are used in their place, keep from one update to the next. */
  readonly average?: number;
  /** Parameters with a rate of their own: `match` as in `ParameterGroup`, the rate in units of the highest. */
  readonly groups?: readonly { readonly match: string; readonly rate: number }[];
  /** What else is to be small, such as the rates of neurons. */
  readonly regularisers?: readonly Regulariser[];
  /** Samples that go forward and backward together. */
  readonly chunk?: number;
  /** Where a budget of memory chose it: bytes that training takes at most, those that it may, and why. */
  readonly memory?: { readonly bytes: number; readonly budget: number; readonly reason: string };
  readonly selection?: SelectionRule;
}

/** Training samples are held out at random; of the epochs looked at, the one that answers them best gives the weights. */
export interface SelectionRule {
  readonly heldOut: number;
  /** Epochs from one look to the next; the last epoch is always looked at. */
  readonly every: number;
}

/** A spiking network beyond its layers' sizes, and how it is trained. */
export interface SpikingRecipe extends Training {
  readonly encoder: Encoder;
  readonly steps: number;
  /** Membrane time constants, at 1 ms a step. */
  readonly tau: string;
  readonly readoutTau: string;
  /** First weights are drawn from ±gain / √inputs. */
  readonly gain: number;
}

/** The trial that chooses between spiking codes, on training data that are held out of it. */
export interface Trial {
  readonly codes: readonly EncoderName[];
  readonly train: number;
  readonly heldOut: number;
  readonly epochs: number;
}

export interface LoadOptions {
  readonly directory?: string | undefined;
  readonly seed: number;
}

interface Described {
  readonly name: string;
  readonly doc: string;
}

/** One label a sample, which an encoder turns into spikes. */
export interface ImageTask extends Described {
  readonly kind: "images";
  /** Reads the data; throws a `DataError` where they are missing or broken. */
  readonly load: (options: LoadOptions) => Promise<Dataset>;
  /** Shape of one example. */
  readonly shape: readonly number[];
  readonly classes: number;
  /** Hidden neurons. */
  readonly hidden: number;
  readonly spiking: Readonly<Record<EncoderName, SpikingRecipe>>;
  readonly twin: Training;
  readonly trial: Trial;
  readonly published?: readonly Published[];
}

/** A network with its recipe. */
export interface Recipe {
  /** What the network is, in words, where its layers' sizes do not tell; of the twin. */
  readonly doc?: string;
  readonly network: (changes?: NetworkChanges) => Network;
  readonly training: Training;
}
/** What the command line may change about a network, where its task takes the option. */
export interface NetworkChanges {
  readonly neurons?: number | undefined;
}

/** A figure from elsewhere, beside which a result stands. */
export interface Published {
  readonly source: string;
  readonly network: string;
  /** Share of the answers that are right; of steps, or of samples. */
  readonly accuracy: number;
}

/** How many times less energy than the conventional twin, as others say it. */
export interface Promised {
  readonly source: string;
  readonly low: number;
  readonly high: number;
}

/** Spikes in, a label a step. */
export interface SequenceTask extends Described {
  readonly kind: "sequences";
  /** Reads the data; throws a `DataError` where they are missing or broken. */
  readonly load: (options: LoadOptions) => Promise<SequenceDataset>;
  readonly inputs: number;
  readonly classes: number;
  readonly spiking: Recipe;
  readonly twin: Recipe;
  /** The first step that published figures score, counted from 0. */
  readonly scoredFrom: number;
  readonly published: readonly Published[];
  readonly promise: Promised;
}

/** One side of a task whose networks it gives itself. */
export interface SampleRecipe extends Recipe {
  /** How samples enter. */
  readonly input: Input;
  /** The samples as this network takes them, where that is another way; of the twin alone. */
  readonly view?: (samples: Samples) => Samples;
  /** Training samples as an epoch has them, where they are augmented. */
  readonly renewed?: (samples: Samples, options: RenewOptions) => Samples;
  /** A way of its own to learn, where it is not by gradients. */
  readonly learn?: Learn;
}
/** Learns in a way of its own; test samples are there to tell more of them than how many are answered rightly. */
export type Learn = (design: Design, data: TaskData, options: SessionOptions) => Promise<Learnt>;
/** What came of it: the network that answers, and what else is worth telling. */
export interface Learnt {
  readonly net: Network;
  readonly trained: Trained;
  readonly told: Told;
}
/** Numbers for the document, and sentences beside them. */
export interface Told {
  readonly numbers: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}
/** What augmented samples are drawn by. */
export interface RenewOptions {
  readonly seed: number;
  readonly epoch: number;
}

/** One label a sample: images, sounds, windows of a signal, recordings of events. */
export interface SampleTask extends Described {
  readonly kind: "samples";
  /** Reads the data; throws a `DataError` where they are missing or broken. */
  readonly load: (options: LoadOptions) => Promise<TaskData>;
  /** Of the spiking network. */
  readonly inputs: number;
  readonly classes: number;
  readonly spiking: SampleRecipe;
  readonly twin: SampleRecipe;
  readonly published: readonly Published[];
  /** Classes count alike, however many samples they have: the mean of their recalls is told too. */
  readonly balanced?: boolean;
  /** Test samples share data with one another, such as windows that overlap: they tell less than as many others would. */
  readonly overlapping?: boolean;
  /** Which of `--neurons` and `--samples` it takes. */
  readonly takes?: readonly ("neurons" | "samples")[];
  /** What something simpler reaches on the same data, found in the same run. */
  readonly baseline?: (data: TaskData) => Promise<Published> | Published;
}

/** A task: which data, which networks, how they are trained. */
export type Task = ImageTask | SequenceTask | SampleTask;
/** What a task loads. */
export type TaskData = Dataset | SequenceDataset;
/** A part of it. */
export type Samples = Examples | Sequences;
