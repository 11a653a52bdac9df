/** Whether the files of a set are what they were, or what is published. Node only. */
import type { LocateOptions } from "../locate.ts";
import { digestsOf, goOn } from "./digest.ts";
import { mismatch } from "./download.ts";
import { sizeOf } from "./files.ts";
import { type Found, findSet, uncompressedName } from "./find.ts";
import type { StoreProgress } from "./get.ts";
import { readList } from "./manifest.ts";
import type { Algorithm, RemoteFile, Source } from "./source.ts";

/** `unknown`: nothing is published, and nothing was recorded. */
export type FileState = "right" | "changed" | "missing" | "unknown";
/** What a file is compared with: a checksum that is published, or the SHA-256 recorded when it came or was unpacked. */
export type Against = Algorithm | "first download" | "unpacking" | "nothing";

/** What was found out about one file. */
export interface Verified {
  readonly name: string;
  readonly state: FileState;
  readonly against: Against;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
}
/** What was found out about the files of a set. */
export interface Verification extends Pick<Found, "folder" | "presence" | "manifest"> {
  readonly files: readonly Verified[];
  /** All are there and right. */
  readonly right: boolean;
}

export interface VerifyOptions extends LocateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears how far it is. */
  readonly onProgress?: ((progress: StoreProgress) => void) | undefined;
}

/** @throws {RunError} `interrupted`; {DataError} where a record cannot be read */
export async function verifySet(source: Source, options: VerifyOptions = {}): Promise<Verification> {
  const found = await findSet(source, options);
  const files: Verified[] = [];
  for (const file of source.files) {
    const verified = await verifyFile(file, found, options);
    if (verified) files.push(verified);
  }
  if (found.manifest?.unpacked) files.push(...(await verifyUnpacked(source, found, options)));
  return { ...found, files, right: files.length > 0 && files.every(({ state }) => state === "right") };
}

/** Undefined for an archive that is gone because it is unpacked. */
async function verifyFile(
  file: RemoteFile,
  { folder, manifest }: Found,
  { signal, onProgress }: VerifyOptions,
): Promise<Verified | undefined> {
  const { name, checksum, unpack } = file;
  const path = `${folder}/${name}`;
  const record = manifest?.files.find((known) => known.name === name);
  const against: Against = checksum?.algorithm ?? (record ? "first download" : "nothing");
  const size = await sizeOf(path);
  if (size === undefined && unpack && manifest?.unpacked) return undefined;
  if (size === undefined) return absent(file, folder, against);
  const onBytes = (done: number): void => onProgress?.({ stage: name, done, total: size });
  const digests = await digestsOf(path, { stop: signal, onBytes });
  const unlike =
    record && record.sha256 !== digests.of.sha256
      ? `has the sha256 ${digests.of.sha256}, not ${record.sha256}`
      : undefined;
  const problem = mismatch(file, digests) ?? unlike;
  if (problem) return { name, state: "changed", against, problem };
  if (against === "nothing") return { name, state: "unknown", against, problem: "has nothing to be compared with" };
  return { name, state: "right", against };
}

async function absent(file: RemoteFile, folder: string, against: Against): Promise<Verified> {
  const plain = uncompressedName(file);
  if (plain && (await sizeOf(`${folder}/${plain}`)) !== undefined)
    return {
      name: plain,
      state: "unknown",
      against: "nothing",
      problem: "is there uncompressed, which has no checksum",
    };
  return { name: file.name, state: "missing", against, problem: "is not there" };
}

async function verifyUnpacked(source: Source, { folder }: Found, { signal, onProgress }: VerifyOptions) {
  const stage = `${source.name}: unpacked files`;
  const against: Against = "unpacking";
  const files: Verified[] = [];
  const list = await readList(folder);
  for (const [k, { name, sha256 }] of list.entries()) {
    goOn(folder, signal);
    onProgress?.({ stage, done: k, total: list.length });
    const path = `${folder}/${name}`;
    const there = (await sizeOf(path)) !== undefined;
    const now = there ? (await digestsOf(path, { stop: signal })).of.sha256 : undefined;
    if (now === undefined) files.push({ name, state: "missing", against, problem: "is not there" });
    else if (now === sha256) files.push({ name, state: "right", against });
    else files.push({ name, state: "changed", against, problem: `has the sha256 ${now}, not ${sha256}` });
  }
  return files;
}
