/** Where the files of a SONATA network come from: the disk, or bytes at hand by path (a page has no disk). */
import { DataError } from "../../base/errors.ts";
import { readBytes } from "../file.ts";
import type { SonataSource } from "./hdf5File.ts";

/** Files by path, as the configuration's names lead to them: a map of bytes in place of a disk. */
export type SonataFiles = ReadonlyMap<string, Uint8Array>;

/** @throws {DataError} `missing-file` */
export async function bytesOf(path: string, files?: SonataFiles): Promise<Uint8Array> {
  if (!files) return readBytes(path);
  const found = files.get(path);
  if (found) return found;
  throw new DataError("missing-file", path, "there is no such file");
}
/** What HDF5 is read from: bytes at hand, or a path, so that a large file need not lie in memory. */
export async function sourceOf(path: string, files?: SonataFiles): Promise<SonataSource> {
  return files ? { path, bytes: await bytesOf(path, files) } : path;
}

/** @throws {DataError} `missing-file`; `bad-file` unless it is UTF-8 */
export async function textOf(path: string, files?: SonataFiles): Promise<string> {
  const bytes = await bytesOf(path, files);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError("bad-file", path, "is not UTF-8 text", { cause });
  }
}
/** @throws {DataError} `missing-file`; `bad-file` unless it is JSON */
export async function jsonOf(path: string, files?: SonataFiles): Promise<unknown> {
  const text = await textOf(path, files);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError("bad-file", path, `is not JSON (${cause instanceof Error ? cause.message : cause})`, { cause });
  }
}

/** The folder that a path lies in, with `/`. */
export const folderOf = (path: string): string => {
  const at = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return at < 0 ? "." : path.slice(0, Math.max(1, at));
};
const isAbsolute = (path: string): boolean => /^([/\\]|[A-Za-z]:[/\\])/.test(path);
/** A path as seen from a folder, without `.` and `..` where they can be taken out. */
export function joined(folder: string, path: string): string {
  const whole = isAbsolute(path) || folder === "." ? path : `${folder}/${path}`;
  const out: string[] = [];
  for (const part of whole.split("/")) {
    if (part === "." || (part === "" && out.length > 0)) continue;
    if (part === ".." && out.length > 0 && !["", ".."].includes(out.at(-1)!)) out.pop();
    else out.push(part);
  }
  return out.join("/") || ".";
}
