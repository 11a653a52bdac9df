/** The masked parallel spiking neuron beside its matrix, multiplied by hand in double precision. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { arctan } from "../../../src/ir/surrogate.ts";
import { bptt } from "../../../src/learn/algorithm.ts";
import { crossEntropy } from "../../../src/learn/loss.ts";
import { adam, sgd } from "../../../src/learn/optimiser.ts";
import { createTrainer } from "../../../src/learn/trainer.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { leakyIntegrator } from "../../../src/model/neuron/leakyIntegrator.ts";
import { maskedPsn, maskedPsnWeights } from "../../../src/model/neuron/maskedPsn.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { batchOf } from "../../learn/samples.ts";

const [steps, size] = [7, 3];
/** No pattern, no draw: between -1 and 1. */
const number = (k: number): number => Math.sin(12.9898 * (k + 1)) * Math.cos(78.233 * k);

describe.each([1, 2, 4, 7])("order %i", (order) => {
  const names = maskedPsnWeights(steps, order);
  const w = (t: number, s: number): number => names.indexOf(`w${t}_${s}`);
  test("its weights are those of a band of the lower arctan", () => {
    const band = Array.from({ length: steps }, (_, t) =>
      Array.from({ length: steps }, (_, s) => (s <= t && s > t - order ? [`w${t}_${s}`] : [])),
    ).flat(2);
    expect(names).toEqual(band);
  });

  test("membranes are W x, and neurons fire above the threshold of the step", async () => {
    const theta = (t: number): number => 0.3 * number(100 + t);
    const parameters = Object.fromEntries([
      ...names.map((name, k) => [name, number(k)] as const),
      ...Array.from({ length: steps }, (_, t) => [`vTh${t}`, theta(t)] as const),
    ]);
    const net = network({
      dt: "1 ms",
      inputs: { x: inputNode(size, { signal: "values" }) },
      populations: { a: population(size, maskedPsn({ steps, order }), { parameters }) },
      connections: [connect("x", "a", { connectivity: oneToOne, weight: 1 })],
    });
    const x = Float64Array.from({ length: steps * size }, (_, k) => number(200 + k));
    using engine = await createEngine(net, wasm, { type: "f64", record: ["a.h"] });
    const { values, spikes } = engine.run(steps, { x: { values: x } });
    const expected: [number, number][] = [];
    for (let t = 0; t < steps; t++)
      for (let n = 0; n < size; n++) {
        let h = 0;
        for (let s = 0; s <= t; s++) if (w(t, s) >= 0) h += number(w(t, s)) * x[s * size + n]!;
        // At most 7 products and sums of numbers up to 1, each rounded.
        expect(Math.abs(values["a.h"]![t * size + n]! - h)).toBeLessThan(14 * 7 * 2 ** -53);
        if (h > theta(t)) expected.push([t, n]);
      }
    expect(expected.length).toBeGreaterThan(3);
    expect([...spikes.a!.steps].map((t, k) => [t, spikes.a!.indices[k]!])).toEqual(expected);
  });
});

test("a threshold is learnt as the weight of an input of 1 is, with the other sign", async () => {
  // h - theta decides: d/d theta_t = -d/dh_t, and d/dw_t,s = x_s d/dh_t, whatever the surrogate. Inputs of 1 in all steps.
  const net = network({
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { x: inputNode(4, { signal: "values", constant: true }) },
    populations: {
      a: population(4, maskedPsn({ steps, order: 3, vTh: 0.7 })),
      out: population(2, leakyIntegrator()),
    },
    connections: [
      connect("x", "a", { connectivity: oneToOne, weight: 1, trainable: false }),
      connect("a", "out", { weight: uniform(-1, 1) }),
    ],
  });
  const o = { loss: crossEntropy("mean"), optimiser: sgd(1), batch: 2, seed: 3, type: "f64" } as const;
  using trainer = await createTrainer(net, wasm, { algorithm: bptt(arctan(1)), ...o });
  const ones = [1, 1, 1, 1];
  trainer.gradients(batchOf([[ones], [ones]], Int32Array.of(0, 1), "constant"));
  const g = trainer.gradientBlocks();
  for (const name of maskedPsnWeights(steps, 3)) {
    const t = Number(/^w(\d+)_/.exec(name)![1]);
    const [weight, threshold] = [g[`a.${name}`]![0]!, g[`a.vTh${t}`]![0]!];
    expect(Math.abs(threshold)).toBeGreaterThan(1e-6);
    expect(weight / -threshold).toBeCloseTo(1, 12);
  }
});

test.each([
  { steps: 22, order: 22 },
  { steps: 140, order: 1 },
])("the largest trains: %o", async ({ steps, order }) => {
  const weights = maskedPsnWeights(steps, order);
  expect(weights.length + steps).toBeGreaterThan(270);
  const net = network({
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { x: inputNode(4, { signal: "values", constant: true }) },
    populations: { a: population(5, maskedPsn({ steps, order })), out: population(2, leakyIntegrator()) },
    connections: [connect("x", "a", { weight: uniform(0, 0.5) }), connect("a", "out", { weight: uniform(-1, 1) })],
  });
  const o = {
    algorithm: bptt(arctan(2)),
    loss: crossEntropy("mean"),
    optimiser: adam(0.01),
    batch: 2,
    seed: 3,
  } as const;
  using trainer = await createTrainer(net, wasm, o);
  const before = trainer.parameters();
  trainer.step(batchOf([[[1, 0, 1, 0]], [[0, 1, 0, 1]]], Int32Array.of(0, 1), "constant"));
  const after = trainer.parameters();
  for (const name of weights) expect(after[`a.${name}`]![0]).not.toBe(before[`a.${name}`]![0]);
});

test("what cannot be is refused", () => {
  expect(() => maskedPsn({} as never)).toThrow("masked-psn.steps: must be an integer from 1 to 140, got undefined");
  expect(() => maskedPsn({ steps: 4, order: 5 })).toThrow("masked-psn.order: must be an integer from 1 to 4, got 5");
  expect(() => maskedPsn({ steps: 32 })).toThrow(
    "masked-psn.order: 32 steps of order 32 have 560 weights and thresholds, and 280 are the most: take a smaller order, or slidingPsn",
  );
  expect(() => maskedPsn({ steps: 4, vth: 1 } as never)).toThrow("did you mean 'vTh'?");
});
