import { type Bench, summary } from "./measure.ts";
import { BACKENDS } from "./threads.ts";
import { trainingResults } from "./training.ts";
import { learned } from "./workloads/digitRows.ts";
import { rsnn } from "./workloads/rsnn.ts";

/**
 * ms on two threads of this kind of machine, batch 128: Norse 065a3b4 (LIFRecurrent, PyTorch 2.13) trains in 82, snnTorch
 * 634fc22 (RLeaky, PyTorch 1.13) in 89; Norse goes forward in 34.
 */
const PEERS = { "train-step": 82, "train-step-wide": 82, "train-step-full": 82, forward: 34 };

/** Of weights and order, for the accuracy that a surrogate reaches. */
const SEEDS = [1, 2, 3];

export const bench: Bench = {
  name: "train-rsnn",
  about: "training step and forward pass of a recurrent network on events: 700-256-20, 100 steps, batch 128",
  run: async ({ log }) => {
    const workload = rsnn();
    const results = [...(await trainingResults(workload, { log, peers: PEERS }))];
    using backend = BACKENDS.get(2)!();
    for (const [name, surrogate] of Object.entries(workload.surrogates)) {
      const accuracies: number[] = [];
      for (const seed of SEEDS) accuracies.push(100 * (await learned(backend, surrogate, seed)));
      results.push({ metric: `accuracy-${name}`, unit: "%", ...summary(accuracies) });
    }
    return results;
  },
};
