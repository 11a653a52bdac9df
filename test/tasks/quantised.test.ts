/** Oracle: the same network worked out in whole numbers by plain loops, sample by sample. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { ModelError } from "../../src/base/errors.ts";
import { crossEntropyEachStep } from "../../src/learn/loss.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { quantisedRelu } from "../../src/model/neuron/quantisedRelu.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { equalPrecisionOf } from "../../src/tasks/equalPrecision.ts";
import { spikingDesign, twinDesign } from "../../src/tasks/networks.ts";
import { bestClip, narrowWeights, quantised } from "../../src/tasks/quantised.ts";
import { evaluateDeployed, trainDesign } from "../../src/tasks/session.ts";
import { deployedOf } from "../../src/tasks/side.ts";
import { QUIET, ROWS, rows } from "./synthetic.ts";
import { gatedWaves, WAVES, wavesData } from "./syntheticWaves.ts";

const data = rows(200, 100);
const [INPUTS, HIDDEN, CLASSES] = [36, 20, 3];
const design = twinDesign(ROWS);
const trained = await trainDesign(design, data.train, QUIET);
const twin = deployedOf(design, trained);
const options = { weightBits: 8, calibrate: data.train.take(100), backend: wasm };

test("the unit: whole numbers from 0 to the most, halves upwards", async () => {
  const given = [-3, 0, 0.24, 0.25, 0.26, 0.74, 0.75, 1, 1.3, 9];
  const net = network({
    dt: "1 ms",
    inputs: { in: inputNode(given.length, { signal: "values" }) },
    populations: { q: population(given.length, quantisedRelu(), { parameters: { scale: 2, most: 3 } }) },
    connections: [
      connect("in", "q", {
        port: "x",
        weight: Float32Array.from({ length: given.length ** 2 }, (_, k) => +(k % (given.length + 1) === 0)),
      }),
    ],
  });
  const run = await simulate(net, { steps: 1, inputs: { in: { values: given } }, record: ["q.y"] });
  expect([...run.values["q.y"]!]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 3, 3]);
});

describe.each([1, 2, 4, 8])("%i bits of inputs and units, 8 of weights", (bits) => {
  test("answers as the same network in whole numbers does", async () => {
    const { deployed, clips } = await quantised(twin, { ...options, activationBits: bits });
    const result = await evaluateDeployed(deployed, data.test, QUIET);
    const most = 2 ** bits - 1;
    const logits = wholeNumbers(most, clips.hidden!);
    let close = 0;
    let loss = 0;
    for (let s = 0; s < data.test.count; s++) {
      const own = logits(s);
      const total = own.reduce((sum, x) => sum + Math.exp(x), 0);
      loss -= own[data.test.labels[s]!]! - Math.log(total);
      const [first, second] = [...own].sort((a, b) => b - a);
      if (first! - second! < 1e-3)
        close++; // 32-bit sums may turn these round
      else expect(result.predictions[s]).toBe(own.indexOf(first!));
    }
    expect(close).toBeLessThan(10);
    // a unit near a half may round the other way in 32 bits: a part in `most` of one term, in few samples
    expect(result.loss / (loss / data.test.count)).toBeCloseTo(1, 2);
  });
});

/** Weights and activations as integers, the scales taken apart; sums exact. */
function wholeNumbers(most: number, clip: number): (sample: number) => number[] {
  const p = trained.parameters;
  const integer = (name: string) => {
    const values = p[name]!;
    const unit = Math.max(...values.map(Math.abs)) / 127;
    return { unit, w: Array.from(values, (x) => Math.round(x / unit)) };
  };
  const [below, above] = [integer("input>hidden.weight"), integer("hidden>output.weight")];
  const [b1, b2] = [p["input>hidden.bias"]!, p["hidden>output.bias"]!];
  return (s) => {
    const x = Array.from(data.test.features.subarray(s * INPUTS, (s + 1) * INPUTS), (g) =>
      Math.floor((g * most) / 255 + 0.5),
    );
    const y = Array.from({ length: HIDDEN }, (_, j) => {
      const sum = x.reduce((a, level, i) => a + level * below.w[i * HIDDEN + j]!, 0);
      const real = (sum * below.unit) / most + b1[j]!;
      return Math.min(most, Math.floor((Math.max(0, real) * most) / clip + 0.5));
    });
    return Array.from({ length: CLASSES }, (_, j) => {
      const sum = y.reduce((a, level, i) => a + level * above.w[i * CLASSES + j]!, 0);
      return (sum * above.unit * clip) / most + b2[j]!;
    });
  };
}

