import type { Bench, Result } from "./measure.ts";
import { trainingResults } from "./training.ts";
import { long } from "./workloads/alif.ts";

/** ms on two threads of this kind of machine, by steps: Yin's ALIF in PyTorch 1.13, 1.8 and 4.3 GB. */
const PEERS: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  784: { "train-step": 858, "train-step-full": 858 },
  2000: { "train-step": 2815, "train-step-full": 2815 },
};

export const bench: Bench = {
  name: "train-long",
  about: "training step over 784 and 2,000 steps: one number a step, 256 recurrent adaptive neurons, batch 128",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const [steps, peers] of Object.entries(PEERS)) {
      const rename = (metric: string): string => `${metric}-${steps}`;
      results.push(...(await trainingResults(long(Number(steps)), { log, peers, rename, repeats: 5, forward: false })));
    }
    return results;
  },
};
