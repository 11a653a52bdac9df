/** What lies about on this machine: packages, data sets, the cache. */
import { environment, fileSystem } from "../base/node.ts";
import { cacheFolder, type LocateOptions } from "../data/locate.ts";
import { findSet } from "../data/store/find.ts";
import { SOURCES } from "../data/store/registry.ts";

/** What a package is for; those that Rheobase needs come with it. */
export const PACKAGES = {
  h5wasm: "saved networks",
  mnist: "the digits",
  webgpu: "WebGPU in Node; not used yet",
} as const;
export type PackageName = keyof typeof PACKAGES;

export interface Cache {
  readonly folder: string;
  readonly exists: boolean;
  /** Of the disk that it is on, or will be; unknown where the system does not tell. */
  readonly freeBytes: number | undefined;
}

export interface Places {
  /** Versions of the packages that are there. */
  readonly packages: Readonly<Record<PackageName, string | undefined>>;
  /** Where each set of the registry is, if all of it is. */
  readonly data: Readonly<Record<string, string | undefined>>;
  /** The value of RHEOBASE_DATA. */
  readonly named: string | undefined;
  readonly cache: Cache;
}

export interface PlacesOptions extends LocateOptions {
  /** Folders from which packages are looked up: by default those of `digits`. */
  readonly from?: readonly string[];
}

export async function findPlaces(options: PlacesOptions = {}): Promise<Places> {
  const { env = environment() } = options;
  const packages = await versions(options.from);
  const sets = SOURCES.map(async (source) => {
    const { presence, folder } = await findSet(source, { ...options, env });
    return [source.name, presence === "whole" ? folder : undefined] as const;
  });
  const data = Object.fromEntries(await Promise.all(sets));
  return { packages, data, named: env["RHEOBASE_DATA"] || undefined, cache: await cacheOf(env) };
}

async function versions(from: readonly string[] | undefined): Promise<Places["packages"]> {
  const { fileURLToPath } = await import("node:url");
  const paths = from ?? [fileURLToPath(new URL(".", import.meta.url)), process.cwd()];
  const found = Object.keys(PACKAGES).map(async (name) => [name, await versionOf(name, paths)] as const);
  return Object.fromEntries(await Promise.all(found)) as Places["packages"];
}

/** From the package.json in the folders that Node would search: a package's `exports` may hide that file from imports. */
async function versionOf(name: string, from: readonly string[]): Promise<string | undefined> {
  const { readFile } = await fileSystem(name);
  const { createRequire } = await import("node:module");
  for (const folder of from.flatMap((path) => createRequire(`${path}/any.js`).resolve.paths(name) ?? [])) {
    const text = await readFile(`${folder}/${name}/package.json`, "utf8").catch(() => undefined);
    if (text !== undefined) return String(JSON.parse(text).version);
  }
  return undefined;
}

async function cacheOf(env: NonNullable<LocateOptions["env"]>): Promise<Cache> {
  const folder = cacheFolder(env);
  const { dirname } = await import("node:path");
  const { stat, statfs } = await fileSystem(folder);
  const exists = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  // The folder may be still to be made; its disk is that of the nearest one that is there.
  for (let near = folder; ; near = dirname(near)) {
    const disk = await statfs(near).catch(() => undefined);
    if (disk) return { folder, exists, freeBytes: disk.bavail * disk.bsize };
    if (near === dirname(near)) return { folder, exists, freeBytes: undefined };
  }
}
