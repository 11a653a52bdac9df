/**
 * An HDF5 file that stays open, in the library's file system: bytes at hand, or a file on disk of which only what the library
 * asks for is read.
 */

import { DataError } from "../../base/errors.ts";
import { fileName, guarded, type Library, removeFile } from "../../base/hdf5.ts";
import { syncFileSystem } from "../../base/node.ts";
import type { NamedBytes } from "../idx.ts";
import { unreadable } from "./fileBytes.ts";

export interface Hdf5Source {
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Runs a call of the library; what it throws becomes a `bad-file` that says where. */
  use<T>(where: string, call: (file: InstanceType<Library["File"]>) => T): T;
  close(): void;
}

/** @throws {DataError} `missing-file`, or `bad-file` unless it is HDF5 */
export async function openHdf5(h5: Library, source: NamedBytes | string): Promise<Hdf5Source> {
  const name = fileName();
  const { path, size, close } = await (typeof source === "string" ? linkFile : writeFile)(h5, name, source as never);
  const failure = (where: string) => (why: string, cause: unknown) =>
    new DataError("bad-file", path, `${where}: its HDF5 structure is damaged (${why})`, { cause });
  const drop = (): void => {
    removeFile(h5, name);
    close();
  };
  let file: InstanceType<Library["File"]>;
  try {
    file = guarded(h5, () => new h5.File(name, "r"), failure("superblock"));
  } catch (error) {
    drop();
    throw error;
  }
  return {
    path,
    size,
    use: (where, call) => guarded(h5, () => call(file), failure(where)),
    close: () => {
      try {
        guarded(h5, () => file.close(), failure("closing"));
      } finally {
        drop();
      }
    },
  };
}

interface Held {
  readonly path: string;
  readonly size: number;
  readonly close: () => void;
}

async function writeFile(h5: Library, name: string, { path, bytes }: NamedBytes): Promise<Held> {
  h5.FS!.writeFile(name, bytes);
  return { path, size: bytes.length, close: () => {} };
}

/** What the typings of the library leave out of the nodes of its file system (Emscripten's MEMFS). */
interface FileNode {
  stream_ops: Record<string, unknown>;
}
type ReadCall = (stream: unknown, into: Uint8Array, offset: number, length: number, position: number) => number;

/** Makes a virtual file whose bytes are those of a file on disk. */
async function linkFile(h5: Library, name: string, path: string): Promise<Held> {
  const { closeSync, fstatSync, openSync, readSync } = await syncFileSystem(path);
  const descriptor = attempt(path, () => openSync(path, "r"));
  const close = (): void => closeSync(descriptor);
  try {
    const { size, isFile } = attempt(path, () => {
      const stat = fstatSync(descriptor);
      return { size: stat.size, isFile: stat.isFile() };
    });
    if (!isFile) throw new DataError("bad-file", path, "is not a file");
    const fs = h5.FS as unknown as { createFile(...args: unknown[]): FileNode };
    const node = fs.createFile("/", name, {}, true, false);
    Object.defineProperty(node, "usedBytes", { get: () => size });
    const read: ReadCall = (_, into, offset, length, position) =>
      Math.max(0, readSync(descriptor, into, offset, Math.min(length, size - position), position));
    node.stream_ops = { ...node.stream_ops, read };
    return { path, size, close };
  } catch (error) {
    close();
    throw error;
  }
}

function attempt<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
