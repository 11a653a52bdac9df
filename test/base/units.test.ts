import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Dimension,
  formatDimension,
  NAMED,
  power,
  product,
  quotient,
  sameDimension,
} from "../../src/base/dimension.ts";
import { ModelError } from "../../src/base/errors.ts";
import { parseQuantity, quantityOf } from "../../src/base/quantity.ts";
import { scale, UNITS } from "../../src/base/units.ts";

const second = NAMED.second!;
const volt = NAMED.volt!;

describe("quantities", () => {
  // Oracle: the SI brochure's prefixes; values are the doubles nearest to the decimal numbers.
  test.each([
    ["20 ms", 20e-3, "second"],
    ["0.1 ms", 1e-4, "second"],
    ["-49 mV", -49e-3, "volt"],
    ["-50*mV", -0.05, "volt"],
    ["1.62*mV", 1.62e-3, "volt"],
    ["10 nS/cm**2", 1e-4, "siemens/metre**2"],
    ["1/ms", 1000, "hertz"],
    ["1/20 ms", 50, "hertz"],
    ["200 pF", 2e-10, "farad"],
    ["9 uF cm^-2", 0.09, "farad/metre**2"],
    ["20000*umetre**2", 2e-8, "metre**2"],
    ["20000 um2", 2e-8, "metre**2"],
    ["1 mM", 1, "mole/metre**3"],
    ["6.5 kHz", 6500, "hertz"],
    ["0.2 s", 0.2, "second"],
    ["1e3 Mohm", 1e9, "ohm"],
    ["2 gram", 2e-3, "kilogram"],
    ["3 kilogram", 3, "kilogram"],
    ["1 kg", 1, "kilogram"],
    ["2 (mV)**2", Number.NaN, ""],
    ["4 mV**0.5*mV**1.5", 4e-6, "volt**2"],
    ["0.5", 0.5, "1"],
    ["ms", 1e-3, "second"],
    ["7 liter", 7e-3, "metre**3"],
  ])("%s", (text, value, unit) => {
    if (Number.isNaN(value)) return expect(() => parseQuantity(text, "p")).toThrow(ModelError);
    const q = parseQuantity(text, "p");
    expect(q.value).toBe(value);
    expect(formatDimension(q.dimension)).toBe(unit);
  });
  test("numbers have no dimension", () =>
    expect(parseQuantity(3, "p")).toEqual({ value: 3, dimension: [0, 0, 0, 0, 0, 0, 0] }));

  test("any decimal number in milliseconds is the double nearest to it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (digits, places) => {
        const text = String(Number(`${digits}e-${places}`));
        const mantissa = text.includes("e") ? text : `${text}e0`;
        const [m, e] = mantissa.split("e");
        expect(parseQuantity(`${text} ms`, "p").value).toBe(Number(`${m}e${Number(e) - 3}`));
      }),
    );
  });

  test.each([
    ["20 foo", "unknown-name", "p: 'foo' is not a unit, in '20 foo'"],
    ["20 +", "syntax", "p: unexpected '+' in '20 +'"],
    ["", "syntax", "p: unexpected end in ''"],
    ["2 ms 3", "syntax", "p: unexpected '3'"],
    ["(2 ms", "syntax", "missing ')'"],
    ["2 $", "syntax", "unexpected '$'"],
  ])("%s is refused", (text, code, message) => {
    expect(() => parseQuantity(text, "p")).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
  test("a wrong dimension names both", () => {
    expect(() => quantityOf("3 mV", second, "lif.tau")).toThrow(
      "lif.tau: expected a quantity in second, got '3 mV' in volt",
    );
    expect(quantityOf("3 ms", second, "lif.tau")).toBe(3e-3);
  });
});

describe("dimensions", () => {
  test.each<[Dimension, string]>([
    [quotient(volt, second), "volt/second"],
    [power(second, -0.5), "second**-0.5"],
    [power(volt, 2), "volt**2"],
    [product(volt, power(second, -0.5)), "volt/second**0.5"],
    [product(NAMED.siemens!, volt), "amp"],
    [quotient(product(NAMED.farad!, volt), second), "amp"],
    [product(NAMED.ohm!, NAMED.farad!), "second"],
    [power(power(NAMED.metre!, 1 / 3), 3), "metre"],
    [quotient(volt, volt), "1"],
  ])("%j is %s", (d, text) => expect(formatDimension(d)).toBe(text));

  test("printing and reading a dimension gives it back", () => {
    const exponent = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(fc.tuple(exponent, exponent, exponent, exponent, exponent, exponent, exponent), (d) => {
        expect(sameDimension(parseQuantity(formatDimension(d), "p").dimension, d)).toBe(true);
      }),
    );
  });
  test("Brian's names, and no variable's", () => {
    for (const name of "volt mvolt mV uV amp nA pA siemens nS uS msiemens farad pF uF ohm Mohm Gohm second ms us ns hertz Hz kHz metre meter mm um cm cm2 um2 umetre2 mole mmolar mM molar kelvin kilogram newton watt joule coulomb".split(
      " ",
    ))
      expect(UNITS.has(name), name).toBe(true);
    for (const name of ["V", "m", "h", "n", "s", "g", "i", "w", "EK", "El", "gK", "min", "damp"])
      expect(UNITS.has(name), name).toBe(false);
  });
  test("scales are rounded once", () => {
    expect(scale(1.62, -3)).toBe(0.00162);
    expect(scale(1e-7, -3)).toBe(1e-10);
    expect(scale(3, 0)).toBe(3);
  });
});
