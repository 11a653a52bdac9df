/** Gradients of a trainer's loss by central differences: (L(w + h) - L(w - h)) / 2h for every parameter that trains. */
import type { Batch } from "../../src/learn/feed.ts";
import type { Trainer } from "../../src/learn/trainer.ts";

export function finiteDifferences(trainer: Trainer, batch: Batch, h = 1e-5): Record<string, Float64Array> {
  const start = trainer.parameters();
  const { blocks } = trainer.lowered.parameters;
  const loss = (name: string, k: number, by: number): number => {
    const block = Float64Array.from(start[name]!, (x, at) => (at === k ? x + by : x));
    trainer.setParameters({ ...start, [name]: block });
    const { loss, penalty } = trainer.gradients(batch);
    return loss + penalty;
  };
  const trained = [...blocks.values()].filter((b) => b.trainable);
  const out = Object.fromEntries(
    trained.map(({ name }) => [
      name,
      Float64Array.from(start[name]!, (_, k) => (loss(name, k, h) - loss(name, k, -h)) / (2 * h)),
    ]),
  );
  trainer.setParameters(start);
  return out;
}
