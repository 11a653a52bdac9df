/**
 * Gets a set: fetches its files, checks them, unpacks its archives, and writes down what it got. What is there already is
 * kept, so that a call which was stopped is gone on with by the next. Node only.
 */
import { DataError } from "../../base/errors.ts";
import { type Environment, fileSystem } from "../../base/node.ts";
import type { LocateOptions } from "../locate.ts";
import { type Client, openClient } from "./client.ts";
import { digestsOf, goOn } from "./digest.ts";
import { download, mismatch, type Retry } from "./download.ts";
import { type FreeBytes, makeFolder, remove, requireRoom, sizeOf, writing } from "./files.ts";
import { folderOf } from "./find.ts";
import { lock } from "./lock.ts";
import { type FileRecord, type Manifest, readList, readManifest, writeList, writeManifest } from "./manifest.ts";
import type { RemoteFile, Source } from "./source.ts";
import { type Unpacked, unpack } from "./unpack.ts";

/** `done` of `total` bytes of one named stage. */
export interface StoreProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly note?: string;
}

export interface GetOptions extends LocateOptions {
  /** Fetch anew what is there. */
  readonly force?: boolean;
  /** Keep archives once they are unpacked. */
  readonly keep?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Hears how far it is. */
  readonly onProgress?: ((progress: StoreProgress) => void) | undefined;
  readonly retry?: Retry | undefined;
  /** ms without a byte after which a connection counts as stalled; default 30 s. */
  readonly stall?: number | undefined;
  readonly free?: FreeBytes | undefined;
}

/** What came of fetching a set. */
export interface Got {
  readonly folder: string;
  /** Nothing had to be done. */
  readonly already: boolean;
  readonly manifest: Manifest;
}

/**
 * @throws {DataError} `download-failed`, `write-failed`, `bad-file`; `missing-file` where a person must fetch it
 * @throws {RunError} `interrupted`
 */
export async function getSet(source: Source, options: GetOptions = {}): Promise<Got> {
  const folder = folderOf(source, options);
  await makeFolder(folder);
  const { onProgress = () => {} } = options;
  const wait = { stage: "waiting for another process", done: 0, total: 1 };
  const held = await lock(folder, { stop: options.signal, onWait: () => onProgress(wait) });
  const signals = [held.lost, ...(options.signal ? [options.signal] : [])];
  const job: Job = { source, folder, options, onProgress, signal: AbortSignal.any(signals) };
  try {
    return await getLocked(job);
  } finally {
    await held.release();
  }
}

interface Job {
  readonly source: Source;
  readonly folder: string;
  readonly options: GetOptions;
  readonly onProgress: (progress: StoreProgress) => void;
  readonly signal: AbortSignal;
}

async function getLocked(job: Job): Promise<Got> {
  const { source, folder, options } = job;
  const before = options.force ? undefined : await readManifest(folder);
  if (before?.complete && before.set === source.name && (await isThere(job, before)))
    return { folder, already: true, manifest: before };
  await sweep(job);
  const known = before?.set === source.name ? before.files : [];
  const files = await withClient(job, (client) => allFiles(job, client, known));
  const unpacked = await unpackAll(job);
  const manifest: Manifest = { set: source.name, files, ...(unpacked && { unpacked }), complete: true };
  await writeManifest(folder, manifest);
  if (!options.keep) for (const { name, unpack } of source.files) if (unpack) await remove(`${folder}/${name}`);
  return { folder, already: false, manifest };
}

/** As far as can be told without reading: sizes of files that are not unpacked, and whatever came out uppermost. */
async function isThere({ source, folder }: Job, { files, unpacked }: Manifest): Promise<boolean> {
  for (const { name, unpack } of source.files) {
    const record = files.find((file) => file.name === name);
    if (!record || (!unpack && (await sizeOf(`${folder}/${name}`)) !== record.bytes)) return false;
  }
  if (!unpacked) return true;
  const { readdir } = await fileSystem(folder);
  const there = new Set(await readdir(folder));
  const list = await readList(folder).catch(() => []);
  return list.length === unpacked.files && list.every(({ name }) => there.has(name.split("/")[0]!));
}

