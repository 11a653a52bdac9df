/**
 * Gradients of a network with one hidden layer. Oracle: dense double-precision back-propagation through time, written by
 * hand (`reference.ts`). Sparse forwards and backwards must equal it: with a triangle most errors are never formed.
 */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, type Surrogate, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy, type Pooling } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { values } from "../backend/cases.ts";
import { expectNear } from "./near.ts";
import { denseReference, spikeBatch } from "./reference.ts";

const [inputs, hidden, classes, steps, count] = [19, 23, 5, 7, 6];
const network = (reset: "zero" | "subtract", recurrent: boolean) =>
  sequential(
    [
      input(inputs),
      denseLayer(hidden, { weight: { kind: "uniform", low: -0.3, high: 0.6 } }),
      neurons(lif({ tau: "5 ms", reset }), { recurrent }),
      denseLayer(classes),
      readout({ tau: "8 ms" }),
    ],
    { steps },
  );

const pooled: readonly [Pooling, Surrogate][] = [
  ...(["sum", "mean", "last", "max"] as const).map((pooling) => [pooling, triangle(1)] as [Pooling, Surrogate]),
  ["mean", arctan(2)],
];
const cases = (["zero", "subtract"] as const).flatMap((reset) =>
  [false, true].flatMap((recurrent) =>
    pooled.map(([pooling, surrogate]) => ({ reset, recurrent, pooling, surrogate })),
  ),
);

test.each(cases)(
  "f64 gradients equal dense back-propagation: $reset reset, recurrent $recurrent, $pooling, $surrogate.kind",
  async ({ reset, recurrent, pooling, surrogate }) => {
    const net = network(reset, recurrent);
    const batch = spikeBatch(inputs, classes, steps, count, values(5));
    using trainer = await createTrainer(net, wasm, {
      algorithm: bptt(surrogate),
      loss: crossEntropy(pooling),
      optimiser: adam(1e-3),
      batch: count,
      chunk: 4,
      seed: 3,
      type: "f64",
    });
    const { loss } = trainer.gradients(batch);
    const given = { pooling, surrogate, reset, tau: 5, tauOut: 8 };
    const expected = denseReference(net, trainer.parameters(), batch, given);
    expect(loss).toBeCloseTo(expected.loss, 12);
    expect(expected.rate).toBeGreaterThan(0.02); // a silent network would prove nothing
    expectNear(trainer.gradientBlocks(), expected.gradients, 1e-12); // a few hundred roundings of 1e-16
  },
);
