/**
 * Are the eyes open? 117 s of one person's EEG, 14 electrodes, about 128 samples a second. Four samples are far off (below
 * 3,000 or above 6,000) and are left as they are. The set names no split: cut it by time, as neighbours are alike.
 *
 * @see Roesler, Suendermann 2013, A first step towards eye state prediction using EEG, AIHLS
 */
import { readArff } from "../format/arff.ts";
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { columnOf } from "../format/table.ts";
import { type LocateOptions, readFiles } from "../locate.ts";
import { digestOf, labelsOf, type Series, series, valuesOf } from "./series.ts";

/** The EEG eye state data set: one recording. */
export interface EegEyeStateSet {
  readonly name: string;
  /** In microvolts, with an offset of about 4,300. */
  readonly recording: Series;
  readonly source: string;
  readonly licence: string;
  /** `hash64` of the recording. */
  readonly digest: string;
}

const NAME = "eeg-eye-state";
const FILE = "EEG Eye State.arff";
const CHANNELS = ["AF3", "F7", "F3", "FC5", "T7", "P7", "O1", "O2", "P8", "T8", "FC6", "F4", "F8", "AF4"];
const CLASSES = ["open", "closed"];
const RATE = 128;

/** @throws {DataError} `missing-file` with the places searched; else naming the file and the line */
export async function eegEyeState(options: LocateOptions = {}): Promise<EegEyeStateSet> {
  const [file] = await readFiles(NAME, [FILE], options);
  return eegEyeStateDataset(file!);
}

/** The same of a file that is at hand, as in a page. @throws {DataError} naming the file and the line */
export async function eegEyeStateDataset(file: NamedBytes): Promise<EegEyeStateSet> {
  const table = await readArff(file);
  const { categories } = columnOf(table, "eyeDetection", "nominal");
  if (categories.join() !== "0,1")
    throw badFile(file.path, `expected eyeDetection of 0 (open) and 1 (closed), found ${categories.join(", ")}`);
  const recording = series(file.path, {
    channels: CHANNELS,
    classes: CLASSES,
    rate: RATE,
    values: valuesOf(table, CHANNELS),
    labels: labelsOf(table, "eyeDetection"),
  });
  return {
    name: NAME,
    recording,
    source: "Roesler, Suendermann 2013; UCI, EEG Eye State",
    licence: "CC BY 4.0",
    digest: digestOf(recording),
  };
}
