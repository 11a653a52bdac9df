import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { ADDITIVE, countNetwork } from "../../src/energy/counts.ts";
import { countLayer } from "../../src/energy/layer.ts";
import { synapticOperations } from "../../src/energy/neurobench.ts";
import { LIF, QUIET, spiking, twin } from "./examples.ts";

describe("by hand", () => {
  test("a spiking layer: 3 spikes into 4 x 3 synapses, 2 steps, 2 spikes out", () => {
    expect(spiking().total).toMatchObject({
      neurons: 3,
      synapses: 12,
      parameterCount: 15,
      parameterBytes: 60,
      stateBytes: 12,
      denseOperations: 24,
      effectiveMacs: 0,
      effectiveAcs: 9,
      macs: 0,
      acs: 9,
      synapticEvents: 9,
      spikes: 2,
      neuronUpdates: 6,
      additions: 12,
      multiplications: 6,
      weightReads: 9 + 6,
      stateReads: 9 + 6,
      stateWrites: 9 + 6,
      activationReads: 0,
      activationWrites: 0,
      eventReads: 3,
      eventWrites: 2,
      connectionSparsity: 0,
      activationSparsity: 4 / 6,
    });
  });
  test("its twin: every product, accumulated in a register", () => {
    expect(twin().total).toMatchObject({
      denseOperations: 12,
      effectiveMacs: 12,
      effectiveAcs: 0,
      macs: 12,
      acs: 0,
      synapticEvents: 0,
      spikes: 0,
      neuronUpdates: 3,
      additions: 3,
      multiplications: 0,
      weightReads: 12 + 3,
      stateReads: 0,
      stateWrites: 0,
      activationReads: 12,
      activationWrites: 3,
      eventReads: 0,
      eventWrites: 0,
    });
  });
  test("analog events multiply, and carry an index and a value", () => {
    expect(spiking({ binaryInputs: false, calls: 1 }).total).toMatchObject({
      denseOperations: 12,
      macs: 9,
      acs: 0,
      effectiveMacs: 9,
      synapticEvents: 0,
      eventReads: 3,
      activationReads: 3,
    });
  });
  test("a readout has no outputs of its own, and no say in activation sparsity", () => {
    const { activeOutputs: _, ...readout } = QUIET;
    const network = countNetwork("two", 2, [countLayer(LIF, QUIET), countLayer(LIF, readout)]);
    expect(network.total).toMatchObject({ activations: 6, spikes: 2, activationSparsity: 4 / 6, neuronUpdates: 12 });
  });
  test("zero weights are executed, but are not effective", () => {
    const counts = spiking({ activeInputs: [1, 1, 1, 0] }, { effectiveFanOut: [3, 0, 1, 3], zeroWeights: 5 });
    expect(counts.total).toMatchObject({ acs: 9, effectiveAcs: 4, connectionSparsity: 5 / 12 });
  });
});

describe("properties", () => {
  const raster = fc.array(fc.array(fc.constantFrom(0, 1), { minLength: 4, maxLength: 4 }), {
    minLength: 1,
    maxLength: 6,
  });
  const fans = fc.array(fc.nat(3), { minLength: 4, maxLength: 4 });

  test("agree with NeuroBench's definition, call by call", () => {
    fc.assert(
      fc.property(raster, fans, (calls, effectiveFanOut) => {
        const activeInputs = calls.reduce<number[]>((sum, call) => sum.map((n, k) => n + call[k]!), [0, 0, 0, 0]);
        const layer = countLayer({ ...LIF, effectiveFanOut }, { ...QUIET, steps: calls.length, activeInputs });
        const oracle = synapticOperations({ inputs: 4, fanOut: 3, effectiveFanOut }, calls, 1);
        expect(layer).toMatchObject({
          denseOperations: oracle.dense,
          effectiveMacs: oracle.effectiveMacs,
          effectiveAcs: oracle.effectiveAcs,
        });
      }),
      { numRuns: 200 },
    );
  });
  test("counts are means: twice the samples and twice the activity change nothing", () => {
    expect(spiking({ samples: 2, activeInputs: 6, activeOutputs: 4 })).toEqual(spiking());
  });
  test("a network is the sum of its layers", () => {
    const layers = [...spiking().layers, ...twin().layers];
    const { total } = countNetwork("both", 2, layers);
    for (const key of ADDITIVE) expect(total[key], key).toBe(layers[0]![key] + layers[1]![key]);
  });
});

describe("impossible activity", () => {
  test.each([
    ["hidden.samples", { samples: 0 }],
    ["hidden.steps", { steps: NaN }],
    ["hidden.activeInputs", { activeInputs: 9 }],
    ["hidden.activeInputs[2]", { activeInputs: [0, 0, 3, 0] }],
    ["hidden.activeInputs", { activeInputs: [0, 0] }],
    ["hidden.activeOutputs", { activeOutputs: 7 }],
    ["hidden.activeOutputs", { activeOutputs: -1 }],
  ])("%s: %o", (path, activity) => {
    expect(() => spiking(activity)).toThrow(DataError);
    expect(() => spiking(activity)).toThrow(`${path}: `);
  });
  test("a sum over inputs does not do where fan-outs differ", () => {
    expect(() => spiking({}, { effectiveFanOut: [1, 2, 3, 3] })).toThrow(
      "hidden.activeInputs: must be given for each input",
    );
  });
});
