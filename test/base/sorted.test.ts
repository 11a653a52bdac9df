import fc from "fast-check";
import { expect, test } from "vitest";
import { firstAtLeast } from "../../src/base/sorted.ts";

test("where ascending numbers first reach a value, within a range: looked through one by one", () => {
  const lists = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 20 }).map((x) => x.sort((a, b) => a - b));
  fc.assert(
    fc.property(lists, fc.integer({ min: -1, max: 13 }), fc.nat(20), fc.nat(20), (list, value, a, b) => {
      const [from, to] = [Math.min(a, b, list.length), Math.min(Math.max(a, b), list.length)];
      const found = list.findIndex((x, k) => k >= from && k < to && x >= value);
      expect(firstAtLeast(list, value, from, to)).toBe(found < 0 ? to : found);
      expect(firstAtLeast(list, value)).toBe(list.filter((x) => x < value).length);
    }),
  );
});
