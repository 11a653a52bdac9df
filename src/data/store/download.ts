/**
 * Fetches one file: into a file `NAME.part` beside its place, which outlives whatever ends the process, checked, and then
 * renamed. Where a part is there already, only the rest is asked for, if the server still has the same file. Node only.
 *
 * @see RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range), 14.4 (Content-Range), 15.5.17 (416)
 */
import { DataError } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";
import { type Client, Refused, type Response, Transient } from "./client.ts";
import { type Digests, digestsOf, goOn, type Stop } from "./digest.ts";
import { type FreeBytes, makeFolder, remove, requireRoom, sizeOf, textOf, writeText, writing } from "./files.ts";
import type { RemoteFile } from "./source.ts";

/** How often what failed is tried again without getting any further, and the pauses in ms, each twice the one before. */
export interface Retry {
  readonly times: number;
  readonly first: number;
  readonly longest: number;
}
const RETRY: Retry = { times: 5, first: 1000, longest: 30_000 };

export interface DownloadOptions {
  readonly client: Client;
  readonly stop?: Stop | undefined;
  readonly retry?: Retry | undefined;
  readonly free?: FreeBytes | undefined;
  /** Bytes that are here, of how many, and what is wrong just now. */
  readonly onBytes?: ((done: number, total: number | undefined, trouble?: string) => void) | undefined;
}
export interface Downloaded extends Digests {
  readonly url: string;
}

interface Job extends DownloadOptions {
  readonly file: RemoteFile;
  readonly part: string;
}

/**
 * @param target path that the file shall have; nothing is there until it is whole and right
 * @throws {DataError} `download-failed` with every address and what is wrong with it; `write-failed`
 * @throws {RunError} `interrupted`; what came so far stays, and the next call goes on from it
 */
export async function download(file: RemoteFile, target: string, options: DownloadOptions): Promise<Downloaded> {
  const { rename } = await fileSystem(target);
  const { dirname } = await import("node:path");
  await makeFolder(dirname(target));
  const job: Job = { ...options, file, part: `${target}.part` };
  const problems: string[] = [];
  for (const url of file.urls)
    try {
      const digests = await fetched(job, url);
      await writing(target, () => rename(job.part, target));
      await remove(recordOf(job));
      return { ...digests, url };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems.push(`${url} ${error.message}`);
    }
  throw new DataError("download-failed", file.name, problems.join("; "));
}

/** A part that somebody left may be of another file: where the whole is wrong, it is fetched once more from its beginning. */
async function fetched(job: Job, url: string): Promise<Digests> {
  for (;;) {
    const found = (await sizeOf(job.part)) ?? 0;
    await persist(job, url);
    const digests = await digestsOf(job.part, { stop: job.stop });
    const problem = mismatch(job.file, digests);
    if (!problem) return digests;
    await drop(job);
    if (found === 0) throw new Refused(problem);
  }
}

/** What tells a file from the published one, in words. */
export function mismatch({ bytes, checksum }: RemoteFile, found: Digests): string | undefined {
  if (bytes !== undefined && found.bytes !== bytes) return `has ${found.bytes} bytes, and not ${bytes} as published`;
  if (!checksum || found.of[checksum.algorithm] === checksum.value) return undefined;
  const { algorithm, value, source } = checksum;
  return `has the ${algorithm} ${found.of[algorithm]}, and not ${value} as published (${source})`;
}

/** Tries again as long as it gets further, and a few times when it does not. */
async function persist(job: Job, url: string): Promise<void> {
  const { times, first, longest } = job.retry ?? RETRY;
  let most = (await sizeOf(job.part)) ?? 0;
  for (let failures = 0; ; ) {
    goOn(url, job.stop);
    try {
      return await attempt(job, url);
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      const now = (await sizeOf(job.part)) ?? 0;
      failures = now > most ? 1 : failures + 1;
      most = Math.max(most, now);
      if (failures > times) throw new Refused(`${error.message}, ${times + 1} times`, { cause: error });
      job.onBytes?.(now, job.file.bytes, `${error.message}; trying again`);
      const pause = Math.min(longest, Math.max(first * 2 ** (failures - 1), error.wait ?? 0));
      await rest(pause, url, job.stop);
    }
  }
}

/** Looks up now and then whether to stop. */
async function rest(ms: number, path: string, stop: Stop | undefined): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    goOn(path, stop);
    await new Promise((resolve) => setTimeout(resolve, Math.min(50, Math.max(0, end - performance.now()))));
  }
}

