import { expect, test } from "vitest";
import { randomStream } from "../../src/base/random.ts";
import { LOOK_BITS } from "../../src/ir/lookUp.ts";
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
import { lookTable } from "../../src/model/quantile.ts";

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
  for (const unit of [10, 1, 0.1, 0.01]) {
    const of = (word: number): number => Math.round(law(word) / unit) + 0;
    const { cells, bounds, values } = lookTable(of, (n) => n)!;
    const some = Math.ceil(bounds.length / 500);
    const { bits } = randomStream(1, 2);
    const edges = [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];
    const words = [...edges, ...bounds.filter((_, k) => k % some === 0), ...Array.from({ length: 500 }, bits)];
    for (const word of words.flatMap((w) => [w, Math.max(0, w - 1)])) {
      const cell = Math.floor(word / 2 ** (32 - LOOK_BITS));
      const at = bounds.findLastIndex((b) => b <= word);
      expect(values[at]).toBe(of(word));
      expect(at).toBeGreaterThanOrEqual(cells[cell]!);
      expect(at).toBeLessThanOrEqual(cells[cell + 1]!);
    }
  }
});
test("there is no table of very many numbers", () => {
  expect(lookTable((word) => word, Number)).toBeUndefined();
  expect(lookTable((word) => Math.floor(word / 2 ** 16), Number)!.values.length).toBe(2 ** 16);
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
