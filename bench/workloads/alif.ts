/**
 * Networks of Yin's adaptive neurons: T1 with them, and T6, where one number a step comes in.
 *
 * @see Yin, Corradi and Bohté 2021 (Nat. Mach. Intell. 3:905) and its code: time constants N(20, 5) and N(150, 10) steps, which
 *   are trained, input and output weights by Xavier, recurrent ones orthogonal, their biases zero, that of the output
 *   U(±1/√fan-in); membranes start at U(0, 1) and traces at 0.01. Draws below a step, which N(20, 5) may give, are drawn
 *   again. T1 answers with the softmax of the membrane, summed over the steps t > 10.
 */
import { multiGaussian, triangle } from "../../src/ir/surrogate.ts";
import { crossEntropy, softmaxSum } from "../../src/learn/loss.ts";
import { connect } from "../../src/model/connection.ts";
import {
  fanIn,
  glorotUniform,
  type Initializer,
  orthogonal,
  truncatedNormal,
  uniform,
} from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { batchOf, numbers } from "./draw.ts";
import { recurrentBatch } from "./rsnn.ts";
import { BATCH, type Workload } from "./workload.ts";

const HIDDEN = 256;

interface AlifOptions {
  readonly name: string;
  readonly inputs: number;
  readonly signal: "spikes" | "values";
  readonly weight: Initializer;
  readonly bias: Initializer | number;
  readonly classes: number;
  readonly steps: number;
}

/** N(mean, sd) in steps of 1 ms, which here are seconds. */
const steps = (mean: number, sd: number): Initializer => truncatedNormal(mean * 1e-3, sd * 1e-3, { low: 1e-3 });

const alifNetwork = ({ name, inputs, signal, weight, bias, classes, steps: length }: AlifOptions) =>
  network({
    name,
    dt: "1 ms",
    steps: length,
    inputs: { input: inputNode(inputs, { signal }) },
    populations: {
      hidden: population(HIDDEN, alif(), {
        parameters: { tauM: steps(20, 5), tauA: steps(150, 10) },
        initial: { v: uniform(0, 1), b: 0.01 },
        trainable: ["tauM", "tauA"],
      }),
      output: population(classes, leakyIntegrator(), {
        parameters: { tau: steps(20, 5) },
        initial: { v: uniform(0, 1) },
        trainable: ["tau"],
      }),
    },
    connections: [
      connect("input", "hidden", { weight, bias }),
      connect("hidden", "hidden", { weight: orthogonal(), bias: 0, delay: 1 }),
      connect("hidden", "output", { weight: glorotUniform(), bias: fanIn(), port: "i" }),
    ],
    output: "output",
  });

const learning: Pick<Workload, "seed" | "rate" | "surrogates"> = {
  seed: 1,
  rate: 1e-3,
  // A current moves the membrane by 1 - exp(-1/20) of itself in a step, so that most neurons stay within 0.3 of their
  // threshold; with a mass of 1 errors grow without bound over some hundred steps.
  surrogates: { compact: triangle(0.05, 0.3), wide: triangle(0.1, 0.3), full: multiGaussian() },
};

/** T1: 700 inputs that spike with probability 0.02, 100 steps. */
export const rsnnAlif = ({ batch = BATCH } = {}): Workload => ({
  network: alifNetwork({
    name: "rsnn-alif",
    inputs: 700,
    signal: "spikes",
    weight: glorotUniform(),
    bias: 0,
    classes: 20,
    steps: 100,
  }),
  batch: recurrentBatch(batch),
  loss: crossEntropy(softmaxSum(11)),
  ...learning,
});

/** T6: U(0, 1) in each step. */
export const long = (steps: number, { batch = BATCH } = {}): Workload => ({
  network: alifNetwork({
    name: `long-${steps}`,
    inputs: 1,
    signal: "values",
    weight: fanIn(),
    bias: fanIn(),
    classes: 10,
    steps,
  }),
  batch: batchOf(batch, 10, numbers(batch, steps)),
  loss: crossEntropy("mean"),
  differs: "the loss is the cross-entropy of the mean membrane, not of summed softmaxes",
  ...learning,
});
