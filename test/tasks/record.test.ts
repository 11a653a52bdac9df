/** Oracle: the evaluator, which counts spikes and answers by other code than the engine that is recorded here. */
import { describe, expect, test } from "vitest";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { readerOf, TEST_EPOCH } from "../../src/tasks/batches.ts";
import type { Design } from "../../src/tasks/networks.ts";
import { recurrentDesign, spikingDesign } from "../../src/tasks/networks.ts";
import { recordSamples } from "../../src/tasks/record.ts";
import { encodingOf, trainDesign } from "../../src/tasks/session.ts";
import { deployedOf } from "../../src/tasks/side.ts";
import type { Samples } from "../../src/tasks/task.ts";
import { thresholdOf } from "../../src/tasks/threshold.ts";
import { QUIET, ROWS, rows } from "./synthetic.ts";
import { WAVES, wavesData } from "./syntheticWaves.ts";

const NUMBERS = [5, 0, 3, 7];

async function both(design: Design, train: Samples, test: Samples) {
  const deployed = deployedOf(design, await trainDesign(design, train, QUIET));
  const { net, parameters, loss } = deployed;
  const options = { loss, parameters, batch: NUMBERS.length, seed: QUIET.seed };
  using evaluator = await createEvaluator(net, QUIET.backend, options);
  const batch = readerOf(test, encodingOf(deployed, QUIET.seed)).batch(Uint32Array.from(NUMBERS), TEST_EPOCH);
  const evaluated = evaluator.evaluate(batch);
  const record = ["hidden.v", "output.v"].map((n) => (n === "hidden.v" && !isLif(net) ? "hidden.u" : n));
  const recorded = await recordSamples(deployed, test, NUMBERS, { ...QUIET, record });
  return { deployed, evaluated, recorded };
}
const isLif = (net: Design["net"]): boolean => net.populations["hidden"]!.model.name === "lif";
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe.each(["latency", "rate", "current"] as const)("images, %s code", (code) => {
  test("as many spikes of hidden neurons and inputs, the same answers, never above the threshold", async () => {
    const data = rows();
    const { deployed, evaluated, recorded } = await both(spikingDesign(ROWS, code), data.train, data.test);
    expect(recorded.map((r) => r.number)).toEqual(NUMBERS);
    expect(sum(recorded.map((r) => r.layers[0]!.count))).toBe(evaluated.activity["hidden"]!.active);
    expect(sum(recorded.map((r) => r.input?.count ?? 0))).toBe(code === "current" ? 0 : evaluated.inputEvents);
    const answers = recorded.map(({ values, steps }) => {
      const v = values["output.v"]!;
      const means = [0, 1, 2].map((k) => sum(Array.from({ length: steps }, (_, t) => v[3 * t + k]!)));
      return means.indexOf(Math.max(...means));
    });
    expect(answers).toEqual([...evaluated.predictions]);
    const { variable, of } = thresholdOf(deployed.net, "hidden", deployed.parameters)!;
    expect([variable, of(0)]).toEqual(["v", 1]);
    expect(Math.max(...recorded[0]!.values["hidden.v"]!)).toBeLessThan(20); // recorded after resets, finite
  });
});

test("sequences of different lengths: spikes up to the end of each, the same answer in each step", async () => {
  const data = wavesData();
  const { evaluated, recorded } = await both(recurrentDesign(WAVES.spiking), data.train, data.test);
  expect(recorded.map((r) => r.steps)).toEqual(NUMBERS.map((n) => data.test.lengths[n]));
  expect(new Set(recorded.map((r) => r.steps)).size).toBe(2);
  expect(sum(recorded.map((r) => r.layers[0]!.count))).toBe(evaluated.activity["hidden"]!.active);
  recorded.forEach(({ values, steps, layers }, s) => {
    const v = values["output.v"]!;
    const answers = Array.from({ length: steps }, (_, t) => {
      const now = [...v.subarray(3 * t, 3 * t + 3)];
      return now.indexOf(Math.max(...now));
    });
    const { steps: row } = data.test;
    expect(answers).toEqual([...evaluated.predictions.subarray(s * row, s * row + steps)]);
    // reset to 0: where a neuron fired, its membrane is 0 at the end of the step
    layers[0]!.steps.forEach((t, k) => {
      expect(values["hidden.u"]![8 * t + layers[0]!.neurons[k]!]).toBe(0);
    });
  });
});
