/** Small things that are done to files here. Node only. */
import { DataError } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";

export const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? "");
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** Bytes of a file; undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const { stat } = await fileSystem(path);
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return undefined;
    throw new DataError("bad-file", path, `cannot be looked at (${reasonOf(error)})`, { cause: error });
  }
}

/** The text of a small file; undefined where there is none. */
export async function textOf(path: string): Promise<string | undefined> {
  const { readFile } = await fileSystem(path);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return undefined;
    throw new DataError("bad-file", path, `cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

/** Replaces a file by way of another one beside it. */
export async function writeText(path: string, text: string): Promise<void> {
  const { open, rename } = await fileSystem(path);
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await writing(path, async () => {
    const handle = await open(temporary, "wx");
    await handle
      .writeFile(text)
      .then(() => handle.sync())
      .finally(() => handle.close());
    await rename(temporary, path);
  }).catch(async (error) => {
    await remove(temporary);
    throw error;
  });
}

/** A folder with all that is in it, or a file, or nothing. */
export async function remove(path: string): Promise<void> {
  const { rm } = await fileSystem(path);
  await rm(path, { recursive: true, force: true });
}

export async function makeFolder(path: string): Promise<void> {
  const { mkdir } = await fileSystem(path);
  await writing(path, () => mkdir(path, { recursive: true }));
}

const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** What goes wrong while writing, in words. @throws {DataError} `write-failed` */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = codeOf(cause);
    if (!/^E[A-Z0-9]+$/.test(code)) throw cause;
    const problem = FULL.has(code) ? `the disk is full (${code})` : `cannot be written (${reasonOf(cause)})`;
    throw new DataError("write-failed", path, problem, { cause });
  }
}

/** How many bytes can still be written to a folder; undefined where the system does not say. */
export type FreeBytes = (folder: string) => Promise<number | undefined>;
export const freeBytes: FreeBytes = async (folder) => {
  const { statfs } = await fileSystem(folder);
  const found = await statfs(folder).catch(() => undefined);
  return found && found.bavail * found.bsize;
};

/** @param path what the error names. @throws {DataError} `write-failed` where a folder has not the room for so much more */
export async function requireRoom(
  folder: string,
  bytes: number,
  free: FreeBytes = freeBytes,
  path = folder,
): Promise<void> {
  const there = await free(folder);
  if (there === undefined || there >= bytes) return;
  const problem = `needs ${megabytes(bytes)} MB more, and the disk has room for ${megabytes(there)}; make room, or name another folder (--data on the command line)`;
  throw new DataError("write-failed", path, problem);
}
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
