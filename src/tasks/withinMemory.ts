/** A training within a budget of memory. */
import { bptt } from "../learn/algorithm.ts";
import { fitToMemory, sizeInWords, trainingMemory } from "../learn/trainingMemory.ts";
import type { Network } from "../model/network.ts";
import { optimiserOf } from "./session.ts";
import type { Training } from "./task.ts";

/**
 * The same training by the algorithm that the task names, if that fits, else by the best that does.
 * @throws {ModelError} `out-of-range` if none does
 */
export function withinMemory(net: Network, training: Training, budget: number): Training {
  const { batch, loss, surrogate, groups, regularisers, chunk: asked, algorithm: own } = training;
  const given = {
    algorithm: bptt(surrogate),
    loss,
    optimiser: optimiserOf(training, 1), // what it keeps counts, whatever its rates
    batch,
    ...(groups && { groups }),
    ...(regularisers && { regularisers }),
    ...(asked && { chunk: asked }),
  };
  const bytes = own && trainingMemory(net, { ...given, algorithm: own }).bytes;
  if (bytes !== undefined && bytes <= budget) {
    const reason = `Trained by ${own!.kind}, as the task is: at most ${sizeInWords(bytes)} of ${sizeInWords(budget)}.`;
    return { ...training, memory: { bytes, budget, reason } };
  }
  const { algorithm, chunk = asked, bytes: needed, reason } = fitToMemory(net, given, budget);
  return { ...training, algorithm, ...(chunk && { chunk }), memory: { bytes: needed, budget, reason } };
}
