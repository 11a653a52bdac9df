/**
 * The small split of N-MNIST that the examples of SLAYER use: the first 1,000 training recordings and the first 100 test
 * recordings, files `<number>.bs2`, which are those of N-MNIST, and two lists of numbers and labels.
 */
import { DataError } from "../../base/errors.ts";
import { readEvents } from "../events/read.ts";
import type { EventRecording, Sensor } from "../events/recording.ts";
import { badFile, type NamedBytes } from "../format/bytes.ts";
import type { LocateOptions } from "../locate.ts";
import { type FolderSet, readFolder } from "./folder.ts";

/** Recordings with a label each. */
export interface LabelledRecordings {
  readonly recordings: readonly EventRecording[];
  /** Shape [recordings]: the digit. */
  readonly labels: Uint8Array;
}
/** The small split. */
export interface NMnistSmall {
  readonly name: string;
  readonly classes: readonly string[];
  readonly sensor: Sensor;
  readonly train: LabelledRecordings;
  readonly test: LabelledRecordings;
  readonly source: string;
  readonly licence: string;
}

const SENSOR: Sensor = { width: 34, height: 34 };
const CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const LISTS = { train: "train1K.txt", test: "test100.txt" } as const;
const SET: FolderSet = {
  name: "nmnist-small",
  folders: ["nmnist-small"],
  files: /^(\d+\.bs2|train1K\.txt|test100\.txt)$/,
  needs: "the recordings <number>.bs2 and the lists train1K.txt and test100.txt",
};

/** @throws {DataError} `missing-file` with the places searched, or the recording that a list names; else naming the file and what is wrong in it */
export async function nMnistSmall(options: LocateOptions = {}): Promise<NMnistSmall> {
  return nMnistSmallDataset(await readFolder(SET, options));
}

/** The same of files that are at hand, as in a page. @throws {DataError} naming the file and what is wrong in it */
export async function nMnistSmallDataset(files: readonly NamedBytes[]): Promise<NMnistSmall> {
  const byName = new Map(files.map((file) => [file.path.slice(file.path.lastIndexOf("/") + 1), file]));
  return {
    name: SET.name,
    classes: CLASSES,
    sensor: SENSOR,
    train: await partOf(byName, LISTS.train),
    test: await partOf(byName, LISTS.test),
    source:
      "Orchard, Jayawant, Cohen, Thakor 2015, Front. Neurosci. 9:437; the split of the examples of SLAYER (Shrestha and Orchard 2018)",
    licence: "CC BY-SA 4.0",
  };
}

async function partOf(files: ReadonlyMap<string, NamedBytes>, list: string): Promise<LabelledRecordings> {
  const rows = listedIn(fileOf(files, list));
  const recordings: EventRecording[] = [];
  for (const { number } of rows)
    recordings.push(await readEvents(fileOf(files, `${number}.bs2`), { format: "nmnist", sensor: SENSOR }));
  return { recordings, labels: Uint8Array.from(rows, ({ label }) => label) };
}
function fileOf(files: ReadonlyMap<string, NamedBytes>, name: string): NamedBytes {
  const file = files.get(name);
  if (file) return file;
  throw new DataError("missing-file", SET.name, `has no ${name}`);
}

/** A heading, then a number and a label a line. */
function listedIn({ path, bytes }: NamedBytes): { number: number; label: number }[] {
  const [, ...lines] = new TextDecoder().decode(bytes).trimEnd().split(/\r?\n/);
  if (lines.length === 0) throw badFile(path, "names no recording");
  return lines.map((line, k) => {
    const [, number, label] = /^(\d{1,6})\s+(\d)\s*$/.exec(line) ?? [];
    if (number === undefined)
      throw badFile(path, `line ${k + 2}: expected a number and a digit, got '${line.slice(0, 40)}'`);
    return { number: Number(number), label: Number(label) };
  });
}
