/**
 * T2: 784-1000-10, 25 steps, pixels U(0, 1) of which 20 % are not zero; as snnTorch does it (two `Leaky` layers with
 * β = 0.95, weights U(±1/√fan-in), the loss is the sum over the steps of the cross-entropy of the membrane). An image enters as a current that stays, or as spikes whose probability is the pixel.
 */
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { crossEntropyEachStep } from "../../src/learn/loss.ts";
import { connect } from "../../src/model/connection.ts";
import { fanIn } from "../../src/model/initializer.ts";
import { type InputOptions, inputNode, network, population } from "../../src/model/network.ts";
import { batchOf, bernoulliEvents, constantValues, images } from "./draw.ts";
import { leaky, leakyMembrane } from "./snntorch.ts";
import { BATCH, type Workload } from "./workload.ts";

const [PIXELS, HIDDEN, CLASSES, STEPS] = [784, 1000, 10, 25];
const SHARE = 0.2;
const BETA = 0.95;

export type Entry = "static" | "poisson";
const INPUT: Readonly<Record<Entry, InputOptions>> = {
  static: { signal: "values", constant: true },
  poisson: { signal: "spikes" },
};

const mlpNetwork = (entry: Entry) =>
  network({
    name: `mlp-${entry}`,
    dt: "1 ms",
    steps: STEPS,
    inputs: { input: inputNode(PIXELS, INPUT[entry]) },
    populations: { hidden: population(HIDDEN, leaky(BETA)), output: population(CLASSES, leakyMembrane(BETA)) },
    connections: [
      connect("input", "hidden", { weight: fanIn(), bias: fanIn() }),
      connect("hidden", "output", { weight: fanIn(), bias: fanIn() }),
    ],
    output: "output",
  });

function inputOf(entry: Entry, count: number) {
  const pixels = images(count, PIXELS, SHARE);
  if (entry === "static") return constantValues(count, PIXELS, pixels);
  return bernoulliEvents(count, STEPS, PIXELS, (s, i) => pixels[s * PIXELS + i]!);
}

export const mlp = (entry: Entry, { batch = BATCH } = {}): Workload => ({
  network: mlpNetwork(entry),
  seed: 1,
  batch: batchOf(batch, CLASSES, inputOf(entry, batch)),
  loss: crossEntropyEachStep("sum"),
  rate: 5e-4,
  surrogates: { compact: triangle(0.5), wide: triangle(1), full: arctan(2) },
});
