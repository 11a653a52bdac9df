import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { channelOf, readWave, type Wave } from "../../../src/data/format/wave.ts";
import { withinMemory } from "../mutate.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";
import { base64, media } from "./golden.ts";
import { type ChunkParts, extensible, format, LIST, samples, u16, u32, wav } from "./waveBytes.ts";

const read = (bytes: Uint8Array): Promise<Wave> => readWave({ path: "f.wav", bytes });
const of = (...chunks: ChunkParts[]): Promise<Wave> => read(wav(chunks));
const bytesOf = (array: ArrayBufferView): number[] => [...new Uint8Array(array.buffer)];

describe("encodings", () => {
  const PCM: readonly [bits: number, bytes: number[], values: number[]][] = [
    [8, [0, 127, 128, 255], [-1, -1 / 128, 0, 127 / 128]],
    [16, u16(0x8000, 0xffff, 0, 1, 0x7fff), [-1, -1 / 32768, 0, 1 / 32768, 32767 / 32768]],
    [
      24,
      [0, 0, 0x80, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0xff, 0xff, 0x7f],
      [-1, -(2 ** -23), 0, 2 ** -23, 1 - 2 ** -23],
    ],
    [32, u32(0x80000000, 0xffffffff, 0, 1, 0x7fffffff), [-1, -(2 ** -31), 0, 2 ** -31, 1 - 2 ** -31]],
  ];
  for (const [bits, bytes, values] of PCM)
    for (const fmt of [format({ bits }), extensible(1, { bits })])
      test(`integers of ${bits} bits: the ends of the range, exactly${fmt.data.length > 16 ? " (extensible)" : ""}`, async () => {
        const wave = await of(fmt, samples(bytes));
        expect([...wave.data]).toEqual(values);
        expect([wave.encoding, wave.bits, wave.channels, wave.frames, wave.rate]).toEqual([
          "pcm",
          bits,
          1,
          values.length,
          8000,
        ]);
      });
  test("floating point of 32 and 64 bits, as it is stored", async () => {
    const values = [-1.5, 0, 1e-30, 0.1];
    const single = await of(format({ tag: 3, bits: 32 }), samples(bytesOf(Float32Array.from(values))));
    expect(single.data).toEqual(Float32Array.from(values));
    const double = await of(extensible(3, { bits: 64 }), samples(bytesOf(Float64Array.from(values))));
    expect(double.data).toEqual(Float64Array.from(values));
  });
  test.each([
    ["A-law", 6, "alaw"],
    ["µ-law", 7, "ulaw"],
  ] as const)("%s: all bytes, as Python's audioop expands them", async (_, tag, name) => {
    const golden = new Int16Array(base64(media[name]).buffer);
    const wave = await of(format({ tag, bits: 8 }), samples([...Array(256).keys()]));
    expect([...wave.data]).toEqual([...golden].map((x) => x / 32768));
  });
  test("20 bits lie at the upper end of three bytes", async () => {
    const wave = await of(extensible(1, { bits: 24 }, 20), samples([0, 0, 0x40]));
    expect([...wave.data]).toEqual([0.5]);
  });
});

describe("chunks", () => {
  const DATA = samples(u16(1, 2, 3, 4, 5, 6));
  test("several channels, a frame at a time; one alone", async () => {
    const wave = await of(format({ channels: 3 }), DATA);
    expect([wave.frames, wave.channels]).toEqual([2, 3]);
    expect([...channelOf(wave, 2)]).toEqual([3 / 32768, 6 / 32768]);
    expect(() => channelOf(wave, 3)).toThrow("channel: must be an integer from 0 to 2, got 3");
  });
  test("others before, between and behind, of odd sizes; and the size of the whole is not believed", async () => {
    const odd = { name: "odd ", data: [1, 2, 3] };
    for (const size of [undefined, 0, 0xffffffff])
      expect((await read(wav([odd, LIST, format(), odd, DATA, LIST], { size }))).frames).toBe(6);
    expect((await read(new Uint8Array(gzipSync(wav([format(), DATA]))))).frames).toBe(6);
  });
  test("data of odd size without the byte of padding", async () => {
    const bytes = wav([format({ bits: 8 }), samples([128, 0, 255])]);
    expect([...(await read(bytes.subarray(0, -1))).data]).toEqual([0, -1, 127 / 128]);
  });
  test("no data at all, and none before a LIST", async () => {
    expect((await of(format(), samples([]))).frames).toBe(0);
    expect((await of(format(), samples([]), LIST)).frames).toBe(0);
  });
  test("a size of 0 or 0xFFFFFFFF, as recorders leave it: to the end, whole frames", async () => {
    for (const size of [0, 0xffffffff]) {
      const wave = await of(format({ channels: 2 }), samples([...u16(1, 2, 3, 4), 9], size));
      expect([...wave.data].map((x) => x * 32768)).toEqual([1, 2, 3, 4]);
    }
  });
});

