/**
 * EMG data for gestures (UCI): muscles of the forearm of 36 people, eight electrodes (a Myo armband), two recordings each, in
 * which a person holds each of six or seven gestures for 3 s, with pauses. Files `<person>/<recording>_raw_data_<when>.txt`
 * have a row of time in ms, eight channels and the class for each moment. The set names no split: hold out people.
 *
 * The published file of person 34's first recording ends in the middle of a row, which is left out.
 *
 * @see Lobov, Krilova, Kastalskiy, Kazantsev, Makarov 2018, Sensors 18(4):1122
 */
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { readCsv } from "../format/csv.ts";
import type { LocateOptions } from "../locate.ts";
import { requireIndex, type SampleStore } from "../stored.ts";
import { listed, listFolder, provenanceOf, readOne, registered } from "./folder.ts";
import { type Series, series, valuesOf } from "./series.ts";

export interface EmgGestures extends SampleStore<readonly Series[]> {
  readonly name: string;
  readonly classes: readonly string[];
  /** What `read` gives, by index: by person, then recording. */
  readonly recordings: readonly EmgGesturesRecording[];
  readonly source: string;
  readonly licence: string;
}
/** One recording of one person: eight channels of an armband, with the gesture in each sample. */
export interface EmgGesturesRecording {
  /** 1 to 36. */
  readonly person: number;
  /** 1 or 2. */
  readonly recording: number;
  /** Its file in the folder of the set. */
  readonly file: string;
}

const NAME = "emg";
/** As the set numbers them. Not everybody made the last. */
const CLASSES = [
  ...["unmarked", "hand at rest", "fist", "wrist flexion", "wrist extension"],
  ...["radial deviation", "ulnar deviation", "extended palm"],
];
const CHANNELS = Array.from({ length: 8 }, (_, k) => `channel${k + 1}`);
const COLUMNS = ["time", ...CHANNELS, "class"];
const FILE = /^(?:[^/]+\/)?(\d+)\/(\d)_raw_data_[^/]*\.txt$/;
const NEEDS = "the recordings EMG_data_for_gestures-master/<person>/<recording>_raw_data_<when>.txt";
const SET = registered(NAME, { files: FILE, needs: NEEDS });

/**
 * Lists the recordings; each is read when it is asked for. A step is a row; `times` are ms in the recording, about one a row.
 *
 * @throws {DataError} `missing-file` with the places searched; when reading, naming the file and the line
 */
export async function emgGestures(options: LocateOptions = {}): Promise<EmgGestures> {
  const listing = await listFolder(SET, options);
  const recordings = listed(listing, FILE, NEEDS)
    .map(([file, person, recording]) => ({ file, person: Number(person), recording: Number(recording) }))
    .sort((a, b) => a.person - b.person || a.recording - b.recording);
  return {
    ...{ name: NAME, classes: CLASSES, recordings, count: recordings.length },
    async read(indices) {
      const wanted = Array.from(indices, (_, k) => recordings[requireIndex(recordings.length, indices, k)]!);
      const found: Series[] = [];
      for (const { file } of wanted) found.push(await seriesOf(await readOne(`${listing.folder}/${file}`)));
      return found;
    },
    ...provenanceOf(NAME),
  };
}

async function seriesOf(file: NamedBytes): Promise<Series> {
  const kinds = Object.fromEntries(COLUMNS.map((name) => [name, "number"] as const));
  const table = await readCsv(withoutTorn(file), { separator: "\t", header: true, kinds });
  const names = table.columns.map(({ name }) => name);
  if (names.join() !== COLUMNS.join())
    throw badFile(file.path, `line 1: expected ${COLUMNS.join(", ")}, found ${names.join(", ")}`);
  const labels = valuesOf(table, ["class"]);
  const odd = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < CLASSES.length));
  if (odd >= 0)
    throw badFile(file.path, `row ${odd + 1}: the class must be from 0 to ${CLASSES.length - 1}, got ${labels[odd]}`);
  return series(file.path, {
    ...{ channels: CHANNELS, classes: CLASSES },
    times: Float64Array.from(valuesOf(table, ["time"])),
    values: valuesOf(table, CHANNELS),
    labels: Uint8Array.from(labels),
  });
}

const [TAB, LINE] = [9, 10];

/** Without a last row that lacks its class. */
function withoutTorn({ path, bytes }: NamedBytes): NamedBytes {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === LINE || bytes[end - 1] === 13)) end--;
  const from = bytes.lastIndexOf(LINE, end - 1) + 1;
  const row = bytes.subarray(from, end);
  const tabs = row.reduce((count, byte) => count + Number(byte === TAB), 0);
  const torn = from > 0 && (tabs < COLUMNS.length - 1 || (tabs === COLUMNS.length - 1 && row.at(-1) === TAB));
  return torn ? { path, bytes: bytes.subarray(0, from) } : { path, bytes };
}
