/** Does a surrogate learn? Real digits, seen row by row: 28 values a step, 28 steps, a recurrent layer of T1's neurons. */
import type { Backend } from "../../src/backend/backend.ts";
import { batches } from "../../src/data/batch.ts";
import { type Examples, featureScale } from "../../src/data/dataset.ts";
import { digits } from "../../src/data/sets/digits.ts";
import type { Surrogate } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { summarise } from "../../src/learn/fit.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam, cosine } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { fanIn } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { integrator, leaky } from "./snntorch.ts";

const [ROWS, COLUMNS, HIDDEN, CLASSES] = [28, 28, 128, 10];
const [SAMPLES, EPOCHS, RATE] = [64, 10, 3e-3];
/** Fan-in draws are for a layer without leak; inputs are small, and too few neurons would fire. */
const GAIN = 3;

const rowsNetwork = network({
  name: "digit-rows",
  dt: "1 ms",
  steps: ROWS,
  inputs: { input: inputNode(COLUMNS, { signal: "values" }) },
  populations: { hidden: population(HIDDEN, leaky(0.9)), output: population(CLASSES, integrator(0.95)) },
  connections: [
    connect("input", "hidden", { weight: fanIn(GAIN), bias: fanIn() }),
    connect("hidden", "hidden", { delay: 1, bias: fanIn() }),
    connect("hidden", "output", { bias: fanIn() }),
  ],
  output: "output",
});

function rowsOf({ features, labels }: Examples, indices: ArrayLike<number>): Batch {
  const [size, scale] = [ROWS * COLUMNS, featureScale(features)];
  const list: number[] = [];
  const values: number[] = [];
  const ends = [0];
  for (let s = 0; s < indices.length; s++)
    for (let k = 0; k < size; k++) {
      const x = features[indices[s]! * size + k]!;
      if (x !== 0) {
        list.push(k % COLUMNS);
        values.push(x * scale);
      }
      if (k % COLUMNS === COLUMNS - 1) ends.push(list.length);
    }
  return {
    count: indices.length,
    labels: Uint32Array.from(indices, (i) => labels[i]!),
    input: {
      kind: "sparse",
      list: Uint32Array.from(list),
      values: Float32Array.from(values),
      ends: Uint32Array.from(ends),
    },
  };
}

const batchesOf = (examples: Examples, epoch?: number): Batch[] =>
  [...batches(examples.count, SAMPLES, { shuffle: epoch !== undefined, epoch: epoch ?? 0 })].map((indices) =>
    rowsOf(examples, indices),
  );

/** Share of the 2,000 test digits that are answered rightly after a number of epochs that was fixed on held-out ones. */
export async function learned(backend: Backend, surrogate: Surrogate, seed: number): Promise<number> {
  const { train, test } = await digits();
  const loss = crossEntropy("mean");
  const optimiser = adam(cosine(RATE, EPOCHS * Math.ceil(train.count / SAMPLES)), { clip: 1 });
  const learning = { algorithm: bptt(surrogate), loss, optimiser };
  using trainer = await createTrainer(rowsNetwork, backend, { ...learning, batch: SAMPLES, seed });
  for (let epoch = 0; epoch < EPOCHS; epoch++) for (const batch of batchesOf(train, epoch)) trainer.step(batch);
  const parameters = trainer.deployed();
  using evaluator = await createEvaluator(rowsNetwork, backend, { loss, batch: SAMPLES, parameters });
  return summarise(evaluator, batchesOf(test)).accuracy;
}
