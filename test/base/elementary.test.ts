/** Functions that must give the same bits in every engine; `exp`, `log` and `cos` against the kernels': test/ir/random.test.ts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { cos, wholePower } from "../../src/base/elementary.ts";

test("cos against Math.cos, to 2 units in the last place of 1", () => {
  for (let k = 0; k <= 10_000; k++) expect(Math.abs(cos(k / 1000) - Math.cos(k / 1000))).toBeLessThanOrEqual(2 ** -52);
  expect([cos(0), cos(Math.PI)]).toEqual([1, -1]);
});

test("whole powers of integers are exact while they fit 53 bits", () => {
  fc.assert(
    fc.property(fc.integer({ min: -40, max: 40 }), fc.nat(9), (x, n) => {
      expect(wholePower(x, n)).toBe(Number(BigInt(x) ** BigInt(n)));
    }),
  );
  expect([wholePower(10, 22), wholePower(2, -1074), wholePower(0.5, 1074)]).toEqual([1e22, 0, 5e-324]);
});

/** The square of a number that is off by d (relative) is off by 2d and half a unit more: n - 1 roundings in all; one more for `exact`. */
test("powers of fractions against repeated multiplication in exact integers", () => {
  for (const [p, n] of [
    [9, 1],
    [9, 100],
    [999, 3000],
    [99, 777],
  ] as const) {
    const x = p / 10 ** String(p).length;
    const [mantissa, shift] = [BigInt(x * 2 ** 60), 60n]; // x is a double, and so exactly this
    const exact = Number(((mantissa ** BigInt(n)) << 200n) >> (shift * BigInt(n))) / 2 ** 200;
    expect(Math.abs(wholePower(x, n) / exact - 1)).toBeLessThanOrEqual((n + 1) * 2 ** -53);
    expect(wholePower(x, -n)).toBe(1 / wholePower(x, n));
  }
});
