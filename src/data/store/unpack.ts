/**
 * Archives, unpacked into a folder that is empty before. Nothing in them is believed: names stay below the folder, there
 * are files and folders and nothing else, none twice, and what is written has a limit, both as declared and as it comes.
 * Node only; the libraries load when they are needed.
 */
import type { Readable } from "node:stream";
import { DataError, RheobaseError } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";
import { goOn, type Stop } from "./digest.ts";
import { type FreeBytes, makeFolder, reasonOf, requireRoom, writing } from "./files.ts";
import { partsOf } from "./names.ts";
import type { Packing } from "./source.ts";

export interface UnpackOptions {
  /** Folders at the beginning of every name that are left out. */
  readonly strip?: number | undefined;
  /** Bytes at most; by default by the size of the archive. */
  readonly most?: number | undefined;
  readonly stop?: Stop | undefined;
  readonly free?: FreeBytes | undefined;
  /** Bytes written so far, of how many, where the archive says it. */
  readonly onBytes?: ((done: number, total: number | undefined) => void) | undefined;
}

/** A file that came out. */
export interface Unpacked {
  /** Below the folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Real data compress by ten at most; deflate goes to 1032. */
const MOST_RATIO = 100;
/** Below it no ratio is too good. */
const SMALL = 2 ** 26;
const MOST_ENTRIES = 2_000_000;

/**
 * @param into a folder of its own, which is removed by whoever made it where this fails
 * @throws {DataError} `bad-file` for what is no such archive, or not one to be unpacked; `write-failed`
 * @throws {RunError} `interrupted`
 */
export async function unpack(
  archive: string,
  packing: Packing,
  into: string,
  options: UnpackOptions = {},
): Promise<readonly Unpacked[]> {
  const { stat } = await fileSystem(archive);
  const { most = Math.max(SMALL, MOST_RATIO * (await stat(archive)).size) } = options;
  const sink = new Sink(archive, into, { ...options, most });
  try {
    await OPENERS[packing](archive, sink);
  } catch (cause) {
    if (cause instanceof RheobaseError) throw cause;
    throw new DataError("bad-file", archive, `is not a whole and valid ${packing} (${reasonOf(cause)})`, { cause });
  }
  if (sink.files.length === 0) throw new DataError("bad-file", archive, `holds no file`);
  return sink.files;
}

/** Takes entries and writes files. */
class Sink {
  readonly files: Unpacked[] = [];
  readonly #archive: string;
  readonly #into: string;
  readonly #options: UnpackOptions & { readonly most: number };
  readonly #folders = new Set<string>();
  #bytes = 0;
  #entries = 0;
  #declared: number | undefined;

  constructor(archive: string, into: string, options: UnpackOptions & { readonly most: number }) {
    this.#archive = archive;
    this.#into = into;
    this.#options = options;
  }

