import { expect, test } from "vitest";
import { balancedOf, confusionOf, wilson } from "../../src/tasks/judge.ts";

test("an interval is Wilson's: 81 of 263, and none or all of 10", () => {
  // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
  const found = wilson(81 / 263, 263);
  expect(found.low).toBeCloseTo(0.2553, 4);
  expect(found.high).toBeCloseTo(0.3662, 4);
  expect(wilson(0, 20).high).toBeCloseTo(0.1611, 4);
  expect(wilson(0, 20).low).toBeCloseTo(0, 12);
  expect(wilson(1, 29).low).toBeCloseTo(1 - 0.117, 3);
});
test("classes count alike, however many samples they have; those without any do not", () => {
  const labels = [0, 0, 0, 0, 1, 1];
  const confusion = confusionOf(labels, [0, 0, 0, 1, 1, 0], 3);
  expect([...confusion]).toEqual([3, 1, 0, 1, 1, 0, 0, 0, 0]);
  expect(balancedOf(confusion)).toBe((3 / 4 + 1 / 2) / 2);
});
