import { describe, expect, test } from "vitest";
import { duration, measure, rate, summary } from "../../bench/measure.ts";

describe("summary", () => {
  test("of an odd and of an even number of values, in any order", () => {
    expect(summary([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, n: 3 });
    expect(summary([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4, n: 4 });
    expect(() => summary([])).toThrow("no values");
  });

  test("a rate is work by time, a duration is time by unit", () => {
    expect(rate("copy", "GB/s", 6, [1, 2, 3], { limit: 9 })).toEqual({
      ...{ metric: "copy", unit: "GB/s", limit: 9 },
      ...{ median: 3, min: 2, max: 6, n: 3 },
    });
    expect(duration("step", "ms", 1000, [0.001, 0.003]).median).toBe(2);
  });
});

describe("measure", () => {
  test("candidates take turns, each leading in its turn, after a warm-up", async () => {
    const order: string[] = [];
    const wait = (name: string, ms: number) => () => {
      order.push(name);
      const end = performance.now() + ms;
      while (performance.now() < end);
    };
    // Every call lasts longer than a turn, so a turn is one call.
    const times = await measure({ a: wait("a", 2), b: wait("b", 4) }, { repeats: 3, warmUp: 0.001, turn: 0.001 });
    expect(order.slice(-6)).toEqual(["a", "b", "b", "a", "a", "b"]);
    expect([times.a.length, times.b.length]).toEqual([3, 3]);
    expect(Math.min(...times.a)).toBeGreaterThanOrEqual(0.002);
    expect(Math.min(...times.b)).toBeGreaterThanOrEqual(0.004);
  });

  test("a promise is waited for", async () => {
    const { a } = await measure(
      { a: () => new Promise((done) => setTimeout(done, 5)) },
      { repeats: 2, warmUp: 0, turn: 0.001 },
    );
    expect(Math.min(...a)).toBeGreaterThan(0.0035); // timers may fire up to 1 ms early
  });
});