async function withClient<T>({ options, signal }: Job, work: (client: Client) => Promise<T>): Promise<T> {
  const { env, stall } = options as { env?: Environment; stall?: number };
  const client = await openClient({ signal, ...(env && { env }), ...(stall !== undefined && { stall }) });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function allFiles(job: Job, client: Client, known: readonly FileRecord[]): Promise<readonly FileRecord[]> {
  const { source, folder } = job;
  const there = new Map<RemoteFile, FileRecord>();
  for (const file of source.files) {
    const record = await foundFile(job, file, known);
    if (record) there.set(file, record);
  }
  const missing = source.files.filter((file) => !there.has(file));
  if (missing.length > 0 && source.byHand !== undefined) throw byHand(job, source.byHand, missing);
  await requireRoom(folder, await bytesToCome(job, missing), job.options.free);
  for (const file of missing) {
    there.set(file, await fetchFile(job, client, file));
    await writeManifest(folder, { set: source.name, files: [...there.values()], complete: false });
  }
  return source.files.map((file) => there.get(file)!);
}

function byHand({ source, folder }: Job, why: string, missing: readonly RemoteFile[]): DataError {
  const names = missing.map(({ name }) => name).join(", ");
  const where = [...new Set(missing.flatMap(({ urls }) => urls))].join(", ");
  const problem = `${why}: fetch ${names} from ${where} in a browser, put it into ${folder}, and give this command again, which checks and unpacks it`;
  return new DataError("missing-file", source.name, problem);
}

/** Of what is published: the rest of each file, and what archives become, which is no less than they are. */
async function bytesToCome({ source, folder }: Job, missing: readonly RemoteFile[]): Promise<number> {
  const archives = source.files.filter(({ unpack }) => unpack !== undefined);
  let bytes = source.unpackedBytes ?? archives.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  for (const { name, bytes: all = 0 } of missing)
    bytes += Math.max(0, all - ((await sizeOf(`${folder}/${name}.part`)) ?? 0));
  return bytes;
}

/** A file that is there, and is right. @throws {DataError} `bad-file` for one that is not the published one */
async function foundFile(
  { folder, options, onProgress, signal }: Job,
  file: RemoteFile,
  known: readonly FileRecord[],
): Promise<FileRecord | undefined> {
  const path = `${folder}/${file.name}`;
  const size = await sizeOf(path);
  if (size === undefined || options.force) return undefined;
  const stage = `check ${nameOf(file)}`;
  const onBytes = (done: number): void => onProgress({ stage, done, total: size });
  const digests = await digestsOf(path, { stop: signal, onBytes });
  const record = known.find(({ name }) => name === file.name);
  const changed = record && record.sha256 !== digests.of.sha256 ? "is not what was fetched" : undefined;
  const problem = mismatch(file, digests) ?? changed;
  if (problem)
    throw new DataError("bad-file", path, `is there already and ${problem}; move it away, or replace it with --force`);
  return record ?? recordOf(file, digests.bytes, digests.of.sha256);
}

const recordOf = (file: RemoteFile, bytes: number, sha256: string, url?: string): FileRecord => ({
  name: file.name,
  ...(url !== undefined && { url }),
  bytes,
  sha256,
  published: file.checksum?.algorithm ?? null,
});

async function fetchFile(job: Job, client: Client, file: RemoteFile): Promise<FileRecord> {
  const { folder, options, onProgress, signal } = job;
  const stage = nameOf(file);
  let size = file.bytes;
  const { url, bytes, of } = await download(file, `${folder}/${file.name}`, {
    client,
    stop: signal,
    retry: options.retry,
    free: options.free,
    onBytes: (done, total, trouble) => {
      size ??= total;
      onProgress(progress(stage, done, size, trouble));
    },
  });
  return recordOf(file, bytes, of.sha256, url);
}
/** Without its folders. */
const nameOf = ({ name }: RemoteFile): string => name.slice(name.lastIndexOf("/") + 1);

/** Of what has no known size the note alone tells how far it is. */
function progress(stage: string, done: number, total: number | undefined, trouble?: string): StoreProgress {
  if (total === undefined) return { stage, done: 0, total: 1, note: trouble ?? `${megabytes(done)} MB` };
  return { stage, done, total, note: trouble ?? `${megabytes(done)} of ${megabytes(total)} MB` };
}
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Where archives are unpacked before what came out takes its place. */
const STAGING = ".unpacking-";

/** What a process that was killed has left, where it may have left something. */
async function sweep({ folder, source }: Job): Promise<void> {
  const { readdir } = await fileSystem(folder);
  const below = source.files.map(({ name }) => name.split("/").slice(0, -1).join("/"));
  for (const place of new Set(["", ...below].map((name) => `${folder}/${name}`)))
    for (const name of await readdir(place).catch(() => [] as string[]))
      if (name.startsWith(STAGING) || name.endsWith(".tmp")) await remove(`${place}/${name}`);
}

/** All archives of a set into one folder, whose contents then take their place. */
async function unpackAll(job: Job): Promise<Manifest["unpacked"]> {
  const { source, folder, options } = job;
  const archives = source.files.filter(({ unpack }) => unpack !== undefined);
  if (archives.length === 0) return undefined;
  const staging = `${folder}/${STAGING}${crypto.randomUUID()}`;
  await makeFolder(staging);
  try {
    const files: Unpacked[] = [];
    for (const archive of archives) files.push(...(await unpackOne(job, archive, staging)));
    goOn(folder, job.signal);
    await moveIn(staging, folder, source);
    await writeList(folder, files);
    return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  } catch (error) {
    // An archive that nobody publishes a checksum of may be a page that says sorry: the next call fetches it anew.
    if ((error as DataError).code === "bad-file" && !options.keep) await removeUnchecked(job, archives);
    throw error;
  } finally {
    await remove(staging);
  }
}

async function removeUnchecked({ source, folder }: Job, archives: readonly RemoteFile[]): Promise<void> {
  if (source.byHand !== undefined) return;
  for (const { name, checksum } of archives) if (!checksum) await remove(`${folder}/${name}`);
}

async function unpackOne({ folder, options, onProgress, signal }: Job, file: RemoteFile, into: string) {
  const stage = `unpack ${nameOf(file)}`;
  const path = `${folder}/${file.name}`;
  return unpack(path, file.unpack!, into, {
    strip: file.strip,
    stop: signal,
    free: options.free,
    onBytes: (done, total) => onProgress(progress(stage, done, total)),
  });
}

/** @throws {DataError} `bad-file` where a name is taken by what we need ourselves */
async function moveIn(staging: string, folder: string, { name: set, files }: Source): Promise<void> {
  const { readdir, rename } = await fileSystem(folder);
  const names = await readdir(staging);
  const own = new Set(["rheobase.json", "rheobase.sha256", ".lock", ...files.map((file) => file.name)]);
  const taken = names.find((name) => own.has(name));
  if (taken !== undefined)
    throw new DataError("bad-file", set, `an archive holds '${taken}', a name that is needed here`);
  for (const name of names) {
    await remove(`${folder}/${name}`);
    await writing(folder, () => rename(`${staging}/${name}`, `${folder}/${name}`));
  }
}
