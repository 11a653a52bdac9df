/** Narrow storage keeps what a law brings on the average, or is refused. */
import { expect, test } from "vitest";
import { clippedNormal, type Initializer, logNormal, normal, uniform } from "../../src/model/initializer.ts";
import { requireKept, storedWeight } from "../../src/model/storage.ts";

const stored = (weight: Initializer, storage: "i8" | "i16") => {
  const c = { weight, storage, name: "c" };
  requireKept(c, 10);
  return storedWeight(c, "f32", 10);
};

test.each<[string, Initializer]>([
  ["uniform", uniform(0, 1)],
  ["normal", normal(0, 1)],
  ["normal, far from 0", normal(1, 0.1)],
  ["clipped", clippedNormal(87.8, 8.78, { low: 0 })],
  ["values", { kind: "values", values: Float64Array.from([0, 0, 0.5, 1]) }],
  ["nothing but 0", { kind: "values", values: Float64Array.from([0, 0]) }],
  ["no values", { kind: "values", values: new Float64Array(0) }],
])("%s: units of 8 bits", (_, weight) => {
  expect(stored(weight, "i8").form).toBe("i8");
});

test("a long tail leaves few units for the rest: 16 bits are enough, 8 are refused with what they lose", () => {
  expect(stored(logNormal(-2, 1), "i16").form).toBe("i16");
  // The largest weight that is drawn is some e^(-2 + 6.2): half a unit is 0.26, above three weights of four.
  expect(() => stored(logNormal(-2, 1), "i8")).toThrow(
    /^connection c.weight: stored as i8, weights up to [\d.]+ have units of [\d.]+: 7\d % of them would be 0, and their mean [67]\d % of what it is; use "i16", "f32", or a law with bounds$/,
  );
  expect(() => stored({ kind: "values", values: Float64Array.from([0.001, 0.002, 0.1, 40]) }, "i8").form).not.toThrow();
});
