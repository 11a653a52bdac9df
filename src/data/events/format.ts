/**
 * What a file format of events is to the readers: a header, and a decoder that takes the file in pieces. Reading a file as a
 * whole and as a stream are the same decoder, driven in two ways (`read.ts`, `stream.ts`).
 */
import { DataError, type ErrorCode } from "../../base/errors.ts";
import type { EventBuffer, Sensor } from "./recording.ts";

/** Bytes of a file that are at hand; `offset` is where they lie in it. */
export interface Piece {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** Decodes the records of one file, in order, and keeps what goes from one to the next (clock, row, half a packet). */
export interface EventDecoder {
  /**
   * Decodes some of what is at hand from `from` on.
   *
   * @returns where it stopped; `from` where it needs more than is at hand, or where the recording ends
   * @throws {DataError} `bad-file`, `out-of-range`, `unsupported` with the byte and the record
   */
  decode(piece: Piece, from: number, out: EventBuffer): number;
  /** The file has ended, and nothing at `from` could be decoded. @throws {DataError} `bad-file` if that cannot be */
  finish(piece: Piece, from: number): void;
}

export interface Opened {
  /** Where the records begin. */
  readonly from: number;
  readonly sensor: Sensor;
  readonly decoder: EventDecoder;
}

/** What a reader of events may be told of the file. */
export interface FormatOptions {
  /** Size of the sensor. Needed where the file does not say it, and else it must be the same. */
  readonly sensor?: Sensor;
  /** AEDAT 4: which of several streams of events. */
  readonly stream?: number;
}

export interface EventFormat {
  /**
   * Reads the header at the beginning of a file. May load a library.
   *
   * @param ended whether `piece` is all of the file
   * @returns undefined where more bytes are needed, of which there are more
   * @throws {DataError} as `EventDecoder.decode`
   */
  open(piece: Piece, ended: boolean, options: FormatOptions): Promise<Opened | undefined>;
}

/** Fixed-size records are decoded in so many bytes at a time, for which room is made before. Divisible by 2, 4, 5 and 8. */
export const SLICE = 40 * 1024;

/** Longest text header, in bytes: of those that are there the longest has some 10 KB. */
export const LONGEST_HEADER = 2 ** 20;

/** @param at place in the piece @param record which record, such as `word 17` */
export function malformed(
  piece: Piece,
  at: number,
  record: string,
  problem: string,
  code: ErrorCode = "bad-file",
  options?: ErrorOptions,
): DataError {
  return new DataError(code, piece.path, `at byte ${piece.offset + at}, ${record}: ${problem}`, options);
}

/** A pixel that the sensor has not. */
export function outside(piece: Piece, at: number, record: string, x: number, y: number, sensor: Sensor): DataError {
  const problem = `there is no pixel (${x}, ${y}): the sensor has ${sensor.width} x ${sensor.height}`;
  return malformed(piece, at, record, problem, "out-of-range");
}

/** @throws {DataError} `bad-file` unless the file ends with a whole record */
export function requireNothingLeft(piece: Piece, from: number, record: string, size: number): void {
  const left = piece.bytes.length - from;
  if (left > 0) throw malformed(piece, from, record, `truncated: it has ${size} bytes, found ${left}`);
}

/** How many bytes of whole records to decode now. */
export const wholeRecords = (piece: Piece, from: number, size: number): number => {
  const room = Math.min(SLICE, piece.bytes.length - from);
  return room - (room % size);
};

/** Where a clock of `range` ticks that goes back by half of that or more has wrapped (RFC 1982, and Prophesee's decoders). */
export const wrapped = (before: number, now: number, range: number): boolean => before - now >= range / 2;
