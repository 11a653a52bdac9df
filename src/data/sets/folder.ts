/** Sets of many files, whose names are not all known beforehand: a folder that looks like the set's, and what is in it. */
import { DataError } from "../../base/errors.ts";
import { fileSystem, unreadable } from "../../base/node.ts";
import type { NamedBytes } from "../format/bytes.ts";
import { type LocateOptions, missing, places } from "../locate.ts";
import { sourceOf } from "../store/registry.ts";
import { namesOf } from "../store/source.ts";

export interface FolderSet {
  readonly name: string;
  /** Names that the set's folder may have, best first. */
  readonly folders: readonly string[];
  /** Files to read, by their path in the folder, with `/`. */
  readonly files: RegExp;
  /** What those files are, for the error when there are none. */
  readonly needs: string;
  /** How many folders are inside one another: 3 by default, so that a wrong place is not searched for long. */
  readonly levels?: number;
}

/** A set that can be got: its folder has one of the names that the registry says. */
export const registered = (name: string, parts: Omit<FolderSet, "name" | "folders">): FolderSet => ({
  name,
  folders: namesOf(sourceOf(name)),
  ...parts,
});
/** Where a set of the registry comes from, for its provenance. */
export function provenanceOf(name: string): { readonly source: string; readonly licence: string } {
  const { citation: source, licence } = sourceOf(name);
  return { source, licence };
}

/** Open at once: systems allow a process about a thousand. */
const AT_ONCE = 32;

/** Files that are there and not read yet. */
export interface Listing {
  readonly set: FolderSet;
  readonly folder: string;
  /** Paths in the folder, sorted. */
  readonly names: readonly string[];
}

/** Lists the files of the first folder that has any. @throws {DataError} `missing-file` with what is needed and the places searched */
export async function listFolder(set: FolderSet, options: LocateOptions = {}): Promise<Listing> {
  const searched = places(set.folders, options);
  for (const folder of searched) {
    const names = (await namesIn(folder, set.files, set.levels)).sort();
    if (names.length > 0) return { set, folder, names };
  }
  throw missing(set.name, `${set.needs} in one folder`, searched);
}

/** Those whose path fits, with what the pattern took out of it. @throws {DataError} `missing-file` if there are none */
export function listed({ set, folder, names }: Listing, pattern: RegExp, needs: string): RegExpExecArray[] {
  const found = names.map((name) => pattern.exec(name)).filter((match) => match !== null);
  if (found.length > 0) return found;
  throw missing(set.name, needs, [folder]);
}

/**
 * Reads the files of the first folder that has any, in the order of their paths.
 *
 * @throws {DataError} `missing-file` with what is needed and the places searched; `bad-file` for one that cannot be read
 */
export async function readFolder(set: FolderSet, options: LocateOptions = {}): Promise<NamedBytes[]> {
  const { folder, names } = await listFolder(set, options);
  return readAll(names.map((name) => `${folder}/${name}`));
}

/** Of all folders below, too. */
async function namesIn(place: string, files: RegExp, levels = 3, inside = ""): Promise<string[]> {
  const { readdir } = await fileSystem(place);
  const entries = await readdir(`${place}/${inside}`, { withFileTypes: true }).catch((cause: { code?: string }) => {
    if (ABSENT.has(cause.code ?? "")) return [];
    throw new DataError("bad-file", `${place}/${inside}`, "cannot be read", { cause });
  });
  const names: string[] = [];
  for (const entry of entries) {
    const name = inside + entry.name;
    if (!entry.isDirectory() && files.test(name)) names.push(name);
    if (entry.isDirectory() && levels > 0) names.push(...(await namesIn(place, files, levels - 1, `${name}/`)));
  }
  return names;
}
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** A few at a time. @throws {DataError} `missing-file`, or `bad-file` for one that cannot be read */
export async function readAll(paths: readonly string[]): Promise<NamedBytes[]> {
  const found: NamedBytes[] = [];
  for (let from = 0; from < paths.length; from += AT_ONCE)
    found.push(...(await Promise.all(paths.slice(from, from + AT_ONCE).map(readOne))));
  return found;
}

/** @throws {DataError} as `readAll` */
export async function readOne(path: string): Promise<NamedBytes> {
  const { readFile } = await fileSystem(path);
  try {
    return { path, bytes: await readFile(path) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export const textOf = ({ bytes }: NamedBytes): string => new TextDecoder().decode(bytes);

/** Names in a list, one a line. */
export const wordsOf = (list: NamedBytes): string[] =>
  textOf(list)
    .split(/\s+/)
    .filter((word) => word !== "");
/** Those of a file. @throws {DataError} as `readOne` */
export const namesListed = async (path: string): Promise<string[]> => wordsOf(await readOne(path));

/** The file whose path ends in `end`. @throws {DataError} `missing-file` */
export function fileNamed(set: string, files: readonly NamedBytes[], end: string): NamedBytes {
  const found = files.find(({ path }) => path === end || path.endsWith(`/${end}`));
  if (!found) throw new DataError("missing-file", set, `needs ${end}, which is not among its ${files.length} files`);
  return found;
}