  /** Before anything is written: what the archive says of the size of all. */
  async declare(total: number): Promise<void> {
    this.#declared = total;
    this.#requireRoom(total, "says");
    await requireRoom(this.#into, total, this.#options.free, this.#archive);
  }

  refuse(entry: string, problem: string): DataError {
    return new DataError("bad-file", this.#archive, `entry ${JSON.stringify(entry)} ${problem}; nothing of it is kept`);
  }

  /** Counts an entry. @returns its path, or undefined where there is nothing to make of it */
  place(entry: string): string | undefined {
    goOn(this.#archive, this.#options.stop);
    if (++this.#entries > MOST_ENTRIES) throw this.refuse(entry, `is one of more than ${MOST_ENTRIES}`);
    const parts = partsOf(entry, this.#options.strip ?? 0, (problem) => this.refuse(entry, problem));
    return parts?.join("/");
  }

  /** @param declared bytes that the archive says it has */
  async file(entry: string, declared: number | undefined, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const name = this.place(entry);
    if (declared !== undefined) this.#requireRoom(this.#bytes + declared, "says");
    if (name === undefined) throw this.refuse(entry, "is a file where a folder was to be left out");
    const path = `${this.#into}/${name}`;
    await this.#makeFolder(name.split("/").slice(0, -1).join("/"));
    this.files.push({ name, ...(await this.#write(entry, path, declared, chunks)) });
  }

  async #makeFolder(name: string): Promise<void> {
    if (this.#folders.has(name)) return;
    await makeFolder(`${this.#into}/${name}`);
    this.#folders.add(name);
  }

  async #write(
    entry: string,
    path: string,
    declared: number | undefined,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<Pick<Unpacked, "bytes" | "sha256">> {
    const [{ createHash }, { open }] = await Promise.all([import("node:crypto"), fileSystem(path)]);
    const handle = await open(path, "wx").catch((error) => {
      throw error.code === "EEXIST" ? this.refuse(entry, "is there twice") : error;
    });
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      for await (const chunk of chunks) {
        goOn(this.#archive, this.#options.stop);
        this.#requireRoom(this.#bytes + chunk.length, "has");
        await writing(path, () => handle.writeFile(chunk));
        hash.update(chunk);
        bytes += chunk.length;
        this.#bytes += chunk.length;
        this.#options.onBytes?.(this.#bytes, this.#declared);
      }
    } finally {
      await handle.close();
    }
    if (declared !== undefined && bytes !== declared)
      throw this.refuse(entry, `has ${bytes} bytes and says ${declared}`);
    return { bytes, sha256: hash.digest("hex") };
  }

  #requireRoom(bytes: number, verb: "says" | "has"): void {
    const { most } = this.#options;
    if (bytes <= most) return;
    const what = verb === "says" ? `says that it unpacks to ${bytes} bytes` : `unpacks to ${bytes} bytes and more`;
    throw new DataError("bad-file", this.#archive, `${what}; at most ${most} are written for one of its size`);
  }
}

type Opener = (archive: string, sink: Sink) => Promise<void>;
const OPENERS: Readonly<Record<Packing, Opener>> = {
  zip: unzip,
  tar: (archive, sink) => readStream(archive, false, (stream) => untar(stream, sink)),
  "tar.gz": (archive, sink) => readStream(archive, true, (stream) => untar(stream, sink)),
  gz: async (archive, sink) => {
    const { basename } = await import("node:path");
    await readStream(archive, true, (stream) => sink.file(basename(archive, ".gz"), undefined, stream));
  },
};

/** A file as a stream, inflated or as it is. Errors of any part reach whoever reads. */
async function readStream(archive: string, inflate: boolean, use: (stream: Readable) => Promise<void>): Promise<void> {
  const [{ createReadStream }, { createGunzip }, { pipeline }] = await Promise.all([
    import("node:fs"),
    import("node:zlib"),
    import("node:stream"),
  ]);
  const file = createReadStream(archive, { highWaterMark: 2 ** 18 });
  const stream = inflate ? pipeline(file, createGunzip({ chunkSize: 2 ** 18 }), () => {}) : file;
  try {
    await use(stream);
  } finally {
    file.destroy();
    stream.destroy();
  }
}

async function untar(stream: Readable, sink: Sink): Promise<void> {
  const [{ createTarDecoder }, { Readable }] = await Promise.all([import("modern-tar"), import("node:stream")]);
  const bytes = Readable.toWeb(stream) as ReadableStream<Uint8Array<ArrayBuffer>>;
  const entries = bytes.pipeThrough(createTarDecoder({ strict: true }));
  for await (const { header, body } of entries as unknown as AsyncIterable<TarEntry>) {
    const { name, size, type = "file" } = header;
    if (type === "directory") sink.place(name);
    else if (type === "file") await sink.file(name, size, body);
    else throw sink.refuse(name, `is a ${type}, and only files and folders are unpacked`);
    if (type === "directory") for await (const _ of body);
  }
}
interface TarEntry {
  readonly header: { readonly name: string; readonly size: number; readonly type?: string };
  readonly body: AsyncIterable<Uint8Array>;
}

/** Kinds of files in the upper half of a zip entry's attributes, as Unix has them. */
const KIND = 0o170000;
const KINDS: ReadonlySet<number> = new Set([0, 0o040000, 0o100000]);

async function unzip(archive: string, sink: Sink): Promise<void> {
  const [{ default: library }, { crc32 }] = await Promise.all([import("yauzl"), import("node:zlib")]);
  const file = await library.openPromise(archive, { lazyEntries: true, autoClose: false });
  try {
    const entries: import("yauzl").Entry[] = [];
    let total = 0;
    for await (const entry of file.eachEntry()) {
      entries.push(entry);
      total += entry.uncompressedSize;
      if (entries.length > MOST_ENTRIES) throw sink.refuse(entry.fileName, `is one of more than ${MOST_ENTRIES}`);
    }
    await sink.declare(total);
    for (const entry of entries) {
      const { fileName: name, uncompressedSize: size } = entry;
      const kind = (entry.externalFileAttributes >>> 16) & KIND;
      if (!KINDS.has(kind)) throw sink.refuse(name, "is a link or a device, and only files and folders are unpacked");
      if (entry.isEncrypted()) throw sink.refuse(name, "is encrypted");
      if (name.endsWith("/")) sink.place(name);
      else await sink.file(name, size, checked(await opened(file, entry), entry, crc32, sink));
    }
  } finally {
    file.close();
  }
}

/** An error of a stream before anybody reads it waits for whoever does, and ends no process. */
async function opened(file: import("yauzl").ZipFile, entry: import("yauzl").Entry): Promise<Readable> {
  const stream = await file.openReadStreamPromise(entry);
  return stream.on("error", () => {});
}

async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  { fileName, crc32: expected }: import("yauzl").Entry,
  crc32: (bytes: Uint8Array, before?: number) => number,
  sink: Sink,
): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const chunk of chunks) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== expected) throw sink.refuse(fileName, "is damaged (its CRC-32 is another)");
}
