import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addition,
  LARGEST_SRAM,
  memoryAccess,
  multiplication,
  multiplyAccumulation,
  type NumberFormat,
  type Price,
} from "../../src/energy/horowitz.ts";
import { POPULAR, prices, type Work } from "../../src/energy/prices.ts";
import { spiking, twin } from "./examples.ts";

const typical = (price: Price | undefined): number | undefined => price?.value.typical;

describe("the table of Horowitz 2014, pJ", () => {
  test.each<[NumberFormat, number, number | undefined]>([
    ["int8", 0.03, 0.2],
    ["int16", 0.05, undefined],
    ["int32", 0.1, 3.1],
    ["fp16", 0.4, 1.1],
    ["fp32", 0.9, 3.7],
  ])("%s: add %f, multiply %o", (format, add, multiply) => {
    expect([typical(addition(format)), typical(multiplication(format))]).toEqual([add, multiply]);
  });
  test.each<[NumberFormat, number]>([
    ["fp32", 4.6],
    ["int8", 0.23],
    ["int32", 3.2],
  ])("%s multiply-add %f", (format, sum) => {
    expect(typical(multiplyAccumulation(format, format))).toBeCloseTo(sum, 12);
  });
  test("a 16-bit integer multiplication is not in it", () =>
    expect(multiplyAccumulation("int16", "int32")).toBeUndefined());
  test("8-bit products summed to 32 bits: 0.23 at best, 0.3 as a rule", () => {
    const { low, typical: usual, high } = multiplyAccumulation("int8", "int32")!.value;
    expect([low, usual, high].map((x) => x.toFixed(2))).toEqual(["0.23", "0.30", "0.30"]);
  });
});

describe("memory", () => {
  test.each([
    [8, 10],
    [32, 20],
    [1024, 100],
  ])("%i KB: %i pJ for 64 bits, half for 32, an eighth for 8", (kilobytes, whole) => {
    for (const bits of [64, 32, 8]) {
      const { low, typical: usual, high } = memoryAccess(kilobytes * 1024, bits).value;
      expect([low, usual, high]).toEqual([
        expect.closeTo((whole * bits) / 64, 9),
        expect.closeTo((whole * bits) / 64, 9),
        expect.closeTo(whole, 9),
      ]);
    }
  });
  test("between two sizes: the power law through both (16 KB: 10·√2)", () => {
    expect(typical(memoryAccess(16 * 1024, 64))).toBeCloseTo(10 * Math.SQRT2, 9);
  });
  test("below 8 KB the table is silent: flat", () => expect(typical(memoryAccess(100, 64))).toBe(10));
  test("above 1 MB: DRAM, 1300 to 2600 pJ", () => {
    expect(memoryAccess(LARGEST_SRAM + 1, 64).value).toEqual({ low: 1300, typical: 1950, high: 2600 });
    expect(memoryAccess(LARGEST_SRAM + 1, 32).value).toEqual({ low: 650, typical: 975, high: 2600 });
  });
  test("a larger memory or a wider word never costs less", () => {
    const size = fc.integer({ min: 1, max: 2 ** 22 });
    fc.assert(
      fc.property(size, size, fc.constantFrom(8, 16, 32, 64), (a, b, bits) => {
        const [small, large] = [memoryAccess(Math.min(a, b), bits).value, memoryAccess(Math.max(a, b), bits).value];
        for (const bound of ["low", "typical", "high"] as const)
          expect(large[bound]).toBeGreaterThanOrEqual(small[bound]);
        expect(memoryAccess(a, 64).value.typical).toBeGreaterThanOrEqual(memoryAccess(a, bits).value.typical);
      }),
      { numRuns: 200 },
    );
  });
});

describe("every price of every table", () => {
  const all = Object.values(prices).flatMap((table) =>
    [spiking(), twin()].flatMap((counts) =>
      (Object.keys(table.lines) as Work[]).flatMap((work) => {
        const line = table.lines[work];
        const price = "price" in line ? line.price(counts, {}) : undefined;
        return price ? [[`${table.name}.${work}`, price] as const] : [];
      }),
    ),
  );

  test.each(all)("%s states value, unit, process, voltage, scope, grade and source", (_, price) => {
    const { value, ...facts } = price;
    expect(value.low).toBeGreaterThan(0);
    expect(value.typical).toBeGreaterThanOrEqual(value.low);
    expect(value.high).toBeGreaterThanOrEqual(value.typical);
    expect(facts).toEqual({
      unit: "pJ",
      process: "45 nm",
      voltage: 0.9,
      grade: "analytic",
      includes: expect.stringMatching(/./),
      excludes: expect.stringMatching(/./),
      source: expect.stringContaining("Horowitz 2014"),
    });
  });
  test("work is priced, covered by other prices, or confessed", () => {
    for (const table of Object.values(prices))
      for (const line of Object.values(table.lines))
        expect(["price", "includedIn", "unpriced"].filter((key) => key in line)).toHaveLength(1);
  });
  test("the popular figure is 0.9 and 4.6 pJ and says that it is arithmetic alone", () => {
    expect([typical(POPULAR.acs), typical(POPULAR.macs)]).toEqual([0.9, expect.closeTo(4.6, 12)]);
    expect(POPULAR.label).toContain("arithmetic alone");
  });
});
