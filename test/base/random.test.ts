import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exp, log } from "../../src/base/elementary.ts";
import { normalOf, uniformF32Of, uniformOf } from "../../src/base/laws.ts";
import { logFactorial, POISSON_LIMIT, poissonOf, poissonTerms } from "../../src/base/poisson.ts";
import {
  normal,
  permutation,
  philox4x32,
  poisson,
  randomStream,
  randomWord,
  streamOf,
  uniform,
  type Words,
} from "../../src/base/random.ts";
import {
  chiSquareExcess,
  counts,
  even,
  KOLMOGOROV_LIMIT,
  kolmogorov,
  momentScores,
  normalCdf,
  normalTail,
  poissonExcess,
  poissonMasses,
} from "./statistics.ts";

const hex = (words: Words): string => words.map((w) => w.toString(16).padStart(8, "0")).join(" ");
const ONES = 0xffffffff;
// Random123 1.14, examples/kat_vectors, philox4x32 10.
test.each<[Words, readonly [number, number], string]>([
  [[0, 0, 0, 0], [0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  [[ONES, ONES, ONES, ONES], [ONES, ONES], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], "d16cfe09 94fdcceb 5001e420 24126ea1"],
])("philox4x32 known answer %#", (counter, key, words) => expect(hex(philox4x32(counter, key))).toBe(words));

test("FNV-1a known answers", () => {
  // Noll, FNV-1a 32-bit test vectors.
  expect(["", "a", "foobar"].map(streamOf)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

test("a place is the whole counter and key: each part changes about half the bits", () => {
  const place = { seed: 1, stream: 2, element: 3, sample: 4, step: 5 };
  const words = (at: typeof place): number[] =>
    [0, 4, 8, 12].map((next) => randomWord("bits", { ...at, element: at.element + next }));
  const base = words(place);
  const flipped = (other: readonly number[]): number =>
    other.reduce((n, w, k) => n + ((w ^ base[k]!) >>> 0).toString(2).replaceAll("0", "").length, 0);
  for (const key of Object.keys(place) as (keyof typeof place)[]) {
    const change = flipped(words({ ...place, [key]: key === "element" ? 2 : place[key] + 1 }));
    expect(Math.abs(change - 64)).toBeLessThan(4.5 * Math.sqrt(32)); // binomial(128, 1/2)
  }
  expect(words({ ...place, step: 5 + 2 ** 32 })).not.toEqual(base);
});
test("elements 16k + 4w + l take word w of block 4k + l, and laws have keys of their own", () => {
  const of = (element: number): number =>
    randomWord("bits", { seed: 1, stream: 2, element, sample: 7, step: 2 ** 40 + 9 });
  for (const [k, w, l] of [
    [0, 0, 0],
    [0, 3, 1],
    [5, 2, 3],
    [2 ** 28 - 1, 3, 3],
  ] as const)
    expect(of(16 * k + 4 * w + l)).toBe(philox4x32([4 * k + l, 7, 9, 256], [1, 2])[w]);
  const laws = (["bits", "uniform", "normal", "poisson"] as const).map((law) =>
    randomWord(law, { seed: 1, stream: 2, element: 3 }),
  );
  expect(new Set(laws).size).toBe(4);
});

const N = 40_000;
const random = (name: string): ReturnType<typeof randomStream> => randomStream(12, streamOf(name));
const many = <T>(draw: () => T, n = N): T[] => Array.from({ length: n }, draw);

describe("words", () => {
  test("bits are even and bytes uniform, of each law's words", () => {
    for (const law of ["bits", "uniform", "normal", "poisson"] as const) {
      const sample = many(() => 0).map((_, element) => randomWord(law, { seed: 3, stream: 9, element }));
      for (let shift = 0; shift < 32; shift += 8)
        expect(
          chiSquareExcess(
            counts(
              sample.map((w) => (w >>> shift) & 255),
              256,
            ),
            even(N, 256),
          ),
        ).toBeLessThan(0);
    }
  });
  test("neighbouring elements, steps and streams are not correlated", () => {
    for (const key of ["element", "step", "stream", "sample", "seed"] as const) {
      const sample = many(() => 0).map((_, k) => uniform({ seed: 3, stream: 9, element: 0, [key]: k }) - 0.5);
      const lag = sample.slice(1).reduce((s, x, k) => s + x * sample[k]!, 0);
      expect(Math.abs(lag * 12) / Math.sqrt(N)).toBeLessThan(4); // standard deviation 1
    }
  });
});

describe("uniform", () => {
  test("the middle of a cell, never 0 or 1, exact in f32", () => {
    expect([0, ONES].map(uniformOf)).toEqual([2 ** -33, 1 - 2 ** -33]);
    expect([0, ONES].map(uniformF32Of)).toEqual([2 ** -24, 1 - 2 ** -24]);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: ONES }),
        (w) => Math.fround(uniformF32Of(w)) === uniformF32Of(w) && Math.abs(uniformF32Of(w) - uniformOf(w)) < 2 ** -23,
      ),
    );
  });
  test("Kolmogorov", () => {
    expect(kolmogorov(many(random("u").uniform), (x) => x)).toBeLessThan(KOLMOGOROV_LIMIT);
    const at = (type: "f32" | "f64") =>
      many(() => 0).map((_, element) => uniform({ seed: 8, stream: 1, element }, type));
    for (const type of ["f32", "f64"] as const) expect(kolmogorov(at(type), (x) => x)).toBeLessThan(KOLMOGOROV_LIMIT);
  });
});

