/**
 * The task `adding`: two numbers of a long sequence are marked, one in each half; when it is over, the network answers with
 * their sum. Whoever answers 1 always is off by 1/6 (mean square). What is to be seen is who learns it over 1,000 steps: liquid
 * time constants or adaptive neurons, by forward propagation through time or by back-propagation.
 */

import type { Backend } from "../backend/backend.ts";
import { requireInteger } from "../base/errors.ts";
import { randomStream, streamOf } from "../base/random.ts";
import { multiGaussian } from "../ir/surrogate.ts";
import { type Algorithm, bptt, fptt } from "../learn/algorithm.ts";
import { createEvaluator } from "../learn/evaluator.ts";
import type { Batch } from "../learn/feed.ts";
import { meanSquaredValues, meanSquaredValuesRising } from "../learn/loss.ts";
import { adam } from "../learn/optimiser.ts";
import { createTrainer } from "../learn/trainer.ts";
import { connect } from "../model/connection.ts";
import { fanIn, glorotUniform, orthogonal, truncatedNormal } from "../model/initializer.ts";
import { liquid, liquidLayer } from "../model/liquid.ts";
import { inputNode, type Network, network, population } from "../model/network.ts";
import { alif } from "../model/neuron/alif.ts";
import { linear } from "../model/neuron/linear.ts";

/** Mean squared error of an answer of 1: two variances of U(0, 1). */
export const GUESSING = 1 / 6;
const HIDDEN = 128;

/** As published: threshold 0.5 without adaptation, so that liquid membranes alone hold what was heard. */
const LIQUID = { b0: 0.5, beta: 0 };

const NETWORKS: Readonly<Record<Neurons, () => Pick<Parameters<typeof network>[0], "populations" | "connections">>> = {
  liquid: () => liquidLayer("hidden", "input", liquid(HIDDEN, LIQUID)),
  alif: () => {
    const tau = (mean: number, sd: number) => truncatedNormal(mean * 1e-3, sd * 1e-3, { low: 1e-3 });
    const hidden = population(HIDDEN, alif(), {
      parameters: { tauM: tau(20, 5), tauA: tau(200, 50) },
      trainable: ["tauM", "tauA"],
    });
    return {
      populations: { hidden },
      connections: [
        connect("input", "hidden", { weight: fanIn(), bias: fanIn() }),
        connect("hidden", "hidden", { weight: orthogonal(), delay: 1 }),
      ],
    };
  },
};
/** The hidden layer. */
export type Neurons = "liquid" | "alif";
/** How it learns. */
export type Learner = "fptt" | "bptt";

/** A layer, of whose membranes the answer is a weighted sum. */
export function addingNetwork(neurons: Neurons, steps: number): Network {
  const { populations, connections } = NETWORKS[neurons]();
  return network({
    name: `adding-${neurons}`,
    dt: "1 ms",
    steps,
    inputs: { input: inputNode(2, { signal: "values" }) },
    populations: { ...populations, output: population(1, linear()) },
    connections: [
      ...connections!,
      connect("hidden", "output", { output: "v", weight: glorotUniform(), bias: fanIn() }),
    ],
    output: "output",
  });
}

/** Numbers from U(0, 1), a mark in either half, and the sum of what is marked: the same for equal seed and number. */
export function addingBatch(count: number, steps: number, seed: number, number: number): Batch {
  const random = randomStream(seed, streamOf(`adding.${number}`));
  const [list, values, ends] = [[] as number[], [] as number[], [0]];
  const targets = new Float64Array(count);
  for (let s = 0; s < count; s++) {
    const half = Math.floor(steps / 2);
    const marked = [random.below(half), half + random.below(steps - half)];
    for (let t = 0; t < steps; t++) {
      const x = Math.fround(random.uniform());
      list.push(0);
      values.push(x);
      if (marked.includes(t)) {
        list.push(1);
        values.push(1);
        targets[s]! += x;
      }
      ends.push(list.length);
    }
  }
  const input = {
    kind: "sparse",
    list: Uint32Array.from(list),
    values: Float32Array.from(values),
    ends: Int32Array.from(ends),
  };
  return { count, input: input as Batch["input"], targets };
}

export interface AddingOptions {
  readonly neurons: Neurons;
  readonly learner: Learner;
  readonly steps: number;
  /** Batches. */
  readonly batches: number;
  readonly seed: number;
  readonly backend: Backend;
  readonly batch?: number;
  /** Batches between two looks at fresh samples; default 20. */
  readonly every?: number;
  readonly onLook?: (look: AddingLook) => void;
}
/** How it stands after some batches, on samples that were never learned. */
export interface AddingLook {
  readonly batches: number;
  readonly error: number;
  readonly seconds: number;
}

/** Ten updates a sequence, as published. */
const PARTS = 10;
const SURROGATE = multiGaussian({ sigma: 0.3 });
const algorithmOf = (learner: Learner, steps: number): Algorithm =>
  learner === "bptt" ? bptt(SURROGATE) : fptt(SURROGATE, { every: Math.ceil(steps / PARTS), alpha: 0.5 });

/**
 * Trains on fresh samples, with Adam at 0.003 and gradients clipped to 1, as published.
 *
 * @throws {RunError} `not-finite` where training breaks down, which back-propagation over 1,000 steps may
 * @see Hochreiter and Schmidhuber 1997, Neural Computation 9:1735, for the task; Yin, Corradi and Bohté 2023, Nature Machine
 *   Intelligence 5:518, for neurons and numbers: of theirs, only liquid neurons by FPTT get below guessing at 1,000 steps
 */
export async function runAdding(options: AddingOptions): Promise<AddingLook[]> {
  const { neurons, learner, steps, batches, seed, backend, batch = 128, every = 20, onLook } = options;
  requireInteger("adding.batches", batches, 1);
  const net = addingNetwork(neurons, steps);
  const loss = learner === "bptt" ? meanSquaredValues("last") : meanSquaredValuesRising();
  using trainer = await createTrainer(net, backend, {
    algorithm: algorithmOf(learner, steps),
    loss,
    optimiser: adam(3e-3, { clip: 1 }),
    batch,
    seed,
  });
  const parameters = trainer.deployed();
  using evaluator = await createEvaluator(net, backend, { loss: meanSquaredValues("last"), batch, parameters, seed });
  const looks: AddingLook[] = [];
  const start = performance.now();
  for (let k = 1; k <= batches; k++) {
    trainer.step(addingBatch(batch, steps, seed, k));
    if (k % every !== 0 && k !== batches) continue;
    trainer.requireFinite();
    evaluator.setParameters(trainer.deployed());
    const { loss: error } = evaluator.evaluate(addingBatch(batch, steps, seed, -k));
    looks.push({ batches: k, error, seconds: (performance.now() - start) / 1000 });
    onLook?.(looks.at(-1)!);
  }
  return looks;
}
