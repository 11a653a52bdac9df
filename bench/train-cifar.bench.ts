import type { Bench } from "./measure.ts";
import { trainingResults } from "./training.ts";
import { cifar } from "./workloads/cifar.ts";

/** ms on two threads of this kind of machine: Norse 065a3b4 on PyTorch 2.13, the forward pass of snnTorch 634fc22. */
const PEERS = { compact: 963, full: 963, forward: 464 };
const NAMES: Readonly<Record<string, string>> = { "train-step": "compact", "train-step-full": "full" };

export const bench: Bench = {
  name: "train-cifar",
  about:
    "training step and forward pass of convolutions with batch norm: 128-128-MP-256-256-MP-10 on 3x32x32, 4 steps, batch 32",
  run: ({ log }) => {
    const peers = { "train-step": PEERS.compact, "train-step-full": PEERS.full, forward: PEERS.forward };
    return trainingResults(cifar(), { log, peers, rename: (metric) => NAMES[metric] ?? metric, repeats: 7 });
  },
};
