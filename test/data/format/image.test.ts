import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { crc32 } from "../../../src/data/format/crc32.ts";
import type { Image } from "../../../src/data/format/image.ts";
import { readJpeg } from "../../../src/data/format/jpeg.ts";
import { readPng } from "../../../src/data/format/png.ts";
import { withinMemory } from "../mutate.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";
import { base64, media } from "./golden.ts";

const file = (bytes: Uint8Array) => ({ path: "f", bytes });

test("checksums: the check value of the catalogue of CRCs (CRC-32/ISO-HDLC)", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

/** A chunk, by the specification. */
function chunk(name: string, data: ArrayLike<number>): number[] {
  const body = [...new TextEncoder().encode(name), ...Array.from(data)];
  const word = (x: number): number[] => [x >>> 24, (x >>> 16) & 255, (x >>> 8) & 255, x & 255];
  return [...word(data.length), ...body, ...word(crc32(Uint8Array.from(body)))];
}
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const IEND = chunk("IEND", []);
const head = (width: number, height: number, depth: number, type: number, interlace = 0): number[] =>
  chunk("IHDR", [
    ...[width, height].flatMap((x) => [x >>> 24, (x >>> 16) & 255, (x >>> 8) & 255, x & 255]),
    depth,
    type,
    0,
    0,
    interlace,
  ]);
const png = (...chunks: number[][]): Uint8Array => Uint8Array.from([...SIGNATURE, ...chunks.flat()]);

const SAMPLES: Record<number, 1 | 2 | 3 | 4> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PASSES = [[0, 0, 1, 1]];
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** Writes an image the obvious way: every row of every pass as bits, then filtered as `filters` says. */
function encode(
  width: number,
  height: number,
  depth: number,
  type: number,
  interlace: number,
  sample: (x: number, y: number, c: number) => number,
  filters: number,
): number[] {
  const channels = SAMPLES[type]!;
  const out: number[] = [];
  let row = 0;
  for (const [x0, y0, dx, dy] of interlace ? ADAM7 : PASSES) {
    let above: number[] = [];
    for (let y = y0!; y < height && x0! < width; y += dy!) {
      let bits = "";
      for (let x = x0!; x < width; x += dx!)
        for (let c = 0; c < channels; c++) bits += sample(x, y, c).toString(2).padStart(depth, "0");
      const raw = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
      const filter = (filters + row++) % 5;
      out.push(
        filter,
        ...raw.map((byte, k) => (byte - predicted(filter, raw, above, k, Math.max(1, (channels * depth) / 8))) & 255),
      );
      above = raw;
    }
  }
  return out;
}
/** @see PNG specification, section 9 */
function predicted(filter: number, raw: readonly number[], above: readonly number[], k: number, step: number): number {
  const [a, b, c] = [raw[k - step] ?? 0, above[k] ?? 0, k >= step ? (above[k - step] ?? 0) : 0];
  if (filter < 4) return [0, a, b, Math.floor((a + b) / 2)][filter]!;
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

describe("PNG", () => {
  for (const [name, [bytes, [width, height, channels], values]] of Object.entries(media.png))
    test(`${name}, as Pillow wrote it`, async () => {
      const image = await readPng(file(base64(bytes)));
      expect([image.width, image.height, image.channels, [...image.data]]).toEqual([width, height, channels, values]);
    });
  test("every type, depth, filter, size and interlacing, against a writer", async () => {
    const forms = [
      [0, 1],
      [0, 2],
      [0, 4],
      [0, 8],
      [0, 16],
      [2, 8],
      [2, 16],
      [3, 1],
      [3, 2],
      [3, 4],
      [3, 8],
      [4, 8],
      [4, 16],
      [6, 8],
      [6, 16],
    ] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...forms),
        fc.integer({ min: 1, max: 19 }),
        fc.integer({ min: 1, max: 19 }),
        fc.constantFrom(0, 1),
        fc.nat(9999),
        async ([type, depth], width, height, interlace, seed) => {
          const channels = SAMPLES[type]!;
          const sample = (x: number, y: number, c: number): number =>
            ((seed + 1) * (7919 * x + 104_729 * y + 1_299_709 * c + 17)) % 2 ** depth;
          const packed = deflateSync(Uint8Array.from(encode(width, height, depth, type, interlace, sample, seed)));
          const cut = seed % packed.length;
          const palette = Array.from({ length: 3 * 2 ** Math.min(depth, 8) }, (_, k) => (k * 37 + 11) % 256);
          const image = await readPng(
            file(
              png(
                head(width, height, depth, type, interlace),
                type === 3 ? chunk("PLTE", palette) : [],
                chunk("IDAT", packed.subarray(0, cut)),
                chunk("IDAT", packed.subarray(cut)),
                IEND,
              ),
            ),
          );
          const meant: number[] = [];
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++) {
              if (type === 3) meant.push(...palette.slice(3 * sample(x, y, 0), 3 * sample(x, y, 0) + 3));
              else
                for (let c = 0; c < channels; c++)
                  meant.push(depth < 8 ? (sample(x, y, c) * 255) / (2 ** depth - 1) : sample(x, y, c));
            }
          expect([image.width, image.height, image.channels]).toEqual([width, height, type === 3 ? 3 : channels]);
          expect([...image.data]).toEqual(meant);
        },
      ),
      { numRuns: 300 },
    );
  });
  /** Black, and so many bytes. */
  const GREY = (pixels: number) => chunk("IDAT", deflateSync(new Uint8Array(pixels)));
  test("what is not the picture is left out, however large it unfolds", async () => {
    const profile = chunk("iCCP", [65, 0, 0, ...deflateSync(new Uint8Array(2 ** 24))]);
    const bytes = png(head(2, 2, 8, 0), profile, chunk("tEXt", [65, 0, 66]), GREY(6), IEND);
    const image = await withinMemory(2 ** 18, () => readPng(file(bytes)));
    expect([...image.data]).toEqual([0, 0, 0, 0]);
  });
  test.each<[string, Uint8Array, string]>([
    ["another file", Uint8Array.of(1, 2, 3), "at byte 0: not a PNG file"],
    ["another first chunk", png(IEND), "at byte 8: expected IHDR first"],
    ["no pixels", png(head(1, 1, 8, 0), IEND), "its pixels: "],
    ["a size of 0", png(head(0, 1, 8, 0), GREY(2), IEND), "at byte 16: an image of 0 x 1 pixels"],
    [
      "a size of 4 gigapixels",
      png(head(65536, 65535, 8, 6), GREY(2), IEND),
      "at byte 16: too large: 65536 x 65535 pixels, at most 33554432 are read",
    ],
    [
      "fewer pixels than its size",
      png(head(5000, 5000, 8, 6), GREY(2), IEND),
      "5000 x 5000 need 100005000 bytes, more than 10 compressed bytes can hold",
    ],
    ["one pixel fewer than its size", png(head(2, 2, 8, 0), GREY(5), IEND), "2 x 2 need 6 bytes, found 5"],
    ["a bomb", png(head(2, 2, 8, 0), GREY(2 ** 24), IEND), "its pixels: 2 x 2 need 6 bytes, there are more"],
    [
      "a wrong checksum",
      png(head(2, 2, 8, 0).with(-1, 0), GREY(6), IEND),
      "at byte 29: the checksum of the chunk IHDR",
    ],
    [
      "a depth that the type has not",
      png(head(2, 2, 4, 2), GREY(6), IEND),
      "at byte 24: a colour image has 8, 16 bits a sample, this one 4",
    ],
    ["an unknown type", png(head(2, 2, 8, 1), GREY(6), IEND), "at byte 25: unknown type of colour 1"],
    [
      "an unknown filter",
      png(head(2, 2, 8, 0), chunk("IDAT", deflateSync(Uint8Array.of(9, 0, 0, 0, 0, 0))), IEND),
      "its pixels: unknown filter 9 of a row; known: 0 to 4",
    ],
    [
      "a colour that the palette lacks",
      png(head(1, 1, 8, 3), chunk("PLTE", [1, 2, 3]), chunk("IDAT", deflateSync(Uint8Array.of(0, 1))), IEND),
      "pixel",
    ],
    [
      "no palette",
      png(head(1, 1, 8, 3), chunk("IDAT", deflateSync(Uint8Array.of(0, 1))), IEND),
      "has colours of a palette, and no palette (PLTE)",
    ],
    [
      "pixels before the palette",
      png(head(1, 1, 8, 3), GREY(2), chunk("PLTE", [1, 2, 3]), IEND),
      "a chunk PLTE where none may be",
    ],
    ["no end", png(head(1, 1, 8, 0), GREY(2)), "truncated: a chunk has at least 12 bytes, found 0"],
  ])("refuses %s", async (_, bytes, message) => {
    const refusal = withinMemory(2 ** 18, () => readPng(file(bytes)));
    await expect(refusal).rejects.toThrow(message);
    await expect(refusal).rejects.toBeInstanceOf(DataError);
  });
  test("a limit of the caller's", async () => {
    await expect(readPng(file(png(head(3, 3, 8, 0), GREY(12), IEND)), { maxPixels: 8 })).rejects.toThrow(
      "at most 8 are read",
    );
  });
});

