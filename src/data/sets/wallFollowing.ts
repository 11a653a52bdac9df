/**
 * A robot that follows a wall: 24 ultrasound ranges round its waist, nine times a second, and which of four ways it was told
 * to move. The set names no split: cut it by time, such as its last round of four.
 *
 * @see Freire, Barreto, Veloso, Varela 2009, LARS
 */
import type { NamedBytes } from "../format/bytes.ts";
import { readCsv } from "../format/csv.ts";
import { type LocateOptions, readFiles } from "../locate.ts";
import { digestOf, labelsOf, type Series, series, valuesOf } from "./series.ts";

/** The wall-following robot data set. */
export interface WallFollowingSet {
  readonly name: string;
  /** In metres, clockwise. */
  readonly recording: Series;
  readonly source: string;
  readonly licence: string;
  /** `hash64` of the recording. */
  readonly digest: string;
}

const NAME = "wall-following";
const FILE = "sensor_readings_24.data";
const CHANNELS = Array.from({ length: 24 }, (_, k) => `S${k + 1}`);
const CLASSES = ["Move-Forward", "Slight-Right-Turn", "Sharp-Right-Turn", "Slight-Left-Turn"];
const RATE = 9;

/** @throws {DataError} `missing-file` with the places searched; else naming the file and the line */
export async function wallFollowing(options: LocateOptions = {}): Promise<WallFollowingSet> {
  const [file] = await readFiles(NAME, [FILE], options, ["robot-wall-following", NAME]);
  return wallFollowingDataset(file!);
}

/** The same of a file that is at hand, with a header or, as first published, without. @throws {DataError} naming the line */
export async function wallFollowingDataset(file: NamedBytes): Promise<WallFollowingSet> {
  const kinds = Object.fromEntries(CHANNELS.map((name) => [name, "number"] as const));
  const table = await readCsv(file, { names: [...CHANNELS, "OUTPUT"], kinds: { ...kinds, OUTPUT: CLASSES } });
  const recording = series(file.path, {
    channels: CHANNELS,
    classes: CLASSES,
    rate: RATE,
    values: valuesOf(table, CHANNELS),
    labels: labelsOf(table, "OUTPUT"),
  });
  return {
    name: NAME,
    recording,
    source: "Freire, Barreto, Veloso, Varela 2009, LARS; UCI, Wall-Following Robot Navigation Data",
    licence: "CC BY 4.0",
    digest: digestOf(recording),
  };
}
