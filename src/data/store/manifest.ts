/** What is known of a set that was fetched: a file `rheobase.json` in its folder, and a list of what was unpacked. Node only. */
import { DataError } from "../../base/errors.ts";
import { textOf, writeText } from "./files.ts";
import type { Algorithm } from "./source.ts";
import type { Unpacked } from "./unpack.ts";

/** One file of a set, as it was found right. */
export interface FileRecord {
  readonly name: string;
  /** Where it came from; absent for a file that was there. */
  readonly url?: string | undefined;
  readonly bytes: number;
  readonly sha256: string;
  /** By which published checksum it was found right, if there is one. */
  readonly published: Algorithm | null;
}

/** What was fetched of a set, kept in its folder. */
export interface Manifest {
  readonly set: string;
  readonly files: readonly FileRecord[];
  /** What came out of the archives; absent where there is none to unpack, and until they all are. */
  readonly unpacked?: { readonly files: number; readonly bytes: number };
  /** All is here. */
  readonly complete: boolean;
}

const manifestOf = (folder: string): string => `${folder}/rheobase.json`;
/** Lines as `sha256sum --check` reads them. */
const listOf = (folder: string): string => `${folder}/rheobase.sha256`;

/** Undefined where there is none. @throws {DataError} `bad-file` */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = manifestOf(folder);
  const text = await textOf(path);
  if (text === undefined) return undefined;
  try {
    const found = JSON.parse(text);
    if (isManifest(found)) return found;
  } catch {
    // said below
  }
  throw new DataError("bad-file", path, "is not what was written there; remove it, and get the set again");
}

function isManifest(x: Partial<Manifest> | null): x is Manifest {
  const isRecord = (f: Partial<FileRecord> | null): boolean =>
    typeof f?.name === "string" && typeof f.bytes === "number" && typeof f.sha256 === "string";
  return typeof x?.set === "string" && typeof x.complete === "boolean" && !!x.files && x.files.every(isRecord);
}

export const writeManifest = (folder: string, manifest: Manifest): Promise<void> =>
  writeText(manifestOf(folder), `${JSON.stringify(manifest, null, 2)}\n`);

export const writeList = (folder: string, files: readonly Unpacked[]): Promise<void> =>
  writeText(listOf(folder), files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""));

/** Names and SHA-256 of what was unpacked. @throws {DataError} `missing-file`, `bad-file` */
export async function readList(folder: string): Promise<readonly Pick<Unpacked, "name" | "sha256">[]> {
  const path = listOf(folder);
  const text = await textOf(path);
  if (text === undefined) throw new DataError("missing-file", path, "there is no such file; get the set again");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line, k) => {
      const [, sha256, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
      if (sha256 === undefined || name === undefined)
        throw new DataError("bad-file", path, `line ${k + 1} is not a SHA-256 and a name`);
      return { name, sha256 };
    });
}
