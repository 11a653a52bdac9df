/**
 * Gradients of neuron parameters and initial states, per neuron and per layer, in double precision. Oracle: `layer.ts`, which
 * with smoothed spikes equals finite differences of itself.
 */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { denseLayer, input, neurons, sequential } from "../../src/model/sequential.ts";
import { initialName } from "../../src/model/trainable.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { reference, SMOOTH, TEST_NEURONS, type TestNeuron } from "./layer.ts";
import { expectNear } from "./near.ts";
import { drawSamples } from "./samples.ts";

const [inputs, size, classes, steps] = [6, 7, 3, 12];
const drawn = drawSamples({ count: 3, steps, inputs, classes, kind: "events", density: 0.4 });

type Grain = "neuron" | "layer";
/** Every parameter and every initial state trains. */
function networkOf({ model, parameters, states, weight }: TestNeuron, grain: Grain) {
  const spread = (x: number, n: number): number[] => Array.from({ length: n }, (_, j) => x * (0.85 + (0.3 * j) / n));
  const of = (x: number, n: number) => (grain === "layer" ? x : spread(x, n));
  const values = (record: Readonly<Record<string, number>>, n: number) =>
    Object.fromEntries(Object.entries(record).map(([name, x]) => [name, of(x, n)]));
  return sequential(
    [
      input(inputs),
      denseLayer(size, { weight: { kind: "uniform", ...weight } }),
      neurons(model, {
        recurrent: true,
        parameters: values(parameters, size),
        initial: values(Object.fromEntries(states.map((s, k) => [s, 0.2 / (k + 1)])), size),
        trainable: [...Object.keys(parameters), ...states.map(initialName)],
      }),
      denseLayer(classes, { weight: { kind: "uniform", low: -1, high: 1 } }),
      neurons(leakyIntegrator(), {
        name: "output",
        parameters: values({ tau: 0.008 }, classes),
        initial: { v: spread(0.3, classes) },
        // One value for all classes would cancel in the softmax.
        trainable: { tau: grain, "v.initial": "neuron" },
      }),
    ],
    { steps },
  );
}

const cases = Object.entries(TEST_NEURONS).flatMap(([name, cell]) =>
  (["neuron", "layer"] as const).map((grain) => ({ name, cell, grain })),
);

describe.each(cases)("$name, one value a $grain", ({ cell, grain }) => {
  const net = networkOf(cell, grain);
  const start = (): Parameters => initialParameters(net, 4, "f64");
  const options = { size, classes };

  test("every parameter is a block of its own", () => {
    const own = Object.entries(start()).filter(([name]) => name.startsWith("hidden."));
    expect(own.map(([name]) => name)).toEqual(
      [...Object.keys(cell.parameters), ...cell.states.map(initialName)].map((name) => `hidden.${name}`),
    );
    for (const [, x] of own) expect(x.length).toBe(grain === "neuron" ? size : 1);
  });

  test.each(SMOOTH)("the reference, smoothed, equals its finite differences: $surrogate.kind", ({ at }) => {
    const parameters = start();
    const { gradients } = reference(cell, parameters, drawn, { at, smooth: true, ...options });
    const own = Object.entries(parameters).filter(([name]) => !name.includes(">"));
    const differences = own.map(([name, w]) => [
      name,
      Array.from(w, (before, k) => {
        const h = 1e-5 * Math.abs(before);
        const loss = (x: number): number => {
          w[k] = x;
          return reference(cell, parameters, drawn, { at, smooth: true, ...options }).loss;
        };
        const slope = (loss(before + h) - loss(before - h)) / (2 * h);
        w[k] = before;
        return slope;
      }),
    ]);
    // Relative steps of 1e-5: third derivatives in relative units, below 1e3, times 1e-10/6, and rounding 1e-16/1e-5.
    expectNear(gradients, Object.fromEntries(differences), 1e-6);
  });

  test.each(SMOOTH.flatMap((s) => [interpret, wasm].map((backend) => ({ ...s, backend }))))(
    "our kernels equal the reference: $surrogate.kind, $backend.name",
    async ({ surrogate, at, backend }) => {
      using trainer = await createTrainer(net, backend, {
        algorithm: bptt(surrogate),
        loss: crossEntropy("sum"),
        optimiser: sgd(1),
        batch: 3,
        chunk: 2,
        seed: 4,
        type: "f64",
      });
      const { loss } = trainer.gradients(drawn.batch);
      const expected = reference(cell, start(), drawn, { at, smooth: false, ...options });
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-12 * expected.loss);
      // Differences of nearly equal decays (CUBA-LIF) lose two digits more than sums do.
      expectNear(trainer.gradientBlocks(), expected.gradients, 1e-10);
      expect(expected.rate).toBeGreaterThan(0.05);
      expect(expected.rate).toBeLessThan(0.8);
    },
  );
});
