/**
 * T6 with Yin's liquid neurons, trained by forward propagation through time.
 *
 * @see Yin, Corradi and Bohté 2023 (Nat. Mach. Intell. 5:518) and its code: weights by Xavier, recurrent ones orthogonal,
 *   biases 0; an update every step by Adamax, clipped at 1. Its norms have running statistics of 784 steps each
 *   (`max_length`), and steps behind those share the last.
 */
import { multiGaussian, triangle } from "../../src/ir/surrogate.ts";
import { fptt } from "../../src/learn/algorithm.ts";
import { crossEntropyRising } from "../../src/learn/loss.ts";
import { adamax } from "../../src/learn/optimiser.ts";
import { liquid, liquidReadout } from "../../src/model/liquid.ts";
import { input, sequential } from "../../src/model/sequential.ts";
import { batchOf, numbers } from "./draw.ts";
import { BATCH, type Workload } from "./workload.ts";

const HIDDEN = 256;
/** Steps with running statistics of their own. */
const OWN_STEPS = 784;

/** U(0, 1) in each step. @param norm whether what arrives at the hidden layer is normalised, as the published code has it */
export const liquidLong = (steps: number, { batch = BATCH, norm = false } = {}): Workload => ({
  network: sequential(
    [input(1, { signal: "values" }), liquid(HIDDEN, { norm: norm && { steps: OWN_STEPS } }), liquidReadout(10)],
    {
      name: `liquid-${norm ? "" : "plain-"}${steps}`,
      steps,
    },
  ),
  batch: batchOf(batch, 10, numbers(batch, steps)),
  loss: crossEntropyRising(),
  ...(norm ? {} : { differs: "no batch normalisation of what arrives" }),
  seed: 1,
  rate: 3e-3,
  algorithm: (surrogate) => fptt(surrogate),
  optimiser: adamax(() => 0, { clip: 1 }),
  surrogates: { compact: triangle(0.3, 0.5), full: multiGaussian({ sigma: 0.3 }) },
});
