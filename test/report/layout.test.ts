/** Oracle: what a terminal shows of a text, counted in columns; escape sequences as ECMA-48 defines them. */
import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { averaged, rangeBar, sparkline } from "../../src/report/terminal/charts.ts";
import { asciiOf, asciiText, fittedTable, harmless, paint, table } from "../../src/report/terminal/layout.ts";
import { widthOf } from "../../src/report/terminal/width.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const COLOURS = /\u001b\[\d+m/g;
const view = (colour: boolean) => ({ width: 80, unicode: true, colour });

test("colours change nothing but colours, and are not there unless wanted", () => {
  const rows = [
    ["", { text: "spiking", tone: "spiking" as const }],
    [{ text: "a", tone: "twin" as const }, "1,234"],
  ];
  const [plain, coloured] = [table(rows, view(false)), table(rows, view(true))];
  expect(plain).toBe("   spiking\na    1,234");
  expect(coloured).not.toBe(plain);
  expect(coloured.replace(COLOURS, "")).toBe(plain);
  expect(paint({ text: "x", tone: "title" }, view(false))).toBe("x");
});

test("columns of wide signs line up: a Chinese one takes two, a combining accent none", () => {
  expect(
    table([
      ["漢字", "1"],
      ["e\u0301", "22"],
    ]),
  ).toBe("漢字   1\ne\u0301     22");
});

test("widths are those of the library string-width, which a page could not load", () => {
  const sign = fc.constantFrom(..."aZ~ µ≥×é漢字かなカナ한국ＡＢ。🙂🚀", "e\u0301", "\u200d", "क", "ß");
  fc.assert(
    fc.property(fc.array(sign), (signs) => {
      const text = signs.join("");
      expect(widthOf(text)).toBe(stringWidth(text));
    }),
  );
});

test("columns without room go below, beside the first again", () => {
  const rows = [
    ["", "one", "two", "three"],
    ["row", "1", "2", "3"],
  ];
  const at = (width: number) => fittedTable(rows, { width, colour: false });
  expect(at(20)).toBe(table(rows));
  expect(at(17)).toBe("     one  two\nrow    1    2\n\n     three\nrow      3");
  expect(at(3)).toBe("     one\nrow    1\n\n     two\nrow    2\n\n     three\nrow      3");
});

test("ASCII: known signs by name, letters without accents, the rest as question marks", () => {
  expect(asciiText("≥ 2 µJ, Bohté × 3 … √2 漢")).toBe(">= 2 uJ, Bohte x 3 ... sqrt 2 ?");
  expect(asciiOf({ é: ["µ", 1, { a: "–" }], n: [1, 2] })).toEqual({ e: ["u", 1, { a: "-" }], n: [1, 2] });
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => /^\p{ASCII}*$/u.test(asciiText(text))));
});

test("nothing that a terminal obeys gets through", () => {
  expect(harmless("a\u001b[31mb\u009b2Jc\u0007\u202ed\ne")).toBe("a?[31mb?2Jc??d?e");
});

test("sparklines: the least is the lowest sign, the greatest the highest; as many signs as fit", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 20, { unicode: true })).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([1000, 1000 + 1e-12, 990], 20, { unicode: true }, 0)).toBe("███");
  expect(sparkline([0, 0], 20, { unicode: true }, 0)).toBe("▁▁");
  expect(sparkline([7, 0], 20, { unicode: false })).toBe("#_");
  expect(sparkline([3, 3, 3], 20, { unicode: true })).toBe("▁▁▁");
  expect(sparkline([], 20, { unicode: true })).toBe("");
  expect(averaged([1, 3, 5, 7, 2], 2)).toEqual([3, 4.5]); // borders at 0, 3 (2.5 rounds up) and 5
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
      fc.nat(60),
      (values, w) => {
        const text = sparkline(values, w + 1, { unicode: true });
        expect([...text]).toHaveLength(Math.min(values.length, w + 1));
      },
    ),
  );
});

test("bars: full up to the least, open up to the most, in columns of the scale", () => {
  expect(rangeBar(2, 5, 10, 20, { unicode: true })).toBe("████░░░░░░");
  expect(rangeBar(10, 10, 10, 4, { unicode: false })).toBe("####");
  expect(rangeBar(0.001, 0.002, 10, 20, { unicode: true })).toBe("█"); // something is there
  expect(rangeBar(0, 0, 10, 20, { unicode: true })).toBe("");
});