describe("normal", () => {
  test("the inverse of the distribution function, to 1e-14", () => {
    const words = [0, 1, 2, 1000, 2 ** 20, 0.075 * 2 ** 32, 0.0751 * 2 ** 32, 2 ** 30, 2 ** 31 - 1].map(Math.floor);
    for (let k = 0; k < 400; k++) words.push(Math.floor((k / 400) * 2 ** 31));
    for (const w of words) {
      const z = -normalOf(w);
      const p = uniformOf(w);
      // Newton's step: how far z is from the exact one.
      const step = ((normalTail(z) - p) / Math.exp((-z * z) / 2)) * Math.sqrt(2 * Math.PI);
      expect(Math.abs(step), `word ${w}`).toBeLessThan(1e-14 * Math.max(1, z));
      expect(normalOf(ONES - w)).toBe(z);
    }
  });
  test("Kolmogorov and moments", () => {
    const sample = many(random("n").normal);
    expect(kolmogorov(sample, normalCdf)).toBeLessThan(KOLMOGOROV_LIMIT);
    for (const score of momentScores(sample)) expect(Math.abs(score)).toBeLessThan(4);
    expect(normal({ seed: 1, stream: 2, element: 3 })).toBe(
      normalOf(randomWord("normal", { seed: 1, stream: 2, element: 3 })),
    );
  });
});

describe("poisson", () => {
  test("the exact law, over all 2^32 words", () => {
    for (const mean of [1e-9, 1e-4, 0.3, 1, 5.5, POISSON_LIMIT]) {
      const masses = poissonMasses(mean, 80);
      for (let k = 1, tail = masses.slice(1).reduceRight((s, p) => s + p, 0); k < 80; tail -= masses[k++]!) {
        const words = wordsWithAtLeast(k, (w) => poissonOf(w, mean));
        // Half a word by the grid, a quarter by the terms left out.
        expect(Math.abs(words - tail * 2 ** 32), `mean ${mean}, P(X >= ${k})`).toBeLessThan(0.75 + 1e-4);
      }
    }
  });
  test.each([0.01, 0.5, 3, 16, 16.001, 30, 200, 1e4])("chi-square, mean %d", (mean) => {
    const stream = random(`p${mean}`);
    const n = mean > POISSON_LIMIT ? 20 * N : N; // rejection has more to get wrong than inversion
    const sample = many(() => stream.poisson(mean), n);
    expect(poissonExcess(sample, mean)).toBeLessThan(0);
    expect(Math.abs(sample.reduce((s, x) => s + x - mean, 0)) / Math.sqrt(mean * n)).toBeLessThan(4);
  });
  test("edges", () => {
    expect(poissonTerms(0)).toBe(0);
    expect(poissonOf(0, 0)).toBe(0);
    expect(poisson({ seed: 1, stream: 1, element: 1 }, 2)).toBe(
      poissonOf(randomWord("poisson", { seed: 1, stream: 1, element: 1 }), 2),
    );
    for (const mean of [-1, NaN, Infinity]) expect(() => random("p").poisson(mean)).toThrow(/mean: must be finite/);
    const masses = poissonMasses(POISSON_LIMIT, 200);
    expect(masses.slice(poissonTerms(POISSON_LIMIT) + 1).reduce((s, p) => s + p, 0)).toBeLessThan(2 ** -34);
  });
});
/** How many words give at least k: counts fall as words rise. */
function wordsWithAtLeast(k: number, count: (word: number) => number): number {
  let [low, high] = [0, 2 ** 32];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (count(middle) >= k) low = middle + 1;
    else high = middle;
  }
  return low;
}

