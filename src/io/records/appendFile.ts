/**
 * A file that grows while a run goes on: `NAME.part` until it is whole, `NAME` then. What has been written is readable
 * whatever happens to the process; what is older than a few seconds is on the disk.
 */
import { DataError } from "../../base/errors.ts";
import { syncFileSystem } from "../../base/node.ts";
import { nameless, requireFolder, syncFolder } from "../file.ts";

/** Milliseconds between two times that the disk is waited for. */
const SYNC_EVERY = 5000;

/** The name while it grows. */
export const partOf = (path: string): string => `${path}.part`;

/** Grows by whole pieces. */
export interface AppendFile {
  /** @throws {DataError} `write-failed`; the file then ends with the piece before */
  append(piece: Uint8Array | string): void;
  /** Puts it onto the disk and closes it, as `NAME.part` still. */
  close(): void;
  /** Closes it and gives it its name. */
  finish(): Promise<void>;
  /** Closes it, if it is open still, and keeps or removes it. */
  abandon(options: { readonly keep: boolean }): void;
}

type FileSystem = typeof import("node:fs");

/** Opens files by name. @throws {DataError} `write-failed` unless their folder can be written to; {RunError} `unsupported` in a page */
export async function appending(path: string): Promise<(path: string) => AppendFile> {
  const fs = await syncFileSystem(path);
  await requireFolder(path);
  return (name) => openAppend(fs, name);
}

/** Where a link leads to. */
function targetOf(fs: FileSystem, path: string): string {
  if (!fs.existsSync(path)) return path;
  if (!fs.statSync(path).isFile()) throw new DataError("write-failed", path, "is there already, and is not a file");
  return fs.realpathSync(path);
}

/** @throws {DataError} `write-failed`, also where a `NAME.part` is left of an earlier run: nothing is overwritten unasked */
function openAppend(fs: FileSystem, path: string): AppendFile {
  const failed = (cause: unknown): DataError =>
    cause instanceof DataError ? cause : new DataError("write-failed", path, nameless(cause), { cause });
  const attempt = <T>(use: () => T): T => {
    try {
      return use();
    } catch (cause) {
      throw failed(cause);
    }
  };
  const target = attempt(() => targetOf(fs, path));
  const part = partOf(target);
  if (fs.existsSync(part))
    throw new DataError(
      "write-failed",
      part,
      "is left of a run that did not end: keep what it holds under another name, or remove it",
    );
  let file: number | undefined = attempt(() => fs.openSync(part, "wx"));
  let [length, synced] = [0, performance.now()];
  const open = (): number => {
    if (file === undefined) throw new Error(`append to '${part}', which is closed`);
    return file;
  };
  const write = (bytes: Uint8Array): void => {
    try {
      for (let done = 0; done < bytes.length; )
        done += fs.writeSync(open(), bytes, done, bytes.length - done, length + done);
      length += bytes.length;
    } catch (cause) {
      fs.ftruncateSync(open(), length); // no half piece
      throw cause;
    }
  };
  const close = (): void => {
    const descriptor = open();
    file = undefined;
    attempt(() => {
      try {
        fs.fsyncSync(descriptor);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  };
  return {
    append: (piece) =>
      attempt(() => {
        write(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
        if (performance.now() - synced < SYNC_EVERY) return;
        fs.fdatasyncSync(open());
        synced = performance.now();
      }),
    close,
    finish: async () => {
      close();
      attempt(() => fs.renameSync(part, target));
      const { dirname } = await import("node:path");
      await syncFolder(path, dirname(target));
    },
    abandon: ({ keep }) => {
      if (file !== undefined) fs.closeSync(file);
      file = undefined;
      if (!keep) fs.rmSync(part, { force: true });
    },
  };
}
