/**
 * Event files as TensorBoard reads them: records of TensorFlow's framing, each a protocol buffer `Event`.
 *
 * No well-kept library writes them without TensorFlow; what is needed is one kind of record and five fields.
 *
 * @see TensorFlow, core/lib/io/record_writer.h (framing), core/util/event.proto and core/framework/summary.proto (fields)
 */

/** One number of a plot. */
export interface Scalar {
  /** What it is called; `/` groups plots. */
  readonly tag: string;
  readonly value: number;
}

/** The first record of a file. @param seconds since 1970 */
export const versionRecord = (seconds: number): Uint8Array =>
  framed(joined([double(1, seconds), text(3, "brain.Event:2")]));

/** A record with some numbers. @param seconds since 1970 @param step what they are plotted along: a whole number */
export const scalarRecord = (seconds: number, step: number, scalars: readonly Scalar[]): Uint8Array => {
  const values = scalars.map(({ tag, value }) => bytes(1, joined([text(1, tag), float(2, value)])));
  return framed(joined([double(1, seconds), joined([Uint8Array.of(2 << 3), varint(step)]), bytes(5, joined(values))]));
};

/** Length, its checksum, the data, their checksum; little-endian. */
function framed(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, masked(crc32c(out.subarray(0, 8))), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return out;
}
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** Castagnoli's cyclic redundancy check, reflected: RFC 3720, section 12.1 and appendix B.4. */
export function crc32c(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/*
 * Fields of a protocol buffer: the number of the field and how it is written, then what it holds.
 */
const bytes = (field: number, data: Uint8Array): Uint8Array =>
  joined([Uint8Array.of((field << 3) | 2), varint(data.length), data]);
const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));
function double(field: number, value: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(9));
  out.setUint8(0, (field << 3) | 1);
  out.setFloat64(1, value, true);
  return new Uint8Array(out.buffer);
}
function float(field: number, value: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(5));
  out.setUint8(0, (field << 3) | 5);
  out.setFloat32(1, value, true);
  return new Uint8Array(out.buffer);
}
function varint(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    out.push((rest % 128) | (rest >= 128 ? 128 : 0));
    if (rest < 128) return Uint8Array.from(out);
  }
}
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
