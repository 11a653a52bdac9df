import fc from "fast-check";
import { expect, test } from "vitest";
import { sortNumbers } from "../../src/base/radixSort.ts";

test("as the platform sorts, within the range alone", () => {
  fc.assert(
    fc.property(
      fc
        .constantFrom(1, 2, 255, 256, 257, 70_000, 2 ** 24 + 5, 2 ** 32 - 1)
        .chain((below) =>
          fc.record({ below: fc.constant(below), numbers: fc.array(fc.nat({ max: below - 1 }), { maxLength: 300 }) }),
        ),
      fc.nat(40),
      ({ below, numbers }, from) => {
        const array = Uint32Array.from(numbers);
        const want = array.slice();
        const [low, high] = [Math.min(from, array.length), Math.max(from, array.length - 3)];
        sortNumbers(array, low, Math.max(low, Math.min(high, array.length)), below);
        want.subarray(low, Math.max(low, Math.min(high, array.length))).sort();
        expect(array).toEqual(want);
      },
    ),
  );
});
