/** Files as bytes, read whole and written whole. Node only; `node:` modules load when they are needed. */
import { DataError } from "../base/errors.ts";
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

/**
 * Replaces a file, or makes it: the bytes go to a temporary file beside it, onto the disk, and only then take its name. A
 * reader finds the old file or the new one, also after a crash.
 *
 * @throws {DataError} `write-failed`; the file is then what it was before, and the temporary file is gone
 */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const [{ rename, rm }, { dirname, join }] = await Promise.all([fileSystem(path), import("node:path")]);
  let temporary: string | undefined;
  try {
    const target = await targetOf(path);
    temporary = join(dirname(target), `.${crypto.randomUUID()}.tmp`);
    await writeToDisk(temporary, bytes);
    await rename(temporary, target);
  } catch (cause) {
    if (temporary) await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to tell
    throw cause instanceof DataError ? cause : new DataError("write-failed", path, reasonOf(cause), { cause });
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
