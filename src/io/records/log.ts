/**
 * Records in a file of their own, which only grows: what `sonataSink` writes while a run goes on, and any sink can be made of
 * it afterwards. Numbers are little-endian:
 *
 *     "RHEOREC2"
 *     length of the header (u32), its CRC-32 (u32), the header: JSON, `{ header: RecordHeader, numbers: how many, crc }`
 *     the header's lists of numbers (u32 each), which the JSON names by their places: `{ u32: [first, count] }`
 *     then pieces: series (u32), entries (u32), CRC-32 of what follows (u32), 0 (u32), and
 *       events: ticks (f64 each), indices (u32 each), samples (u32 each)
 *       rows: ticks (f64 each), values (f64, entries × samples × columns)
 *
 * A piece that was not written to its end, or is damaged, ends what can be read.
 */
import { DataError } from "../../base/errors.ts";
import { syncFileSystem } from "../../base/node.ts";
import type { RecordChunk, RecordHeader, Sink } from "../../sim/records/sink.ts";
import { type AppendFile, appending } from "./appendFile.ts";

const MAGIC = "RHEOREC2";
const HEAD = 16;
type Crc = (bytes: Uint8Array) => number;
const loadCrc = async (): Promise<Crc> => (await import("node:zlib")).crc32;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function headerBytes(header: RecordHeader, crc: Crc): Uint8Array {
  const lists: Uint32Array[] = [];
  let numbers = 0;
  // JSON knows neither typed arrays nor infinity.
  const written = (_: string, x: unknown): unknown => {
    if (x === Number.POSITIVE_INFINITY) return "Infinity";
    if (!(x instanceof Uint32Array)) return x;
    lists.push(x);
    numbers += x.length;
    return { u32: [numbers - x.length, x.length] };
  };
  const text = JSON.stringify(header, written);
  const bytes = joined(...lists.map(bytesOf));
  const json = new TextEncoder().encode(`{"header":${text},"numbers":${numbers},"crc":${crc(bytes)}}`);
  return joined(new TextEncoder().encode(MAGIC), bytesOf(Uint32Array.of(json.length, crc(json))), json, bytes);
}
/** @param numbers the bytes behind the text; nothing where they are damaged */
function headerOf(
  json: Uint8Array,
  numbers: (length: number) => Uint8Array<ArrayBuffer> | undefined,
  crc: Crc,
): RecordHeader | undefined {
  const told = JSON.parse(new TextDecoder().decode(json)) as { header: unknown; numbers: number; crc: number };
  const bytes = numbers(4 * told.numbers);
  if (!bytes || crc(bytes) !== told.crc) return undefined;
  const all = new Uint32Array(bytes.buffer);
  const read = (_: string, x: unknown): unknown => {
    if (x === "Infinity") return Number.POSITIVE_INFINITY;
    const place = (x as { u32?: unknown } | null)?.u32;
    return Array.isArray(place) ? all.slice(place[0], place[0] + place[1]) : x;
  };
  return JSON.parse(JSON.stringify(told.header), read) as RecordHeader;
}

function pieceBytes({ series, ticks, indices, samples, values }: RecordChunk, crc: Crc): Uint8Array {
  const body = joined(bytesOf(ticks), bytesOf(indices), bytesOf(samples), bytesOf(values));
  return joined(bytesOf(Uint32Array.of(series, ticks.length, crc(body), 0)), body);
}

/** A log that grows. */
export interface RecordLog {
  readonly sink: Sink<void>;
  /** The file while it grows, `NAME.part`. */
  readonly file: () => AppendFile;
}

/**
 * Writes records to a log: fast, of fixed memory, and readable whatever happens to the process. `replayRecords` hands them
 * to any other sink.
 * @returns a sink whose result is the name of the file
 * @throws {DataError} `write-failed`; {RunError} `unsupported` in a page
 */
export async function recordLog(path: string): Promise<Sink<string>> {
  const { sink, file } = await openLog(path);
  return {
    ...sink,
    finish: async () => {
      await file().finish();
      return path;
    },
  };
}

