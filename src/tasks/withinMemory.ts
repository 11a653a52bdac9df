/** A training within a budget of memory. */
import { bptt } from "../learn/algorithm.ts";
import { adam } from "../learn/optimiser.ts";
import { fitToMemory } from "../learn/trainingMemory.ts";
import type { Network } from "../model/network.ts";
import type { Training } from "./task.ts";

/**
 * The same training by the best algorithm that fits. Adam's moments count, whatever its rates.
 * @throws {ModelError} `out-of-range` if none does
 */
export function withinMemory(net: Network, training: Training, budget: number): Training {
  const { batch, loss, surrogate, groups, regularisers, chunk: asked, rate, clip, decay } = training;
  const optimiser = adam(rate, { ...(clip !== undefined && { clip }), ...(decay !== undefined && { decay }) });
  const given = {
    algorithm: bptt(surrogate),
    loss,
    optimiser,
    batch,
    ...(groups && { groups }),
    ...(regularisers && { regularisers }),
    ...(asked && { chunk: asked }),
  };
  const { algorithm, chunk = asked, bytes, reason } = fitToMemory(net, given, budget);
  return { ...training, algorithm, ...(chunk && { chunk }), memory: { bytes, budget, reason } };
}
