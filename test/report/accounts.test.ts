/** Price tables and variants of networks that renderers know nothing of show by themselves, in text and on the page. */
import { beforeAll, describe, expect, test } from "vitest";
import { accountColumns, componentsOf, energyTables } from "../../src/report/accounts.ts";
import type { AccountDocument, CompareDocument } from "../../src/report/document.ts";
import { pageOf } from "../../src/report/html/page.ts";
import { renderText } from "../../src/report/terminal/result.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import { ROWS } from "../tasks/synthetic.ts";

let plain: CompareDocument;
let more: CompareDocument;

/** A chip's prices: components of their own, and work that has none. */
const chip = (name: string, low: number): AccountDocument => ({
  name,
  prices: "A chip of nobody's",
  total: { low, typical: 2 * low, high: 3 * low },
  lowerBound: true,
  components: { synapses: { low, typical: low, high: low }, cooling: { low: 0, typical: low, high: 2 * low } },
  unpriced: [{ work: "additions", count: 3, reason: "no entry" }],
  popular: { value: low, label: "the popular figure: none" },
  breakEven: [],
  notes: [],
});

beforeAll(async () => {
  const { document } = await compareOn(ROWS, { task: "rows", seed: 1, threads: 1, encoder: "rate" }, () => {});
  plain = document as unknown as CompareDocument;
  const { spiking, twin } = plain;
  const priced = (side: CompareDocument["spiking"], low: number) => ({
    ...side,
    energy: { ...side.energy, chip: chip(side.counts.name, low) },
  });
  const counts = { ...twin.counts, name: "the twin of equal precision" };
  const equal = { counts, energy: { f32: { ...twin.energy["f32"]!, name: counts.name } } };
  more = {
    ...plain,
    spiking: priced(spiking, 1e-9),
    twin: { ...priced(twin, 4e-9), equal } as CompareDocument["twin"],
  };
});

describe("what there is", () => {
  test("columns: both networks and the twin's variants; a table holds those that it prices", () => {
    expect(accountColumns(plain).map((c) => c.title)).toEqual(["spiking", "twin", "twin, zeros skipped"]);
    expect(accountColumns(more).map((c) => c.title)).toEqual([
      ...["spiking", "twin", "twin, zeros skipped"],
      "twin of equal precision",
    ]);
    const tables = energyTables(accountColumns(more));
    expect(tables.map((t) => [t.title, t.columns.length])).toEqual([
      ["32-bit floats", 4],
      ["8-bit weights", 3],
      ["A chip of nobody's", 2],
    ]);
    expect(componentsOf(tables[2]!)).toEqual([
      { key: "synapses", title: "synaptic events" },
      { key: "cooling", title: "cooling" },
    ]);
  });

  test("in the text", () => {
    const text = renderText(more);
    expect(text).toContain("Energy of an inference, A chip of nobody's");
    expect(text).toMatch(/spiking +█+░+ +≥ 2 nJ \(1 to 3\)/);
    expect(text).toMatch(/cooling +1 nJ +4 nJ/);
    expect(text).toContain("twin of equal precision");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("on the page: a figure and a table more, with what the spiking network must stay below", async () => {
    const [before, after] = [await pageOf(plain), await pageOf(more)];
    const count = (page: string, what: string): number => page.split(what).length - 1;
    expect(count(after, '<figure class="energy">') - count(before, '<figure class="energy">')).toBe(1);
    expect(after).toContain("Energy of an inference, A chip of nobody&#39;s");
    expect(after).toContain("break-even with twin of equal precision");
    expect(after).toMatch(/≥ <data value="2e-9">2<\/data> nJ/);
  });
});
