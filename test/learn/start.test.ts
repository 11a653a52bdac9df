/** What a trainer starts from, written where it is used. Oracle: the arrays of `initialParameters`, which know no layout. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { arctan } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne, probability } from "../../src/model/connectivity.ts";
import { orthogonal, uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { batchNorm, sum } from "../../src/model/transform.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";

const wide = { delay: { trainable: true, max: "5 ms", interpolation: "gaussian" } } as const;
/** Rows that are padded and rows that are not, one number for all, one a synapse, delays, norms and what trains in neurons. */
const net: Network = network({
  dt: "1 ms",
  steps: 9,
  output: "out",
  inputs: { x: inputNode(8) },
  populations: {
    a: population(6, lif({ tau: "9 ms" }), {
      parameters: { tau: uniform(0.01, 0.02) },
      trainable: { tau: "neuron" },
      dropout: 0.25,
    }),
    b: population(8, lif({ tau: "20 ms" }), { trainable: { tau: "layer" } }),
    out: population(3, leakyIntegrator({ tau: "8 ms" })),
  },
  transforms: { s: sum(8), norm: batchNorm(8, "s", { gain: 0.8, offset: 0.1 }) },
  connections: [
    connect("x", "a", { weight: uniform(-1, 1), ...wide }),
    connect("a", "s", { weight: orthogonal(), bias: 0 }),
    connect("x", "s", { connectivity: probability(0.4), weight: uniform(-1, 1) }),
    connect("norm", "b", { connectivity: oneToOne, weight: 1, trainable: false }),
    connect("b", "b", { weight: uniform(-1, 1), delay: 1 }),
    connect("b", "out", { weight: uniform(-1, 1) }),
  ],
});
const options: TrainerOptions = {
  algorithm: bptt(arctan(2)),
  loss: crossEntropy(),
  optimiser: sgd(0),
  batch: 2,
  seed: 4,
  delayWidth: (update) => 1.75 - update,
};

for (const type of ["f32", "f64"] as const)
  test(`${type}: every array, with weights behind dropout larger and Gaussians as wide as the trainer wants them`, async () => {
    using trainer = await createTrainer(net, wasm, { ...options, type });
    const drawn = initialParameters(net, 4, type);
    const began = trainer.parameters();
    expect(Object.keys(began).sort()).toEqual(Object.keys(drawn).sort());
    for (const [name, values] of Object.entries(drawn)) {
      const expected = name.endsWith(".delay.width")
        ? values.map(() => 1.75)
        : name === "a>s.weight"
          ? values.map((w) => w * (1 / 0.75))
          : values;
      expect(began[name], name).toEqual(expected);
    }
  });
test("what a trainer starts from it gives back, to another one", async () => {
  using trainer = await createTrainer(net, wasm, options);
  using other = await createTrainer(net, wasm, { ...options, seed: 4, parameters: trainer.parameters() });
  expect(other.parameters()).toEqual(trainer.parameters());
});
test("weights that are no numbers, by the name of their array", async () => {
  const infinite = network({
    ...{ dt: "1 ms", steps: 2, output: "out", inputs: { x: inputNode(3) } },
    populations: { out: population(3, leakyIntegrator({ tau: "8 ms" })) },
    connections: [connect("x", "out", { weight: uniform(0, Number.POSITIVE_INFINITY) })],
  });
  const { delayWidth: _, ...others } = options;
  await expect(createTrainer(infinite, wasm, others)).rejects.toThrow("parameters.x>out.weight");
});
