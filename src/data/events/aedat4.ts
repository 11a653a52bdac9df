/**
 * AEDAT 4.0 (iniVation): a line of text, a FlatBuffer that says how the rest is compressed and which streams there are, then
 * packets: stream (i32), size (i32), and a compressed FlatBuffer. Packets of streams that are not events are passed over, and
 * so is the table of packets at the end.
 *
 * Schemas (dv-processing, IOHeader.fbs and event.fbs; numbers are those of the fields):
 *   IOHE: 0 compression: int32 (none, LZ4, LZ4 high, Zstandard, Zstandard high); 1 dataTablePosition: int64 = −1;
 *         2 infoNode: string (XML)
 *   EVTS: 0 elements: [struct { timestamp: int64 µs; x: int16; y: int16; polarity: bool }], 16 bytes each
 */
import { DataError, listNames } from "../../base/errors.ts";
import { type EventStream, streamsOf } from "./aedat4Info.ts";
import { FlatBuffer } from "./flatbuffer.ts";
import {
  type EventDecoder,
  type EventFormat,
  type FormatOptions,
  LONGEST_HEADER,
  malformed,
  outside,
  type Piece,
} from "./format.ts";
import { decompressLz4 } from "./lz4.ts";
import { latin1 } from "./percentHeader.ts";
import { agreeOnSensor, type EventBuffer, type Sensor } from "./recording.ts";
import { type Decompress, zstd } from "./zstd.ts";

const FIRST = "#!AER-DAT4.0\r\n";
const PACKET_HEADER = 8;
const EVENT = 16;
/** A camera packs what it sees in about 10 ms. Larger packets, or what comes out of them, are refused. */
const LARGEST_PACKET = 2 ** 26;

/** By the number in the header. */
const COMPRESSIONS: readonly (() => Promise<Decompress>)[] = [
  async () => (bytes) => bytes,
  async () => decompressLz4,
  async () => decompressLz4,
  zstd,
  zstd,
];

export const aedat4: EventFormat = {
  async open(piece, ended, options) {
    const header = headerBuffer(piece, ended);
    if (!header) return undefined;
    const fail = (problem: string) => malformed(piece, FIRST.length + 4, "header", problem);
    const flat = new FlatBuffer(header, fail);
    const root = flat.root("IOHE");
    const [compression, table, info] = [flat.field(root, 0, 4), flat.field(root, 1, 8), flat.field(root, 2, 4)];
    const number = compression === undefined ? 0 : flat.i32(compression);
    const load = COMPRESSIONS[number];
    if (!load) throw fail(`the compression ${number} is not known; known are 0 to ${COMPRESSIONS.length - 1}`);
    if (info === undefined) throw fail("lacks the description of its streams");
    const text = flat.vector(info, 1);
    const streams = streamsOf(latin1(header.subarray(text.from, text.from + text.count)));
    const stream = chooseStream(piece.path, streams, options);
    const sensor = agreeOnSensor(piece.path, stream.sensor, options.sensor);
    const from = FIRST.length + 4 + header.length;
    const end = endOf(table === undefined ? -1n : flat.i64(table), from, fail);
    return { from, sensor, decoder: new Aedat4Decoder(sensor, stream.id, end, await load()) };
  },
};

function headerBuffer(piece: Piece, ended: boolean): Uint8Array | undefined {
  const { bytes } = piece;
  const from = FIRST.length + 4;
  const start = latin1(bytes.subarray(0, FIRST.length));
  if (!FIRST.startsWith(start)) throw malformed(piece, 0, "header", "expected the line '#!AER-DAT4.0'");
  const size = bytes.length < from ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(FIRST.length, true);
  if (size > LONGEST_HEADER)
    throw malformed(piece, FIRST.length, "header", `has ${size} bytes; at most ${LONGEST_HEADER} are read`);
  if (bytes.length >= from + size && bytes.length >= from) return bytes.subarray(from, from + size);
  if (!ended) return undefined;
  throw malformed(piece, bytes.length, "header", `truncated: it has ${from + size} bytes, found ${bytes.length}`);
}

