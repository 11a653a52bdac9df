import fc from "fast-check";
import { expect, test } from "vitest";
import { drop, flip, shift } from "../../../src/data/augment/augmentation.ts";
import { augmentSequences } from "../../../src/data/augment/sequences.ts";
import { binSequences } from "../../../src/data/events/binned.ts";
import { Sequences } from "../../../src/data/sequences.ts";

const SENSOR = { width: 5, height: 4 };
const [STEPS, INPUTS] = [6, 40];
/** Spikes as `[sample, step, input]`. */
const sequencesOf = (spikes: readonly (readonly [number, number, number])[]): Sequences => {
  const rows = Array.from({ length: 2 * STEPS }, () => [] as number[]);
  for (const [s, t, k] of spikes) if (!rows[s * STEPS + t]!.includes(k)) rows[s * STEPS + t]!.push(k);
  const ends = new Uint32Array(rows.length + 1);
  rows.forEach((row, r) => {
    row.sort((a, b) => a - b);
    ends[r + 1] = ends[r]! + row.length;
  });
  return new Sequences("test", {
    ...{ classes: ["a", "b"], inputs: INPUTS, steps: STEPS, ends, list: Uint32Array.from(rows.flat()) },
    lengths: Int32Array.of(STEPS, STEPS),
    labels: Uint8Array.from({ length: 2 * STEPS }, (_, r) => (r < STEPS ? 0 : 1)),
  });
};
const spikes = fc.array(fc.tuple(fc.nat(1), fc.nat(STEPS - 1), fc.nat(INPUTS - 1)), { maxLength: 60 });
const order = fc.constantFrom("planes", "pixels" as const);

test("without changes, or with a flip done twice, sequences stay as they are, in both orders", () => {
  fc.assert(
    fc.property(spikes, order, fc.nat(), (list, o, seed) => {
      const sequences = sequencesOf(list);
      const options = { seed, epoch: 0, order: o };
      expect(augmentSequences(sequences, SENSOR, [], options).digest()).toBe(sequences.digest());
      const there = augmentSequences(sequences, SENSOR, [flip("horizontal", 1)], options);
      expect(augmentSequences(there, SENSOR, [flip("horizontal", 1)], options).digest()).toBe(sequences.digest());
    }),
  );
});
test("a flip of the polarity exchanges the halves, or neighbours", () => {
  const sequences = sequencesOf([
    [0, 1, 3],
    [1, 5, 39],
  ]);
  const flipped = (o: "planes" | "pixels"): number[] => [
    ...augmentSequences(sequences, SENSOR, [flip("polarity", 1)], { seed: 0, epoch: 0, order: o }).list,
  ];
  expect(flipped("planes")).toEqual([23, 19]);
  expect(flipped("pixels")).toEqual([2, 38]);
});
test("each epoch has others, each seed and epoch the same", () => {
  const sequences = sequencesOf(Array.from({ length: 60 }, (_, k) => [k % 2, k % STEPS, (7 * k) % INPUTS] as const));
  const of = (epoch: number): string =>
    augmentSequences(sequences, SENSOR, [shift(2), drop("events", 0.3)], { seed: 1, epoch }).digest();
  expect(of(1)).toBe(of(1));
  expect(of(1)).not.toBe(of(2));
});
test("pixels are OFF and ON of each pixel side by side, as a recording is binned", () => {
  const recording = {
    ...{ width: 5, height: 4, count: 2, t: Float64Array.of(0, 1000) },
    ...{ x: Uint16Array.of(2, 4), y: Uint16Array.of(1, 3), polarity: Uint8Array.of(1, 0) },
  };
  const binned = (o: "planes" | "pixels"): number[] => [
    ...binSequences("x", [recording], [0], ["a"], { dt: "1 ms", steps: 2, order: o }).list,
  ];
  expect(binned("planes")).toEqual([20 + 7, 19]);
  expect(binned("pixels")).toEqual([2 * 7 + 1, 2 * 19]);
});
test("a sensor that does not fit is refused", () => {
  const other = { width: 5, height: 5 };
  expect(() => augmentSequences(sequencesOf([]), other, [], { seed: 0, epoch: 0 })).toThrow(/50 inputs.*have 40/);
});
