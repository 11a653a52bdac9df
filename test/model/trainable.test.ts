import { expect, test } from "vitest";
import { uniform } from "../../src/model/initializer.ts";
import { population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ParameterSpec } from "../../src/model/neuronModel.ts";

test("one value a layer where one number is given, one a neuron for arrays and draws; or as is said", () => {
  const options = {
    parameters: { tauM: uniform(0.01, 0.02), tauA: "100 ms", beta: [1, 2] },
    initial: { v: [0.1, 0.2] },
  } as const;
  const trained = (trainable: NonNullable<Parameters<typeof population>[2]>["trainable"]) =>
    population(2, alif(), { ...options, ...(trainable && { trainable }) }).trainable;
  expect(trained(["tauM", "tauA", "b0", "beta", "v.initial", "b.initial"])).toEqual({
    ...{ tauM: "neuron", tauA: "layer", b0: "layer", beta: "neuron" },
    ...{ "v.initial": "neuron", "b.initial": "layer" },
  });
  expect(trained({ tauM: "layer", b0: "neuron" })).toEqual({ tauM: "layer", b0: "neuron" });
  expect(trained(undefined)).toEqual({});
});

test("a model says what trains in populations that do not", () => {
  const model = lif({ tau: { value: 5, unit: "ms", trainable: true } });
  expect(population(3, model).trainable).toEqual({ tau: "layer" });
  expect(population(3, model, { parameters: { tau: uniform(0.001, 0.002) } }).trainable).toEqual({ tau: "neuron" });
  expect(population(3, model, { trainable: [] }).trainable).toEqual({});
  expect(population(3, model, { trainable: ["vTh"] }).trainable).toEqual({ vTh: "layer" });
});

test.each<[unknown, string]>([
  [["tua"], "population of lif.trainable: nothing called 'tua' can be trained; known: tau, v.initial, vTh"],
  [["v"], "nothing called 'v' can be trained"],
  [["refractory.initial"], "nothing called 'refractory.initial' can be trained"],
  [["tau", "vTh", "tau"], "'tau' stands there twice"],
  [{ tau: "column" }, "population of lif.trainable.tau: must be 'neuron' or 'layer', got 'column'"],
])("%j is refused", (trainable, message) => {
  expect(() => population(3, lif({ refractory: "2 ms" }), { trainable: trainable as never })).toThrow(message);
});

const boundsOf = (tau: ParameterSpec) => {
  const { min, max } = neuron({ name: "n", equations: "dv/dt = -v/tau : 1", parameters: { tau } }).parameters[0]!;
  return { min, max };
};
test("bounds: quantities, or numbers in the parameter's unit", () => {
  expect(boundsOf({ value: 20, unit: "ms", min: 5, max: "0.1 s" })).toEqual({ min: 0.005, max: 0.1 });
  expect(boundsOf({ value: "20 ms", min: "5 ms" })).toEqual({ min: 0.005, max: undefined });
  expect(boundsOf({ value: "20 ms" })).toEqual({ min: undefined, max: undefined });
  const spec = (model: { parameters: readonly { name: string; min?: number; max?: number }[] }, name: string) =>
    model.parameters.find((p) => p.name === name)!;
  expect(spec(lif(), "vTh")).toMatchObject({ min: 0 });
  expect(spec(seAdLif(), "b")).toMatchObject({ min: 0, max: 2 });
  expect(spec(seAdLif({ b: { value: 1, max: 3 } }), "b")).toMatchObject({ min: 0, max: 3 });
});
test.each<[ParameterSpec, string]>([
  [{ value: "20 ms", min: 5 }, "n.parameters.tau.min: is in 1, but the parameter is in second"],
  [{ value: "20 ms", max: "5 mV" }, "n.parameters.tau.max: is in volt, but the parameter is in second"],
  [{ value: "20 ms", min: "5 ms", max: "4 ms" }, "n.parameters.tau.min: must be at most max, 0.004, got 0.005"],
  [{ value: 20, unit: "ms", min: Number.NaN }, "n.parameters.tau.min: must be finite"],
])("bounds %j are refused", (tau, message) => expect(() => boundsOf(tau)).toThrow(message));
