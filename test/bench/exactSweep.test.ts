import { expect, test } from "vitest";
import { crossingOf, type SweepPoint } from "../../bench/exactSweep.ts";

const always = (median: number) => ({ median, min: median, max: median, n: 1 });
/** 40 ms a hertz against 100 ms and 10 s whatever the rate. */
const points = [0.1, 1, 10].map(
  (rate): SweepPoint => ({
    rate,
    exact: always(40 * rate),
    clocked: { "0.1 ms": always(100), "0.01 ms": always(10_000) },
    events: 0,
  }),
);

test("curves that are powers of the rate cross where they are equal; those that do not cross have no crossing", () => {
  expect(crossingOf(points, "0.1 ms")).toBeCloseTo(2.5, 12);
  expect(crossingOf(points, "0.01 ms")).toBeUndefined();
});
