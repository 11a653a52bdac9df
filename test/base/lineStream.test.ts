import { describe, expect, test } from "vitest";
import { LineStream } from "../../src/base/lineStream.ts";
import { philox4x32, randomStream } from "../../src/base/random.ts";

const words = (s: LineStream, n: number): number[] => Array.from({ length: n }, () => s.word());

describe("lines of random numbers", () => {
  test("are blocks of Philox: counter (block, line, purpose, a step that nothing else reaches)", () => {
    const s = new LineStream(7, 9);
    s.begin(5, 1);
    const blocks = [0, 1].flatMap((block) => [...philox4x32([block, 5, 1, 2 ** 32 - 2], [7, 9])]);
    expect(words(s, 8)).toEqual(blocks);
    expect(s.words).toBe(8);
  });
  test("start anew wherever they are left, and share nothing with each other or with the host's stream", () => {
    const s = new LineStream(7, 9);
    const line = (k: number, purpose = 0): number[] => {
      s.begin(k, purpose);
      return words(s, 6);
    };
    const first = line(3);
    s.word();
    const host = randomStream(7, 9);
    const others = [line(4), line(3, 1), line(0), Array.from({ length: 6 }, () => host.bits())].flat();
    expect(line(3)).toEqual(first);
    expect(new Set([...first, ...others]).size).toBe(30);
  });
  test("whole numbers below n are exactly as likely, where taking a remainder or a product's upper half is not", () => {
    const s = new LineStream(1, 2);
    s.begin(0);
    // floor(word · 3/4) is a multiple of 3 for two words, any other number for one: without rejection half are multiples.
    const n = 3 * 2 ** 30;
    const counts = [0, 0, 0];
    for (let k = 0; k < 30_000; k++) counts[s.below(n) % 3]!++;
    for (const c of counts) expect(Math.abs(c - 10_000)).toBeLessThan(5 * Math.sqrt((10_000 * 2) / 3));
    expect(s.words).toBeGreaterThan(30_000 * 1.25); // a quarter of the words is rejected
    expect(Array.from({ length: 20 }, () => s.below(1))).toEqual(new Array(20).fill(0));
    expect(new Set(Array.from({ length: 200 }, () => s.below(7)))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
  });
  test("uniform numbers lie in (0, 1], finer than a word", () => {
    const s = new LineStream(1, 3);
    s.begin(0);
    const x = Array.from({ length: 10_000 }, () => s.uniform());
    expect(Math.min(...x)).toBeGreaterThan(0);
    expect(Math.max(...x)).toBeLessThanOrEqual(1);
    // Mean 1/2 and variance 1/12; a number on a grid of 2^-32 would be a whole multiple of it.
    expect(Math.abs(x.reduce((a, b) => a + b) / 10_000 - 0.5)).toBeLessThan(5 / Math.sqrt(120_000));
    expect(x.filter((v) => Number.isInteger(v * 2 ** 32)).length).toBe(0);
  });
  test("a seed is a word", () => {
    expect(() => new LineStream(-1, 0)).toThrow("seed: must be an integer from 0 to 4294967295, got -1");
  });
});
