import type { Bench } from "./measure.ts";
import { trainingResults } from "./training.ts";
import { rsnn } from "./workloads/rsnn.ts";

/**
 * ms on two threads of this kind of machine, batch 128: Norse 065a3b4 (LIFRecurrent, PyTorch 2.13) trains in 82, snnTorch
 * 634fc22 (RLeaky, PyTorch 1.13) in 89; Norse goes forward in 34.
 */
const PEERS = { "train-step": 82, "train-step-full": 82, forward: 34 };

export const bench: Bench = {
  name: "train-rsnn",
  about: "training step and forward pass of a recurrent network on events: 700-256-20, 100 steps, batch 128",
  run: ({ log }) => trainingResults(rsnn(), { log, peers: PEERS }),
};
