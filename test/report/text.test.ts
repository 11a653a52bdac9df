import { expect, test } from "vitest";
import { bytes, joules, joulesRange, percent, short, whole } from "../../src/report/numbers.ts";
import { item, sections, table, wrap } from "../../src/report/terminal/layout.ts";

test("text is broken at spaces within 80 columns; long words stay whole", () => {
  const words = Array.from({ length: 60 }, (_, k) => "x".repeat(1 + (k % 9))).join(" ");
  const lines = wrap(words).split("\n");
  expect(lines.join(" ")).toBe(words);
  expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(80);
  expect(wrap("x".repeat(90))).toBe("x".repeat(90));
  expect(
    item(words)
      .split("\n")
      .slice(1)
      .every((l) => l.startsWith("  ")),
  ).toBe(true);
});

test("tables: the first column to the left, the others to the right", () => {
  expect(
    table([
      ["a", "10", "x"],
      ["long", "7"],
    ]),
  ).toBe("a     10  x\nlong   7");
});

test("numbers", () => {
  expect([whole(1234567.6), short(0.12345), short(12345), percent(0.98765, 2)]).toEqual([
    "1,234,568",
    "0.123",
    "12,345",
    "98.77 %",
  ]);
  expect([joules(2.4567e-6), joules(0), joules(3e-13), bytes(819_000), bytes(5.48e6)]).toEqual([
    "2.46 µJ",
    "0 pJ",
    "0.3 pJ",
    "819 kB",
    "5.48 MB",
  ]);
  expect(joulesRange({ low: 9e-7, typical: 1.5e-6, high: 2e-6 })).toBe("1.5 µJ (0.9 to 2)");
  expect(sections(["a", "", "b\n"])).toBe("a\n\nb\n\n");
});
