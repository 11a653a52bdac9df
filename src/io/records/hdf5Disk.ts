/**
 * An HDF5 file that the library writes to the disk as it goes: to the library it is a file of its virtual file system, whose
 * bytes never lie in memory.
 */
import { DataError } from "../../base/errors.ts";
import { atTimeZero, fileName, guarded, type Library, library, removeFile } from "../../base/hdf5.ts";
import { syncFileSystem } from "../../base/node.ts";
import { nameless } from "../file.ts";

/** What the typings of the library leave out of its file system (Emscripten's MEMFS). */
interface FileNode {
  node_ops: { getattr(node: FileNode): object; setattr(node: FileNode, attributes: { size?: number }): void };
  stream_ops: Record<string, unknown>;
}
interface FileSystem {
  createFile(parent: string, name: string, properties: object, read: boolean, write: boolean): FileNode;
  readonly ErrnoError: new (errno: number) => Error;
}
type Move = (stream: unknown, bytes: Uint8Array, offset: number, length: number, position: number) => number;
/** Emscripten's EIO. */
const INPUT_OUTPUT_ERROR = 29;

/** Runs a call of the library; what it throws becomes a `write-failed`. */
export type UseFile = <T>(call: (file: InstanceType<Library["File"]>) => T) => T;

/**
 * Makes a file on the disk, hands it to `write`, and leaves it whole on the disk.
 * @param path the file that errors name
 * @throws {DataError} `write-failed`
 */
export async function writeHdf5(
  path: string,
  temporary: string,
  write: (use: UseFile) => Promise<void>,
): Promise<void> {
  const [h5, fs] = await Promise.all([library(), syncFileSystem(path)]);
  const name = fileName();
  const descriptor = fs.openSync(temporary, "wx+");
  /** What the disk said, which the library does not repeat. */
  let reason: unknown;
  const attempt = <T>(use: () => T): T => {
    try {
      return use();
    } catch (cause) {
      reason ??= cause;
      throw new (h5.FS as unknown as FileSystem).ErrnoError(INPUT_OUTPUT_ERROR);
    }
  };
  const failure = (why: string, cause: unknown): DataError =>
    new DataError("write-failed", path, reason ? nameless(reason) : why, { cause: reason ?? cause });
  const node = (h5.FS as unknown as FileSystem).createFile("/", name, {}, true, true);
  const size = (): number => attempt(() => fs.fstatSync(descriptor).size);
  Object.defineProperty(node, "usedBytes", { get: size, set: () => {} });
  const { getattr, setattr } = node.node_ops;
  node.node_ops = {
    ...node.node_ops,
    getattr: (n) => ({ ...getattr(n), size: size() }),
    setattr: (n, { size: length, ...rest }) => {
      if (length !== undefined) attempt(() => fs.ftruncateSync(descriptor, length));
      setattr(n, rest);
    },
  };
  const moving =
    (move: typeof fs.readSync | typeof fs.writeSync): Move =>
    (_, bytes, offset, length, position) =>
      attempt(() => {
        let done = 0;
        while (done < length) {
          const count = (move as typeof fs.readSync)(descriptor, bytes, offset + done, length - done, position + done);
          if (count === 0) break;
          done += count;
        }
        return done;
      });
  node.stream_ops = { ...node.stream_ops, read: moving(fs.readSync), write: moving(fs.writeSync) };
  try {
    const file = guarded(h5, () => new h5.File(name, "w", { libver: ["earliest", "v110"] }), failure);
    try {
      await write((call) => guarded(h5, () => atTimeZero(() => call(file)), failure));
    } finally {
      guarded(h5, () => file.close(), failure);
    }
    if (reason) throw failure("", undefined);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
    removeFile(h5, name);
  }
}
