/** Event files: taken apart again by a reader that knows the formats' descriptions alone. */
import { describe, expect, test } from "vitest";
import { crc32c, scalarRecord, versionRecord } from "../../../src/io/learning/tfEvents.ts";

/** Data of the records of a file, with both checksums looked at. */
function recordsOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  const unmasked = (masked: number): number => {
    const turned = (masked - 0xa282ead8) >>> 0;
    return ((turned << 15) | (turned >>> 17)) >>> 0;
  };
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(unmasked(view.getUint32(at + 8, true))).toBe(crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(view.getUint32(at + 12 + length, true))).toBe(crc32c(data));
    records.push(data);
    at += length + 16;
  }
  return records;
}
/** Fields of a protocol buffer: number, and what the wire holds. */
function fieldsOf(data: Uint8Array): [field: number, value: number | Uint8Array][] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const fields: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = data[at++]!;
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const wire = key & 7;
    if (wire === 0) fields.push([key >> 3, varint()]);
    else if (wire === 1) fields.push([key >> 3, view.getFloat64((at += 8) - 8, true)]);
    else if (wire === 5) fields.push([key >> 3, view.getFloat32((at += 4) - 4, true)]);
    else {
      const length = varint();
      fields.push([key >> 3, data.subarray(at, (at += length))]);
    }
  }
  return fields;
}
const textOf = (x: number | Uint8Array | undefined): string => new TextDecoder().decode(x as Uint8Array);

describe("event files", () => {
  test("the checksum is Castagnoli's: the check value, and the examples of RFC 3720, appendix B.4", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, k) => k))).toBe(0x46dd794e);
  });
  test("begin with their version and the time", () => {
    const [record, ...more] = recordsOf(versionRecord(1234.5));
    expect(more).toEqual([]);
    const fields = new Map(fieldsOf(record!));
    expect(fields.get(1)).toBe(1234.5);
    expect(textOf(fields.get(3))).toBe("brain.Event:2");
  });
  test("hold numbers with their names and their step", () => {
    const scalars = [
      { tag: "a network/rate/größe", value: 0.25 },
      { tag: "loss", value: -1e30 },
    ];
    const [record] = recordsOf(scalarRecord(7, 300, scalars));
    const fields = new Map(fieldsOf(record!));
    expect([fields.get(1), fields.get(2)]).toEqual([7, 300]);
    const values = fieldsOf(fields.get(5) as Uint8Array).map(([field, value]) => {
      expect(field).toBe(1);
      const inner = new Map(fieldsOf(value as Uint8Array));
      return { tag: textOf(inner.get(1)), value: inner.get(2) };
    });
    expect(values).toEqual([scalars[0], { tag: "loss", value: Math.fround(-1e30) }]);
  });
});
