/** Reads a recording from the bytes of a file, in Node and in a page. */
import { DataError, listNames } from "../../base/errors.ts";
import { type NamedBytes, requireNamedBytes } from "../format/bytes.ts";
import { aedat3 } from "./aedat3.ts";
import { aedat4 } from "./aedat4.ts";
import { dat } from "./dat.ts";
import { evt2 } from "./evt2.ts";
import { evt3 } from "./evt3.ts";
import type { EventFormat, FormatOptions, Opened, Piece } from "./format.ts";
import { nmnist } from "./nmnist.ts";
import { encodingOf, latin1, percentHeader } from "./percentHeader.ts";
import { EventBuffer, type EventRecording } from "./recording.ts";

/** Formats of events that are read. */
export type EventFormatName = "nmnist" | "evt2" | "evt3" | "dat" | "aedat3" | "aedat4";
const FORMATS: Readonly<Record<EventFormatName, EventFormat>> = { nmnist, evt2, evt3, dat, aedat3, aedat4 };

/** Options of `readEvents`. */
export interface EventOptions extends FormatOptions {
  /** By default what the file begins with. `nmnist` files begin with nothing that tells, so for them it must be said. */
  readonly format?: EventFormatName;
}

/**
 * Reads a whole file of events: N-MNIST `.bin`, Prophesee EVT 2.0, EVT 3.0 and DAT, AEDAT 3.1 and 4.0.
 *
 * @throws {DataError} `bad-file`, `out-of-range` (a pixel that the sensor has not), `unsupported`, with the file, the byte
 *   and the record
 */
export async function readEvents(file: NamedBytes, options: EventOptions = {}): Promise<EventRecording> {
  requireNamedBytes(file);
  const piece = { ...file, offset: 0 };
  const { sensor, decoder, from } = (await openEvents(piece, true, options))!;
  const out = new EventBuffer();
  let at = from;
  for (let next = decoder.decode(piece, at, out); next > at; next = decoder.decode(piece, at, out)) at = next;
  decoder.finish(piece, at);
  return out.take(sensor);
}

/** As `EventFormat.open`, in the format that the options name or the file begins with. */
export async function openEvents(piece: Piece, ended: boolean, options: EventOptions): Promise<Opened | undefined> {
  const name = options.format ?? detectFormat(piece, ended);
  if (name === undefined) return undefined;
  if (!Object.hasOwn(FORMATS, name))
    throw new DataError(
      "unknown-name",
      "format",
      `unknown format '${name}'; known: ${listNames(Object.keys(FORMATS))}`,
    );
  return FORMATS[name].open(piece, ended, options);
}

const BEGINNINGS: readonly (readonly [string, EventFormatName])[] = [
  ["#!AER-DAT4.0", "aedat4"],
  ["#!AER-DAT3.1", "aedat3"],
];
/** Encodings that a `%` header names; a DAT file names none. */
const ENCODINGS: ReadonlyMap<string | undefined, EventFormatName> = new Map<string | undefined, EventFormatName>([
  [undefined, "dat"],
  ["evt2", "evt2"],
  ["evt3", "evt3"],
]);

/** @returns undefined where more bytes are needed */
function detectFormat(piece: Piece, ended: boolean): EventFormatName | undefined {
  const { bytes, path } = piece;
  if (bytes.length < 12 && !ended) return undefined;
  const start = latin1(bytes.subarray(0, 12));
  const named = BEGINNINGS.find(([text]) => start === text)?.[1];
  if (named) return named;
  if (!start.startsWith("% "))
    throw new DataError(
      "unsupported",
      path,
      "at byte 0, header: begins like no format that says what it is (AEDAT 3.1 and 4.0, Prophesee's with lines '% …'); say which with the option format",
    );
  const header = percentHeader(piece, ended);
  if (!header) return undefined;
  const format = ENCODINGS.get(encodingOf(header));
  if (format) return format;
  throw new DataError(
    "unsupported",
    path,
    `at byte 0, header: the encoding ${encodingOf(header)} is not read; read are evt2, evt3 and dat`,
  );
}
