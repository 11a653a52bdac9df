import fc from "fast-check";
import { expect, test } from "vitest";
import { wilson } from "../../src/tasks/interval.ts";

test("as published", () => {
  // Newcombe 1998, Statistics in Medicine 17, 857, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  const rows: [number, number, number, number][] = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ];
  for (const [right, count, low, high] of rows) {
    expect(wilson(right, count).low).toBeCloseTo(low, 4);
    expect(wilson(right, count).high).toBeCloseTo(high, 4);
  }
});
test("its ends solve |share - p| = z·√(p(1 - p)/n)", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (n, x) => {
      const right = Math.round(x * n);
      const { low, high } = wilson(right, n);
      for (const p of [low, high])
        if (p > 1e-9 && p < 1 - 1e-9)
          expect(Math.abs(right / n - p)).toBeCloseTo(1.959964 * Math.sqrt((p * (1 - p)) / n), 9);
    }),
  );
});
