/** Oracle: the normal approximation of a coin, worked out by hand. */
import { expect, test } from "vitest";
import { accuracyVerdict } from "../../src/tasks/verdict.ts";

/** `onlyFirst` samples that the first network alone answers rightly, `onlySecond` the second, and 100 that both do. */
function judged(onlyFirst: number, onlySecond: number) {
  const n = 100 + onlyFirst + onlySecond;
  const labels = new Uint8Array(n);
  const side = (wrong: (k: number) => boolean) => {
    const predictions = Int32Array.from({ length: n }, (_, k) => Number(wrong(k)));
    const accuracy = predictions.filter((p) => p === 0).length / n;
    return { result: { predictions, accuracy } } as Parameters<typeof accuracyVerdict>[0];
  };
  const first = side((k) => k >= 100 + onlyFirst);
  const second = side((k) => k >= 100 && k < 100 + onlyFirst);
  return accuracyVerdict(first, second, labels);
}

test.each([
  [0, 0, "undecided"],
  [20, 10, "undecided"], // 10 apart, twice the root of 30 is 10.95
  [21, 10, "undecided"], // 11 apart, 11.1
  [22, 10, "spiking"], // 12 apart, 11.3
  [10, 22, "twin"],
  [4, 0, "undecided"], // 4 apart, 4
  [5, 0, "spiking"],
])("accuracy by the samples that one alone answers: %i against %i: %s", (first, second, winner) => {
  const verdict = judged(first, second);
  expect(verdict.winner).toBe(winner);
  expect(verdict.text).toContain(`of ${100 + first + second} test samples`);
});
