/**
 * The attribute `sorting` of a SONATA spike file is an HDF5 enumeration, and readers insist on it (libsonata); our HDF5 library
 * writes none. So it writes text of a known length there, and the text's place takes the enumeration: the message of an
 * attribute says how long its type is, and its size stays.
 *
 * @see HDF5 file format specification 3.0, IV.A.2.d (datatype message, classes 0 and 8) and IV.A.2.m (attribute message, version 1)
 */

export const SORTINGS = ["none", "by_id", "by_time"] as const;
export type Sorting = (typeof SORTINGS)[number];

const NAME = "sorting\0"; // a multiple of 8 bytes, as version 1 pads it
const HEAD = 8;
const SCALAR = 8; // the dataspace message of a single value
const TEXT_TYPE = 8;

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
  const mark = new TextEncoder().encode(MARK);
  let found = 0;
  for (let at = indexOf(bytes, mark, 0); at >= 0; at = indexOf(bytes, mark, at + ROOM)) {
    const text = new TextDecoder().decode(bytes.subarray(at + mark.length, at + ROOM)).trim();
    fill(bytes, at, text as Sorting);
    found++;
  }
  if (found !== count) throw new Error(`${found} rooms for the sortings of ${count} populations`);
}

/** @param textAt where the text begins; before it are the dataspace, the type, the name and the head of the message */
function fill(bytes: Uint8Array, textAt: number, sorting: Sorting): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = textAt - SCALAR - TEXT_TYPE - NAME.length - HEAD;
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
