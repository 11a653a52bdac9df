/**
 * N-MNIST: the digits of MNIST on a screen, recorded by an event camera of 34 x 34 pixels that made three small movements,
 * 0.3 s each. Recordings are files `Train/<digit>/<number>.bin`, whose number is that of the image of MNIST, counted from 1.
 */
import { readEvents } from "../events/read.ts";
import type { Sensor } from "../events/recording.ts";
import { type EventSet, type RecordingStore, recordingStore } from "../events/store.ts";
import type { LocateOptions } from "../locate.ts";
import { type Listing, listed, listFolder, provenanceOf, readAll, registered } from "./folder.ts";

const NAME = "n-mnist";
const SENSOR: Sensor = { width: 34, height: 34 };
const CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const SET = registered(NAME, {
  files: /^(Train|Test)\/\d\/\d+\.bin$/,
  needs: "the recordings Train/<digit>/<number>.bin and Test/<digit>/<number>.bin",
});

/**
 * Lists the recordings, in the order of their numbers, which is that of MNIST; each is read when it is asked for.
 *
 * @throws {DataError} `missing-file` with the places searched; when reading, as `readEvents`
 */
export async function nMnist(options: LocateOptions = {}): Promise<EventSet> {
  const listing = await listFolder(SET, options);
  const [train, test] = [storeOf(listing, "Train"), storeOf(listing, "Test")];
  return { name: NAME, classes: CLASSES, sensor: SENSOR, train, test, ...provenanceOf(NAME) };
}

function storeOf(listing: Listing, part: "Train" | "Test"): RecordingStore {
  const pattern = new RegExp(`^${part}/(\\d)/(\\d+)\\.bin$`);
  const found = listed(listing, pattern, `the recordings ${part}/<digit>/<number>.bin`);
  found.sort((a, b) => Number(a[2]) - Number(b[2]) || Number(a[1]) - Number(b[1]));
  const names = found.map(([name]) => name);
  const labels = Uint8Array.from(found, ([, digit]) => Number(digit));
  const parts = { name: `${NAME}.${part.toLowerCase()}`, sensor: SENSOR, classes: CLASSES, labels, names };
  return recordingStore(parts, async (indices) => {
    const files = await readAll(indices.map((k) => `${listing.folder}/${names[k]}`));
    return Promise.all(files.map((file) => readEvents(file, { format: "nmnist", sensor: SENSOR })));
  });
}
