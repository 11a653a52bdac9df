/** Inputs of the benches, drawn by our own generator: the same on every machine. */
import { randomStream, streamOf } from "../../src/base/random.ts";
import type { Batch, EventInput, SparseValueInput } from "../../src/learn/feed.ts";

const SEED = 1;
const random = (name: string) => randomStream(SEED, streamOf(`bench.${name}`));

/** Classes 0 to `classes` - 1 in turn, which is as good as drawn: the inputs know nothing of them. */
export const labels = (count: number, classes: number): Uint32Array =>
  Uint32Array.from({ length: count }, (_, s) => s % classes);

/** @param probability of a spike, by sample and input */
export function bernoulliEvents(
  count: number,
  steps: number,
  inputs: number,
  probability: (sample: number, input: number) => number,
): EventInput {
  const { uniform } = randomNumbers("events");
  const list: number[] = [];
  const ends = new Uint32Array(count * steps + 1);
  for (let row = 0; row < count * steps; row++) {
    const sample = Math.floor(row / steps);
    for (let i = 0; i < inputs; i++) if (uniform() < probability(sample, i)) list.push(i);
    ends[row + 1] = list.length;
  }
  return { kind: "events", list: Uint32Array.from(list), ends };
}

/** Pixels U(0, 1), of which so many are not zero. Shape [count][pixels]. */
export function images(count: number, pixels: number, share: number): Float32Array {
  const { uniform } = randomNumbers("images");
  return Float32Array.from({ length: count * pixels }, () => (uniform() < share ? uniform() : 0));
}

/** Images as values that stay: those that are not zero. */
export function constantValues(count: number, pixels: number, values: Float32Array): SparseValueInput {
  const active = [...values.keys()].filter((k) => values[k] !== 0);
  const ends = new Uint32Array(count + 1);
  for (const k of active) ends[Math.floor(k / pixels) + 1]!++;
  for (let s = 0; s < count; s++) ends[s + 1]! += ends[s]!;
  return {
    kind: "sparse",
    list: Uint32Array.from(active, (k) => k % pixels),
    values: Float32Array.from(active, (k) => values[k]!),
    ends,
  };
}

/** One number U(0, 1) for each sample and step. */
export function numbers(count: number, steps: number): SparseValueInput {
  const { uniform } = randomNumbers("numbers");
  const rows = count * steps;
  return {
    kind: "sparse",
    list: new Uint32Array(rows),
    values: Float32Array.from({ length: rows }, uniform),
    ends: Uint32Array.from({ length: rows + 1 }, (_, k) => k),
  };
}

function randomNumbers(name: string): { uniform: () => number } {
  const stream = random(name);
  return { uniform: () => stream.uniform() };
}

export const batchOf = (count: number, classes: number, input: Batch["input"]): Batch => ({
  count,
  input,
  labels: labels(count, classes),
});
