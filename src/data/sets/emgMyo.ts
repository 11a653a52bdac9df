/**
 * Wrist gestures from the muscles of the forearm: recordings of a minute of eight electrodes (a Myo armband), 200 samples a
 * second. In most, a person changes between rest and one gesture every 5 s. The set names no split: hold out a session or a
 * participant, and cut windows inside one recording only.
 */
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { readCsv } from "../format/csv.ts";
import { columnOf } from "../format/table.ts";
import type { LocateOptions } from "../locate.ts";
import { type FolderSet, readFolder } from "./folder.ts";
import { digestOf, type Series, series, valuesOf } from "./series.ts";

/** One recording of a participant, session and gesture. */
export interface EmgRecording extends Series {
  readonly participant: string;
  readonly session: number;
  /** What was asked for: a class. Labels are it or 0. */
  readonly gesture: number;
}
/** The EMG data set of Myo armbands. */
export interface EmgMyoSet {
  readonly name: string;
  readonly classes: readonly string[];
  /** By participant, session and gesture. */
  readonly recordings: readonly EmgRecording[];
  readonly source: string;
  readonly licence: string;
  /** `hash64` of all recordings. */
  readonly digest: string;
}

const CLASSES = [
  "rest",
  "flexion",
  "extension",
  "radial deviation",
  "ulnar deviation",
  "pronation",
  "supination",
  "fist",
];
const CHANNELS = Array.from({ length: 8 }, (_, k) => `EMG ${k + 1}`);
const RATE = 200;
const NAME = /(?:^|\/)(\d+)-(\d+)\/([0-7])\.txt$/;
const SET: FolderSet = {
  name: "emg-myo",
  folders: ["emg-myo", "myo-readings-dataset"],
  files: /^\d+-\d+\/[0-7]\.txt$/,
  needs: "the recordings <participant>-<session>/<gesture>.txt",
};

/** @throws {DataError} `missing-file` with the places searched; else naming the file and the line */
export async function emgMyo(options: LocateOptions = {}): Promise<EmgMyoSet> {
  return emgMyoDataset(await readFolder(SET, options));
}

/** The same of files that are at hand, as in a page. @throws {DataError} naming the file and the line */
export async function emgMyoDataset(files: readonly NamedBytes[]): Promise<EmgMyoSet> {
  const recordings: EmgRecording[] = [];
  for (const file of files) recordings.push(await recordingOf(file));
  return {
    name: SET.name,
    classes: CLASSES,
    recordings,
    source: "repository aljazfrancic/myo-readings-dataset, state of 2024-04-06",
    licence: "MIT",
    digest: digestOf(...recordings),
  };
}

async function recordingOf(file: NamedBytes): Promise<EmgRecording> {
  const [, participant, session, gesture] = NAME.exec(file.path) ?? [];
  if (participant === undefined)
    throw badFile(file.path, "expected a name <participant>-<session>/<gesture 0 to 7>.txt");
  const names = [...CHANNELS, "label"];
  const table = await readCsv(file, {
    header: false,
    names,
    kinds: Object.fromEntries(names.map((name) => [name, "number"] as const)),
  });
  const [values, asked] = [valuesOf(table, CHANNELS), Number(gesture)];
  const loud = values.findIndex((x) => !(Number.isInteger(x) && x >= -128 && x <= 127));
  if (loud >= 0)
    throw badFile(
      file.path,
      `row ${Math.floor(loud / 8) + 1}: must be an integer from -128 to 127, got ${values[loud]}`,
    );
  const labels = columnOf(table, "label", "number").values;
  const other = labels.findIndex((label) => label !== 0 && label !== asked);
  if (other >= 0) throw badFile(file.path, `row ${other + 1}: the label must be 0 or ${asked}, got ${labels[other]}`);
  const parts = { channels: CHANNELS, classes: CLASSES, rate: RATE, values, labels: Uint8Array.from(labels) };
  return { ...series(file.path, parts), participant, session: Number(session), gesture: asked };
}
