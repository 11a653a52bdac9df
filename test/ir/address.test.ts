/** Which addresses a place in loops reaches. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { addresses } from "../../src/ir/address.ts";
import { loop, place, type Term } from "../../src/ir/program.ts";

test("the range of an address is exact: the first and the last period hold the extremes", () => {
  const term = fc
    .record({
      loop: fc.constantFrom("s", "t"),
      stride: fc.integer({ min: -9, max: 9 }),
      shift: fc.integer({ min: -5, max: 5 }),
      modulo: fc.constantFrom(undefined, 1, 2, 4, 8),
      most: fc.option(fc.integer({ min: -6, max: 30 }), { nil: undefined }),
    })
    .map(({ modulo, most, ...t }): Term => {
      if (modulo !== undefined) return { ...t, modulo };
      return most === undefined ? t : { ...t, most };
    });
  const range = fc.record({ from: fc.integer({ min: -5, max: 5 }), count: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(fc.array(term, { maxLength: 4 }), range, range, (terms, s, t) => {
      const at: number[] = [];
      for (let i = s.from; i < s.from + s.count; i++)
        for (let j = t.from; j < t.from + t.count; j++)
          at.push(
            terms.reduce((sum, { loop: l, stride, shift = 0, modulo, most = 1e9 }) => {
              const moved = (l === "s" ? i : j) + shift;
              return sum + stride * (modulo ? moved & (modulo - 1) : Math.min(moved, most)); // as the interpreter does
            }, 3),
          );
      const loops = [loop("s", s.count, [], { from: s.from }), loop("t", t.count, [], { from: t.from })];
      expect(addresses(place("b", 3, ...terms), loops)).toEqual({ low: Math.min(...at), high: Math.max(...at) });
    }),
    { numRuns: 300 },
  );
});
