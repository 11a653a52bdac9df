/**
 * DVS128 Gesture: recordings of some 100 s, in each of which one person makes eleven gestures under one kind of light, and
 * lists of the recordings to train with (people 1 to 23) and to test with (24 to 29). An example is one gesture.
 *
 * @see Amir et al. 2017, CVPR, "A low power, fully event-based gesture recognition system"
 */
import { fileBytes } from "../events/fileBytes.ts";
import { GESTURES, type GestureTime, gestureTimes } from "../events/gesture.ts";
import { EventBuffer, type EventRecording, type Sensor } from "../events/recording.ts";
import { type EventSet, type RecordingStore, recordingStore } from "../events/store.ts";
import { streamEvents } from "../events/stream.ts";
import { type LocateOptions, missing } from "../locate.ts";
import { type Listing, listFolder, namesListed, provenanceOf, readOne, registered, textOf } from "./folder.ts";

const NAME = "dvs128-gesture";
const SENSOR: Sensor = { width: 128, height: 128 };
const SET = registered(NAME, {
  files: /^(DvsGesture\/)?(user\d+_\w+(\.aedat|_labels\.csv)|trials_to_(train|test)\.txt)$/,
  needs:
    "DvsGesture/ with trials_to_train.txt, trials_to_test.txt, user<NN>_<light>.aedat and user<NN>_<light>_labels.csv",
});

/**
 * Lists the gestures, in the order of the lists and of the tables of times; reading goes through each recording that is
 * asked for once, and holds no more than its gestures.
 *
 * @throws {DataError} `missing-file` with the places searched, or the file that lacks; `bad-file` for a table of times;
 *   when reading, as `readEvents`
 */
export async function dvsGesture(options: LocateOptions = {}): Promise<EventSet> {
  const listing = await listFolder(SET, options);
  const [train, test] = [await storeOf(listing, "train"), await storeOf(listing, "test")];
  return { name: NAME, classes: GESTURES, sensor: SENSOR, train, test, ...provenanceOf(NAME) };
}

interface Place extends GestureTime {
  readonly file: string;
}

async function storeOf(listing: Listing, part: "train" | "test"): Promise<RecordingStore> {
  const list = `trials_to_${part}.txt`;
  const at: Place[] = [];
  const names: string[] = [];
  for (const trial of await namesListed(pathOf(listing, list))) {
    const [recording, table] = [trial, trial.replace(/\.aedat$/, "_labels.csv")].map((name) => pathOf(listing, name));
    gestureTimes(table!, textOf(await readOne(table!))).forEach((time, k) => {
      at.push({ ...time, file: recording! });
      names.push(`${trial.replace(/\.aedat$/, "")}, gesture ${k + 1}`);
    });
  }
  const labels = Uint8Array.from(at, ({ label }) => label);
  const parts = { name: `${NAME}.${part}`, sensor: SENSOR, classes: GESTURES, labels, names };
  return recordingStore(parts, (indices) => gesturesAt(indices.map((k) => at[k]!)));
}

/** @throws {DataError} `missing-file` */
function pathOf({ set, folder, names }: Listing, file: string): string {
  const found = names.find((name) => name === file || name === `DvsGesture/${file}`);
  if (found === undefined) throw missing(set.name, file, [folder, `${folder}/DvsGesture`]);
  return `${folder}/${found}`;
}

async function gesturesAt(wanted: readonly Place[]): Promise<EventRecording[]> {
  const cuts = wanted.map((place) => ({ place, events: new EventBuffer() }));
  for (const file of new Set(wanted.map((place) => place.file))) {
    const own = cuts.filter(({ place }) => place.file === file);
    for await (const chunk of streamEvents(file, fileBytes(file), { sensor: SENSOR }))
      for (const { place, events } of own) add(chunk, place, events);
  }
  return cuts.map(({ events }) => events.take(SENSOR));
}

function add({ count, t, x, y, polarity }: EventRecording, { from, to }: GestureTime, out: EventBuffer): void {
  for (let k = 0; k < count; k++) {
    if (!(t[k]! >= from && t[k]! < to)) continue;
    out.reserve(1);
    out.t[out.count] = t[k]!;
    out.x[out.count] = x[k]!;
    out.y[out.count] = y[k]!;
    out.polarity[out.count++] = polarity[k]!;
  }
}
