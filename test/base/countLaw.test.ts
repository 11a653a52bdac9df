/** Laws of counts by columns: what share of the words each count has, and counts that are drawn. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { COLUMN_BITS, COLUMNS, type CountLaw, countOf, poissonLaw } from "../../src/base/countLaw.ts";
import { countsOf } from "../../src/base/random.ts";
import { poissonExcess, poissonMasses } from "./statistics.ts";

/** Words that stand for each count, by going through the edges of every column. */
function wordsOf(law: CountLaw): number[] {
  const found: number[] = [];
  for (let column = 0; column < COLUMNS; column++) {
    const edges = [...new Set([0, ...law.tail, law.cuts[column]!, 2 ** COLUMN_BITS])].sort((a, b) => a - b);
    edges.slice(1).forEach((end, k) => {
      const count = countOf(law, column * 2 ** COLUMN_BITS + edges[k]!);
      found[count] = (found[count] ?? 0) + end - edges[k]!;
    });
  }
  return Array.from(found, (n) => n ?? 0);
}

test("every count has its share of the words, to less than two of them", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4, noNaN: true }), (mean) => {
      const words = wordsOf(poissonLaw(mean));
      expect(words.reduce((a, b) => a + b, 0)).toBe(2 ** 32);
      // Two tails, each rounded to a word; the masses themselves are right to some 1e-15.
      poissonMasses(mean, 40).forEach((p, k) => {
        expect(Math.abs((words[k] ?? 0) - p * 2 ** 32), `P(${k}), mean ${mean}`).toBeLessThan(1.001);
      });
    }),
  );
});
test("the ends, and means that are drawn in several times", () => {
  expect(wordsOf(poissonLaw(0))).toEqual([2 ** 32]);
  expect([0, 4, 4.001, 8, 8.5, 12.1, 16].map((mean) => poissonLaw(mean).times)).toEqual([1, 1, 2, 2, 3, 4, 4]);
  for (const mean of [-1, 16.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => poissonLaw(mean)).toThrow(/mean must be from 0 to 16/);
});
test.each([0.05, 1.28, 2.32, 4, 5, 11, 16])("counts of mean %s have the law of Poisson", (mean) => {
  const law = poissonLaw(mean);
  const n = 2 ** 15;
  const counts: number[] = [];
  for (let step = 0; step < 12; step++) {
    const times = Array.from({ length: law.times }, (_, t) => countsOf({ seed: 5, stream: 1, step }, law, t, 0, n));
    for (let e = 0; e < n; e++) counts.push(times.reduce((sum, x) => sum + x[e]!, 0));
  }
  expect(poissonExcess(counts, mean)).toBeLessThan(0);
});
