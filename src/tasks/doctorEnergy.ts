/** Whether the processor's energy can be read here: Linux shows RAPL counters as files (Documentation/power/powercap). */
import { fileSystem } from "../base/node.ts";

export interface EnergyCounters {
  readonly state: "readable" | "denied" | "absent";
  /** Their folders, such as `intel-rapl:0`, packages before parts of packages. */
  readonly counters: readonly string[];
}

/** @param root where Linux has its power zones */
export async function energyCounters(root = "/sys/class/powercap"): Promise<EnergyCounters> {
  const { open, readdir } = await fileSystem(root);
  const names = await readdir(root).catch(() => []);
  const counters = names
    .filter((name) => /^intel-rapl:/.test(name))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  if (counters.length === 0) return { state: "absent", counters };
  const isReadable = async (name: string): Promise<boolean> => {
    const handle = await open(`${root}/${name}/energy_uj`).catch(() => undefined);
    await handle?.close();
    return handle !== undefined;
  };
  const readable = await Promise.all(counters.map(isReadable));
  return { state: readable.some(Boolean) ? "readable" : "denied", counters };
}
