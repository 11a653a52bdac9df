/** A file as found, and what readers of all formats do with one first. */
import { DataError } from "../../base/errors.ts";
import { inflated, join } from "./inflate.ts";

/** Its path is what errors name. */
export interface NamedBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Larger than any file of this kind that is around; a limit on what a hostile file can make us hold. */
export const MAX_BYTES = 2 ** 30;

export const badFile = (path: string, problem: string, options?: ErrorOptions): DataError =>
  new DataError("bad-file", path, problem, options);

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** @throws {DataError} `usage` unless it is a path with bytes: a path alone is easily given in its stead */
export function requireNamedBytes(file: NamedBytes): void {
  if (file?.bytes instanceof Uint8Array) return;
  const path = typeof file === "string" ? file : String(file?.path);
  throw new DataError("usage", path, "expected { path, bytes }, the name of the file and its bytes (Uint8Array)");
}

/**
 * The file as it is, or what it holds if all of it is gzipped.
 *
 * @throws {DataError} `bad-file` if the stream is damaged or holds more than `maxBytes`
 */
export async function unzipped(file: NamedBytes, maxBytes: number = MAX_BYTES): Promise<NamedBytes> {
  requireNamedBytes(file);
  const { path, bytes } = file;
  if (!isGzip(bytes)) return file;
  const chunks: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of inflated(bytes, "gzip", (problem, options) => badFile(path, problem, options))) {
    have += chunk.length;
    if (have > maxBytes) throw badFile(path, `too large: at most ${maxBytes} bytes are read, it holds more`);
    chunks.push(chunk);
  }
  return { path, bytes: join(chunks, have) };
}

/** What a library says of a file, for a message of ours: cut, as some quote half of the file. */
export function reasonOf(cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return reason.length > 200 ? `${reason.slice(0, 200)}…` : reason;
}
