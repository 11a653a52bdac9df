import { expect, test } from "vitest";
import { balancedOf, confusionOf } from "../../src/tasks/judge.ts";

test("classes count alike, however many samples they have; those without any do not", () => {
  const labels = [0, 0, 0, 0, 1, 1];
  const confusion = confusionOf(labels, [0, 0, 0, 1, 1, 0], 3);
  expect([...confusion]).toEqual([3, 1, 0, 1, 1, 0, 0, 0, 0]);
  expect(balancedOf(confusion)).toBe((3 / 4 + 1 / 2) / 2);
});
