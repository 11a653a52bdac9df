import type { Bench, Result } from "./measure.ts";
import { trainingResults } from "./training.ts";
import { type Entry, mlp } from "./workloads/mlp.ts";

/** ms on two threads of this kind of machine: snnTorch 634fc22 on PyTorch 2.13 (static) and 1.13 (Poisson); the best forward pass of all. */
const PEERS: Readonly<Record<Entry, Readonly<Record<string, number>>>> = {
  static: { "train-step": 46, "train-step-wide": 46, "train-step-full": 46, forward: 19 },
  poisson: { "train-step": 47, "train-step-wide": 47, "train-step-full": 47, forward: 19 },
};

export const bench: Bench = {
  name: "train-mlp",
  about: "training step and forward pass on images, as a current and as spikes: 784-1000-10, 25 steps, batch 128",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const entry of ["static", "poisson"] as const) {
      const rename = (metric: string): string => `${metric}-${entry}`;
      results.push(...(await trainingResults(mlp(entry), { log, peers: PEERS[entry], rename })));
    }
    return results;
  },
};
