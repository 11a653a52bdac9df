import type { Bench, Result } from "./measure.ts";
import { trainingResults } from "./training.ts";
import { conv, type Entry } from "./workloads/conv.ts";

/**
 * ms on two threads of this kind of machine: snnTorch 634fc22 on PyTorch 1.13 (static), Norse 065a3b4 on PyTorch 2.13
 * (events); the best forward pass of all.
 */
const PEERS: Readonly<Record<Entry, Readonly<Record<string, number>>>> = {
  static: { "train-step": 602, "train-step-wide": 602, "train-step-full": 602, forward: 292 },
  events: { "train-step": 960, "train-step-wide": 960, "train-step-full": 960, forward: 478 },
};

/** The training step with the compact surrogate has the plain name of the entry. */
const named =
  (entry: Entry) =>
  (metric: string): string =>
    metric === "train-step" ? entry : `${entry}-${metric.replace("train-step-", "")}`;

export const bench: Bench = {
  name: "train-conv",
  about:
    "training step and forward pass of a convolutional network: Conv5-12, MP2, Conv5-64, MP2, FC10, 50 steps, batch 128",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const entry of ["static", "events"] as const)
      results.push(
        ...(await trainingResults(conv(entry), { log, peers: PEERS[entry], rename: named(entry), repeats: 9 })),
      );
    return results;
  },
};
