/** A network whose neurons train is the same network to an engine and an evaluator: same numbers, same bits. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, type PopulationOptions, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { drawSamples } from "../learn/samples.ts";
import { run } from "./run.ts";

/** Spikes and, late, membranes leave the layer. */
const netOf = (a: PopulationOptions, out: PopulationOptions = {}): Network =>
  network({
    dt: "1 ms",
    steps: 12,
    output: "out",
    inputs: { input: inputNode(5) },
    populations: { a: population(6, lif(), a), out: population(3, leakyIntegrator(), out) },
    connections: [
      connect("input", "a", { weight: uniform(-0.3, 0.9), bias: 0.1 }),
      connect("a", "a", { output: "v", delay: 3, weight: uniform(-0.2, 0.2) }),
      connect("a", "out", { delay: 1 }),
      connect("a", "out", { name: "membrane", output: "v", delay: 2 }),
    ],
  });
const given: PopulationOptions = {
  parameters: { tau: uniform(0.004, 0.03), vTh: [0.6, 0.7, 0.8, 0.9, 1, 1.1] },
  initial: { v: uniform(-0.5, 0.9) },
};
const alike: PopulationOptions = { parameters: { tau: "7 ms", vTh: 0.8 }, initial: { v: 0.4 } };
const all = ["tau", "vTh", "v.initial"];
const { batch } = drawSamples({ count: 7, steps: 12, inputs: 5, classes: 3, kind: "events" });

describe.each([
  ["neuron", given],
  ["layer", alike],
] as const)("one value a %s", (_grain, options) => {
  const [plain, trained] = [netOf(options), netOf({ ...options, trainable: all })];
  const inputs = { input: { steps: [0, 1, 1, 2, 4, 7, 8, 20], indices: [0, 1, 2, 3, 4, 0, 1, 2] } };

  test("an engine", async () => {
    for (const type of ["f32", "f64"] as const) {
      const o = { type, seed: 6, record: ["a.v", "out.v"], inputs };
      const recording = await run(trained, 40, o);
      expect(recording).toEqual(await run(plain, 40, o));
      expect(recording.spikes.a!.steps.length).toBeGreaterThan(3);
    }
  });
  test("an evaluator", async () => {
    const answers = async (net: Network) => {
      const parameters = initialParameters(net, 6);
      using evaluator = await createEvaluator(net, wasm, { loss: crossEntropy(), batch: 7, parameters, seed: 6 });
      return evaluator.evaluate(batch);
    };
    expect(await answers(trained)).toEqual(await answers(plain));
  });
});

test("numbers that training made: an engine starts from them", async () => {
  const net = netOf({ ...given, trainable: all }, { trainable: ["tau", "v.initial"] });
  const made = {
    ...initialParameters(net, 6),
    ...{ "a.tau": Float32Array.of(5e-3, 6e-3, 7e-3, 8e-3, 9e-3, 1e-2), "a.vTh": new Float32Array(6).fill(0.75) },
    ...{ "a.v.initial": Float32Array.of(0.7, 0.5, 0.3, 0.1, 0, -0.1) },
    ...{ "out.tau": Float32Array.of(0.011), "out.v.initial": Float32Array.of(0.25) },
  };
  const same = netOf(
    { parameters: { tau: made["a.tau"], vTh: made["a.vTh"] }, initial: { v: made["a.v.initial"] } },
    { parameters: { tau: Array(3).fill(made["out.tau"][0]) }, initial: { v: 0.25 } },
  );
  const options = { seed: 6, samples: 2, record: ["a.v", "out.v"] };
  expect(await run(net, 20, { ...options, parameters: made })).toEqual(await run(same, 20, options));
});

test("where an engine stands, it goes on: new parameters do not set states back", async () => {
  const net = netOf({ ...alike, trainable: ["v.initial", "tau"] });
  using engine = await createEngine(net, wasm);
  engine.run(5);
  const before = engine.state("a.v").slice();
  engine.setParameters({ ...initialParameters(net, 0), "a.tau": Float32Array.of(0.02) });
  expect(engine.state("a.v")).toEqual(before);
  using other = await createEngine(net, wasm);
  expect(other.state("a.v")[0]).toBe(Math.fround(0.4));
});
