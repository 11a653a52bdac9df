/**
 * Is an office occupied? Temperature, humidity, light and carbon dioxide about once a minute, in three stretches of time:
 * the first to train on, two to test. Light alone tells nearly all.
 *
 * @see Candanedo, Feldheim 2016, Energy and Buildings 112
 */
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { readCsv } from "../format/csv.ts";
import { columnOf } from "../format/table.ts";
import { type LocateOptions, readFiles } from "../locate.ts";
import { digestOf, labelsOf, type Series, series, valuesOf } from "./series.ts";

/** The occupancy detection data set. */
export interface OccupancySet {
  readonly name: string;
  readonly train: Series;
  /** Two stretches of time; the second is longer, and later. */
  readonly test: readonly [Series, Series];
  readonly source: string;
  readonly licence: string;
  /** `hash64` of all parts. */
  readonly digest: string;
}

const NAME = "occupancy";
const FILES = ["datatraining.txt", "datatest.txt", "datatest2.txt"];
/** In degrees C, % relative, lux, parts per million, and kg water a kg air (derived from the first two). */
const CHANNELS = ["Temperature", "Humidity", "Light", "CO2", "HumidityRatio"];
const CLASSES = ["empty", "occupied"];

/** @throws {DataError} `missing-file` with the places searched; else naming the file and the line */
export async function occupancy(options: LocateOptions = {}): Promise<OccupancySet> {
  const [train, test1, test2] = await readFiles(NAME, FILES, options, [NAME, "occupancy-detection"]);
  return occupancyDataset(train!, test1!, test2!);
}

/** The same of files that are at hand, as in a page. @throws {DataError} naming the file and the line */
export async function occupancyDataset(train: NamedBytes, test1: NamedBytes, test2: NamedBytes): Promise<OccupancySet> {
  const parts = { train: await partOf(train), test: [await partOf(test1), await partOf(test2)] as const };
  return {
    name: NAME,
    ...parts,
    source: "Candanedo, Feldheim 2016, Energy and Buildings 112; UCI, Occupancy Detection",
    licence: "CC BY 4.0",
    digest: digestOf(parts.train, ...parts.test),
  };
}

async function partOf(file: NamedBytes): Promise<Series> {
  const numbers = Object.fromEntries(CHANNELS.map((name) => [name, "number"] as const));
  const table = await readCsv(file, { header: true, kinds: { ...numbers, date: "date", Occupancy: ["0", "1"] } });
  const times = columnOf(table, "date", "date").values;
  const back = times.findIndex((time, k) => !(k === 0 ? time > 0 : time >= times[k - 1]!));
  if (back >= 0) throw badFile(file.path, `row ${back + 1}: the time is missing, or before that of the row above`);
  const [values, labels] = [valuesOf(table, CHANNELS), labelsOf(table, "Occupancy")];
  return series(file.path, { channels: CHANNELS, classes: CLASSES, times, values, labels });
}
