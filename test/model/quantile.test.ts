import { expect, test } from "vitest";
import { randomStream } from "../../src/base/random.ts";
import { boundsOf } from "../../src/model/bounds.ts";
import {
  clippedNormal,
  exponential,
  fanIn,
  glorotUniform,
  type Initializer,
  initialise,
  lawOf,
  logNormal,
  normal,
  truncatedNormal,
  uniform,
} from "../../src/model/initializer.ts";
import { lookupOf } from "../../src/model/quantile.ts";

const LAWS: readonly Initializer[] = [
  uniform(-3, 5),
  uniform(5, -3),
  normal(1, 0.3),
  normal(1, -0.3),
  clippedNormal(0, 2, { low: -1, high: 1.5 }),
  logNormal(0, 1),
  exponential(2),
  exponential(-2),
];
test.each(LAWS)("looked up, %o gives the same whole numbers", (from) => {
  const law = lawOf(from, "x")!;
  for (const unit of [10, 1, 0.1, 0.001]) {
    const of = (word: number): number => Math.round(law(word) / unit);
    const lookup = lookupOf(of);
    const { bits } = randomStream(1, 2);
    const edges = [0, 1, 2 ** 21 - 1, 2 ** 21, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
    const words = Uint32Array.from([...edges, ...Array.from({ length: 3000 }, bits)]);
    const out = new Int32Array(words.length);
    lookup.into(out, words);
    expect(out).toEqual(Int32Array.from(words, of));
  }
});
test.each([...LAWS, truncatedNormal(0, 1, { low: 0.5, high: 0.9 }), fanIn(2)])("%o stays within its bounds", (from) => {
  const { low, high } = boundsOf(from, 9, "x");
  const drawn = initialise(from, 2000, { name: "x", seed: 1, fanIn: 9 });
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(low);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(high);
  expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(0.2 * (Math.min(high, 20) - Math.max(low, -20)));
});
test("given numbers bound themselves; a matrix has no law", () => {
  expect(boundsOf({ kind: "values", values: [3, -1, 2] }, 1, "x")).toEqual({ low: -1, high: 3 });
  expect(boundsOf({ kind: "values", values: [] }, 1, "x")).toEqual({ low: 0, high: 0 });
  expect(() => boundsOf(glorotUniform(), 1, "c.weight")).toThrow("c.weight: glorotUniform starts the weights of dense");
});
