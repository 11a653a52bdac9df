import { type Bench, fact, type Result } from "./measure.ts";
import { withPeaks } from "./peakOf.ts";
import { trainingResults } from "./training.ts";
import { long } from "./workloads/alif.ts";

/** ms on two threads of this kind of machine, and MB above the runtime's own 230, by steps: Yin's ALIF in PyTorch 1.13. */
const PEERS = {
  784: { ms: 858, memory: 1570 },
  2000: { ms: 2815, memory: 4070 },
} as const;

export const bench: Bench = {
  name: "train-long",
  about:
    "training step over 784 and 2,000 steps, with and without checkpoints in time: one number a step, 256 recurrent " +
    "adaptive neurons, batch 128",
  run: ({ log }) =>
    withPeaks(async (peakOf) => {
      const results: Result[] = [];
      for (const [steps, { ms, memory }] of Object.entries(PEERS)) {
        const rename = (metric: string): string => `${metric}-${steps}`;
        const peers = { "train-step": ms, "train-step-wide": ms, "train-step-full": ms, "train-step-checkpoint": ms };
        const options = { log, peers, rename, repeats: 5, forward: false, checkpoint: true };
        results.push(...(await trainingResults(long(Number(steps)), options)));
        results.push({ ...fact(`${rename("peak")}@1`, "MB", await peakOf(steps)), peer: memory });
        results.push({ ...fact(`${rename("peak-checkpoint")}@1`, "MB", await peakOf(steps, "auto")), peer: memory });
      }
      return results;
    }),
};
