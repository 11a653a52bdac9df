/** Oracle: d3-scale, whose rule of ticks and round ends this is. */
import { scaleLinear } from "d3-scale";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Axis, exactAxis, linearAxis } from "../../src/report/html/axis.ts";

const decimal = fc
  .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -6, max: 6 }))
  .map(([m, e]) => Number(`${m}e${e}`));
const range = fc.tuple(decimal, decimal).filter(([a, b]) => b - a > 1e-9 * Math.max(Math.abs(a), Math.abs(b)));
const close = (found: readonly number[], wanted: readonly number[], scale: number): void => {
  expect(found).toHaveLength(wanted.length);
  found.forEach((x, k) => {
    expect(Math.abs(x - wanted[k]!)).toBeLessThanOrEqual(1e-9 * scale);
  });
};

/**
 * Where an end lies at or beyond that of the data, and d3's a step further: it takes -0.07 · -100 for more than 7, and does not
 * stop at an end that it has made round itself.
 */
const overshoots = (theirs: readonly number[], data: readonly [number, number], { low, high }: Axis): boolean =>
  (low <= data[0] && theirs[0]! < low - 1e-12 * Math.abs(low)) ||
  (high >= data[1] && theirs[1]! > high + 1e-12 * Math.abs(high));

test("ticks within the data's own ends, as d3 has them", () => {
  fc.assert(
    fc.property(range, fc.integer({ min: 2, max: 10 }), ([low, high], count) => {
      const { ticks } = exactAxis(low, high, "", count);
      close(ticks, scaleLinear().domain([low, high]).ticks(count), high - low);
    }),
  );
});
test("round ends, as d3 has them", () => {
  fc.assert(
    fc.property(range, fc.integer({ min: 2, max: 10 }), ([low, high], count) => {
      const axis = linearAxis(low, high, "", count);
      const scale = scaleLinear().domain([low, high]).nice(count);
      fc.pre(!overshoots(scale.domain(), [low, high], axis));
      close([axis.low, axis.high], scale.domain(), high - low);
      close(axis.ticks, scale.ticks(count), high - low);
      expect(axis.ticks.map(axis.format)).toEqual(scale.ticks(count).map(scale.tickFormat(count)));
    }),
  );
});
test("by hand", () => {
  const axis = linearAxis(-0.13, 0.71, "v", 4);
  expect([axis.low, axis.high, axis.ticks]).toEqual([-0.2, 0.8, [-0.2, 0, 0.2, 0.4, 0.6, 0.8]]);
  expect(axis.ticks.map(axis.format)).toEqual(["−0.2", "0.0", "0.2", "0.4", "0.6", "0.8"]);
  expect(linearAxis(3, 3, "", 5).high).toBeGreaterThan(3); // a range of nothing has room as well
});
