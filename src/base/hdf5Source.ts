/**
 * An HDF5 file that stays open: bytes at hand, or a file on disk of which only what the library asks for is read. To the
 * library either is a file of its virtual file system.
 */
import { DataError } from "./errors.ts";
import { fileName, guarded, type Library, removeFile } from "./hdf5.ts";
import { HeapGuard, type RandomAccess } from "./hdf5Heaps.ts";
import { syncFileSystem, unreadable } from "./node.ts";

export interface Hdf5Source {
  readonly path: string;
  readonly id: bigint;
  /** Runs a call of the library; what it throws becomes a `bad-file` that says where. */
  use<T>(where: string, call: (file: InstanceType<Library["File"]>) => T): T;
  close(): void;
}

/** @throws {DataError} `missing-file`, or `bad-file` unless it is HDF5 */
export async function openHdf5(
  h5: Library,
  source: string | { readonly path: string; readonly bytes: Uint8Array },
): Promise<Hdf5Source> {
  const path = typeof source === "string" ? source : source.path;
  const failure = (where: string) => (why: string, cause: unknown) =>
    new DataError("bad-file", path, `${where}: its HDF5 structure is damaged (${why})`, { cause });
  const bytes = typeof source === "string" ? await onDisk(source) : atHand(source.bytes);
  const name = fileName();
  const drop = (): void => {
    removeFile(h5, name);
    bytes.close();
  };
  try {
    requireSuperblock(path, bytes);
    mount(h5, name, bytes);
    const file = guarded(h5, () => new h5.File(name, "r"), failure("superblock"));
    if (file.file_id <= 0n) throw failure("superblock")("libhdf5 does not open it", undefined);
    const use = <T>(where: string, call: (file: InstanceType<Library["File"]>) => T): T =>
      guarded(h5, () => call(file), failure(where));
    const close = (): void => {
      try {
        use("closing", () => file.close());
      } finally {
        drop();
      }
    };
    return { path, id: file.file_id, use, close };
  } catch (error) {
    drop();
    throw error;
  }
}

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Says early what is not HDF5, or not of the kind whose heaps `HeapGuard` understands: addresses and lengths of 8 bytes, as
 * every writer has them.
 */
function requireSuperblock(path: string, bytes: RandomAccess): void {
  const start = bytes.read(0, 16);
  if (start.length < 16 || SIGNATURE.some((byte, k) => start[k] !== byte))
    throw new DataError("bad-file", path, "superblock: is not an HDF5 file: at byte 0 its signature is missing");
  const sizes = start[8]! < 2 ? start.subarray(13, 15) : start.subarray(9, 11);
  if (sizes.some((size) => size !== 8))
    throw new DataError("bad-file", path, `superblock: addresses and lengths must have 8 bytes, found ${[...sizes]}`);
}

/** What the typings of the library leave out of its file system (Emscripten's MEMFS). */
interface FileSystem {
  createFile(parent: string, name: string, properties: object, read: boolean, write: boolean): FileNode;
  readonly ErrnoError: new (errno: number) => Error;
}
interface FileNode {
  stream_ops: Record<string, unknown>;
}
type ReadCall = (stream: unknown, into: Uint8Array, offset: number, length: number, position: number) => number;
/** Emscripten's EIO. */
const INPUT_ERROR = 29;

/** Makes a virtual file of them. Heaps that the library would never be done with are errors of reading. */
function mount(h5: Library, name: string, bytes: RandomAccess): void {
  const fs = h5.FS as unknown as FileSystem;
  const node = fs.createFile("/", name, {}, true, false);
  const guard = new HeapGuard(bytes);
  Object.defineProperty(node, "usedBytes", { get: () => bytes.size });
  const read: ReadCall = (_, into, offset, length, position) => {
    const found = guard.read(position, length);
    if (!found) throw new fs.ErrnoError(INPUT_ERROR);
    into.set(found, offset);
    return found.length;
  };
  node.stream_ops = { ...node.stream_ops, read };
}

type Source = RandomAccess & { readonly close: () => void };

const atHand = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  read: (at, length) => bytes.subarray(at, at + length),
  close: () => {},
});

async function onDisk(path: string): Promise<Source> {
  const { closeSync, fstatSync, openSync, readSync } = await syncFileSystem(path);
  const attempt = <T>(use: () => T): T => {
    try {
      return use();
    } catch (cause) {
      throw unreadable(path, cause);
    }
  };
  const descriptor = attempt(() => openSync(path, "r"));
  const stat = attempt(() => fstatSync(descriptor));
  if (!stat.isFile()) {
    closeSync(descriptor);
    throw new DataError("bad-file", path, "is not a file");
  }
  const read = (at: number, length: number): Uint8Array => {
    const into = new Uint8Array(Math.max(0, Math.min(length, stat.size - at)));
    let have = 0;
    for (let more = 1; more > 0 && have < into.length; have += more)
      more = attempt(() => readSync(descriptor, into, have, into.length - have, at + have));
    return into.subarray(0, have);
  };
  return { size: stat.size, read, close: () => closeSync(descriptor) };
}
