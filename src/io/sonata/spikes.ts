/**
 * Spikes as a SONATA file: `/spikes/<population>/{timestamps, node_ids}` in HDF5, times in ms, sorted by time.
 *
 * @see https://github.com/AllenInstitute/sonata, developer guide, "Spike file"
 */
import { DataError } from "../../base/errors.ts";
import { type Library, library, withFile } from "../../base/hdf5.ts";
import { writeBytes } from "../file.ts";
import { fillSortings, sortingRoom } from "./sorting.ts";

/** Spike k: neuron `nodeIds[k]` at `timestamps[k]`. */
export interface SonataSpikes {
  /** ms */
  readonly timestamps: Float64Array;
  /** From 0. */
  readonly nodeIds: ArrayLike<number>;
}

/** Of every SONATA file. */
const MAGIC = 0x0a7a;
const VERSION = [0, 1];

/**
 * The bytes of a spike file.
 *
 * @param populations by name
 * @throws {DataError} `shape-mismatch` unless there is a time for each neuron; `write-failed` where the library cannot make it
 */
export async function encodeSonataSpikes(populations: Readonly<Record<string, SonataSpikes>>): Promise<Uint8Array> {
  const all = Object.entries(populations);
  for (const [name, { timestamps, nodeIds }] of all)
    if (timestamps.length !== nodeIds.length)
      throw new DataError("shape-mismatch", name, `${timestamps.length} times for ${nodeIds.length} neurons`);
  const h5 = await library();
  const make = (name: string): Uint8Array => {
    const file = new h5.File(name, "w", { libver: ["earliest", "v110"] });
    try {
      file.create_attribute("magic", MAGIC, [], "<I");
      file.create_attribute("version", VERSION, [2], "<I");
      const spikes = file.create_group("spikes");
      for (const [population, x] of all) addPopulation(spikes, population, x);
    } finally {
      file.close();
    }
    return h5.FS!.readFile(name);
  };
  const bytes = withFile(h5, make, (why, cause) => new DataError("write-failed", "sonata", why, { cause }));
  fillSortings(bytes, all.length);
  return bytes;
}

/** Writes a spike file: the whole file, or none of it. */
export async function writeSonataSpikes(
  file: string,
  populations: Readonly<Record<string, SonataSpikes>>,
): Promise<void> {
  await writeBytes(file, await encodeSonataSpikes(populations));
}

function addPopulation(
  spikes: InstanceType<Library["Group"]>,
  name: string,
  { timestamps, nodeIds }: SonataSpikes,
): void {
  const group = spikes.create_group(name);
  const room = sortingRoom(isSorted(timestamps) ? "by_time" : "none");
  group.create_attribute("sorting", room, [], `A${room.length}`);
  const times = group.create_dataset({ name: "timestamps", data: timestamps, shape: [timestamps.length] });
  times.create_attribute("units", "ms");
  const ids = BigUint64Array.from({ length: nodeIds.length }, (_, k) => BigInt(nodeIds[k]!));
  group.create_dataset({ name: "node_ids", data: ids, shape: [ids.length] });
}

const isSorted = (times: Float64Array): boolean => times.every((t, k) => k === 0 || times[k - 1]! <= t);
