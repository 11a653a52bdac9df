/**
 * AEDAT 3.1 (iniVation), as DVS128 Gesture has it: a text header, then packets of events of one kind. A polarity event is 8
 * bytes, little-endian: valid (1 bit), polarity (1), y (15), x (15), then time in µs (31 bits; the packet counts overflows).
 * Packets of other kinds (frames, IMU samples, special events) and events marked as not valid are passed over.
 *
 * @see iniVation, "AEDAT 3.1 file format"; Amir et al. 2017, CVPR (DVS128 Gesture)
 */
import {
  type EventDecoder,
  type EventFormat,
  LONGEST_HEADER,
  malformed,
  outside,
  type Piece,
  wholeRecords,
} from "./format.ts";
import { latin1 } from "./percentHeader.ts";
import { agreeOnSensor, type EventBuffer, type Sensor } from "./recording.ts";

const FIRST = "#!AER-DAT3.1\r\n";
const LAST = "#!END-HEADER\r\n";
const PACKET_HEADER = 28;
const EVENT = 8;
const POLARITY = 1;
const OVERFLOW = 2 ** 31;
/** So that times stay below 2^53, and are exact. */
const MOST_OVERFLOWS = 2 ** 22;

/** Sizes by the names of cameras in `#Source`. */
const SENSORS: readonly (readonly [RegExp, Sensor])[] = [
  [/DVS128/, { width: 128, height: 128 }],
  [/DAVIS(FX\d)?346/i, { width: 346, height: 260 }],
  [/DAVIS(FX\d)?240/i, { width: 240, height: 180 }],
  [/DAVIS(FX\d)?640/i, { width: 640, height: 480 }],
];

export const aedat3: EventFormat = {
  async open(piece, ended, options) {
    const header = textHeader(piece, ended);
    if (header === undefined) return undefined;
    const source = /^#Source .*$/m.exec(header)?.[0] ?? "";
    const said = SENSORS.find(([name]) => name.test(source))?.[1];
    const sensor = agreeOnSensor(piece.path, said, options.sensor);
    return { from: header.length, sensor, decoder: new Aedat3Decoder(sensor) };
  },
};

function textHeader(piece: Piece, ended: boolean): string | undefined {
  const text = latin1(piece.bytes.subarray(0, LONGEST_HEADER));
  if (!FIRST.startsWith(text.slice(0, FIRST.length)) || (ended && text.length < FIRST.length))
    throw malformed(piece, 0, "header", "expected the line '#!AER-DAT3.1'");
  const last = text.indexOf(LAST);
  if (last >= 0) return text.slice(0, last + LAST.length);
  if (!ended && text.length < LONGEST_HEADER) return undefined;
  throw malformed(piece, text.length, "header", "truncated: the line '#!END-HEADER' is missing");
}

interface Packet {
  readonly kind: number;
  /** Bytes an event. */
  readonly size: number;
  readonly overflow: number;
}

class Aedat3Decoder implements EventDecoder {
  readonly #sensor: Sensor;
  #packets = 0;
  #packet: Packet = { kind: 0, size: 1, overflow: 0 };
  /** Bytes of the packet that are still to come. */
  #left = 0;

  constructor(sensor: Sensor) {
    this.#sensor = sensor;
  }

  decode(piece: Piece, from: number, out: EventBuffer): number {
    if (this.#left === 0) return this.#open(piece, from);
    const next =
      this.#packet.kind === POLARITY
        ? this.#events(piece, from, out)
        : from + Math.min(this.#left, piece.bytes.length - from);
    this.#left -= next - from;
    return next;
  }
  finish(piece: Piece, from: number): void {
    const left = piece.bytes.length - from;
    if (this.#left > 0)
      throw malformed(piece, from, this.#name(), `truncated: ${this.#left} bytes of its events are missing`);
    if (left > 0)
      throw malformed(piece, from, this.#name(1), `truncated: its header has ${PACKET_HEADER} bytes, found ${left}`);
  }

  #open(piece: Piece, at: number): number {
    const { bytes } = piece;
    if (bytes.length - at < PACKET_HEADER) return at;
    this.#packets++;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, PACKET_HEADER);
    const kind = view.getInt16(0, true);
    const [size, offset, overflow, capacity, count] = [4, 8, 12, 16, 20].map((k) => view.getInt32(k, true));
    if (kind < 0 || size! <= 0 || overflow! < 0 || overflow! >= MOST_OVERFLOWS || count! < 0 || count! > capacity!)
      throw malformed(
        piece,
        at,
        this.#name(),
        `no packet begins so: kind ${kind}, ${count} of ${capacity} events of ${size} bytes, ${overflow} overflows`,
      );
    if (kind === POLARITY && (size !== EVENT || offset !== 4))
      throw malformed(
        piece,
        at,
        this.#name(),
        `polarity events have ${EVENT} bytes and their time at 4, found ${size} and ${offset}`,
      );
    this.#packet = { kind, size: size!, overflow: overflow! * OVERFLOW };
    this.#left = count! * size!;
    return at + PACKET_HEADER;
  }

  #events(piece: Piece, from: number, out: EventBuffer): number {
    const { bytes } = piece;
    const { width, height } = this.#sensor;
    const { overflow } = this.#packet;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = from + Math.min(this.#left, wholeRecords(piece, from, EVENT));
    out.reserve((end - from) / EVENT);
    const { t, x, y, polarity } = out;
    let { count } = out;
    for (let at = from; at < end; at += EVENT) {
      const [word, time] = [view.getUint32(at, true), view.getInt32(at + 4, true)];
      if ((word & 1) === 0) continue;
      const [column, row] = [word >>> 17, (word >>> 2) & 0x7fff];
      if (column >= width || row >= height) throw outside(piece, at, this.#name(), column, row, this.#sensor);
      if (time < 0) throw malformed(piece, at, this.#name(), `times are from 0 to 2^31 - 1, found ${time}`);
      t[count] = overflow + time;
      x[count] = column;
      y[count] = row;
      polarity[count++] = (word >> 1) & 1;
    }
    out.count = count;
    return end;
  }
  /** @param ahead how many packets after the present one */
  #name(ahead = 0): string {
    return `packet ${this.#packets - 1 + ahead}`;
  }
}
