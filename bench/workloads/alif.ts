/**
 * Networks of Yin's adaptive neurons: T1 with them, and T6, where one number a step comes in.
 *
 * @see Yin, Corradi and Bohté 2021 (Nat. Mach. Intell. 3:905) and its code: time constants N(20, 5) and N(150, 10) steps,
 *   input and output weights by Xavier, recurrent ones orthogonal, their biases zero, that of the output U(±1/√fan-in);
 *   membranes start at U(0, 1) and traces at 0.01; T1 answers with the softmax of the membrane, summed over the steps t > 10
 */
import { multiGaussian, triangle } from "../../src/ir/surrogate.ts";
import { crossEntropy, softmaxSum } from "../../src/learn/loss.ts";
import { connect } from "../../src/model/connection.ts";
import { fanIn, type Initializer, normal, uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { neuron } from "../../src/model/neuron.ts";
import { batchOf, numbers, orthogonal } from "./draw.ts";
import { recurrentBatch } from "./rsnn.ts";
import { BATCH, type Workload } from "./workload.ts";

const HIDDEN = 256;

/** The spike of the step before enters the trace `b` first; test and reset use the new trace. */
const adaptive = neuron({
  name: "alif",
  equations: `
    v[t+1] = alpha*v + (1 - alpha)*i - (b0 + beta*(rho*b + (1 - rho)*s))*s : 1
    b[t+1] = rho*b + (1 - rho)*s : 1
    s[t+1] = 0*s : 1
    alpha = exp(-dt/tauM) : 1
    rho = exp(-dt/tauA) : 1
    i : 1 (input)`,
  parameters: { tauM: "20 ms", tauA: "150 ms", b0: 0.01, beta: 1.8 },
  spike: "v > b0 + beta*b",
  reset: "s = 1",
});

interface AlifOptions {
  readonly name: string;
  readonly inputs: number;
  readonly signal: "spikes" | "values";
  readonly weight: Initializer;
  readonly bias: Initializer | number;
  readonly classes: number;
  readonly steps: number;
}

const xavier = (from: number, to: number): Initializer => {
  const limit = Math.sqrt(6 / (from + to));
  return uniform(-limit, limit);
};

const alifNetwork = ({ name, inputs, signal, weight, bias, classes, steps }: AlifOptions) =>
  network({
    name,
    dt: "1 ms",
    steps,
    inputs: { input: inputNode(inputs, { signal }) },
    populations: {
      hidden: population(HIDDEN, adaptive, {
        parameters: { tauM: normal(0.02, 0.005), tauA: normal(0.15, 0.01) },
        initial: { v: uniform(0, 1), b: 0.01 },
      }),
      output: population(classes, leakyIntegrator(), {
        parameters: { tau: normal(0.02, 0.005) },
        initial: { v: uniform(0, 1) },
      }),
    },
    connections: [
      connect("input", "hidden", { weight, bias }),
      connect("hidden", "hidden", { weight: orthogonal(HIDDEN), bias: 0, delay: 1 }),
      connect("hidden", "output", { weight: xavier(HIDDEN, classes), bias: fanIn(), port: "i" }),
    ],
    output: "output",
  });

const DIFFERS = "time constants are not trained, the spike in reset and trace is not differentiated";
const learning: Pick<Workload, "seed" | "rate" | "surrogates"> = {
  seed: 1,
  rate: 1e-3,
  // A current moves the membrane by 1 - exp(-1/20) of itself in a step, so that most neurons stay within 0.3 of their
  // threshold; with a mass of 1 errors grow without bound over some hundred steps.
  surrogates: { compact: triangle(0.1, 0.3), half: triangle(0.05, 0.3), full: multiGaussian() },
};

/** T1: 700 inputs that spike with probability 0.02, 100 steps. */
export const rsnnAlif = ({ batch = BATCH } = {}): Workload => ({
  network: alifNetwork({
    name: "rsnn-alif",
    inputs: 700,
    signal: "spikes",
    weight: xavier(700, HIDDEN),
    bias: 0,
    classes: 20,
    steps: 100,
  }),
  batch: recurrentBatch(batch),
  loss: crossEntropy(softmaxSum(11)),
  differs: DIFFERS,
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
  differs: `${DIFFERS}, and the loss is the cross-entropy of the mean membrane, not of summed softmaxes`,
  ...learning,
});