/** Largest and mean difference of two images. */
function apart({ data }: Image, other: Uint8Array): { most: number; mean: number } {
  expect(data.length).toBe(other.length);
  const differences = [...data].map((x, k) => Math.abs(x - other[k]!));
  return { most: Math.max(...differences), mean: differences.reduce((a, b) => a + b, 0) / differences.length };
}

describe("JPEG", () => {
  // Decoders may differ by 1 in each of the inverse transforms (T.83) and by rounding in the colours after it; where colour
  // is stored at half the resolution, this library repeats pixels and libjpeg interpolates, which shows at edges alone.
  const WITHIN: Record<string, { most: number; mean: number }> = {
    grey: { most: 1, mean: 0.2 },
    colour: { most: 4, mean: 0.6 },
    progressive: { most: 4, mean: 0.6 },
    halved: { most: 100, mean: 6 },
  };
  for (const [name, [bytes, [width, height, channels], values]] of Object.entries(media.jpeg))
    test(`${name}, as libjpeg decodes it`, async () => {
      const image = await readJpeg(file(base64(bytes)));
      expect([image.width, image.height, image.channels]).toEqual([width, height, channels]);
      const { most, mean } = apart(image, base64(values));
      expect(most).toBeLessThanOrEqual(WITHIN[name]!.most);
      expect(mean).toBeLessThan(WITHIN[name]!.mean);
    });
  const COLOUR = base64(media.jpeg["colour"]![0]);
  const FRAME = COLOUR.findIndex((byte, k) => byte === 0xff && COLOUR[k + 1] === 0xc0);
  const changed = (at: number, ...bytes: number[]): Uint8Array => {
    const copy = COLOUR.slice();
    copy.set(bytes, at);
    return copy;
  };
  const inserted = (at: number, bytes: ArrayLike<number>): Uint8Array =>
    Uint8Array.from([...COLOUR.slice(0, at), ...Array.from(bytes), ...COLOUR.slice(at)]);
  test.each<[string, Uint8Array, string]>([
    ["another file", Uint8Array.of(0xff, 0xd9), "at byte 0: not a JPEG file"],
    ["no frame", Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), "there is no frame"],
    ["no end", COLOUR.subarray(0, -2), `at byte ${COLOUR.length - 2}: truncated: the image does not end`],
    [
      "a size of 4 gigapixels",
      changed(FRAME + 5, 255, 255, 255, 255),
      `at byte ${FRAME + 5}: too large: 65535 x 65535 pixels`,
    ],
    [
      "a size that its bytes cannot hold",
      changed(FRAME + 5, 16, 0, 16, 0),
      `at byte ${FRAME + 5}: truncated: 4096 x 4096 pixels need at least 32768 bytes, found ${COLOUR.length}`,
    ],
    ["a size of 0", changed(FRAME + 5, 0, 0), `at byte ${FRAME + 5}: an image of 27 x 0 pixels`],
    ["a lossless image", changed(FRAME, 0xff, 0xc3), "lossless, hierarchical or arithmetically coded image (FF C3)"],
    ["12 bits", changed(FRAME + 4, 12), "has samples of 12 bits; read are 8"],
    ["2 components", changed(FRAME + 9, 2), "an image has 1, 3 or 4 components, this one 2"],
    ["a sampling factor of 15", changed(FRAME + 11, 0xff), "sampling factors are 1 to 4, these are 15 and 15"],
    ["a second frame", inserted(FRAME, COLOUR.slice(FRAME, FRAME + 19)), "there is a second frame"],
    ["data between segments", inserted(2, [1]), "at byte 2: expected a marker"],
    [
      "a segment of no length",
      inserted(2, [0xff, 0xe0, 0, 0]),
      "at byte 4: a segment has at least 2 bytes, this one says 0",
    ],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(withinMemory(2 ** 16, () => readJpeg(file(bytes)))).rejects.toThrow(message);
  });
  test("fill bytes before a marker mean nothing", async () => {
    const { data } = await readJpeg(file(COLOUR));
    for (const fill of [[0xff], [0xff, 0xff]])
      for (const at of [2, FRAME, COLOUR.length - 2])
        expect((await readJpeg(file(inserted(at, fill)))).data, `${fill.length} at ${at}`).toEqual(data);
  });
  test("refuses a file of endless scans", async () => {
    const scan = COLOUR.findIndex((byte, k) => byte === 0xff && COLOUR[k + 1] === 0xda);
    const again = Array.from({ length: 101 }, () => [...COLOUR.slice(scan, -2)]).flat();
    await expect(readJpeg(file(inserted(COLOUR.length - 2, again)))).rejects.toThrow("more than 100 scans");
  });
  test("blood cells: mean and deviation of each colour as Pillow has them", async ({ skip }) => {
    skip(!hasData("bccd"), NEEDS);
    const STATED = {
      "00001": [
        [187.864, 177.183, 182.869],
        [13.781, 23.594, 21.349],
      ],
      "00100": [
        [192.866, 182.141, 185.818],
        [14.213, 24.077, 18.634],
      ],
      "00338": [
        [187.963, 178.877, 183.597],
        [11.924, 22.573, 15.268],
      ],
    };
    for (const [number, [means, deviations]] of Object.entries(STATED)) {
      const { width, height, channels, data } = await readJpeg(
        file(new Uint8Array(readFileSync(`${dataFolder}/bccd/BCCD/JPEGImages/BloodImage_${number}.jpg`))),
      );
      expect([width, height, channels]).toEqual([640, 480, 3]);
      for (let c = 0; c < 3; c++) {
        let [sum, squares] = [0, 0];
        for (let k = c; k < data.length; k += 3) {
          sum += data[k]!;
          squares += data[k]! ** 2;
        }
        const mean = sum / (width * height);
        // A rounding that differs in every pixel would move the mean by half a level.
        expect(Math.abs(mean - means![c]!)).toBeLessThan(0.5);
        expect(Math.abs(Math.sqrt(squares / (width * height) - mean ** 2) - deviations![c]!)).toBeLessThan(0.5);
      }
    }
  });
});
