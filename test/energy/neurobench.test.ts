import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  activationSparsity,
  connectionSparsity,
  effectiveFanOut,
  footprint,
  isTernary,
  membraneUpdates,
  neuronOperations,
  parameterCount,
  synapticOperations,
} from "../../src/energy/neurobench.ts";

const f32 = (count: number) => ({ count, bytes: 4 });
const i64 = (count: number) => ({ count, bytes: 8 });

/** Multiplications of a chain of dense layers, one call. */
function denseOperations(sizes: readonly number[]): number {
  const layers = sizes.slice(1).map((outputs, k) => {
    const inputs = sizes[k]!;
    return synapticOperations({ inputs, fanOut: outputs, effectiveFanOut: outputs }, [new Float32Array(inputs)], 1)
      .dense;
  });
  return layers.reduce((a, b) => a + b, 0);
}

describe("leaderboard of NeuroBench 1.0, primate reaching", () => {
  // Two Leaky layers keep 6 scalars each; no biases.
  test.each([
    [96, 4900, 19_648],
    [192, 9700, 38_848],
  ])("baseline SNN of %i inputs: %i operations, %i bytes", (inputs, operations, bytes) => {
    expect(denseOperations([inputs, 50, 2])).toBe(operations);
    expect(footprint([f32(inputs * 50), f32(50 * 2), f32(2 * 6)])).toBe(bytes);
  });

  // Weights, biases, two batch norms (four vectors and an int64 counter each), and a buffer of one input.
  test.each([
    [96, 4704, 20_824],
    [192, 7776, 33_496],
  ])("baseline ANN of %i inputs: %i operations, %i bytes", (inputs, operations, bytes) => {
    const weights = [f32(inputs * 32), f32(32 * 48), f32(48 * 2)];
    const others = [f32(32 + 48 + 2), f32(4 * (32 + 48)), i64(2), f32(inputs)];
    expect(denseOperations([inputs, 32, 48, 2])).toBe(operations);
    expect(footprint([...weights, ...others])).toBe(bytes);
  });
});

describe("the framework's own tests (tests/test_metrics.py)", () => {
  const sizes = [20, 256, 256, 256, 35];
  const parameters = sizes.slice(1).flatMap((outputs, k) => [f32(sizes[k]! * outputs), f32(outputs)]);
  test("parameter count 145,955", () => expect(parameterCount(parameters)).toBe(145_955));
  test("footprint 583,900, with five scalars a Leaky layer", () =>
    expect(footprint([...parameters, f32(4 * 5)])).toBe(583_900));
  test("10 steps of 20 ones into 5 neurons: 1,000 accumulations a sample", () => {
    const calls = Array.from({ length: 10 }, () => new Float32Array(5 * 20).fill(1)); // a batch of 5
    expect(synapticOperations({ inputs: 20, fanOut: 5, effectiveFanOut: 5 }, calls, 5)).toEqual({
      dense: 1000,
      effectiveMacs: 0,
      effectiveAcs: 1000,
    });
  });
  test("half the inputs negative: activation sparsity 0.5 after rectifying", () => {
    expect(
      activationSparsity([
        [0, 0, 1, 2],
        [1, 0],
      ]),
    ).toBe(0.5);
  });
});

describe("synaptic operations", () => {
  const weights = [0, 2, 0, 3, 0.5, 1]; // [3 inputs][2 outputs]
  const layer = { inputs: 3, fanOut: 2, effectiveFanOut: effectiveFanOut(weights, 3) };

  test("zero weights and zero inputs are not effective", () => {
    expect([...layer.effectiveFanOut]).toEqual([1, 1, 2]);
    expect(synapticOperations(layer, [[1, 0, -1]], 1)).toEqual({ dense: 6, effectiveMacs: 0, effectiveAcs: 3 });
  });
  test("one analog input makes the call multiply, and only that call", () => {
    expect(
      synapticOperations(
        layer,
        [
          [1, 0, 0.5],
          [1, 0, 1],
        ],
        2,
      ),
    ).toEqual({ dense: 6, effectiveMacs: 1.5, effectiveAcs: 1.5 });
  });
  test("-1, 0 and 1 alone are ternary; NaN is not", () => {
    expect([[0, 1, -1], [0, 2], [0.5], [NaN]].map(isTernary)).toEqual([true, false, false, false]);
  });
  test("effective operations are those of the product over non-zero pairs", () => {
    const value = fc.constantFrom(0, 1, -1, 0.5);
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 3, maxLength: 3 }),
        fc.array(value, { minLength: 6, maxLength: 6 }),
        (x, w) => {
          const pairs = w.filter((weight, k) => weight !== 0 && x[Math.floor(k / 2)] !== 0).length;
          const { effectiveMacs, effectiveAcs } = synapticOperations(
            { inputs: 3, fanOut: 2, effectiveFanOut: effectiveFanOut(w, 3) },
            [x],
            1,
          );
          expect([effectiveMacs, effectiveAcs]).toEqual(x.includes(0.5) ? [pairs, 0] : [0, pairs]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("neurons", () => {
  test("the first step updates every membrane, later steps those that changed", () => {
    const steps = [
      { before: [0, 0], after: [0, 0] },
      { before: [0, 1], after: [0, 0.5] },
      { before: [1, 1], after: [0, 0] },
    ];
    expect(membraneUpdates(steps, 1)).toBe(2 + 1 + 2);
    expect(membraneUpdates(steps, 2)).toBe(2.5);
    expect(membraneUpdates([], 1)).toBe(0);
  });
  test("operations are updates times the cost of the type", () => {
    expect(neuronOperations("Synaptic", "zero", { membraneUpdates: 3, neurons: 2, steps: 10 })).toEqual({
      effective: 24,
      dense: 160,
    });
  });
  test("connection sparsity is a share of all weights together", () => {
    expect(
      connectionSparsity([
        [0, 1],
        [1, 1, 1, 0, 0, 1],
      ]),
    ).toBe(3 / 8);
    expect(connectionSparsity([])).toBe(0);
  });
});
