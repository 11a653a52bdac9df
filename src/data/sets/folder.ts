/** Sets of many files, whose names are not all known beforehand: a folder that looks like the set's, and what is in it. */
import { DataError } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";
import type { NamedBytes } from "../format/bytes.ts";
import { type LocateOptions, places } from "../locate.ts";

export interface FolderSet {
  readonly name: string;
  /** Names that the set's folder may have, best first. */
  readonly folders: readonly string[];
  /** Files to read, by their path in the folder, with `/`. */
  readonly files: RegExp;
  /** What those files are, for the error when there are none. */
  readonly needs: string;
}

/** Open at once: systems allow a process about a thousand. */
const AT_ONCE = 32;

/**
 * Reads the files of the first folder that has any, in the order of their paths.
 *
 * @throws {DataError} `missing-file` with what is needed and the places searched; `bad-file` for one that cannot be read
 */
export async function readFolder(set: FolderSet, options: LocateOptions = {}): Promise<NamedBytes[]> {
  const searched = places(set.folders, options);
  for (const place of searched) {
    const names = (await namesIn(place, set.files)).sort();
    if (names.length > 0) return readAll(names.map((name) => `${place}/${name}`));
  }
  throw new DataError(
    "missing-file",
    set.name,
    `needs ${set.needs} in one folder; searched ${searched.join(", ")}. Name the folder (--data on the command line), or set RHEOBASE_DATA`,
  );
}

/** Of all folders below, too: of three levels, as no set has more, so that a wrong place is not searched for long. */
async function namesIn(place: string, files: RegExp, inside = "", levels = 3): Promise<string[]> {
  const { readdir } = await fileSystem(place);
  const entries = await readdir(`${place}/${inside}`, { withFileTypes: true }).catch((cause: { code?: string }) => {
    if (ABSENT.has(cause.code ?? "")) return [];
    throw new DataError("bad-file", `${place}/${inside}`, "cannot be read", { cause });
  });
  const names: string[] = [];
  for (const entry of entries) {
    const name = inside + entry.name;
    if (!entry.isDirectory() && files.test(name)) names.push(name);
    if (entry.isDirectory() && levels > 0) names.push(...(await namesIn(place, files, `${name}/`, levels - 1)));
  }
  return names;
}
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

async function readAll(paths: readonly string[]): Promise<NamedBytes[]> {
  const found: NamedBytes[] = [];
  for (let from = 0; from < paths.length; from += AT_ONCE)
    found.push(...(await Promise.all(paths.slice(from, from + AT_ONCE).map(readOne))));
  return found;
}

async function readOne(path: string): Promise<NamedBytes> {
  const { readFile } = await fileSystem(path);
  try {
    return { path, bytes: await readFile(path) };
  } catch (cause) {
    throw new DataError("bad-file", path, "cannot be read", { cause });
  }
}

/** The file whose path ends in `end`. @throws {DataError} `missing-file` */
export function fileNamed(set: string, files: readonly NamedBytes[], end: string): NamedBytes {
  const found = files.find(({ path }) => path === end || path.endsWith(`/${end}`));
  if (!found) throw new DataError("missing-file", set, `needs ${end}, which is not among its ${files.length} files`);
  return found;
}
