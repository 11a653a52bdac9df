import { expect, test } from "vitest";
import { binomialOf } from "../../src/base/binomial.ts";
import { randomStream } from "../../src/base/random.ts";

/** Probabilities by the recurrence from 0, for n small enough. */
function probabilities(n: number, p: number): number[] {
  const out = [(1 - p) ** n];
  for (let k = 0; k < n; k++) out.push((out[k]! * (n - k) * p) / ((k + 1) * (1 - p)));
  return out;
}

test.each([
  [1, 0.5],
  [10, 0.3],
  [40, 0.02],
  [60, 0.9],
])("%i chances of %f: each count takes up its probability of the uniform numbers", (n, p) => {
  const cells = 20_000;
  const counts = new Float64Array(n + 1);
  for (let k = 0; k < cells; k++) counts[binomialOf((k + 0.5) / cells, n, p)]! += 1 / cells;
  // Each count is one interval of u, and an interval is off by a cell at most.
  probabilities(n, p).forEach((want, k) => expect(Math.abs(counts[k]! - want)).toBeLessThan(1.01 / cells));
});

test.each([
  [45_000_000, 1 / 20_683],
  [2_000_000_000, 1 / 3],
  [5000, 0.999],
])("%i chances of %f: mean and variance", (n, p) => {
  const { uniform } = randomStream(3, 4);
  const draws = Array.from({ length: 4000 }, () => binomialOf(uniform(), n, p) - n * p);
  const variance = n * p * (1 - p);
  const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
  const square = draws.reduce((a, b) => a + b * b, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / draws.length));
  expect(Math.abs(square / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / draws.length));
});

test("certain and impossible", () => {
  expect([binomialOf(0.5, 0, 0.5), binomialOf(0.5, 9, 0), binomialOf(0.5, 9, 1)]).toEqual([0, 0, 9]);
  expect(binomialOf(1, 10, 0.5)).toBeLessThanOrEqual(10);
});
