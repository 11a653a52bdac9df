import { type Bench, fact, type Result } from "./measure.ts";
import { withPeaks } from "./peakOf.ts";
import { BACKENDS } from "./threads.ts";
import { stillTrainer, trainingResults } from "./training.ts";
import { liquidLong } from "./workloads/liquid.ts";

/** ms on two threads of this kind of machine, and MB above the runtime's own 230, by steps: Yin's sFPTT in PyTorch 1.13. */
const PEERS = {
  784: { ms: 6090, memory: 49 },
  2000: { ms: 15_966, memory: 51 },
} as const;
/** Lengths whose memory is told beside that of the above, to see that it does not grow: nothing of them is run. */
const MEMORY_ONLY = [100, 10_000];

/** Training is hundreds of updates, each like the others: the shorter length tells what differs, the longer that nothing does. */
const timed =
  (steps: number) =>
  (metric: string, threads: number): boolean =>
    steps === 784 ? threads === 2 || metric === "train-step" : threads === 2 && metric === "train-step";

/** Without batch normalisation, one row: more neurons lie within the surrogate's support. */
const plain = (metric: string, threads: number): boolean => threads === 2 && metric === "train-step";

export const bench: Bench = {
  name: "train-fptt",
  about:
    "forward propagation through time, an update every step of 784 and of 2,000: one number a step, 256 neurons with " +
    "liquid time constants and norms of what arrives in each step, as published, batch 128; a training step is all updates " +
    "of a batch; `-plain` is without the norms",
  run: ({ log }) =>
    withPeaks(async (peakOf) => {
      const results: Result[] = [];
      for (const [length, { ms, memory }] of Object.entries(PEERS)) {
        const steps = Number(length);
        const rename = (metric: string): string => `${metric}-${steps}`;
        const peers = { "train-step": ms, "train-step-full": ms };
        const options = { log, peers, repeats: 3, forward: false };
        const normed = liquidLong(steps, { norm: true });
        results.push(...(await trainingResults(normed, { ...options, rename, timed: timed(steps) })));
        results.push({ ...fact(`${rename("peak")}@2`, "MB", await peakOf(length, "fptt")), peer: memory });
        results.push({ ...fact(`${rename("peak-warm")}@2`, "MB", await peakOf(length, "fptt-warm")), peer: memory });
        if (steps > 784) continue;
        const without = { ...options, rename: (metric: string) => rename(`${metric}-plain`), timed: plain };
        results.push(...(await trainingResults(liquidLong(steps), without)));
        results.push(fact("peak-threads@2", "MB", await peakOf(length, "fptt-threads")));
      }
      for (const steps of MEMORY_ONLY) results.push(fact(`memory-${steps}@2`, "MB", (await bytesOf(steps)) / 1e6));
      return results;
    }),
};

async function bytesOf(steps: number): Promise<number> {
  const w = liquidLong(steps, { norm: true });
  using backend = BACKENDS.get(2)!();
  using trainer = await stillTrainer(w, backend, w.surrogates.compact);
  return trainer.bytes;
}
