/**
 * Spikes of a SONATA file: `/spikes/<population>/{timestamps, node_ids}`, and the older form without populations
 * (`/spikes/{timestamps, gids}`), which the published examples still have.
 *
 * @see SONATA developer guide, "Spike file"
 */
import { listNames } from "../../base/errors.ts";
import type { SonataFiles } from "./files.ts";
import { sourceOf } from "./files.ts";
import { type SonataFile, type SonataSource, withSonataFile } from "./hdf5File.ts";

/** Spike k: node `nodeIds[k]` at `timestamps[k]`, in the order of the file. */
export interface SonataSpikeTrain {
  /** ms; finite. */
  readonly timestamps: Float64Array;
  readonly nodeIds: Uint32Array;
}

/** The name of spikes without a population. */
export const UNNAMED = "";

/**
 * Reads a spike file.
 *
 * @param source a path, or bytes with the name that errors have
 * @returns by population; the older form under ""
 * @throws {DataError} `missing-file`; `bad-file` with the place in the file
 */
export async function readSonataSpikes(source: SonataSource): Promise<ReadonlyMap<string, SonataSpikeTrain>> {
  return withSonataFile(source, (file) => {
    if (!file.isGroup("spikes")) throw file.bad("spikes", "there is no such group");
    const groups = file.members("spikes").filter((name) => file.isGroup(`spikes/${name}`));
    const old = file.has("spikes/timestamps") ? [[UNNAMED, trainIn(file, "spikes", "gids")] as const] : [];
    return new Map([...old, ...groups.map((name) => [name, trainIn(file, `spikes/${name}`, "node_ids")] as const)]);
  });
}
export const spikesIn = async (path: string, files?: SonataFiles): Promise<ReadonlyMap<string, SonataSpikeTrain>> =>
  readSonataSpikes(await sourceOf(path, files));

/** What a unit is in ms. */
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, milliseconds: 1, seconds: 1000 };

function trainIn(file: SonataFile, group: string, ids: string): SonataSpikeTrain {
  const times = `${group}/timestamps`;
  const unit = file.attribute(times, "units") ?? "ms";
  if (!Object.hasOwn(UNITS, unit))
    throw file.bad(`${times}@units`, `must be one of ${listNames(Object.keys(UNITS))}, got '${unit.slice(0, 40)}'`);
  const timestamps = file.numbers(times);
  const nodeIds = file.indices(`${group}/${ids}`);
  if (nodeIds.length !== timestamps.length)
    throw file.bad(group, `${timestamps.length} timestamps for ${nodeIds.length} ${ids}`);
  if (UNITS[unit] !== 1) for (let k = 0; k < timestamps.length; k++) timestamps[k]! *= UNITS[unit]!;
  return { timestamps, nodeIds };
}