/** One request. Returns when all bytes are here. */
async function attempt(job: Job, url: string): Promise<void> {
  const { file, part } = job;
  const have = await begun(job, url);
  if (have.from > 0 && have.from === file.bytes) return;
  const response = await job.client.get(url, rangeOf(have));
  const { from, total } = await answered(job, response, have).catch((error) => {
    response.discard();
    throw error;
  });
  if (from === total) return response.discard();
  const { dirname } = await import("node:path");
  try {
    checkTotal(file, total);
    if (total !== undefined) await requireRoom(dirname(part), total - from, job.free);
    // A rest that comes without a mark has that of the part it was asked for with.
    const validator = validatorOf(response) ?? (from > 0 ? have.validator : undefined);
    await writeText(recordOf(job), JSON.stringify({ url, validator } satisfies Recorded));
    await receive(job, response, from, total);
  } finally {
    response.discard();
  }
}

function checkTotal({ bytes }: RemoteFile, total: number | undefined): void {
  if (bytes !== undefined && total !== undefined && bytes !== total)
    throw new Refused(`has ${total} bytes, and not ${bytes} as published`);
}

/** What is here of a file, and by what the server knows that it still has the same. */
interface Begun {
  readonly from: number;
  readonly validator?: string | undefined;
}
interface Recorded {
  readonly url: string;
  readonly validator?: string | undefined;
}
const recordOf = ({ part }: Job): string => `${part}.json`;

/** A part is of use only where something tells whether the rest belongs to it: what the server says, or a checksum. */
async function begun(job: Job, url: string): Promise<Begun> {
  const size = (await sizeOf(job.part)) ?? 0;
  const record = recorded(await textOf(recordOf(job)));
  const validator = record?.url === url ? record.validator : undefined;
  const usable = validator !== undefined || job.file.checksum !== undefined;
  return usable && size <= (job.file.bytes ?? size) ? { from: size, validator } : { from: 0 };
}

function recorded(text: string | undefined): Recorded | undefined {
  try {
    const found = text === undefined ? undefined : JSON.parse(text);
    return typeof found?.url === "string" ? found : undefined;
  } catch {
    return undefined; // cut short by a crash: as if there were none
  }
}

async function drop(job: Job): Promise<void> {
  await remove(job.part);
  await remove(recordOf(job));
}

function rangeOf({ from, validator }: Begun): Record<string, string> {
  if (from === 0) return {};
  return { range: `bytes=${from}-`, ...(validator !== undefined && { "if-range": validator }) };
}

/** A strong entity tag, or a date. Weak tags do not promise the same bytes. */
function validatorOf({ header }: Response): string | undefined {
  const tag = header("etag");
  return tag !== undefined && !tag.startsWith("W/") ? tag : header("last-modified");
}

/** Where in the file the bytes of an answer begin, and how many the file has. */
interface Place {
  readonly from: number;
  readonly total: number | undefined;
}
type Answer = (job: Job, response: Response, have: Begun) => Promise<Place>;

const ANSWERS: Readonly<Record<number, Answer>> = {
  200: async (_, { header }) => ({ from: 0, total: whole(header("content-length")) }),
  206: async (job, { header }, have) => {
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header("content-range") ?? "") ?? [];
    if (have.from > 0 && whole(from) === have.from) return { from: have.from, total: whole(total) };
    await drop(job);
    throw new Transient("sent another part than was asked for");
  },
  416: async (job, { header }, have) => {
    const [, total] = /^bytes \*\/(\d+)$/.exec(header("content-range") ?? "") ?? [];
    if (have.from > 0 && whole(total) === have.from) return { from: have.from, total: have.from };
    await drop(job);
    throw new Transient("has no such part of the file");
  },
};
const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** Answers that may be others later. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

async function answered(job: Job, response: Response, have: Begun): Promise<Place> {
  const answer = ANSWERS[response.status];
  if (answer) return answer(job, response, have);
  const problem = `answers with status ${response.status}`;
  if (!BUSY.has(response.status)) throw new Refused(problem);
  const seconds = whole(response.header("retry-after"));
  throw new Transient(problem, { wait: seconds === undefined ? undefined : Math.min(60, seconds) * 1000 });
}

async function receive(job: Job, response: Response, from: number, total: number | undefined): Promise<void> {
  const { file, part, stop, onBytes } = job;
  const { open } = await fileSystem(part);
  const most = file.bytes ?? total ?? Number.POSITIVE_INFINITY;
  const handle = await writing(part, () => open(part, from > 0 ? "r+" : "w"));
  let at = from;
  try {
    for await (const chunk of response.chunks) {
      goOn(file.name, stop);
      if (at + chunk.length > most) throw new Refused(`sends more than ${most} bytes`);
      await writing(part, () => writeAll(handle, chunk, at));
      at += chunk.length;
      onBytes?.(at, total ?? file.bytes);
    }
    await writing(part, () => handle.sync());
  } finally {
    await handle.close();
  }
  if (total !== undefined && at < total) throw new Transient(`ended after ${at} of ${total} bytes`);
}

/** A write may take less than it was given. */
async function writeAll(handle: import("node:fs/promises").FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}
