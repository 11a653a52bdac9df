/** xoshiro128++ against published numbers, and the words of counts: where they come from, and how they are distributed. */
import { expect, test } from "vitest";
import { poissonOf } from "../../src/base/poisson.ts";
import { countWords, philox4x32 } from "../../src/base/random.ts";
import { nextWord } from "../../src/base/xoshiro.ts";

test("the published words of state 1, 2, 3, 4 (crate rand_xoshiro, from the authors' C)", () => {
  const state = Uint32Array.of(1, 2, 3, 4);
  const words = [641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295];
  expect(words.map(() => nextWord(state))).toEqual(words);
});

test("a stretch of words is that of all of them, and a chunk begins with a block of Philox", () => {
  const place = { seed: 3, stream: 77, sample: 2, step: 2 ** 32 + 5 };
  const all = countWords(place, 0, 3000);
  expect(countWords(place, 1500, 2100)).toEqual(all.slice(1500, 2100));
  // Lane 1 of chunk 1: element 1024 + 1 has the low half of its first word, element 1024 + 5 the high half.
  const state = Uint32Array.from(philox4x32([5, 2, 5, 1], [3, (77 ^ 0x3c6ef372) >>> 0], 7));
  const word = nextWord(state);
  expect([all[1025]! >>> 16, all[1029]! >>> 16]).toEqual([word & 0xffff, word >>> 16]);
});

/** Sum of (found - expected)^2 / expected, in standard deviations from its mean. */
function deviation(found: ArrayLike<number>, expected: (k: number) => number): number {
  let sum = 0;
  for (let k = 0; k < found.length; k++) sum += (found[k]! - expected(k)) ** 2 / expected(k);
  const freedom = found.length - 1;
  return (sum - freedom) / Math.sqrt(2 * freedom);
}
test("bytes, pairs of neighbours, of lanes, of chunks and of steps are uniform", () => {
  const steps = 100;
  const [n, all] = [4096, [] as Uint32Array[]];
  for (let step = 0; step < steps; step++) all.push(countWords({ seed: 1, stream: 9, step }, 0, n));
  const pairs: Readonly<Record<string, (step: number, e: number) => number | undefined>> = {
    alone: () => 0,
    neighbours: (step, e) => all[step]![e + 1],
    lanes: (step, e) => all[step]![e + 4],
    "words of a generator": (step, e) => all[step]![e + 8],
    chunks: (step, e) => all[step]![e + 1024],
    steps: (step, e) => all[step + 1]?.[e],
  };
  for (const [name, other] of Object.entries(pairs))
    for (const shift of [16, 24, 28]) {
      const found = new Float64Array(256);
      let count = 0;
      for (let step = 0; step < steps; step++)
        for (let e = 0; e < n; e++) {
          const second = other(step, e);
          if (second === undefined) continue;
          found[
            (((all[step]![e]! >>> shift) & 15) << 4) |
              (name === "alone" ? (all[step]![e]! >>> 12) & 15 : (second >>> shift) & 15)
          ]!++;
          count++;
        }
      expect(Math.abs(deviation(found, () => count / 256)), `${name}, bit ${shift}`).toBeLessThan(5);
    }
});
test("counts have the law of Poisson", () => {
  const mean = 1.6;
  const found = new Float64Array(8);
  const n = 2 ** 17;
  for (let step = 0; step < 4; step++)
    for (const word of countWords({ seed: 5, stream: 1, step }, 0, n)) found[Math.min(7, poissonOf(word, mean))]!++;
  const p = Array.from({ length: 7 }, (_, k) => (Math.exp(-mean) * mean ** k) / [1, 1, 2, 6, 24, 120, 720][k]!);
  p.push(1 - p.reduce((a, b) => a + b, 0));
  expect(Math.abs(deviation(found, (k) => 4 * n * p[k]!))).toBeLessThan(5);
});
