/** The options that commands share: one text, one check and one default each. */
import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { CELLS, type CellName, ENCODERS, type EncoderName, LEARNERS, type LearnerName } from "../tasks/options.ts";

/** What commander hands to a command that has these options. */
export interface Flags {
  readonly data?: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly neurons?: number;
  readonly samples?: number;
  readonly cell?: CellName;
  readonly learner?: LearnerName;
  readonly seed: number;
  readonly seeds?: readonly number[];
  readonly threads: number;
  readonly encoder?: EncoderName;
  readonly segment?: number | "auto";
  readonly memory?: number;
  readonly out?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Random numbers are keyed by 32 bits. */
const LARGEST_SEED = 2 ** 32 - 1;

/** A parser for a whole number in [low, high], written in digits. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

/** A parser for several of them, with commas between. */
function wholeNumbers(low: number, high: number): (text: string) => number[] {
  return (text) => {
    try {
      return text.split(",").map(wholeNumber(low, high));
    } catch {
      throw new InvalidArgumentError(`They must be whole numbers from ${low} to ${high}, such as 1,2,3.`);
    }
  };
}

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
/** Bytes of a size such as `2GB` or `1.5 GiB`. */
export function bytesIn(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text) ?? [];
  const name = Object.keys(UNITS).find((u) => u.toLowerCase() === unit?.toLowerCase());
  const bytes = name === undefined ? 0 : Math.floor(Number(number) * UNITS[name]!);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new InvalidArgumentError(`It must be a number and a unit (${Object.keys(UNITS).join(", ")}), such as 2GB.`);
}

export const option = {
  data: () => new Option("--data <dir>", "folder with the data set, or with a folder TASK in it").env("RHEOBASE_DATA"),
  epochs: () => new Option("--epochs <n>", "passes over the training data").argParser(wholeNumber(1, 100_000)),
  steps: () => new Option("--steps <t>", "time steps a sample").argParser(wholeNumber(1, 10_000)),
  neurons: () => new Option("--neurons <n>", "neurons that learn (unsupervised)").argParser(wholeNumber(10, 10_000)),
  samples: () =>
    new Option("--samples <n>", "samples of an epoch (unsupervised), experiments (r-stdp)").argParser(
      wholeNumber(1, 2 ** 31),
    ),
  cell: () => new Option("--cell <name>", "hidden neurons (adding)").choices(CELLS),
  learner: () => new Option("--learner <name>", "how it is learned (adding)").choices(LEARNERS),
  segment: () =>
    new Option("--segment <k>", "show training that keeps k steps at a time (auto: the root of all)").argParser(
      (text: string) => (text === "auto" ? text : wholeNumber(1, 10_000)(text)),
    ),
  memory: () =>
    new Option(
      "--memory <size>",
      "most that training may take, as 2GB or 500MB; chooses how gradients are found, and says why",
    ).argParser(bytesIn),
  encoder: () => new Option("--encoder <name>", "how the input becomes spikes").choices(ENCODERS),
  seed: () =>
    new Option("--seed <n>", "of weights, split, order and noise").argParser(wholeNumber(0, LARGEST_SEED)).default(1),
  seeds: () =>
    new Option(
      "--seeds <list>",
      "several, as 1,2,3, one after the other: mean and spread (not saved on their way)",
    ).argParser(wholeNumbers(0, LARGEST_SEED)),
  trainedSeed: () =>
    new Option("--seed <n>", "of split and noise (default: that of the training)").argParser(
      wholeNumber(0, LARGEST_SEED),
    ),
  threads: () =>
    new Option("--threads <n>", "worker threads at most; the result is the same")
      .argParser(wholeNumber(1, 256))
      .default(availableParallelism(), "one a core"),
  out: (kinds: string) =>
    new Option("--out <file>", `a file to write, by its suffix: ${kinds}; may be given again`).argParser(
      (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
    ),
  json: () => new Option("--json", "print one JSON document on stdout, and nothing else there"),
  quiet: () => new Option("--quiet", "print the result lines alone, and no progress"),
};
