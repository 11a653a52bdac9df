/** xoshiro128++ against published numbers, and the words of counts: where they come from, and how they are distributed. */
import { expect, test } from "vitest";
import { countWords, philox4x32 } from "../../src/base/random.ts";
import { nextWord } from "../../src/base/xoshiro.ts";
import { chiSquareExcess, even } from "./statistics.ts";

test("the published words of state 1, 2, 3, 4 (crate rand_xoshiro, from the authors' C)", () => {
  const state = Uint32Array.of(1, 2, 3, 4);
  const words = [641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295];
  expect(words.map(() => nextWord(state))).toEqual(words);
});

test("a stretch of words is that of all of them, and a chunk begins with a block of Philox", () => {
  const place = { seed: 3, stream: 77, sample: 2, step: 2 ** 32 + 5 };
  const all = countWords(place, 2, 0, 3000);
  expect(countWords(place, 2, 1500, 2100)).toEqual(all.slice(1500, 2100));
  // State 1 of chunk 1, of the third time: of the group's elements 4 to 7 its first word has the bytes, of 20 to 23 its second.
  const state = Uint32Array.from(philox4x32([16 + 8 + 1, 2, 5, 1], [3, (77 ^ 0x3c6ef372) >>> 0], 7));
  const [low, high, halves] = [nextWord(state), nextWord(state), nextWord(state)] as const;
  const rest = (e: number): number => philox4x32([e, 2, 5, 1], [3, (77 ^ 0xa54ff53a) >>> 0], 7)[2] >>> 12;
  const byte = (word: number, k: number): number => (word >>> (8 * k)) & 255;
  for (let k = 0; k < 4; k++) {
    const [first, second] = [1024 + 4 + k, 1024 + 20 + k];
    const expected = (column: number, b: number, e: number) => column * 2 ** 28 + (b ^ 128) * 2 ** 20 + rest(e);
    expect(all[first]).toBe(expected(byte(halves, k) & 15, byte(low, k), first));
    expect(all[second]).toBe(expected(byte(halves, k) >>> 4, byte(high, k), second));
  }
});

test("bytes, pairs of neighbours, of lanes, of halves, of chunks, of times and of steps are uniform", () => {
  const steps = 100;
  const n = 4096;
  const of = (time: number) =>
    Array.from({ length: steps }, (_, step) => countWords({ seed: 1, stream: 9, step }, time, 0, n));
  const [all, second] = [of(0), of(1)];
  const pairs: Readonly<Record<string, (step: number, e: number) => number | undefined>> = {
    alone: () => 0,
    neighbours: (step, e) => all[step]![e + 1],
    lanes: (step, e) => all[step]![e + 4],
    halves: (step, e) => all[step]![e + 16],
    groups: (step, e) => all[step]![e + 32],
    chunks: (step, e) => all[step]![e + 1024],
    times: (step, e) => second[step]![e],
    steps: (step, e) => all[step + 1]?.[e],
  };
  for (const [name, other] of Object.entries(pairs))
    for (const shift of [8, 20, 24, 28]) {
      const found = new Float64Array(256);
      let count = 0;
      for (let step = 0; step < steps; step++)
        for (let e = 0; e < n; e++) {
          const partner = other(step, e);
          if (partner === undefined) continue;
          const own = all[step]![e]!;
          const next = name === "alone" ? (own >>> ((shift + 4) % 32)) & 15 : (partner >>> shift) & 15;
          found[(((own >>> shift) & 15) << 4) | next]!++;
          count++;
        }
      expect(chiSquareExcess(found, even(count, 256)), `${name}, bit ${shift}`).toBeLessThan(0);
    }
});