describe("scales", () => {
  test("weights: at most 127 parts either way, none further than half a part; biases stay", () => {
    const narrow = narrowWeights(trained.parameters, 8);
    const [before, after] = [trained.parameters, narrow].map((p) => p["input>hidden.weight"]!);
    const unit = Math.max(...before!.map(Math.abs)) / 127;
    for (let k = 0; k < before!.length; k++) {
      expect(Math.abs(after![k]! - before![k]!)).toBeLessThanOrEqual(unit * 0.5001);
      expect(Math.abs(after![k]! / unit - Math.round(after![k]! / unit))).toBeLessThan(1e-4);
    }
    expect(narrow["input>hidden.bias"]).toEqual(trained.parameters["input>hidden.bias"]);
  });
  test("the range: no worse than the whole one, and 1 for a layer that says nothing", () => {
    expect(bestClip([0, 0], 15)).toBe(1);
    const error = (values: number[], clip: number, most: number) =>
      values.reduce(
        (sum, x) => sum + (x - (clip / most) * Math.min(most, Math.floor((x * most) / clip + 0.5))) ** 2,
        0,
      );
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: 0, max: 4, noNaN: true }), { minLength: 1 }),
        fc.integer({ min: 1, max: 255 }),
        (values, most) => {
          const largest = Math.max(...values);
          if (largest < 1e-6) return;
          expect(error(values, bestClip(values, most), most)).toBeLessThanOrEqual(
            error(values, largest, most) * (1 + 1e-9),
          );
        },
      ),
    );
    // one far outlier among many: cut off, for 3 levels
    const values = [...Array.from({ length: 1000 }, (_, k) => k / 1000), 10];
    expect(bestClip(values, 3)).toBeLessThan(2);
  });
});

test("more bits answer as floats do", async () => {
  const { deployed } = await quantised(twin, { ...options, activationBits: 8 });
  const [a, b] = [await evaluateDeployed(twin, data.test, QUIET), await evaluateDeployed(deployed, data.test, QUIET)];
  expect(Math.abs(a.accuracy - b.accuracy)).toBeLessThanOrEqual(0.02);
});

test("what has no rectified units is refused by name; a stream has no number of levels", async () => {
  const net = gatedWaves();
  const gated = {
    net,
    encoder: { kind: "events" },
    parameters: initialParameters(net, 1),
    loss: crossEntropyEachStep(),
  } as const;
  await expect(quantised(gated, { ...options, activationBits: 4 })).rejects.toThrow(ModelError);
  const loaded = { kind: "sequences", task: WAVES, data: wavesData(4, 4) } as const;
  expect(await equalPrecisionOf(gated, gated, loaded, QUIET)).toEqual({ refused: expect.stringContaining("a stream") });
});

test("ten steps: a twin of 4 bits and 8-bit weights, both networks run, energies of that width", async () => {
  const spiking = spikingDesign(ROWS, "latency");
  const own = deployedOf(spiking, await trainDesign(spiking, data.train, QUIET));
  const found = await equalPrecisionOf(own, twin, { kind: "images", task: ROWS, data }, QUIET);
  if ("refused" in found) throw new Error(found.refused);
  expect([found.steps, found.bits, found.weightBits]).toEqual([10, 4, 8]);
  expect(found.twin.result.accuracy).toBeGreaterThan(0.8);
  expect(found.spiking.result.accuracy).toBeGreaterThan(0.8);
  expect(found.twin.dense.account.prices).toContain("4-bit activations");
  expect(found.twin.dense.counts.total.macs).toBe(INPUTS * HIDDEN + HIDDEN * CLASSES);
  expect(found.twin.dense.account.lowerBound).toBe(false); // rounding is wires, a product scales
  expect(found.twin.dense.counts.total.multiplications).toBe(HIDDEN);
  expect(found.comparisons).toHaveLength(2);
});
