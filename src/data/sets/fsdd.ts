/**
 * Spoken digits: the Free Spoken Digit Dataset, recordings of "zero" to "nine" at 8 kHz, of several speakers, each of whom
 * said each digit equally often. The official split tests on the first five repetitions; leaving a speaker out tells more.
 */
import { DataError } from "../../base/errors.ts";
import { hash64 } from "../../base/hash.ts";
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { readWave } from "../format/wave.ts";
import type { LocateOptions } from "../locate.ts";
import { readFolder, registered } from "./folder.ts";

/** One spoken digit. */
export interface SpokenDigit {
  /** The digit, 0 to 9. */
  readonly label: number;
  readonly speaker: string;
  /** Which repetition. */
  readonly index: number;
  /** In [-1, 1), 8,000 a second. */
  readonly samples: Float32Array;
}
/** The free spoken digit data set. */
export interface SpokenDigits {
  readonly name: string;
  readonly classes: readonly string[];
  readonly speakers: readonly string[];
  /** Samples a second. */
  readonly rate: number;
  readonly train: readonly SpokenDigit[];
  readonly test: readonly SpokenDigit[];
  readonly source: string;
  readonly licence: string;
  /** `hash64` of all recordings: what a result was computed on. */
  readonly digest: string;
}

const RATE = 8000;
/** Repetitions below this are the official test set. */
const TEST_BELOW = 5;
const CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const NAME = /(?:^|\/)(\d)_([a-z]+)_(\d+)\.wav$/;
const SET = registered("fsdd", {
  files: /^(recordings\/)?\d_[a-z]+_\d+\.wav$/,
  needs: "the recordings <digit>_<speaker>_<index>.wav",
});

/** @throws {DataError} `missing-file` with the places searched, or with the first recording that lacks; else naming the file */
export async function fsdd(options: LocateOptions = {}): Promise<SpokenDigits> {
  return fsddDataset(await readFolder(SET, options));
}

/** The same of files that are at hand, as in a page. @throws {DataError} naming the file and what is wrong in it */
export async function fsddDataset(files: readonly NamedBytes[]): Promise<SpokenDigits> {
  const digits: SpokenDigit[] = [];
  for (const file of files) digits.push(await digitOf(file));
  digits.sort((a, b) => a.label - b.label || order(a.speaker, b.speaker) || a.index - b.index);
  const speakers = [...new Set(digits.map(({ speaker }) => speaker))].sort();
  requireAll(digits, speakers);
  return {
    name: SET.name,
    classes: CLASSES,
    speakers,
    rate: RATE,
    train: digits.filter(({ index }) => index >= TEST_BELOW),
    test: digits.filter(({ index }) => index < TEST_BELOW),
    source: "Jackson, Souza, Flaks, Pan, Nicolas, Thite, Free Spoken Digit Dataset, doi:10.5281/zenodo.1342401",
    licence: "CC BY-SA 4.0",
    digest: hash64(
      ...digits.flatMap(({ label, speaker, index, samples }) => [`${label}_${speaker}_${index}`, samples]),
    ),
  };
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function digitOf(file: NamedBytes): Promise<SpokenDigit> {
  const [, digit, speaker, index] = NAME.exec(file.path) ?? [];
  if (speaker === undefined) throw badFile(file.path, "expected a name <digit>_<speaker>_<index>.wav");
  const { rate, channels, data } = await readWave(file);
  if (rate !== RATE || channels !== 1)
    throw badFile(file.path, `expected one channel of ${RATE} samples a second, found ${channels} of ${rate}`);
  if (data.length === 0) throw badFile(file.path, "holds no sample");
  return { label: Number(digit), speaker, index: Number(index), samples: Float32Array.from(data) };
}

/** Every speaker has every digit equally often: what lacks was lost on the way. */
function requireAll(digits: readonly SpokenDigit[], speakers: readonly string[]): void {
  const nameOf = (label: number, speaker: string, index: number): string => `${label}_${speaker}_${index}.wav`;
  const there = new Set(digits.map(({ label, speaker, index }) => nameOf(label, speaker, index)));
  const repetitions = digits.reduce((most, { index }) => Math.max(most, index + 1), 0);
  for (const speaker of speakers)
    for (let label = 0; label < CLASSES.length; label++)
      for (let index = 0; index < repetitions; index++)
        if (!there.has(nameOf(label, speaker, index)))
          throw new DataError(
            "missing-file",
            SET.name,
            `has no ${nameOf(label, speaker, index)}, and others of ${repetitions} repetitions`,
          );
}
