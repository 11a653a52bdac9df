/**
 * T3: Conv5-12, maxima of 2x2, Conv5-64, maxima of 2x2, 10 classes, 50 steps; as snnTorch does it (`Leaky` with β = 0.5
 * behind each maximum and at the end, weights U(±2/√fan-in), cross-entropy of the spikes of the answer). Images of 28x28
 * enter as a current that stays, of which 20 % is not zero; events of two polarities on 34x34 with a probability of 5 %.
 */
import { fastSigmoid, triangle } from "../../src/ir/surrogate.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { connect } from "../../src/model/connection.ts";
import { convolution } from "../../src/model/connectivity.ts";
import { fanIn } from "../../src/model/initializer.ts";
import { type InputOptions, inputNode, network, population } from "../../src/model/network.ts";
import { batchOf, bernoulliEvents, constantValues, images } from "./draw.ts";
import { leaky } from "./snntorch.ts";
import { BATCH, type Workload } from "./workload.ts";

const [CLASSES, STEPS, BETA] = [10, 50, 0.5];
const [FIRST, SECOND] = [12, 64];
/** Pixels that are not zero, events a pixel, polarity and step. */
const [SHARE, RATE] = [0.2, 0.05];

export type Entry = "static" | "events";
const INPUTS: Readonly<Record<Entry, { readonly shape: readonly number[]; readonly options: InputOptions }>> = {
  static: { shape: [28, 28, 1], options: { signal: "values", constant: true } },
  events: { shape: [34, 34, 2], options: {} },
};

const through = () => ({
  connectivity: convolution({ kernel: 5, maxPool: 2 }),
  weight: fanIn(2),
  bias: fanIn(2),
});
/** Side of what is left of a square by a window of 5 and the maxima of pairs. */
const left = (side: number): number => Math.floor((side - 4) / 2);

export function convNetwork(entry: Entry, steps = STEPS) {
  const { shape, options } = INPUTS[entry];
  const one = left(shape[0]!);
  const two = left(one);
  return network({
    name: `conv-${entry}`,
    dt: "1 ms",
    steps,
    inputs: { input: inputNode(shape, options) },
    populations: {
      hidden1: population([one, one, FIRST], leaky(BETA)),
      hidden2: population([two, two, SECOND], leaky(BETA)),
      output: population(CLASSES, leaky(BETA)),
    },
    connections: [
      connect("input", "hidden1", through()),
      connect("hidden1", "hidden2", through()),
      connect("hidden2", "output", { weight: fanIn(2), bias: fanIn(2) }),
    ],
    output: "output",
  });
}

function inputOf(entry: Entry, count: number, steps: number) {
  const inputs = INPUTS[entry].shape.reduce((a, b) => a * b, 1);
  if (entry === "static") return constantValues(count, inputs, images(count, inputs, SHARE));
  return bernoulliEvents(count, steps, inputs, () => RATE);
}

export const conv = (entry: Entry, { batch = BATCH, steps = STEPS } = {}): Workload => ({
  network: convNetwork(entry, steps),
  seed: 1,
  batch: batchOf(batch, CLASSES, inputOf(entry, batch, steps)),
  loss: crossEntropy("count"),
  rate: 1e-2,
  surrogates: { compact: triangle(0.5, 0.3), wide: triangle(1, 0.3), full: fastSigmoid(25) },
});
