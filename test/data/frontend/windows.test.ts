import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  emgFeatures,
  imuFeatures,
  standardised,
  standardOf,
  type Windows,
  windowsOf,
} from "../../../src/data/frontend/windows.ts";
import { series } from "../../../src/data/sets/series.ts";

const labelled = (labels: readonly number[]) =>
  series("test", {
    channels: ["a", "b"],
    classes: ["0", "1", "2"],
    labels: Uint8Array.from(labels),
    values: Float32Array.from({ length: 2 * labels.length }, (_, k) => k),
  });

describe("windows", () => {
  test("are those whose surroundings have one label, by looking at each", () => {
    const labels = fc
      .array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 40 })
      .chain((some) =>
        fc.integer({ min: 1, max: 6 }).map((times) => some.flatMap((label) => Array<number>(times).fill(label))),
      );
    const small = (min: number) => fc.integer({ min, max: 6 });
    fc.assert(
      fc.property(labels, small(1), small(1), small(0), (given, length, hop, margin) => {
        const expected: number[] = [];
        for (let from = 0; from + length <= given.length; from += hop) {
          const around = given.slice(Math.max(0, from - margin), from + length + margin);
          if (around.every((label) => label === around[0])) expected.push(from);
        }
        const found = windowsOf(labelled(given), { length, hop, margin });
        expect([...found.starts]).toEqual(expected);
        expect([...found.labels]).toEqual(expected.map((from) => given[from]));
        expect([...found.values]).toEqual(
          expected.flatMap((from) => Array.from({ length: 2 * length }, (_, k) => 2 * from + k)),
        );
      }),
    );
  });
  test("say what is allowed", () => {
    expect(() => windowsOf(labelled([0]), { length: 0, hop: 1 })).toThrow(/windows.length/);
    expect(() => windowsOf(labelled([0]), { length: 1, hop: 1.5 })).toThrow(/windows.hop/);
  });
});

const windowOf = (x: readonly number[]): Windows => ({
  ...{ count: 1, length: x.length, channels: 1, starts: Uint32Array.of(0), labels: Uint8Array.of(0) },
  values: Float32Array.from(x),
});

describe("features", () => {
  test("of muscles, by hand: 1, -3, 1, 5 about their mean 1 are 0, -4, 0, 4", () => {
    const { names, values } = emgFeatures(windowOf([1, -3, 1, 5]));
    expect(names[0]).toBe("mean absolute 1");
    // mean |x| 2; RMS √8; length 4 + 4 + 4; no product of neighbours is below 0; one change of slope, at -4
    [2, Math.sqrt(8), 12, 0, 1].forEach((x, k) => {
      expect(values[k]).toBeCloseTo(x, 6);
    });
    expect(emgFeatures(windowOf([1, -1, 1, -1])).values[3]).toBe(3);
  });
  test("of movement, by hand", () => {
    const { values } = imuFeatures(windowOf([1, 3, 1, 3]));
    expect([...values]).toEqual([2, 1, 1, 3, 2]);
  });
  test("become mean 0 and deviation 1, by what the training samples tell", () => {
    const standard = standardOf([1, 5, 3, 5], 2);
    expect([...standard.mean]).toEqual([2, 5]);
    expect([...standard.deviation]).toEqual([1, 1]);
    expect([...standardised([4, 6], standard)]).toEqual([2, 1]);
    expect(() => standardOf([], 2)).toThrow(/no rows of 2/);
  });
});
