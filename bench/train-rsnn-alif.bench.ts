import type { Bench } from "./measure.ts";
import { trainingResults } from "./training.ts";
import { rsnnAlif } from "./workloads/alif.ts";

/** ms on two threads of this kind of machine: Yin's Efficient-spiking-networks bfd47cf, 122 (PyTorch 1.13), forward 33 (2.13). */
const PEERS = { "train-step": 122, "train-step-wide": 122, "train-step-full": 122, forward: 33 };

export const bench: Bench = {
  name: "train-rsnn-alif",
  about: "training step and forward pass of Yin's adaptive neurons: 700-256-20, 100 steps, batch 128",
  run: ({ log }) => trainingResults(rsnnAlif(), { log, peers: PEERS }),
};
