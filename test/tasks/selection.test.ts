/** Oracle: given accuracies, whose maximum is plain to see. */
import { expect, test } from "vitest";
import type { Evaluator } from "../../src/learn/evaluator.ts";
import type { Trainer } from "../../src/learn/trainer.ts";
import { type Best, Selection } from "../../src/tasks/selection.ts";

/** A training whose weight is the number of the epoch, judged as told. */
function run(accuracies: readonly number[], every: number, from?: { epoch: number; best: Best | undefined }) {
  let [weight, judged] = [-1, -1];
  const trainer = { deployed: () => ({ w: Float32Array.of(weight) }) } as unknown as Trainer;
  const evaluator = {
    setParameters: (p: { w: Float32Array }) => {
      judged = p.w[0]!;
    },
  } as unknown as Evaluator;
  const look = () => ({ accuracy: accuracies[judged]!, loss: 1 - accuracies[judged]! });
  const looking = { evaluator, look, heldOut: 9, every, last: accuracies.length - 1 };
  const selection = new Selection(looking, from?.best);
  for (weight = from?.epoch ?? 0; weight < accuracies.length; weight++) selection.after(weight, trainer);
  return selection.best!;
}
const ACCURACIES = [0.5, 0.7, 0.6, 0.7, 0.65];

test("the best epoch is kept with its weights; of equal ones the earlier", () => {
  const best = run(ACCURACIES, 1);
  expect(best).toMatchObject({ epoch: 1, accuracy: 0.7, heldOut: 9, parameters: { w: Float32Array.of(1) } });
});
test("every look is told, those before a training went on among them", () => {
  const before = run(ACCURACIES.slice(0, 2), 1);
  const { looks } = run(ACCURACIES, 1, { epoch: 2, best: before });
  expect(looks.map((l) => [l.epoch, l.accuracy])).toEqual(ACCURACIES.map((a, k) => [k, a]));
});
test("every second epoch and the last are looked at", () => {
  expect(run([0.9, 0.1, 0.9, 0.2, 0.15], 2).epoch).toBe(3);
  expect(run([0.9, 0.1, 0.9, 0.2, 0.3], 2).epoch).toBe(4);
});
test("a training that goes on knows the best so far, and how long all looks took", () => {
  const before = run(ACCURACIES.slice(0, 2), 1);
  const best = run(ACCURACIES, 1, { epoch: 2, best: { ...before, seconds: 100 } });
  expect(best.epoch).toBe(1);
  expect(best.seconds).toBeGreaterThan(100);
});
