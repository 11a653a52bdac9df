/**
 * The `.bin` files of N-MNIST and N-Caltech101: no header, and 5 bytes an event: x, y, then polarity (1 bit) and time in µs
 * (23 bits), highest first. An event in row 240, which no sensor had, says that the clock has overflowed: all times after it
 * are 2^13 µs later.
 *
 * @see Orchard, Jayawant, Cohen, Thakor 2015, Front. Neurosci. 9:437, and the readers published with the data
 */
import {
  type EventDecoder,
  type EventFormat,
  outside,
  type Piece,
  requireNothingLeft,
  wholeRecords,
} from "./format.ts";
import { type EventBuffer, requireSensor, type Sensor } from "./recording.ts";

const RECORD = 5;
const OVERFLOW_ROW = 240;
const OVERFLOW = 2 ** 13;
/** That of N-MNIST. Images of N-Caltech101 are of many sizes, up to 240 x 180. */
const NMNIST: Sensor = { width: 34, height: 34 };

export const nmnist: EventFormat = {
  async open({ path }, _, { sensor = NMNIST }) {
    return { from: 0, sensor: requireSensor(path, sensor), decoder: new NmnistDecoder(sensor) };
  },
};

class NmnistDecoder implements EventDecoder {
  readonly #sensor: Sensor;
  #overflow = 0;

  constructor(sensor: Sensor) {
    this.#sensor = sensor;
  }

  decode(piece: Piece, from: number, out: EventBuffer): number {
    const { bytes } = piece;
    const { width, height } = this.#sensor;
    const end = from + wholeRecords(piece, from, RECORD);
    out.reserve((end - from) / RECORD);
    const { t, x, y, polarity } = out;
    let { count } = out;
    for (let at = from; at < end; at += RECORD) {
      const [column, row, high] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!];
      if (row === OVERFLOW_ROW) {
        this.#overflow += OVERFLOW;
        continue;
      }
      if (column >= width || row >= height) throw outside(piece, at, recordAt(piece, at), column, row, this.#sensor);
      t[count] = this.#overflow + (((high & 0x7f) << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!);
      x[count] = column;
      y[count] = row;
      polarity[count++] = high >> 7;
    }
    out.count = count;
    return end;
  }
  finish(piece: Piece, from: number): void {
    requireNothingLeft(piece, from, recordAt(piece, from), RECORD);
  }
}

const recordAt = (piece: Piece, at: number): string => `event ${(piece.offset + at) / RECORD}`;
