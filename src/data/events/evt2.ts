/**
 * Prophesee EVT 2.0: words of 32 bits, little-endian. The time of an event is the last TIME_HIGH (28 bits) and 6 bits of its
 * own: 34 bits of µs, which wrap after 4.8 hours.
 *
 * @see Prophesee, Metavision SDK, "EVT 2.0 Format"
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

const WORD = 4;
const TYPE = { off: 0x0, on: 0x1, timeHigh: 0x8, trigger: 0xa, others: 0xe, continued: 0xf } as const;
/** Neither events of pixels nor time. */
const PASSED_OVER: ReadonlySet<number> = new Set([TYPE.trigger, TYPE.others, TYPE.continued]);
const HIGH_RANGE = 2 ** 28;
const LOW_RANGE = 2 ** 6;

export const evt2: EventFormat = {
  async open(piece, ended, options) {
    const header = percentHeader(piece, ended);
    if (!header) return undefined;
    requireEncoding(piece, header, "evt2");
    const sensor = agreeOnSensor(piece.path, sensorOf(header), options.sensor);
    return { from: header.from, sensor, decoder: new Evt2Decoder(sensor, header.from) };
  },
};

class Evt2Decoder implements EventDecoder {
  readonly #sensor: Sensor;
  readonly #start: number;
  /** The last TIME_HIGH; none yet. */
  #high = -1;
  #wraps = 0;

  constructor(sensor: Sensor, start: number) {
    this.#sensor = sensor;
    this.#start = start;
  }

  /** Events before the first TIME_HIGH have no time: they belong to what came before the recording, and are left out. */
  decode(piece: Piece, from: number, out: EventBuffer): number {
    const { bytes } = piece;
    const { width, height } = this.#sensor;
    const end = from + wholeRecords(piece, from, WORD);
    out.reserve((end - from) / WORD);
    const { t, x, y, polarity } = out;
    let { count } = out;
    let now = this.#now();
    for (let at = from; at < end; at += WORD) {
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      const type = word >>> 28;
      if (type <= TYPE.on) {
        if (now < 0) continue;
        const [column, row] = [(word >>> 11) & 0x7ff, word & 0x7ff];
        if (column >= width || row >= height)
          throw outside(piece, at, this.#word(piece, at), column, row, this.#sensor);
        t[count] = now + ((word >>> 22) & 0x3f);
        x[count] = column;
        y[count] = row;
        polarity[count++] = type;
      } else if (type === TYPE.timeHigh) now = this.#tick(word & 0xfffffff);
      else if (!PASSED_OVER.has(type)) throw this.#unknown(piece, at, type);
    }
    out.count = count;
    return end;
  }
  finish(piece: Piece, from: number): void {
    requireNothingLeft(piece, from, this.#word(piece, from), WORD);
  }

  #tick(high: number): number {
    if (wrapped(this.#high, high, HIGH_RANGE)) this.#wraps++;
    this.#high = high;
    return this.#now();
  }
  #now(): number {
    return this.#high < 0 ? -1 : (this.#wraps * HIGH_RANGE + this.#high) * LOW_RANGE;
  }
  #word(piece: Piece, at: number): string {
    return `word ${(piece.offset + at - this.#start) / WORD}`;
  }
  #unknown(piece: Piece, at: number, type: number): Error {
    const problem = `is of type 0x${type.toString(16)}; EVT 2.0 has 0x0, 0x1, 0x8, 0xa, 0xe, 0xf`;
    return malformed(piece, at, this.#word(piece, at), problem);
  }
}
