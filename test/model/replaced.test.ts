/** Rows that are drawn in bulk are those that are drawn one by one. */
import { expect, test } from "vitest";
import { plainWords } from "../../src/base/words.ts";
import { rowsOf } from "../../src/model/connectivity/rows.ts";
import { type Connectivity, inDegree, outDegree, probability, totalNumber } from "../../src/model/connectivity.ts";

test.each<[string, Connectivity, number, boolean]>([
  ["a total", totalNumber(5000), 40, false],
  ["a total, and no autapses", totalNumber(5000, { autapses: false }), 40, true],
  ["long rows", outDegree(5000), 3, false],
  ["rows that are too long for all runs", outDegree(70_000), 2, true],
  ["rows of every length", totalNumber(90), 300, true],
  ["one target", outDegree(30), 1, false],
  ["what is not drawn so", inDegree(7), 40, false],
  ["nor this", probability(0.3), 40, true],
])("%s", (_name, connectivity, n, recurrent) => {
  const size = { sources: n, targets: n, recurrent };
  const { fill, count, start } = rowsOf(connectivity, size, { name: "c", seed: 8 });
  const [plain, bulk] = [new Uint32Array(count), new Uint32Array(count)];
  fill(plain);
  fill(bulk, 0, n, 0, plainWords());
  expect(bulk).toEqual(plain);
  const from = Math.floor(n / 3);
  const some = new Uint32Array(start[n]! - start[from]!);
  fill(some, from, n, start[from]!, plainWords());
  expect(some).toEqual(plain.subarray(start[from]!));
});

test("words that are drawn again: three in four, where numbers reach just above half of 2^21", () => {
  const size = { sources: 50, targets: 2 ** 20 + 1 };
  const { fill, count } = rowsOf(outDegree(900), size, { name: "c", seed: 8 });
  const [plain, bulk] = [new Uint32Array(count), new Uint32Array(count)];
  fill(plain);
  fill(bulk, 0, 50, 0, plainWords());
  expect(bulk).toEqual(plain);
});

test("shares of a total are multinomial: chi-square of the rows", () => {
  const [sources, total] = [400, 40_000];
  const { start } = rowsOf(totalNumber(total), { sources, targets: 10 }, { name: "c", seed: 2 });
  const mean = total / sources;
  let chi = 0;
  for (let k = 0; k < sources; k++) chi += (start[k + 1]! - start[k]! - mean) ** 2 / mean;
  expect(start[sources]).toBe(total);
  // Mean sources - 1, variance twice that.
  expect(Math.abs(chi - (sources - 1))).toBeLessThan(5 * Math.sqrt(2 * (sources - 1)));
});