function chooseStream(path: string, streams: readonly EventStream[], { stream }: FormatOptions): EventStream {
  const found = streams.filter(({ id }) => stream === undefined || id === stream);
  if (found.length === 1) return found[0]!;
  const known = `streams of events: ${listNames(streams.map(({ id }) => String(id)))}`;
  if (stream !== undefined) throw new DataError("unknown-name", path, `no stream ${stream}; ${known}`);
  throw new DataError("unsupported", path, `expected one stream of events; ${known}. Say which with the option stream`);
}

/** Where packets end; recordings that were not finished have no table. */
function endOf(table: bigint, from: number, fail: (problem: string) => Error): number {
  if (table === -1n) return Infinity;
  if (table < from || table > Number.MAX_SAFE_INTEGER)
    throw fail(`its table of packets cannot be at byte ${table}: packets begin at byte ${from}`);
  return Number(table);
}

class Aedat4Decoder implements EventDecoder {
  readonly #sensor: Sensor;
  readonly #stream: number;
  readonly #end: number;
  readonly #decompress: Decompress;
  #packets = 0;

  constructor(sensor: Sensor, stream: number, end: number, decompress: Decompress) {
    this.#sensor = sensor;
    this.#stream = stream;
    this.#end = end;
    this.#decompress = decompress;
  }

  decode(piece: Piece, from: number, out: EventBuffer): number {
    const left = piece.bytes.length - from;
    if (piece.offset + from >= this.#end || left < PACKET_HEADER) return from;
    const view = new DataView(piece.bytes.buffer, piece.bytes.byteOffset + from, PACKET_HEADER);
    const [stream, size] = [view.getInt32(0, true), view.getInt32(4, true)];
    const next = from + PACKET_HEADER + size;
    if (stream < 0 || size < 0 || size > LARGEST_PACKET || piece.offset + next > this.#end)
      throw malformed(piece, from, this.#name(), `no packet begins so: stream ${stream}, ${size} bytes`);
    if (left < PACKET_HEADER + size) return from;
    if (stream === this.#stream) this.#packet(piece, from + PACKET_HEADER, next, out);
    this.#packets++;
    return next;
  }
  finish(piece: Piece, from: number): void {
    const left = piece.bytes.length - from;
    if (piece.offset + from >= this.#end || (left === 0 && this.#end === Infinity)) return;
    throw malformed(piece, from, this.#name(), `truncated: ${left} bytes are left`);
  }

  #packet(piece: Piece, from: number, to: number, out: EventBuffer): void {
    const fail = (problem: string) => malformed(piece, from, this.#name(), problem);
    const refuse = (at: number, problem: string) => malformed(piece, from + at, this.#name(), problem);
    const bytes = this.#decompress(piece.bytes.subarray(from, to), LARGEST_PACKET, refuse);
    const size = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    if (bytes.length < 4 + size || size < 8)
      throw fail(`truncated: its FlatBuffer has ${size} bytes, found ${Math.max(0, bytes.length - 4)}`);
    const buffer = bytes.subarray(4, 4 + size);
    const flat = new FlatBuffer(buffer, fail);
    const elements = flat.field(flat.root("EVTS"), 0, 4);
    if (elements === undefined) return; // no events
    const { from: first, count } = flat.vector(elements, EVENT);
    this.#events(buffer.subarray(first, first + count * EVENT), out, fail, (x, y) =>
      outside(piece, from, this.#name(), x, y, this.#sensor),
    );
  }

  #events(
    bytes: Uint8Array,
    out: EventBuffer,
    fail: (problem: string) => Error,
    miss: (x: number, y: number) => Error,
  ): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { width, height } = this.#sensor;
    out.reserve(bytes.length / EVENT);
    const { t, x, y, polarity } = out;
    let { count } = out;
    for (let at = 0; at < bytes.length; at += EVENT, count++) {
      const time = view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
      const [column, row, on] = [view.getInt16(at + 8, true), view.getInt16(at + 10, true), bytes[at + 12]!];
      if (!(column >= 0 && column < width && row >= 0 && row < height)) throw miss(column, row);
      if (!Number.isSafeInteger(time)) throw fail(`times are below 2^53 µs, found ${view.getBigInt64(at, true)}`);
      if (on > 1) throw fail(`polarity is 0 or 1, found ${on}`);
      t[count] = time;
      x[count] = column;
      y[count] = row;
      polarity[count] = on;
    }
    out.count = count;
  }
  #name(): string {
    return `packet ${this.#packets}`;
  }
}
