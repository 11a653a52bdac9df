/** What every task is asked with, how it tells how far it is, and what it hands back: the border between tasks and cli. */

import type { View } from "../report/terminal/layout.ts";

/** How inputs become spikes, or stay analog (`current`). Without one, a task chooses between the spiking codes itself. */
export const ENCODERS = ["latency", "rate", "current"] as const;
/** The name of an encoder. */
export type EncoderName = (typeof ENCODERS)[number];

/** Hidden neurons of the task `adding`. */
export const CELLS = ["liquid", "liquid-alif", "alif", "gru"] as const;
/** The name of such neurons. */
export type CellName = (typeof CELLS)[number];
/** How the task `adding` is learned. */
export const LEARNERS = ["fptt", "bptt"] as const;
/** The name of a way to learn. */
export type LearnerName = (typeof LEARNERS)[number];

/** Where training is saved on its way, and how often. */
export interface CheckpointOptions {
  readonly file: string;
  /** Updates from one checkpoint to the next. */
  readonly every: number;
  /** Go on from the file. Without it there must be none. */
  readonly resume: boolean;
  /** When it says so (an `AbortSignal` does), training ends after the batch at hand, saved. */
  readonly stop?: { readonly aborted: boolean };
}

/** Where a training tells, epoch by epoch, how it learns. */
export interface WatchOptions {
  /** In the terminal, a few lines an epoch. */
  readonly terminal?: boolean;
  /** A file that gets one line of JSON an epoch; what it holds already stays. */
  readonly log?: string;
  /** A folder that gets an event file of TensorBoard's. */
  readonly tensorboard?: string;
}

/** What a task is asked with. */
export interface TaskOptions {
  /** A name in `TASKS`, or `adding` or `r-stdp`; for `explain` also the path of an artefact. */
  readonly task: string;
  /** Folder with the data, or with a folder of the task's name in it. */
  readonly data?: string;
  readonly epochs?: number;
  /** Time steps a sample. */
  readonly steps?: number;
  /** Of `unsupervised`: neurons that learn. */
  readonly neurons?: number;
  /** Of `unsupervised` samples of an epoch; of `r-stdp` experiments. */
  readonly samples?: number;
  /** Of `adding`: hidden neurons. */
  readonly cell?: CellName;
  /** Of `adding`: how it is learned. */
  readonly learner?: LearnerName;
  readonly seed: number;
  /** Of `train` and `compare`: each of them instead of `seed`, one after the other. */
  readonly seeds?: readonly number[];
  /** At most this many; the result does not depend on it. */
  readonly threads: number;
  readonly encoder?: EncoderName;
  /** Of `explain`: steps of a segment, to show training with checkpoints in time; `auto` for the root of all. */
  readonly segment?: number | "auto";
  /** Files to write: `.h5` for the trained network, `.html` for a report, `.json` for the result as data. */
  readonly out?: string | readonly string[];
  /** Of `train` and `compare`. */
  readonly checkpoint?: CheckpointOptions;
  /** Of `train` and `compare`: where to tell, epoch by epoch, how the networks learn. */
  readonly watch?: WatchOptions;
  /** Of `train` and `compare`: bytes that training may take in linear memory; they choose how gradients are found. */
  readonly memory?: number;
}

/** What `evaluate` is asked with. */
export interface EvaluateOptions extends Omit<TaskOptions, "seed"> {
  /** The artefact to evaluate. */
  readonly file: string;
  /** By default that of the training, so that the test data are those which the training did not see. */
  readonly seed?: number;
}

/** `done` of `total` units of one named stage; `note` is a word on how it goes, such as the loss. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly note?: string;
  /** Lines that stay; the rest is then without meaning. */
  readonly lines?: readonly string[];
}
/** Hears how far a task is. */
export type OnProgress = (progress: Progress) => void;

/** The same result twice: for machines (`--json` prints it) and for people. */
export interface TaskReport {
  readonly document: Readonly<Record<string, unknown>>;
  /** 80 columns wide, without colour. */
  readonly text: string;
  /** The same for a given terminal; `quiet` leaves the result lines alone. */
  readonly show?: (view: View, quiet: boolean) => string;
}

/** A word for a POSIX shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
