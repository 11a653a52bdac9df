/**
 * Node's own modules, loaded when they are first needed: every entry point loads in a page too, and what a page cannot do
 * says so when it is asked for.
 */
import { DataError, RunError } from "./errors.ts";

interface Surroundings {
  readonly process?: { readonly env?: Environment; readonly versions?: { readonly node?: string } };
}
export type Environment = Readonly<Record<string, string | undefined>>;
const { process } = globalThis as Surroundings;

/** Variables of the process; none in a page. */
export const environment = (): Environment => process?.env ?? {};

/** Whether this is Node, and not a page. */
export const isNode = (): boolean => process?.versions?.node !== undefined;

/** @throws {RunError} `unsupported` in a page, with what was to be read or written */
export async function fileSystem(path: string): Promise<typeof import("node:fs/promises")> {
  if (isNode()) return import("node:fs/promises");
  throw new RunError("unsupported", path, "is a file, and a page has none: fetch its bytes, and hand those over");
}

/** As `fileSystem`, for a library that reads while it waits. @throws {RunError} `unsupported` in a page */
export async function syncFileSystem(path: string): Promise<typeof import("node:fs")> {
  await fileSystem(path);
  return import("node:fs");
}

/** What a system call says of a file, as an error: `missing-file`, or `bad-file`. */
export function unreadable(path: string, cause: unknown): DataError {
  const { code } = cause as { code?: string };
  if (code === "ENOENT" || code === "ENOTDIR")
    return new DataError("missing-file", path, "there is no such file", { cause });
  return new DataError("bad-file", path, `cannot be read (${cause instanceof Error ? cause.message : cause})`, {
    cause,
  });
}
