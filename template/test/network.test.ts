/** `npm test`: Node's own test runner. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createNetworkTrainer, samples } from "../src/network.ts";

test("both groups fire equally often in both classes, so only the order tells", () => {
  const { labels, input } = samples(1000, 7);
  const steps = (input.ends.length - 1) / labels.length;
  const counts = [0, 0];
  for (const [s, label] of labels.entries())
    for (let k = input.ends[s * steps]!; k < input.ends[(s + 1) * steps]!; k++)
      counts[label === Math.floor(input.list[k]! / 10) ? 0 : 1]!++;
  const [first, second] = counts as [number, number];
  // A difference of two Poisson counts: five standard deviations.
  assert.ok(Math.abs(first - second) < 5 * Math.sqrt(first + second), `${first} and ${second}`);
});

test("the network learns it", async () => {
  const trainer = await createNetworkTrainer(1);
  let correct = 0;
  for (let update = 1; update <= 200; update++) {
    const result = trainer.step(samples(64, update));
    if (update > 180) correct += result.correct;
  }
  trainer.dispose();
  assert.ok(correct / (20 * 64) > 0.9, `${correct} of ${20 * 64} are right`);
});
