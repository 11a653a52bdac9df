import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../../src/base/errors.ts";
import { idxExamples, parseIdx, readIdx } from "../../../src/data/format/idx.ts";

/** IDX bytes of unsigned bytes, big-endian dimensions. */
function idx(shape: readonly number[], data: readonly number[], magic = 0x800 + shape.length): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  shape.forEach((size, k) => view.setUint32(4 + 4 * k, size));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}
const file = (path: string, bytes: Uint8Array) => ({ path, bytes });
const PIXELS = [0, 1, 2, 3, 252, 253, 254, 255];
const IMAGES = idx([2, 2, 2], PIXELS);
const LABELS = idx([2], [7, 9]);

/** Runs to the end, or to an error that is ours, with the file's name and the code for it. */
async function readsOrRefuses(bytes: Uint8Array): Promise<"read" | "refused"> {
  try {
    await readIdx(file("f", bytes));
    return "read";
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    expect([error.code, error.path]).toEqual(["bad-file", "f"]);
    return "refused";
  }
}
const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, k) => (k === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

describe("reads", () => {
  test("plain bytes", () =>
    expect(parseIdx(file("f", IMAGES))).toEqual({ shape: [2, 2, 2], data: Uint8Array.from(PIXELS) }));
  test("a view into a larger buffer", () => {
    const inside = new Uint8Array([9, ...LABELS, 9]).subarray(1, -1);
    expect([...parseIdx(file("f", inside)).data]).toEqual([7, 9]);
  });
  test("gzip, recognised by its magic and not by its name", async () => {
    expect(await readIdx(file("f.idx", gzipSync(IMAGES)))).toEqual({ shape: [2, 2, 2], data: Uint8Array.from(PIXELS) });
  });
  test("gzip of several chunks", async () => {
    const data = Array.from({ length: 200_000 }, (_, k) => (k * 2654435761) >>> 24);
    expect([...(await readIdx(file("f", gzipSync(idx([200_000], data))))).data]).toEqual(data);
  });
});

describe("refuses", () => {
  test.each([
    ["an element type it does not read", idx([2], [0, 0], 0xd01), "wrong magic 0x00000d01"],
    ["no dimensions", idx([], [0], 0x800), "wrong magic 0x00000800"],
    ["leading bytes that are not zero", idx([1], [0], 0x01000801), "wrong magic 0x01000801"],
    ["one byte too many", idx([2], [1, 2, 3]), "trailing bytes: 2 needs 10 bytes, found 11"],
    ["one byte too few", idx([3], [1, 2]), "truncated: 3 needs 11 bytes, found 10"],
    ["an empty dimension", idx([0, 28, 28], []), "empty: dimensions 0 x 28 x 28"],
    ["sizes whose product overflows", idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], []), "too large"],
    ["255 dimensions in no bytes", idx([], [], 0x8ff), "truncated: a header of 255 dimensions has 1024 bytes, found 4"],
  ])("%s", (_, bytes, message) => expect(() => parseIdx(file("f", bytes))).toThrow(`f: ${message}`));

  test("every truncation, plain and compressed", async () => {
    for (const whole of [IMAGES, LABELS, gzipSync(IMAGES)])
      for (let n = 0; n < whole.length; n++)
        expect(await readsOrRefuses(whole.subarray(0, n)), `${n} bytes`).toBe("refused");
  });
  test("a flipped bit in a plain header (in the data it is another value)", async () => {
    for (let bit = 0; bit < 16 * 8; bit++)
      expect(await readsOrRefuses(flipped(IMAGES, bit)), `bit ${bit}`).toBe("refused");
  });
  test("a flipped bit in gzip, or the same data: never a crash, never other data", async () => {
    const whole = gzipSync(IMAGES);
    for (let bit = 0; bit < whole.length * 8; bit++)
      if ((await readsOrRefuses(flipped(whole, bit))) === "read")
        expect([...(await readIdx(file("f", flipped(whole, bit)))).data], `bit ${bit}`).toEqual(PIXELS);
  });
  test("any bytes at all", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.boolean(), async (bytes, compressed) => {
        await readsOrRefuses(compressed ? gzipSync(bytes) : bytes);
      }),
      { numRuns: 100 },
    );
  });
});

describe("gzip that lies about its size", () => {
  test("a bomb is inflated no further than its header promises", async () => {
    const bomb = gzipSync(idx([4], new Array(2 ** 24).fill(0)));
    expect(bomb.length).toBeLessThan(20_000);
    const refusal = readIdx(file("bomb", bomb));
    await expect(refusal).rejects.toThrow(/^bomb: trailing bytes: the header promises 12 bytes, found \d{4,5} or more/); // of 16 million
  });
  test("a promise that its bytes cannot hold is refused before inflating", async () => {
    const data = new Array(2000).fill(0);
    await expect(readIdx(file("f", gzipSync(idx([10_000_000], data))))).rejects.toThrow(
      /more than \d+ compressed bytes can hold/,
    );
    await expect(readIdx(file("f", gzipSync(idx([2 ** 31], data))))).rejects.toThrow("too large");
  });
});

describe("images with labels", () => {
  const read = (images: Uint8Array, labels: Uint8Array) =>
    idxExamples(file("images", images), file("labels", labels), [2, 2], 10);

  test("fit together", async () => {
    const examples = await read(IMAGES, gzipSync(LABELS));
    expect([examples.count, examples.size, [...examples.labels]]).toEqual([2, 4, [7, 9]]);
  });
  test.each([
    [
      "another number of labels",
      IMAGES,
      idx([3], [0, 1, 2]),
      "labels: expected 2 labels, one an image of images, found 3",
    ],
    ["labels in two dimensions", IMAGES, idx([1, 2], [0, 1]), "labels: expected labels in 1 dimension, found 1 x 2"],
    ["a label without a class", IMAGES, idx([2], [9, 10]), "labels[1]: must be a class from 0 to 9, got 10"],
    ["images of another shape", idx([2, 4], PIXELS), LABELS, "images: expected images of 2 x 2, found 4"],
    ["the two files exchanged", LABELS, IMAGES, "images: expected images of 2 x 2, found plain numbers"],
  ])("%s", async (_, images, labels, message) => {
    await expect(read(images, labels)).rejects.toThrow(message);
    await expect(read(images, labels)).rejects.toBeInstanceOf(DataError);
  });
});
