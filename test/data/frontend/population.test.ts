import { expect, test } from "vitest";
import { populationCode } from "../../../src/data/frontend/population.ts";

test("answers are Gaussians about centres that lie half a distance beyond both ends (Bohte et al. 2002)", () => {
  const [low, high, m, beta] = [-1, 3, 6, 1.5];
  const sigma = (high - low) / (m - 2) / beta;
  const centres = Array.from({ length: m }, (_, i) => low + ((2 * (i + 1) - 3) / 2) * ((high - low) / (m - 2)));
  expect(centres).toEqual([-1.5, -0.5, 0.5, 1.5, 2.5, 3.5]);
  const features = [-1, 0.5, 2.9, 7];
  const out = populationCode(features, 1, { neurons: m, low, high });
  const expected = features.flatMap((x) => centres.map((c) => Math.exp(-((x - c) ** 2) / (2 * sigma * sigma))));
  expect(out.length).toBe(expected.length);
  out.forEach((y, k) => {
    expect(Math.abs(y - expected[k]!)).toBeLessThanOrEqual(2 ** -23); // one rounding to f32 of a number up to 1
  });
});
test("each feature may have bounds of its own, and lies beside the others", () => {
  const out = populationCode([0, 10], 2, { neurons: 3, low: [-1, 5], high: [1, 15] });
  expect([...out]).toEqual([...populationCode([0, 0], 1, { neurons: 3, low: -1, high: 1 })]);
});
test("says what is wrong", () => {
  expect(() => populationCode([1, Number.NaN], 2, { neurons: 3, low: 0, high: 1 })).toThrow(/features\[0\]\[1\].*NaN/);
  expect(() => populationCode([1], 1, { neurons: 2, low: 0, high: 1 })).toThrow(/neurons.*3/);
  expect(() => populationCode([1], 1, { neurons: 3, low: 1, high: 1 })).toThrow(/below high/);
  expect(() => populationCode([1, 2, 3], 2, { neurons: 3, low: 0, high: 1 })).toThrow(/no rows of 2/);
  expect(() => populationCode([1, 2], 2, { neurons: 3, low: [0], high: 1 })).toThrow(/each of 2 features/);
});
