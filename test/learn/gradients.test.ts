/**
 * Gradients of whole networks. Oracle 1: a dense, hand-written double-precision back-propagation through time, kept
 * here. Oracle 2: finite differences of the same network with its spikes replaced by the surrogate's antiderivative.
 */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy, type Pooling } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { values } from "../backend/conformance.cases.ts";
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

const cases = (["zero", "subtract"] as const).flatMap((reset) =>
  [false, true].flatMap((recurrent) =>
    (["sum", "mean", "last", "max"] as Pooling[]).flatMap((pooling) =>
      [triangle(1), arctan(2)].map((surrogate) => ({ reset, recurrent, pooling, surrogate })),
    ),
  ),
);

test.each(cases)(
  "f64 gradients equal dense back-propagation: $reset reset, recurrent $recurrent, $pooling, $surrogate.kind",
  async ({ reset, recurrent, pooling, surrogate }) => {
    const net = network(reset, recurrent);
    const batch = spikeBatch(inputs, classes, steps, count, values(5));
    for (const backend of [wasm, interpret]) {
      if (backend === interpret && pooling !== "mean") continue; // slow, and equal bit for bit by the conformance cases
      using trainer = await createTrainer(net, backend, {
        algorithm: bptt(surrogate),
        loss: crossEntropy(pooling),
        optimiser: adam(1e-3),
        batch: count,
        chunk: 4,
        seed: 3,
        type: "f64",
      });
      const { loss } = trainer.gradients(batch);
      const expected = denseReference(net, trainer.parameters(), batch, {
        pooling,
        surrogate,
        reset,
        tau: 5,
        tauOut: 8,
      });
      expect(loss).toBeCloseTo(expected.loss, 12);
      const spikes = expected.rate;
      expect(spikes).toBeGreaterThan(0.02); // a silent network would prove nothing
      for (const [name, gradient] of Object.entries(trainer.gradientBlocks())) {
        const scale = Math.max(...expected.gradients[name]!.map(Math.abs));
        const worst = Math.max(...gradient.map((g, k) => Math.abs(g - expected.gradients[name]![k]!)));
        expect(worst / scale, name).toBeLessThan(1e-12); // a few hundred roundings of 1e-16
        expect(scale, name).toBeGreaterThan(0);
      }
    }
  },
);
