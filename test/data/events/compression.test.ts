import { describe, expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { FlatBuffer } from "../../../src/data/events/flatbuffer.ts";
import { decompressLz4 } from "../../../src/data/events/lz4.ts";
import { xxHash32 } from "../../../src/data/events/xxHash32.ts";
import { zstd } from "../../../src/data/events/zstd.ts";
import { mutate } from "../mutate.ts";
import { bytes, lz4Stored, u16, u32, zstdRaw } from "./files.ts";

const LIMIT = 2 ** 20;
const refuse = (at: number, problem: string) => new DataError("bad-file", "f", `at byte ${at}: ${problem}`);
const lz4 = (frame: Uint8Array, limit = LIMIT) => decompressLz4(frame, limit, refuse);
const unzstd = await zstd();
const zst = (frame: Uint8Array, limit = LIMIT) => unzstd(frame, limit, refuse);
const decode = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/** Literals, short and long matches, matches that reach into themselves, and more than one block of 64 KB. */
const PLAIN = Uint8Array.from({ length: 70_000 }, (_, k) =>
  k < 60 ? k * 181 + ((k * k) >> 3) : 7 * (k >> 13) + (k % 17),
);

describe("LZ4 frames as the lz4 program (1.9.4) writes them", () => {
  const LINKED =
    "BCJNGEBAwLwBAAD/PgC1aiDWjEL5sGce1o5G/rdwKeKcVhDKhUD7tnIu6qZjIN2aWBbUklEQz45ODs6OTxDRklQW2JpdIOOmagkKCwwNDg8QAAECAwQFBgcIEQD/////////////////////////////////////////vyYWF7cfXxESExQVEQD/////////////////////////////////////////+0YbHB0e+x8/GBkaEQD/////////////////////////////////////////+2YgISIjJCX7Hx8fEQD/////////////////////////////////////////+4YlJicoKSorLPsfDxEA//////////////////////////////////////////qmKissLS4vMDEyM/sfDxEA//////////////////////////////////////////gB+x92NDU2Nzg5OgwgDxEA//////////////////////////////////////////YD6h92Ozw9Pj9AQfsfDxEA/////////////////////////////////////////+9QPj9AQTEmAAAABeofj0JDREVGR0g4EQD//////////////////////1hQPj9AQUIAAAAA";
  const CHECKED =
    "BCJNGHxAcBEBAAAAAADKvAEAAP8+ALVqINaMQvmwZx7Wjkb+t3Ap4pxWEMqFQPu2ci7qpmMg3ZpYFtSSURDPjk4Ozo5PENGSVBbYml0g46ZqCQoLDA0ODxAAAQIDBAUGBwgRAP////////////////////////////////////////+/JhYXGwBfERITFBURAP/////////////////////////////////////////7RhscHR4bAD8YGRoRAP/////////////////////////////////////////7ZiAhIiMkJRsAHx8RAP/////////////////////////////////////////7hiUmJygpKissGwAPEQD/////////////////////////////////////////+qYqKywtLi8wMTIzGwAPEQD/////////////////////////////////////////+AEKAHY0NTY3ODk6GwAPEQD/////////////////////////////////////////9gMKAHY7PD0+P0BBGwAPEQD/////////////////////////////////////////71A+P0BBMVze0ZQtAAAA/wI5Ojs8PT4/QEFCQ0RFRkdIOBEA//////////////////////9YUD4/QEFC0NvdXAAAAABPxJNk";
  test.each([
    ["-B4 -BD --no-frame-crc: linked blocks", LINKED],
    ["-B4 -BI -BX -9 --content-size: independent blocks, all checksums", CHECKED],
  ])("%s", (_, frame) => expect(lz4(decode(frame))).toEqual(PLAIN));

  test("damaged ones are refused with the byte; with checksums, whatever the damage", async () => {
    const linked = await mutate(decode(LINKED), (frame) => lz4(frame), { where: /^f: at byte \d+: / });
    expect(linked.truncated.read).toBe(0);
    const same = (out: Uint8Array) => expect(out).toEqual(PLAIN);
    const checked = await mutate(decode(CHECKED), (frame) => lz4(frame), { where: /^f: at byte \d+: /, check: same });
    expect(checked).toEqual({ truncated: { read: 0, refused: 1000 }, flipped: { read: 0, refused: 1000 } });
  });

  const block = (...content: number[]) =>
    bytes(u32(0x184d2204), [0x40, 0x40, 0xc0], u32(content.length), content, u32(0));
  test("blocks by hand: literals of length 15 + 1, a match of 4 + 15 + 255 + 2 that repeats one byte", () => {
    const literals = Array.from({ length: 16 }, (_, k) => k);
    const out = lz4(block(0xff, 1, ...literals, 1, 0, 255, 2, 0x10, 99));
    expect([...out]).toEqual([...literals, ...new Array(276).fill(15), 99]);
  });
  test.each<[string, Uint8Array, string]>([
    ["another file", bytes("RIFF...."), "at byte 0: no LZ4 frame begins with 0x46464952"],
    ["a wrong checksum of the header", bytes(u32(0x184d2204), [0x40, 0x40, 0xc1], u32(0)), "at byte 6: the checksum"],
    ["another version", bytes(u32(0x184d2204), [0x80, 0x40, 0xc0], u32(0)), "no frame of version 1 has the flags 0x80"],
    ["a match before the beginning", block(0x10, 7, 2, 0), "at byte 13: a match 2 bytes back, where there are 1"],
    ["a match 0 bytes back", block(0x10, 7, 0, 0), "a match 0 bytes back"],
    ["literals that are not there", block(0xf0, 255, 255), "truncated: the block ends within a length"],
    ["fewer literals", block(0x50, 1, 2), "at byte 12: truncated: the block ends within 5 literals"],
    ["half an offset", block(0x10, 1, 2), "truncated: the block ends within an offset"],
    ["no end", block(0x10, 1).slice(0, -4), "at byte 13: truncated"],
    ["more after the end", bytes([...block(0x10, 1)], [1]), "the frame ends here, 1 bytes follow"],
    [
      "a block that is too large",
      bytes(u32(0x184d2204), [0x40, 0x40, 0xc0], u32(65537)),
      "a block of 65537 bytes, more than the 65536",
    ],
    ["a block that becomes too large", block(0x1f, 1, 1, 0, ...new Array(260).fill(255), 0, 0x10, 1), "a block holds"],
  ])("refuses %s", (_, frame, message) => expect(() => lz4(frame)).toThrow(message));
  test("stops at the limit", () => {
    expect(() => lz4(decode(CHECKED), 69_999)).toThrow("holds more than the 69999 bytes");
    expect(() => lz4(bytes(lz4Stored([1, 2, 3])), 2)).toThrow("holds more than the 2 bytes");
  });
});

describe("Zstandard frames as the zstd program (1.5.4) writes them", () => {
  const STREAM =
    "KLUv/QRYXQYAlAgAtWog1oxC+bBnHtaORv63cCninFYQyoVA+7ZyLuqmYyDdmlgW1JJREM+OTg7Ojk8Q0ZJUFtiaXSDjpmoJCgsMDQ4PEAABAgMEBQYHCBYXERITFBUbHB0eGBkaICEiIyQlHyUmJygpKissKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSBQAUwE6ANCABuUPOgDQgAvnDzoA0IAA6Q868P8D4/qDDvz/wMz+NDvz/wND9qfZnf8fOLM/za51/8DYwD718wztIfrY";
  const BEST =
    "KLUv/aRwEQEA5QUAdAgAtWog1oxC+bBnHtaORv63cCninFYQyoVA+7ZyLuqmYyDdmlgW1JJREM+OTg7Ojk8Q0ZJUFtiaXSDjpmoJCgsMDQ4PEAABAgMEBQYHCBYXERITFBUbHB0eGBkaICEiIyQlHyUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSDgUIEC5DlyhMy3Yfw8Ay4D9d1DMBezfQdcAwP46sMbsr84AQ/a3O8KZ/bFrXxgb2Kc+nQHtIfrY";
  test.each([
    ["-3, from a pipe: no size of the content", STREAM],
    ["-19, of a file: with the size", BEST],
  ])("%s", (_, frame) => expect(zst(decode(frame)).subarray(0, PLAIN.length)).toEqual(PLAIN));
  test("damaged ones are refused, or give no more than the limit", async () => {
    for (const frame of [STREAM, BEST]) {
      const { truncated } = await mutate(decode(frame), (x) => zst(x), {
        where: /^f: at byte \d+: /,
        check: (out) => expect(out.length).toBeLessThanOrEqual(LIMIT),
      });
      expect(truncated).toEqual({ read: 0, refused: 1000 });
    }
  });
  test.each<[string, Uint8Array, string]>([
    ["another file", bytes("RIFF 0123"), "no Zstandard frame begins so"],
    ["4 GB in three bytes", bytes(zstdRaw([1, 2, 3]).fill(255, 5, 9)), "at byte 4: holds more than"],
    [
      "a size that blocks do not hold",
      bytes(zstdRaw([1, 2, 3]).fill(1, 5, 6)),
      "promises 1 bytes, its blocks hold from 3 to 3",
    ],
    [
      "very many runs",
      bytes(u32(0xfd2fb528), [0, 0], ...Array.from({ length: 20 }, () => [2, 0, 16, 7]), [3, 0, 16, 7]),
      "holds more",
    ],
    ["no last block", bytes(u32(0xfd2fb528), [0, 0], [2, 0, 16, 7]), "truncated: the frame ends before its last block"],
    ["a dictionary", bytes(u32(0xfd2fb528), [1, 0, 0, 0, 0]), "needs a dictionary"],
  ])("refuses %s", (_, frame, message) => expect(() => zst(frame)).toThrow(message));
});

test("XXH32: the published values", () => {
  const of = (text: string) => xxHash32(bytes(text));
  // xxHash's own documentation and the test vectors of its ports
  expect([of(""), of("a"), of("abc")]).toEqual([0x02cc5d05, 0x550d7456, 0x32d153ff]);
  expect(of("Nobody inspects the spammish repetition")).toBe(0xe2293b2f);
});

describe("FlatBuffers", () => {
  const fail = (problem: string) => new DataError("bad-file", "f", problem);
  // root 16 -> table; vtable at 8: 6 bytes, table of 8, field 0 at 4; table at 16
  const file = bytes(u32(16), "ABCD", u16(6, 8, 4, 0), u32(8, 4, 3), [7, 8, 9]);
  const elements = (x: Uint8Array) => {
    const flat = new FlatBuffer(x, fail);
    const { from, count } = flat.vector(flat.field(flat.root("ABCD"), 0, 4)!, 1);
    return [...x.subarray(from, from + count)];
  };
  test("a vector behind a table and its vtable", () => {
    expect(elements(file)).toEqual([7, 8, 9]);
    const flat = new FlatBuffer(file, fail);
    expect(flat.field(flat.root("ABCD"), 1, 4)).toBeUndefined(); // beyond the vtable
  });
  test("another type", () => expect(() => new FlatBuffer(file, fail).root("EVTS")).toThrow('type EVTS, found "ABCD"'));
  test("offsets that lead out", async () => {
    expect(() => elements(file.slice(0, -1))).toThrow("bytes 28 to 30 are needed, there are 30");
    const read = (x: Uint8Array): number[] => {
      const flat = new FlatBuffer(x, fail);
      const field = flat.field(flat.root("ABCD"), 0, 4);
      return field === undefined ? [] : [flat.vector(field, 1).count];
    };
    await mutate(file, read, { where: /needed|found/ });
  });
});
