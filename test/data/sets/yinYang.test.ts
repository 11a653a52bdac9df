/** The generated Yin-Yang set: its geometry, its balance, and that it is the same each time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { classOf, yinYang } from "../../../src/data/sets/yinYang.ts";

test("points lie in the symbol, with their mirrored coordinates, and have its classes", () => {
  const { values, labels } = yinYang({ count: 3000, seed: 3 });
  const counts = [0, 0, 0];
  for (const [k, label] of labels.entries()) {
    const [x, y, a, b] = values.subarray(4 * k, 4 * k + 4);
    expect([a, b]).toEqual([1 - x!, 1 - y!]);
    expect(classOf(x!, y!)).toBe(label);
    expect(Math.hypot(x! - 0.5, y! - 0.5)).toBeLessThanOrEqual(0.5);
    counts[label]!++;
  }
  for (const n of counts) expect(Math.abs(n - 1000)).toBeLessThan(5 * Math.sqrt((3000 * 2) / 9)); // five deviations
  expect(yinYang({ count: 3000, seed: 3 })).toEqual({ values, labels });
  expect(yinYang({ count: 3000, seed: 4 }).values).not.toEqual(values);
});

test("turning the symbol by half exchanges the halves, and dots stay dots", () => {
  const inner = fc.double({ min: 0.001, max: 0.999, noNaN: true });
  fc.assert(
    fc.property(inner, inner, (x, y) => {
      fc.pre(![0.25, 0.75].some((m) => [0.1, 0.25].some((r) => Math.abs(Math.hypot(x - m, y - 0.5) - r) < 1e-9)));
      fc.pre(Math.abs(y - 0.5) > 1e-9 && Math.abs(Math.hypot(x - 0.5, y - 0.5) - 0.5) > 1e-9);
      const [here, there] = [classOf(x, y), classOf(1 - x, 1 - y)];
      expect(there).toBe(here === undefined || here === 2 ? here : 1 - here);
    }),
  );
});
test.each([
  [0.25, 0.5, 2],
  [0.75, 0.55, 2],
  [0.5, 0.9, 1],
  [0.5, 0.1, 0],
  [0.25, 0.68, 1],
  [0.75, 0.32, 0],
  [0.01, 0.01, undefined],
])("(%d, %d) is of class %s", (x, y, label) => {
  expect(classOf(x, y)).toBe(label);
});
