/**
 * The Heidelberg sets of speech as spikes of 700 channels of a cochlea: spoken digits (SHD), and Google's Speech Commands
 * (SSC). A part is one HDF5 file, from which samples are read one at a time. Two speakers of SHD, and a twentieth of the
 * recordings of the others, are in its test part alone.
 *
 * @see Cramer, Stradmann, Schemmel, Zenke 2022, IEEE TNNLS 33(7)
 */

import { openSpikeSet, type SpikeSet } from "../events/spikeSet.ts";
import { type EventSet, type RecordingStore, recordingStore } from "../events/store.ts";
import { badFile } from "../format/bytes.ts";
import { type LocateOptions, missing } from "../locate.ts";
import { type Listing, listFolder, provenanceOf, registered } from "./folder.ts";

/** To be closed: `using`, or `close`. */
export interface HeidelbergSet extends EventSet, Disposable {
  readonly train: SpikeStore;
  readonly test: SpikeStore;
  /** Gives the files back. */
  close(): void;
}
export interface SpikingCommands extends HeidelbergSet {
  readonly validation: SpikeStore;
}
export interface SpikeStore extends RecordingStore {
  /** Shape [count], where the file says who spoke. */
  readonly speakers?: Int32Array;
}

const SENSOR = { width: 700, height: 1 } as const;

/**
 * Opens the Spiking Heidelberg Digits: 8,156 samples to train and 2,264 to test, of "zero" to "nine" and "null" to "neun".
 *
 * @throws {DataError} `missing-file` with the places searched; `bad-file` for anything but such files
 */
export async function shd(options: LocateOptions = {}): Promise<HeidelbergSet> {
  const { parts, ...rest } = await openParts("shd", ["train", "test"], options);
  return { ...rest, train: parts[0]!, test: parts[1]! };
}

/**
 * Opens the Spiking Speech Commands: 35 words, 75,466 samples to train, 9,981 to validate and 20,382 to test.
 *
 * @throws {DataError} as `shd`
 */
export async function ssc(options: LocateOptions = {}): Promise<SpikingCommands> {
  const { parts, ...rest } = await openParts("ssc", ["train", "valid", "test"], options);
  return { ...rest, train: parts[0]!, validation: parts[1]!, test: parts[2]! };
}

async function openParts(name: string, parts: readonly string[], options: LocateOptions) {
  const files = parts.map((part) => `${name}_${part}.h5`);
  const pattern = new RegExp(`^${name}_(${parts.join("|")})\\.h5$`);
  const listing = await listFolder(registered(name, { files: pattern, needs: files.join(", ") }), options);
  const sets: SpikeSet[] = [];
  const close = (): void => {
    for (const set of sets) set.close();
  };
  try {
    for (const file of files) sets.push(await openPart(listing, file));
    const stores = sets.map((set, k) => storeOf(`${name}.${parts[k]}`, `${listing.folder}/${files[k]}`, set));
    const { classes } = stores[0]!;
    const other = stores.findIndex((store) => store.classes.join() !== classes.join());
    if (other > 0) throw badFile(`${listing.folder}/${files[other]}`, `its classes are not those of ${files[0]}`);
    return { name, classes, sensor: SENSOR, parts: stores, close, [Symbol.dispose]: close, ...provenanceOf(name) };
  } catch (error) {
    close();
    throw error;
  }
}

async function openPart({ set, folder, names }: Listing, file: string): Promise<SpikeSet> {
  if (!names.includes(file)) throw missing(set.name, file, [folder]);
  return openSpikeSet(`${folder}/${file}`, { channels: SENSOR.width });
}

function storeOf(name: string, path: string, set: SpikeSet): SpikeStore {
  const { classes, speakers, count } = set;
  if (classes.length === 0) throw badFile(path, "extra/keys: names of the classes are missing");
  const beyond = set.labels.findIndex((label) => !(label >= 0 && label < classes.length));
  if (beyond >= 0)
    throw badFile(path, `labels[${beyond}]: must be from 0 to ${classes.length - 1}, found ${set.labels[beyond]}`);
  const names = Array.from({ length: count }, (_, k) => `${name}[${k}]`);
  const parts = { name, sensor: SENSOR, classes, labels: Uint8Array.from(set.labels), names };
  const store = recordingStore(parts, async (indices) => indices.map((k) => set.sample(k)));
  return speakers ? { ...store, speakers } : store;
}
