import { expect, test } from "vitest";
import {
  bytes,
  item,
  joules,
  joulesRange,
  percent,
  sections,
  short,
  table,
  whole,
  wrap,
} from "../../src/tasks/text.ts";
import { accuracyVerdict } from "../../src/tasks/verdict.ts";

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

/** `onlyFirst` samples that the first network alone answers rightly, `onlySecond` the second, and 100 that both do. */
function judged(onlyFirst: number, onlySecond: number) {
  const n = 100 + onlyFirst + onlySecond;
  const labels = new Uint8Array(n);
  const side = (wrong: (k: number) => boolean) => {
    const predictions = Int32Array.from({ length: n }, (_, k) => Number(wrong(k)));
    const accuracy = predictions.filter((p) => p === 0).length / n;
    return { result: { predictions, accuracy } } as Parameters<typeof accuracyVerdict>[0];
  };
  const first = side((k) => k >= 100 + onlyFirst);
  const second = side((k) => k >= 100 && k < 100 + onlyFirst);
  return accuracyVerdict(first, second, labels);
}

test.each([
  [0, 0, "undecided"],
  [20, 10, "undecided"], // 10 apart, twice the root of 30 is 10.95
  [21, 10, "undecided"], // 11 apart, 11.1
  [22, 10, "spiking"], // 12 apart, 11.3
  [10, 22, "twin"],
  [4, 0, "undecided"], // 4 apart, 4
  [5, 0, "spiking"],
])("accuracy by the samples that one alone answers: %i against %i: %s", (first, second, winner) => {
  const verdict = judged(first, second);
  expect(verdict.winner).toBe(winner);
  expect(verdict.text).toContain(`of ${100 + first + second} test samples`);
});
