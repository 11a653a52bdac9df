/**
 * Prophesee DAT: a text header, one byte each for the type and the size of events, then 8 bytes an event, little-endian:
 * time in µs (32 bits, which wrap after 71 minutes), then x (14 bits), y (14 bits) and polarity (4 bits).
 *
 * @see Prophesee, Metavision SDK, "DAT File Format"
 */
import {
  type EventDecoder,
  type EventFormat,
  malformed,
  outside,
  type Piece,
  requireNothingLeft,
  wholeRecords,
  wrapped,
} from "./format.ts";
import { encodingOf, percentHeader, sensorOf } from "./percentHeader.ts";
import { agreeOnSensor, type EventBuffer, type Sensor } from "./recording.ts";

const RECORD = 8;
/** "2D" events of older files, and CD events. */
const TYPES: ReadonlySet<number> = new Set([0x00, 0x0c]);
const CLOCK_RANGE = 2 ** 32;

export const dat: EventFormat = {
  async open(piece, ended, options) {
    const header = percentHeader(piece, ended);
    if (!header) return undefined;
    const { from } = header;
    if (piece.bytes.length < from + 2 && !ended) return undefined;
    if (encodingOf(header) !== undefined)
      throw malformed(piece, 0, "header", `expected a DAT file, the header says ${encodingOf(header)}`, "unsupported");
    requireEvents(piece, from);
    const sensor = agreeOnSensor(piece.path, sensorOf(header), options.sensor);
    return { from: from + 2, sensor, decoder: new DatDecoder(sensor, from + 2) };
  },
};

function requireEvents(piece: Piece, at: number): void {
  const [type, size] = [piece.bytes[at], piece.bytes[at + 1]];
  if (size === undefined) throw malformed(piece, at, "header", "truncated: type and size of events are missing");
  if (!TYPES.has(type!) || size !== RECORD)
    throw malformed(
      piece,
      at,
      "header",
      `expected events of type 0 or 12 with ${RECORD} bytes each, found type ${type} with ${size}`,
      "unsupported",
    );
}

class DatDecoder implements EventDecoder {
  readonly #sensor: Sensor;
  readonly #start: number;
  #last = 0;
  #wraps = 0;

  constructor(sensor: Sensor, start: number) {
    this.#sensor = sensor;
    this.#start = start;
  }

  decode(piece: Piece, from: number, out: EventBuffer): number {
    const { bytes } = piece;
    const { width, height } = this.#sensor;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = from + wholeRecords(piece, from, RECORD);
    out.reserve((end - from) / RECORD);
    const { t, x, y, polarity } = out;
    let { count } = out;
    for (let at = from; at < end; at += RECORD, count++) {
      const [time, place] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
      const [column, row, on] = [place & 0x3fff, (place >>> 14) & 0x3fff, place >>> 28];
      if (column >= width || row >= height) throw outside(piece, at, this.#event(piece, at), column, row, this.#sensor);
      if (on > 1) throw malformed(piece, at, this.#event(piece, at), `polarity is 0 or 1, found ${on}`);
      if (wrapped(this.#last, time, CLOCK_RANGE)) this.#wraps++;
      this.#last = time;
      t[count] = this.#wraps * CLOCK_RANGE + time;
      x[count] = column;
      y[count] = row;
      polarity[count] = on;
    }
    out.count = count;
    return end;
  }
  finish(piece: Piece, from: number): void {
    requireNothingLeft(piece, from, this.#event(piece, from), RECORD);
  }
  #event(piece: Piece, at: number): string {
    return `event ${(piece.offset + at - this.#start) / RECORD}`;
  }
}
