/**
 * DVS128 Gesture as the Tonic project cut it: a file `ibmGestureTrain/<person>_<light>/<class>.npy` for each gesture, with a
 * row x, y, polarity, time in ms for each event. Where a person made a gesture twice, one of them is there.
 *
 * @see Amir et al. 2017, CVPR; Lenz et al., Tonic, tonic/datasets/dvsgesture.py
 */
import { DataError } from "../../base/errors.ts";
import { GESTURES } from "../events/gesture.ts";
import type { EventRecording, Sensor } from "../events/recording.ts";
import { type EventSet, type RecordingStore, recordingStore } from "../events/store.ts";
import { badFile, type NamedBytes } from "../format/bytes.ts";
import { readNpy } from "../format/npy.ts";
import type { LocateOptions } from "../locate.ts";
import { type Listing, listed, listFolder, provenanceOf, readAll, registered } from "./folder.ts";

const NAME = "dvs128-gesture-cut";
const SENSOR: Sensor = { width: 128, height: 128 };
const SET = registered(NAME, {
  files: /^ibmGesture(Train|Test)\/user\d+_\w+\/\d+\.npy$/,
  needs: "ibmGestureTrain/<person>_<light>/<class>.npy and ibmGestureTest/<person>_<light>/<class>.npy",
});

/**
 * Lists the gestures, by person, light and class; each is read when it is asked for.
 *
 * @throws {DataError} `missing-file` with the places searched; `out-of-range` for a file of no class; when reading, as
 *   `readNpy`, `bad-file` for rows that are no events and `out-of-range` for an event that the camera cannot have seen
 */
export async function dvsGestureCut(options: LocateOptions = {}): Promise<EventSet> {
  const listing = await listFolder(SET, options);
  const [train, test] = [storeOf(listing, "Train"), storeOf(listing, "Test")];
  return { name: NAME, classes: GESTURES, sensor: SENSOR, train, test, ...provenanceOf(NAME) };
}

function storeOf(listing: Listing, part: "Train" | "Test"): RecordingStore {
  const pattern = new RegExp(`^ibmGesture${part}/(\\w+)/(\\d+)\\.npy$`);
  const found = listed(listing, pattern, `ibmGesture${part}/<person>_<light>/<class>.npy`);
  found.sort((a, b) => (a[1]! < b[1]! ? -1 : Number(a[1]! > b[1]!)) || Number(a[2]) - Number(b[2]));
  const beyond = found.find(([, , label]) => Number(label) >= GESTURES.length);
  if (beyond)
    throw new DataError(
      "out-of-range",
      `${listing.folder}/${beyond[0]}`,
      `is called after no class; there are 0 to ${GESTURES.length - 1}`,
    );
  const names = found.map(([name]) => name);
  const labels = Uint8Array.from(found, ([, , label]) => Number(label));
  const parts = { name: `${NAME}.${part.toLowerCase()}`, sensor: SENSOR, classes: GESTURES, labels, names };
  return recordingStore(parts, async (indices) =>
    (await readAll(indices.map((k) => `${listing.folder}/${names[k]}`))).map(recordingOf),
  );
}

function recordingOf(file: NamedBytes): EventRecording {
  const { shape, data, complex } = readNpy(file);
  const [count = 0, columns] = shape;
  if (shape.length !== 2 || columns !== 4 || complex)
    throw badFile(file.path, `expected a table of 4 columns, found an array of shape ${shape.join(" x ")}`);
  const column =
    (k: number, most: number, what: string, scale = 1) =>
    (row: number) => {
      const value = data[4 * row + k]!;
      if (value >= 0 && value <= most && (scale !== 1 || Number.isInteger(value))) return value * scale;
      throw new DataError("out-of-range", file.path, `row ${row}: ${what} from 0 to ${most}, found ${value}`);
    };
  const [x, y] = [
    column(0, SENSOR.width - 1, "x must be an integer"),
    column(1, SENSOR.height - 1, "y must be an integer"),
  ];
  const [polarity, t] = [column(2, 1, "the polarity must be an integer"), column(3, MOST_MS, "the time must be", 1000)];
  const rows = <A extends Uint8Array | Uint16Array | Float64Array>(out: A, of: (row: number) => number): A => {
    for (let row = 0; row < count; row++) out[row] = of(row);
    return out;
  };
  return {
    ...{ ...SENSOR, count },
    t: rows(new Float64Array(count), t),
    x: rows(new Uint16Array(count), x),
    y: rows(new Uint16Array(count), y),
    polarity: rows(new Uint8Array(count), polarity),
  };
}
/** So that µs stay below 2^53. */
const MOST_MS = 2 ** 43;