describe("refuses", () => {
  const DATA = samples(u16(1, 2));
  const cases: readonly [string, Uint8Array, string][] = [
    ["nothing", new Uint8Array(0), "truncated: a WAV file begins with 12 bytes, found 0"],
    ["another file", wav([format(), DATA], { form: "AVI " }), "at byte 0: not a WAV file"],
    ["big-endian files", wav([format(), DATA], { head: "RIFX" }), "is a RIFX file (big-endian)"],
    ["files of 64 bits", wav([format(), DATA], { head: "RF64" }), "is a RF64 file (with sizes of 64 bits)"],
    ["no format", wav([LIST]), "at byte 36: the file ends before its chunk fmt"],
    ["no data", wav([format()]), "at byte 36: the file ends before its data"],
    ["data before the format", wav([DATA, format()]), "at byte 12: the data come before the chunk fmt"],
    [
      "a short format",
      wav([{ name: "fmt ", data: u16(1, 1) }, DATA]),
      "at byte 16: the chunk fmt has at least 16 bytes",
    ],
    [
      "more data than there are",
      wav([format(), samples(u16(1), 4)]),
      "at byte 36: truncated: the chunk 'data' has 4 bytes, found 2",
    ],
    [
      "a promise of 4 GB",
      wav([format(), samples(u16(1), 0xfffffffe)]),
      "at byte 36: truncated: the chunk 'data' has 4294967294 bytes",
    ],
    [
      "half a frame",
      wav([format({ channels: 2 }), samples(u16(1))]),
      "at byte 40: 2 bytes of data are no whole number of frames of 4",
    ],
    [
      "no channel",
      wav([format({ channels: 0, block: 2 }), DATA]),
      "at byte 22: there must be 1 to 1024 channels, got 0",
    ],
    ["no rate", wav([format({ rate: 0 }), DATA]), "at byte 24: the rate must be at least 1"],
    [
      "ADPCM, by name",
      wav([format({ tag: 2, bits: 4, block: 1 }), DATA]),
      "is encoded as Microsoft ADPCM (tag 0x0002)",
    ],
    [
      "an unknown encoding",
      wav([format({ tag: 0x1234 }), DATA]),
      "is encoded as an unknown encoding (tag 0x1234); read are pcm, float, a-law, mu-law",
    ],
    [
      "integers of 64 bits",
      wav([format({ bits: 64 }), DATA]),
      "has pcm samples of 64 bits in 8 bytes; read are those of 1, 2, 3, 4 bytes",
    ],
    [
      "bits that the bytes do not have",
      wav([format({ bits: 24, block: 2 }), DATA]),
      "at byte 34: samples of 2 bytes have 9 to 16 bits, got 24",
    ],
    ["half a byte", wav([format({ channels: 2, bits: 4 }), DATA]), "has pcm samples of 4 bits in 0.5 bytes"],
    [
      "a short extensible format",
      wav([format({ tag: 0xfffe }), DATA]),
      "at byte 16: the chunk fmt of the extensible form has at least 40 bytes",
    ],
    [
      "a number that is none",
      wav([format({ tag: 3, bits: 32, channels: 2 }), samples(bytesOf(Float32Array.of(0, 1, 2, NaN)))]),
      "frame 1, channel 1: must be finite, got NaN",
    ],
  ];
  for (const [what, bytes, message] of cases)
    test(what, async () => {
      await expect(withinMemory(2 ** 16, () => read(bytes))).rejects.toThrow(`f.wav: ${message}`);
    });
  test("a GUID that stands for no tag", async () => {
    const fmt = extensible(1, {});
    const data = [...fmt.data.slice(0, -1), 0];
    await expect(of({ ...fmt, data }, DATA)).rejects.toThrow("at byte 59: the format is one that no tag names");
  });
});

describe("spoken digits", () => {
  const folder = `${dataFolder}/fsdd/recordings`;
  test("3,000 recordings of 8 kHz; frames in all as Python's wave module counts them", async ({ skip }) => {
    skip(!hasData("fsdd"), NEEDS);
    let [frames, shortest, longest] = [0, Infinity, 0];
    const names = readdirSync(folder);
    for (const path of names) {
      const wave = await readWave({ path, bytes: new Uint8Array(readFileSync(`${folder}/${path}`)) });
      expect([wave.rate, wave.channels, wave.bits]).toEqual([8000, 1, 16]);
      frames += wave.frames;
      shortest = Math.min(shortest, wave.frames / 8000);
      longest = Math.max(longest, wave.frames / 8000);
    }
    expect([names.length, frames]).toEqual([3000, 10_498_424]);
    // in ms, as the set's description says
    expect([shortest, longest, frames / 8000 / 3000].map((x) => Math.round(1000 * x))).toEqual([144, 2283, 437]);
  });
  test("one recording, sample by sample: they are bytes 44 to the end", async ({ skip }) => {
    skip(!hasData("fsdd"), NEEDS);
    const bytes = readFileSync(`${folder}/7_theo_12.wav`);
    const wave = await readWave({ path: "f", bytes: new Uint8Array(bytes) });
    expect(wave.frames).toBe((bytes.length - 44) / 2);
    wave.data.forEach((x, k) => {
      if (x * 32768 !== bytes.readInt16LE(44 + 2 * k)) throw new Error(`sample ${k}`);
    });
    // length, sum and sum of squares by NumPy
    const levels = [...wave.data].map((x) => x * 32768);
    expect([levels.length, levels.reduce((a, b) => a + b, 0), levels.reduce((a, b) => a + b * b, 0)]).toEqual([
      1965, 204, 216_050_736,
    ]);
  });
});
