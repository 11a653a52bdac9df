/** Where the files of a data set are: a folder named by the user, by RHEOBASE_DATA, or the cache. */
import { DataError } from "../base/errors.ts";
import { type Environment, environment, fileSystem } from "../base/node.ts";
import type { NamedBytes } from "./format/bytes.ts";
import { SOURCES } from "./store/registry.ts";

/** Where to look for the files of a data set. */
export interface LocateOptions {
  /** Folder that holds the files, or a folder of that set's name that does. When given, nothing else is searched. */
  readonly directory?: string | undefined;
  /** Environment, for RHEOBASE_DATA, XDG_CACHE_HOME, LOCALAPPDATA and HOME; by default that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Folders to try for a set, best first. @param names that the set's folder may have, best first */
export function places(names: readonly string[], options: LocateOptions = {}): string[] {
  const { directory, env = environment() } = options;
  const within = (folder: string): string[] => names.map((name) => `${folder}/${name}`);
  if (directory) return [...within(directory), directory];
  const named = env["RHEOBASE_DATA"];
  return [...(named ? [...within(named), named] : []), ...within(cacheFolder(env))];
}

/** The user's own cache: XDG_CACHE_HOME where it is set, LOCALAPPDATA on Windows, else `.cache` at home. */
export function cacheFolder(env: Environment = environment()): string {
  const home = env["HOME"] || env["USERPROFILE"] || ".";
  return `${env["XDG_CACHE_HOME"] || env["LOCALAPPDATA"] || `${home}/.cache`}/rheobase`;
}

/** The folder that folders of sets are put into: one that `places` looks into with the same options. */
export function storeFolder({ directory, env = environment() }: LocateOptions = {}): string {
  return directory || env["RHEOBASE_DATA"] || cacheFolder(env);
}

/**
 * Reads every file of a set from the first folder that has them all, each as `name` or `name.gz`.
 *
 * @param folders names that the set's folder may have, best first; by default that of the set
 * @throws {DataError} `missing-file` with the files and the folders searched
 */
export async function readFiles(
  set: string,
  files: readonly string[],
  options: LocateOptions = {},
  folders: readonly string[] = [set],
): Promise<NamedBytes[]> {
  const searched = places(folders, options);
  for (const place of searched) {
    const found = await Promise.all(files.map((file) => readEither(`${place}/${file}`)));
    if (found.every((file) => file !== undefined)) return found;
  }
  throw missing(set, `${files.join(", ")} (each also as .gz) in one folder`, searched);
}

/** What to say of a set that is not in any of some folders. @param needs the files, in words */
export function missing(set: string, needs: string, searched: readonly string[]): DataError {
  const name = "ame the folder (--data on the command line), or set RHEOBASE_DATA";
  const known = SOURCES.some((source) => source.name === set);
  const way = known ? `To get them: rheobase data get ${set}. If you have them, n${name}` : `N${name}`;
  return new DataError("missing-file", set, `needs ${needs}; searched ${searched.join(", ")}. ${way}`);
}

async function readEither(path: string): Promise<NamedBytes | undefined> {
  return (await readIfThere(path)) ?? (await readIfThere(`${path}.gz`));
}

async function readIfThere(path: string): Promise<NamedBytes | undefined> {
  const { readFile } = await fileSystem(path);
  try {
    return { path, bytes: await readFile(path) };
  } catch (cause) {
    if (ABSENT.has((cause as { code?: string }).code ?? "")) return undefined;
    throw new DataError("bad-file", path, "cannot be read", { cause });
  }
}
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);
