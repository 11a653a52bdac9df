/** The task on the real recordings, shortened: it learns, and the discriminant that it stands beside is what it is known to be. */
import { expect, test } from "vitest";
import { train } from "../../src/tasks/train.ts";
import { dataFolder, hasData, NEEDS } from "../data/shared.ts";

test("one epoch on two sessions tells the gestures of the third", { timeout: 120_000 }, async ({ skip }) => {
  skip(!hasData("emg-myo"), NEEDS);
  const options = { task: "emg-gestures", data: dataFolder, seed: 1, threads: 1, epochs: 1 };
  const { document } = await train(options, () => {});
  const { balancedAccuracy, published, steps } = document as unknown as {
    balancedAccuracy: number;
    published: { accuracy: number }[];
    steps: number;
  };
  expect(steps).toBe(8);
  expect(document).not.toHaveProperty("interval"); // windows overlap
  expect(published[0]!.accuracy).toBeCloseTo(0.91, 2); // found by a program of its own before the task was written
  expect(balancedAccuracy).toBeGreaterThan(0.8); // by chance 1/8
});
