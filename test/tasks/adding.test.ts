/** The adding problem: its samples, and that a short one is learned by forward propagation through time. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { addingBatch, addingNetwork, GUESSING, runAdding } from "../../src/tasks/adding.ts";

test("a sample marks one number in each half, and its target is their sum; 1 is off by 1/6", () => {
  const [count, steps] = [500, 40];
  const { input, targets } = addingBatch(count, steps, 1, 3);
  if (input.kind !== "sparse") throw new Error("values");
  let error = 0;
  for (let s = 0; s < count; s++) {
    const marked: number[] = [];
    let sum = 0;
    for (let t = 0; t < steps; t++) {
      const row = s * steps + t;
      const entries = input.ends[row + 1]! - input.ends[row]!;
      const x = input.values[input.ends[row]!]!;
      expect(x >= 0 && x < 1).toBe(true);
      if (entries === 2) {
        marked.push(t);
        sum += x;
      }
    }
    expect(marked.length).toBe(2);
    expect([marked[0]! < steps / 2, marked[1]! >= steps / 2]).toEqual([true, true]);
    expect(targets![s]).toBeCloseTo(sum, 12);
    error += (targets![s]! - 1) ** 2 / count;
  }
  expect(error).toBeCloseTo(GUESSING, 1);
  expect(addingBatch(2, 9, 1, 3)).toEqual(addingBatch(2, 9, 1, 3));
  expect(addingBatch(2, 9, 1, 3)).not.toEqual(addingBatch(2, 9, 1, 4));
});

test("networks of both kinds answer with one number", () => {
  for (const neurons of ["liquid", "alif"] as const) {
    const net = addingNetwork(neurons, 50);
    expect([net.steps, net.populations.hidden!.model.name, net.populations.output!.size]).toEqual([50, neurons, 1]);
  }
});

test("50 steps, liquid neurons, forward propagation through time: well below guessing", async () => {
  const looks = await runAdding({
    neurons: "liquid",
    learner: "fptt",
    steps: 50,
    batches: 100,
    seed: 1,
    backend: wasm,
    every: 20,
  });
  expect(looks.map((l) => l.batches)).toEqual([20, 40, 60, 80, 100]);
  expect(Math.min(...looks.map((l) => l.error))).toBeLessThan(0.6 * GUESSING);
}, 120_000);

test("adaptive neurons by back-propagation run too", async () => {
  const options = {
    neurons: "alif",
    learner: "bptt",
    steps: 12,
    batches: 3,
    seed: 1,
    backend: wasm,
    batch: 8,
  } as const;
  const looks = await runAdding(options);
  expect(looks).toHaveLength(1);
  expect(Number.isFinite(looks[0]!.error)).toBe(true);
});
