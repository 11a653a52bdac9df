/**
 * The attribute `sorting` of a SONATA spike file is an HDF5 enumeration, and readers insist on it (libsonata); our HDF5 library
 * writes none. So it writes text of a known length there, and the text's place takes the enumeration: the message of an
 * attribute says how long its type is, and its size stays.
 *
 * @see HDF5 file format specification 3.0, IV.A.2.d (datatype message, classes 0 and 8) and IV.A.2.m (attribute message, version 1)
 */

const SORTINGS = ["none", "by_id", "by_time"] as const;
export type Sorting = (typeof SORTINGS)[number];

const NAME = "sorting\0"; // a multiple of 8 bytes, as version 1 pads it
const HEAD = 8;
const SCALAR = 8; // the dataspace message of a single value
const TEXT_TYPE = 8;

/** Of an attribute, in front of its text. */
const BEFORE = SCALAR + TEXT_TYPE + NAME.length + HEAD;

/** One byte, unsigned: class 0, version 1; offset 0, precision 8. */
const BYTE_TYPE = [0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0];
const padded = (text: string): number[] => [...new TextEncoder().encode(text.padEnd(8, "\0"))];
/** Class 8, version 1, three members of one byte: the base type, the names, each padded to 8 bytes, and the values. */
const ENUMERATION = [
  ...[0x18, SORTINGS.length, 0, 0, 1, 0, 0, 0],
  ...BYTE_TYPE,
  ...SORTINGS.flatMap(padded),
  ...SORTINGS.map((_, value) => value),
];
const PADDED_TYPE = Math.ceil(ENUMERATION.length / 8) * 8;

const ROOM = Math.ceil((PADDED_TYPE + SCALAR + 1) / 8) * 8 - TEXT_TYPE - SCALAR;
const MARK = "room for the sorting of spikes: ";

/** What to write first: text that says the value, as long as the enumeration and its value need. */
export const sortingRoom = (sorting: Sorting): string => `${MARK}${sorting}`.padEnd(ROOM);

/** Puts the enumeration where `count` texts of `sortingRoom` are, in place. */
export function fillSortings(bytes: Uint8Array, count: number): void {
  const found = fillAll(bytes);
  if (found !== count) throw new Error(`${found} rooms for the sortings of ${count} populations`);
}

/** Bytes of a file at a time, and what an attribute has at most. */
const PIECE = 2 ** 20;
const OVERLAP = 2 ** 10;
/** The same in a file, however long: it is read no further than to the last of them. */
export function fillSortingsIn(fs: typeof import("node:fs"), path: string, count: number): void {
  const file = fs.openSync(path, "r+");
  try {
    const piece = new Uint8Array(PIECE + OVERLAP);
    let found = 0;
    for (let at = 0; found < count; at += PIECE) {
      const length = fs.readSync(file, piece, 0, piece.length, at);
      if (length === 0) throw new Error(`${found} rooms for the sortings of ${count} populations`);
      const bytes = piece.subarray(0, length);
      const here = fillAll(bytes);
      if (here > 0) fs.writeSync(file, bytes, 0, length, at);
      found += here;
    }
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

/** @returns how many were filled; one that is cut off at an end is left */
function fillAll(bytes: Uint8Array): number {
  const mark = new TextEncoder().encode(MARK);
  let found = 0;
  for (let at = indexOf(bytes, mark, 0); at >= 0; at = indexOf(bytes, mark, at + ROOM)) {
    if (at < BEFORE || at + ROOM > bytes.length) continue;
    const text = new TextDecoder().decode(bytes.subarray(at + mark.length, at + ROOM)).trim();
    fill(bytes, at, text as Sorting);
    found++;
  }
  return found;
}

/** @param textAt where the text begins; before it are the dataspace, the type, the name and the head of the message */
function fill(bytes: Uint8Array, textAt: number, sorting: Sorting): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = textAt - BEFORE;
  const found = new TextDecoder().decode(bytes.subarray(start + HEAD, start + HEAD + NAME.length));
  if (bytes[start] !== 1 || found !== NAME || view.getUint16(start + 6, true) !== SCALAR)
    throw new Error("an attribute that is laid out otherwise than HDF5's version 1");
  const type = start + HEAD + NAME.length;
  const space = bytes.slice(type + TEXT_TYPE, type + TEXT_TYPE + SCALAR);
  view.setUint16(start + 4, ENUMERATION.length, true);
  bytes.fill(0, type, textAt + ROOM);
  bytes.set(ENUMERATION, type);
  bytes.set(space, type + PADDED_TYPE);
  bytes[type + PADDED_TYPE + SCALAR] = SORTINGS.indexOf(sorting);
}

/** `indexOf` of bytes within bytes. */
function indexOf(bytes: Uint8Array, part: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(part[0]!, from); at >= 0; at = bytes.indexOf(part[0]!, at + 1))
    if (part.every((byte, k) => bytes[at + k] === byte)) return at;
  return -1;
}