describe("below", () => {
  test.each([1, 2, 6, 10, 100, 256])("chi-square, n = %d", (n) => {
    const stream = random(`below${n}`);
    const sample = many(() => stream.below(n));
    expect(sample.every((x) => Number.isInteger(x) && x >= 0 && x < n)).toBe(true);
    if (n > 1) expect(chiSquareExcess(counts(sample, n), even(N, n))).toBeLessThan(0);
  });
  test.each([3 * 2 ** 30, 2 ** 32, 3 * 2 ** 31, 3 * 2 ** 51])("no part is likelier: n = %d", (n) => {
    const stream = random(`large${n}`); // a plain remainder would give some quarters twice or half their share
    const quarters = counts(
      many(() => Math.floor((4 * stream.below(n)) / n)),
      4,
    );
    expect(chiSquareExcess(quarters, even(N, 4))).toBeLessThan(0);
  });
  test("n must be a whole number from 1", () => {
    for (const n of [0, -1, 1.5, NaN, 2 ** 53]) expect(() => random("b").below(n)).toThrow(/n: must be an integer/);
  });
});

describe("permutation", () => {
  test("every order of four is as likely", () => {
    const code = (p: Uint32Array): number =>
      [...p].reduce((s, x, k) => s + [...p.slice(k + 1)].filter((y) => y < x).length * [6, 2, 1, 0][k]!, 0);
    const sample = many(() => 0, 24_000).map((_, seed) => code(permutation(4, { seed, stream: 5 })));
    expect(chiSquareExcess(counts(sample, 24), even(24_000, 24))).toBeLessThan(0);
  });
  test("a permutation, the same for the same seed and stream alone", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(), (n, seed) => {
        const order = permutation(n, { seed, stream: 1 });
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, k) => k));
        expect(permutation(n, { seed, stream: 1 })).toEqual(order);
      }),
    );
    const order = permutation(1000, { seed: 1, stream: 1 });
    expect(permutation(1000, { seed: 2, stream: 1 })).not.toEqual(order);
    expect(permutation(1000, { seed: 1, stream: 2 })).not.toEqual(order);
  });
});

describe("streams", () => {
  test("the words of the blocks in turn, at a step out of reach of simulations", () => {
    const stream = randomStream(7, 8);
    const expected = [0, 1, 2].flatMap((block) => philox4x32([block, 0, 0, ONES], [7, 8]));
    expect(many(stream.bits, 12)).toEqual(expected);
  });
  test("fill", () => {
    const [a, b] = [random("fill"), random("fill")];
    const out = new Float64Array(5);
    a.fillUniform(out, -1, 3);
    expect([...out]).toEqual(many(() => -1 + 4 * b.uniform(), 5));
    a.fillNormal(out, 2, 0.5);
    expect([...out]).toEqual(many(() => 2 + 0.5 * b.normal(), 5));
    const single = new Float32Array(3);
    a.fillNormal(single);
    expect([...single]).toEqual(many(() => Math.fround(b.normal()), 3));
  });
  test("a seed is a word", () => {
    for (const seed of [-1, 2 ** 32, 0.5, NaN])
      expect(() => randomStream(seed, 0)).toThrow(/seed: must be an integer from 0/);
  });
});

test("exp, log and log-factorial are right to a few units in the last place", () => {
  for (let x = -700; x < 700; x += 0.37) expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(2 ** -51);
  for (let x = 1e-300; x < 1e300; x *= 3.7)
    expect(Math.abs(log(x) - Math.log(x))).toBeLessThan(2 ** -51 * Math.abs(Math.log(x)));
  for (let [k, exact] = [0, 0]; k < 5000; exact += Math.log(++k))
    expect(Math.abs(logFactorial(k) - exact)).toBeLessThan(1e-12 * (1 + exact));
});
