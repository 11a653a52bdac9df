/**
 * The framing of MATLAB 5 MAT-files: a header of 128 bytes, then elements, each a tag of 8 bytes (type, number of bytes)
 * and its data, padded to a multiple of 8. Up to 4 bytes of data may sit inside the tag (a small element): then the
 * upper half of the tag's first word is their number and the lower half the type.
 *
 * @see The MathWorks, MAT-File Format, "Level 5 MAT-File Format"
 */
import { DataError } from "../../base/errors.ts";

/** Bytes of a file, or inflated from a part of it. */
export interface Span {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly little: boolean;
  /** Where in the file the compressed bytes begin, if these were inflated. */
  readonly compressedAt?: number;
}
/** Data of an element are `bytes` bytes from `from`; the next element is at `next`. */
export interface Element {
  readonly type: number;
  readonly from: number;
  readonly bytes: number;
  readonly next: number;
}

/** Types of elements that hold no plain numbers. */
export const MATRIX = 14;
export const COMPRESSED = 15;

const HEADER = 128;
const TEXT = 116;
const VERSION = 124;
const ENDIAN = 126;
const LEVEL_5 = 0x0100;
const LEVEL_73 = 0x0200;

export function spanOf(path: string, bytes: Uint8Array, little: boolean, compressedAt?: number): Span {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { path, bytes, view, little, ...(compressedAt !== undefined && { compressedAt }) };
}

export function malformed(span: Span, at: number, problem: string, options?: ErrorOptions): DataError {
  const inside = span.compressedAt === undefined ? "" : ` of the data compressed at byte ${span.compressedAt}`;
  return new DataError("bad-file", span.path, `at byte ${at}${inside}: ${problem}`, options);
}

/**
 * Checks the header.
 *
 * @returns the file, where its elements begin, and where its subsystem data are (a nameless element of MATLAB's own)
 * @throws {DataError} `bad-file`; `unsupported` for version 7.3, which is HDF5
 */
export function readHeader(path: string, bytes: Uint8Array): { span: Span; from: number; subsystem: number } {
  const little = bytes[ENDIAN] === CODE_I && bytes[ENDIAN + 1] === CODE_M;
  const span = spanOf(path, bytes, little);
  if (bytes.length < HEADER)
    throw malformed(span, 0, `truncated: a MAT-file has a header of ${HEADER} bytes, found ${bytes.length}`);
  if (!little && !(bytes[ENDIAN] === CODE_M && bytes[ENDIAN + 1] === CODE_I))
    throw malformed(span, ENDIAN, "not a MATLAB 5 MAT-file: expected IM (little-endian) or MI (big-endian)");
  const version = span.view.getUint16(VERSION, little);
  if (version === LEVEL_73)
    throw new DataError("unsupported", path, "is a MAT-file of version 7.3 (HDF5); save it with version 7 or 6");
  if (version !== LEVEL_5)
    throw malformed(span, VERSION, `expected version 0x0100, got 0x${version.toString(16).padStart(4, "0")}`);
  return { span, from: HEADER, subsystem: Number(span.view.getBigUint64(TEXT, little)) };
}
const CODE_I = 0x49;
const CODE_M = 0x4d;

/**
 * The element whose tag is at `at`; all its data are before `end`.
 *
 * @throws {DataError} `bad-file`
 */
export function readElement(span: Span, at: number, end: number): Element {
  if (end - at < 8) throw malformed(span, at, `truncated: a tag has 8 bytes, found ${Math.max(0, end - at)}`);
  const word = span.view.getUint32(at, span.little);
  const small = word >>> 16;
  if (small > 4) throw malformed(span, at, `a small element holds 1 to 4 bytes, this one says ${small}`);
  if (small > 0) return { type: word & 0xffff, from: at + 4, bytes: small, next: at + 8 };
  const bytes = span.view.getUint32(at + 4, span.little);
  const from = at + 8;
  if (from + bytes > end)
    throw malformed(span, at, `truncated: the element has ${bytes} bytes, there is room for ${end - from}`);
  return { type: word, from, bytes, next: word === COMPRESSED ? from + bytes : Math.min(end, from + padded(bytes)) };
}

/** Elements begin at multiples of 8 bytes (after compressed ones they need not). */
const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
