/** Files as bytes, read whole and written whole. Node only; `node:` modules load when they are needed. */
import { DataError } from "../base/errors.ts";
import { hash64 } from "../base/hash.ts";
import { fileSystem } from "../base/node.ts";
import { badFile } from "./check.ts";

const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? "";
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws {DataError} `missing-file`, or `bad-file` for a folder, a device or a file that cannot be read */
export async function readBytes(path: string): Promise<Uint8Array> {
  const { readFile, stat } = await fileSystem(path);
  try {
    if (!(await stat(path)).isFile()) throw badFile(path, "is not a file");
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR")
      throw new DataError("missing-file", path, "there is no such file", { cause });
    throw badFile(path, `cannot be read (${reasonOf(cause)})`, { cause });
  }
}

/** Without the call and the names that it was given: those of a temporary file say nothing to who asked for another. */
export function nameless(error: unknown): string {
  const { syscall } = (error ?? {}) as { syscall?: string };
  const reason = reasonOf(error);
  const end = syscall === undefined ? -1 : reason.lastIndexOf(`, ${syscall}`);
  return end < 0 ? reason : reason.slice(0, end);
}

/**
 * Replaces a file, or makes it: the bytes go to a temporary file beside it, onto the disk, and only then take its name. A
 * reader finds the old file or the new one, also after a crash; once this returns it is the new one.
 *
 * @throws {DataError} `write-failed`; the file is then what it was before, unless the message says otherwise, and the
 *   temporary file is gone
 */
export const writeBytes = (path: string, bytes: Uint8Array): Promise<void> =>
  replaceFile(path, (temporary) => writeToDisk(temporary, bytes));

/**
 * As `writeBytes`, for what is written piece by piece.
 * @param write makes the temporary file, and leaves it on the disk
 */
export async function replaceFile(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const [{ rename, rm }, { dirname, join }] = await Promise.all([fileSystem(path), import("node:path")]);
  let temporary: string | undefined;
  try {
    const target = await targetOf(path);
    temporary = join(dirname(target), `${await mark(target)}${crypto.randomUUID()}${TEMPORARY}`);
    await write(temporary);
    await rename(temporary, target);
    await syncFolder(path, dirname(target));
  } catch (cause) {
    if (temporary) await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to tell
    throw cause instanceof DataError ? cause : new DataError("write-failed", path, nameless(cause), { cause });
  }
}

/** Temporary files of one file begin alike, and not with its name, which may be as long as names can be. */
const mark = async (target: string): Promise<string> => `.${hash64((await import("node:path")).basename(target))}-`;
const TEMPORARY = ".tmp";

/** Whether anything has this name. */
export async function isTaken(path: string): Promise<boolean> {
  const { stat } = await import("node:fs/promises");
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** @throws {DataError} `write-failed` unless the folder of a file can be written to; `type-mismatch` for no name */
export async function requireFolder(file: string): Promise<void> {
  if (typeof file !== "string" || file === "")
    throw new DataError(
      "type-mismatch",
      "file",
      `expected the name of a file to write, got ${file === "" ? "''" : String(file)}`,
    );
  const [{ access, constants }, { dirname }] = await Promise.all([fileSystem(file), import("node:path")]);
  const folder = dirname(file);
  await access(folder, constants.W_OK).catch((cause) => {
    const problem = `there is no folder '${folder}' that can be written to (${codeOf(cause)})`;
    throw new DataError("write-failed", file, problem, { cause });
  });
}

/** Removes what writers of this file have left beside it that were killed. Nobody may be writing it meanwhile. */
export async function sweep(path: string): Promise<void> {
  const [{ readdir, rm }, { dirname, join }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  const target = await targetOf(path);
  const begin = await mark(target);
  const names = await readdir(dirname(target));
  const left = names.filter((name) => name.startsWith(begin) && name.endsWith(TEMPORARY));
  await Promise.all(left.map((name) => rm(join(dirname(target), name), { force: true })));
}

/** Where folders cannot be synced, or not by us, a rename is as lasting as the system makes it. */
const UNSYNCABLE: ReadonlySet<string> = new Set(["EINVAL", "ENOTSUP", "EISDIR", "EPERM", "EACCES"]);

/** A name is on the disk only when its folder is (fsync(2), Linux). */
export async function syncFolder(path: string, folder: string): Promise<void> {
  const { open } = await import("node:fs/promises");
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch (cause) {
    if (UNSYNCABLE.has(codeOf(cause))) return;
    const problem = `is written, but a crash may bring the older file back: '${folder}' cannot be synced`;
    throw new DataError("write-failed", path, `${problem} (${reasonOf(cause)})`, { cause });
  }
}

/** The file that a link leads to. A folder or a device is not replaced. */
async function targetOf(path: string): Promise<string> {
  const { realpath, stat } = await fileSystem(path);
  const target = await realpath(path).catch((error) => {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (target === undefined) return path;
  if (!(await stat(target)).isFile()) throw new DataError("write-failed", path, "is there already, and is not a file");
  return target;
}

async function writeToDisk(path: string, bytes: Uint8Array): Promise<void> {
  const { open } = await fileSystem(path);
  const handle = await open(path, "wx");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
