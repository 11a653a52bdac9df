/** Checksums of files, read in parts. Node only. */
import { RunError } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";
import type { Algorithm } from "./source.ts";

/** Asked often whether to go on; an `AbortSignal` is one. */
export interface Stop {
  readonly aborted: boolean;
  readonly reason?: unknown;
}
/** @throws {RunError} `interrupted` */
export function goOn(path: string, stop: Stop | undefined): void {
  if (!stop?.aborted) return;
  throw stop.reason instanceof RunError ? stop.reason : new RunError("interrupted", path, "stopped");
}

export interface Digests {
  readonly bytes: number;
  readonly of: Readonly<Record<Algorithm, string>>;
}

interface DigestOptions {
  readonly stop?: Stop | undefined;
  readonly onBytes?: (done: number) => void;
}

/** Every checksum of a file, in one pass. @throws {RunError} `interrupted` */
export async function digestsOf(path: string, { stop, onBytes }: DigestOptions = {}): Promise<Digests> {
  const [{ createHash }, { createReadStream }, { stat }] = await Promise.all([
    import("node:crypto"),
    import("node:fs"),
    fileSystem(path),
  ]);
  const { size } = await stat(path);
  const hashes = {
    sha256: createHash("sha256"),
    md5: createHash("md5"),
    "git-blob": createHash("sha1").update(`blob ${size}\0`),
  };
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Uint8Array>) {
    goOn(path, stop);
    for (const hash of Object.values(hashes)) hash.update(chunk);
    bytes += chunk.length;
    onBytes?.(bytes);
  }
  const { sha256, md5, "git-blob": blob } = hashes;
  return { bytes, of: { sha256: sha256.digest("hex"), md5: md5.digest("hex"), "git-blob": blob.digest("hex") } };
}
