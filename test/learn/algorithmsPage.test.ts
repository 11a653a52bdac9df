/** The guide's page on algorithms shows the table of the code. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ALGORITHMS } from "../../src/learn/algorithms.ts";

const rowsIn = (page: string): string[] =>
  page
    .split("\n")
    .flatMap((line) => (line.startsWith("|") ? [line.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---")] : []));

test("both tables of docs/guide/algorithms.md are `ALGORITHMS`, row by row", () => {
  const page = readFileSync(new URL("../../docs/guide/algorithms.md", import.meta.url), "utf8");
  const all = Object.values(ALGORITHMS).flat();
  const row = (...cells: string[]): string => `| ${cells.join(" | ")} |`;
  expect(rowsIn(page)).toEqual([
    row("algorithm", "keeps, beside weights and what the host gives", "grows with", "passes"),
    row("---", "---", "---", "---"),
    ...all.map((a) => row(`${a.name}: \`${a.call}\``, a.keeps, a.growth, a.time)),
    row("algorithm", "the gradient of BPTT in", "refuses", "source"),
    row("---", "---", "---", "---"),
    ...all.map((a) => row(a.name, a.exact, a.refuses, a.source)),
  ]);
});
