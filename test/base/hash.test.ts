import fc from "fast-check";
import { expect, test } from "vitest";
import { absorbWords, hash64, START, textOf } from "../../src/base/hash.ts";

/** The definition, with big integers. */
function slow(bytes: Uint8Array): string {
  let state = 0xcbf29ce484222325n;
  for (const byte of bytes) state = ((state ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return state.toString(16).padStart(16, "0");
}

test.each([
  ["", "cbf29ce484222325"],
  ["a", "af63dc4c8601ec8c"],
  ["foobar", "85944171f73967e8"],
])("published vector '%s'", (text, digest) => expect(hash64(text)).toBe(digest));

test("equals the definition on any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(hash64(bytes)).toBe(slow(bytes));
    }),
    { numRuns: 200 },
  );
});

test("words count as their bytes, however small they are", () => {
  const number = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 2 ** 17 }), fc.nat(300));
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), (numbers) => {
      const bytes = numbers.flatMap((x) => [x, x >>> 8, x >>> 16, x >>> 24].map((b) => b & 0xff));
      expect(textOf(absorbWords(START, Uint32Array.from(numbers)))).toBe(slow(Uint8Array.from(bytes)));
    }),
    { numRuns: 200 },
  );
});

test("parts are joined; views count their own bytes alone", () => {
  expect(hash64("foo", "bar")).toBe(hash64("foobar"));
  expect(hash64(new TextEncoder().encode("xfoobarx").subarray(1, 7))).toBe(hash64("foobar"));
  expect(hash64(new Uint16Array([0x6f66, 0x6f62, 0x7261]).subarray(0, 2), "ar")).toBe(hash64("foboar"));
});
