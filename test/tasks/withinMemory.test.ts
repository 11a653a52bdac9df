/** A budget of memory keeps the algorithm that a task names while it fits. */
import { expect, test } from "vitest";
import { SMNIST_ROWS } from "../../src/tasks/smnist.ts";
import { withinMemory } from "../../src/tasks/withinMemory.ts";

const { network, training } = SMNIST_ROWS.spiking;

test("a task by FPTT stays one", () => {
  const { algorithm, memory } = withinMemory(network(), training, 2e9);
  expect(algorithm).toEqual(training.algorithm);
  expect(memory!.bytes).toBeLessThan(40e6);
  expect(memory!.reason).toMatch(/^Trained by fptt, as the task is: at most [\d.]+ MB of 2.00 GB\.$/);
});
test("one that names none is by back-propagation, and a budget below all is refused", () => {
  const { algorithm: _own, ...plain } = training;
  expect(withinMemory(network(), plain, 2e9).algorithm!.kind).toBe("bptt");
  expect(() => withinMemory(network(), training, 1e5)).toThrow(
    /no algorithm trains smnist-rows-spiking within 100 kB|0\.10/,
  );
});