/** As `recordLog`; the caller ends the file. */
export async function openLog(path: string): Promise<RecordLog> {
  const [open, crc] = await Promise.all([appending(path), loadCrc()]);
  let file: AppendFile | undefined;
  const opened = (): AppendFile => {
    if (!file) throw new Error("a log is used before it begins");
    return file;
  };
  const sink: Sink<void> = {
    begin: (header) => {
      file = open(path);
      file.append(headerBytes(header, crc));
    },
    write: (chunk) => opened().append(pieceBytes(chunk, crc)),
    finish: () => {},
    abandon: (options) => file?.abandon(options),
  };
  return { sink, file: opened };
}

/** What came of reading a log. */
export interface Replayed<R> {
  readonly result: R;
  /** Bytes at the end that could not be read: of a piece that was not written to its end. */
  readonly lost: number;
}

/**
 * Hands what a log holds to a sink, piece by piece, as it came: also the `NAME.part` of a run that did not end.
 * @throws {DataError} `missing-file`, `bad-file` unless it is a log
 */
export async function replayRecords<R>(path: string, sink: Sink<R>): Promise<Replayed<R>> {
  try {
    const lost = await readLog(path, sink);
    return { result: await sink.finish(), lost };
  } catch (error) {
    await sink.abandon?.({ keep: false });
    throw error;
  }
}

/** Without ending the sink. @returns bytes at the end that could not be read */
export async function readLog(path: string, sink: Pick<Sink, "begin" | "write">): Promise<number> {
  const [fs, crc] = await Promise.all([syncFileSystem(path), loadCrc()]);
  const bad = (problem: string): DataError => new DataError("bad-file", path, problem);
  if (!fs.existsSync(path)) throw new DataError("missing-file", path, "there is no such file");
  const file = fs.openSync(path, "r");
  try {
    const { size } = fs.fstatSync(file);
    let at = 0;
    /** The next bytes, or nothing where there are not as many. */
    const next = (length: number): Uint8Array<ArrayBuffer> | undefined => {
      if (at + length > size) return undefined;
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const count = fs.readSync(file, bytes, done, length - done, at + done);
        if (count === 0) return undefined;
        done += count;
      }
      at += length;
      return bytes;
    };
    const start = next(HEAD);
    if (!start || new TextDecoder().decode(start.subarray(0, 8)) !== MAGIC) throw bad("is not a log of records");
    const [length, sum] = new Uint32Array(start.buffer, 8, 2);
    const json = next(length!);
    const header = json && crc(json) === sum ? headerOf(json, next, crc) : undefined;
    if (!header) throw bad("its header is damaged");
    sink.begin(header);
    for (;;) {
      const from = at;
      const chunk = pieceAt(header, next, crc);
      if (!chunk) return size - from;
      sink.write(chunk);
    }
  } finally {
    fs.closeSync(file);
  }
}

function pieceAt(
  header: RecordHeader,
  next: (length: number) => Uint8Array<ArrayBuffer> | undefined,
  crc: Crc,
): RecordChunk | undefined {
  const head = next(HEAD);
  if (!head) return undefined;
  const [series, entries, sum] = new Uint32Array(head.buffer, 0, 3) as unknown as [number, number, number];
  const info = header.series[series];
  if (!info) return undefined;
  const isEvents = info.shape === "events";
  const values = isEvents ? 0 : entries * header.samples * info.columns;
  const body = next(8 * entries + (isEvents ? 8 * entries : 8 * values));
  if (!body || crc(body) !== sum) return undefined;
  const { buffer } = body;
  const words = isEvents ? entries : 0;
  return {
    series,
    ticks: new Float64Array(buffer, 0, entries),
    indices: new Uint32Array(buffer, 8 * entries, words),
    samples: new Uint32Array(buffer, 12 * entries, words),
    values: new Float64Array(buffer, isEvents ? 0 : 8 * entries, values),
  };
}
