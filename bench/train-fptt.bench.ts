import { type Bench, fact, type Result } from "./measure.ts";
import { peakOf } from "./peakOf.ts";
import { trainingResults } from "./training.ts";
import { liquidLong } from "./workloads/liquid.ts";

/** ms on two threads of this kind of machine, and MB above the runtime's own 230, by steps: Yin's sFPTT in PyTorch 1.13. */
const PEERS = {
  784: { ms: 6090, memory: 49 },
  2000: { ms: 15_966, memory: 51 },
} as const;

export const bench: Bench = {
  name: "train-fptt",
  about:
    "forward propagation through time, an update every step of 784 and of 2,000: one number a step, 256 neurons with " +
    "liquid time constants, batch 128; a training step is all updates of a batch",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const [steps, { ms, memory }] of Object.entries(PEERS)) {
      const rename = (metric: string): string => `${metric}-${steps}`;
      const peers = { "train-step": ms, "train-step-full": ms };
      const options = { log, peers, rename, repeats: 5, forward: false };
      results.push(...(await trainingResults(liquidLong(Number(steps)), options)));
      results.push({ ...fact(`${rename("peak")}@1`, "MB", await peakOf(steps, "fptt")), peer: memory });
      results.push({ ...fact(`${rename("peak-warm")}@1`, "MB", await peakOf(steps, "fptt-warm")), peer: memory });
    }
    return results;
  },
};
