/**
 * Prophesee EVT 3.0: words of 16 bits, little-endian, each of which changes what the decoder knows: the row, the time (24
 * bits of µs in two halves, which wrap every 16.8 s), the column where a vector starts. Pixels come alone or as vectors of 8
 * or 12 neighbours.
 *
 * @see Prophesee, Metavision SDK, "EVT 3.0 Format"; for wraps and for the time between TIME_HIGH and the next TIME_LOW, their
 *   decoder in openeb (evt3_decoder.h)
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
import { percentHeader, requireEncoding, sensorOf } from "./percentHeader.ts";
import { agreeOnSensor, type EventBuffer, type Sensor } from "./recording.ts";

const WORD = 2;
const TYPE = {
  ...{ row: 0x0, pixel: 0x2, vectorStart: 0x3, vector12: 0x4, vector8: 0x5, timeLow: 0x6, continued4: 0x7 },
  ...{ timeHigh: 0x8, trigger: 0xa, imu: 0xd, others: 0xe, continued12: 0xf },
} as const;
/** Neither pixels nor time. */
const PASSED_OVER: ReadonlySet<number> = new Set([
  ...[TYPE.continued4, TYPE.trigger, TYPE.imu, TYPE.others, TYPE.continued12],
]);
const MOST_EVENTS = 12;
/** Of each half of the time. */
const RANGE = 2 ** 12;

export const evt3: EventFormat = {
  async open(piece, ended, options) {
    const header = percentHeader(piece, ended);
    if (!header) return undefined;
    requireEncoding(piece, header, "evt3");
    const sensor = agreeOnSensor(piece.path, sensorOf(header), options.sensor);
    return { from: header.from, sensor, decoder: new Evt3Decoder(sensor, header.from) };
  },
};

class Evt3Decoder implements EventDecoder {
  readonly #sensor: Sensor;
  readonly #start: number;
  #high = -1;
  #low = 0;
  #wraps = 0;
  #row = -1;
  /** Column of the next vector. */
  #next = -1;
  #vectorPolarity = 0;

  constructor(sensor: Sensor, start: number) {
    this.#sensor = sensor;
    this.#start = start;
  }

  /**
   * What comes before the first TIME_HIGH has no time, and pixels before the first row no place: they belong to what came
   * before the recording, and are left out.
   */
  decode(piece: Piece, from: number, out: EventBuffer): number {
    const { bytes } = piece;
    const end = from + wholeRecords(piece, from, WORD);
    out.reserve(((end - from) / WORD) * MOST_EVENTS);
    const { t, x, y, polarity } = out;
    const { width } = this.#sensor;
    let { count } = out;
    let at = this.#firstTime(piece, from, end);
    for (let [now, row] = [this.#now(), this.#row]; at < end; at += WORD) {
      const word = bytes[at]! | (bytes[at + 1]! << 8);
      const type = word >> 12;
      if (type === TYPE.pixel) {
        if (row < 0) continue;
        const column = word & 0x7ff;
        if (column >= width) throw this.#outside(piece, at, column, row);
        t[count] = now;
        x[count] = column;
        y[count] = row;
        polarity[count++] = (word >> 11) & 1;
      } else if (type === TYPE.row) row = this.#setRow(piece, at, word & 0x7ff);
      else if (type === TYPE.vector12 || type === TYPE.vector8) {
        const first = this.#next;
        const size = type === TYPE.vector12 ? 12 : 8;
        if (row < 0 || first < 0) continue;
        this.#next += size;
        for (let mask = word & ((1 << size) - 1); mask !== 0; mask &= mask - 1) {
          const column = first + 31 - Math.clz32(mask & -mask);
          if (column >= width) throw this.#outside(piece, at, column, row);
          t[count] = now;
          x[count] = column;
          y[count] = row;
          polarity[count++] = this.#vectorPolarity;
        }
      } else if (type === TYPE.vectorStart) this.#startVector(word);
      else if (type === TYPE.timeLow) now = this.#tickLow(word & 0xfff);
      else if (type === TYPE.timeHigh) now = this.#tickHigh(word & 0xfff);
      else if (!PASSED_OVER.has(type)) throw this.#unknown(piece, at, type);
    }
    out.count = count;
    return end;
  }
  finish(piece: Piece, from: number): void {
    requireNothingLeft(piece, from, this.#word(piece, from), WORD);
  }

  /** Passes over words until a time is known. */
  #firstTime({ bytes }: Piece, from: number, end: number): number {
    let at = from;
    if (this.#high < 0) while (at < end && bytes[at + 1]! >> 4 !== TYPE.timeHigh) at += WORD;
    return at;
  }
  #setRow(piece: Piece, at: number, row: number): number {
    if (row >= this.#sensor.height) throw this.#outside(piece, at, 0, row);
    this.#row = row;
    return row;
  }
  #startVector(word: number): void {
    this.#next = word & 0x7ff;
    this.#vectorPolarity = (word >> 11) & 1;
  }
  #tickLow(low: number): number {
    this.#low = low;
    return this.#now();
  }
  /** The low half that was counts no more: the next follows at once, and until then the time is the earliest possible. */
  #tickHigh(high: number): number {
    if (high === this.#high) return this.#now();
    if (wrapped(this.#high, high, RANGE)) this.#wraps++;
    this.#high = high;
    this.#low = 0;
    return this.#now();
  }
  #now(): number {
    return (this.#wraps * RANGE + this.#high) * RANGE + this.#low;
  }
  #word(piece: Piece, at: number): string {
    return `word ${(piece.offset + at - this.#start) / WORD}`;
  }
  #outside(piece: Piece, at: number, x: number, y: number): Error {
    return outside(piece, at, this.#word(piece, at), x, y, this.#sensor);
  }
  #unknown(piece: Piece, at: number, type: number): Error {
    const problem = `is of type 0x${type.toString(16)}; EVT 3.0 has 0x0, 0x2 to 0x8, 0xa, 0xd to 0xf`;
    return malformed(piece, at, this.#word(piece, at), problem);
  }
}
