import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readArff } from "../../../src/data/format/arff.ts";
import { columnOf } from "../../../src/data/format/table.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const read = (text: string) => readArff({ path: "f.arff", bytes: new TextEncoder().encode(text) });
const HEAD =
  "@relation r\n@attribute x numeric\n@attribute c {a,'b c',d}\n@attribute s string\n@attribute t date\n@data\n";
const rows = async (text: string) => {
  const { columns, count } = await read(HEAD + text);
  return Array.from({ length: count }, (_, k) => columns.map(({ values }) => values[k]));
};

describe("reads", () => {
  test("all kinds of attributes, in any case, with comments and quoted names", async () => {
    const table = await read(
      `% about it
@RELATION 'the relation' % behind it

@Attribute "a name" REAL
@attribute it\\'s INTEGER
@attribute 'it\\'s too' String
@ATTRIBUTE class { yes, 'no way' ,"maybe, so" }
@attribute day date 'yyyy-MM-dd HH:mm'
@DATA
% a comment between
1.5,-2,'x, \\'y\\'',"maybe, so","2001-04-03 12:59" % behind a row
`.replace("it\\'s INTEGER", "its INTEGER"),
    );
    expect([table.relation, table.count]).toEqual(["the relation", 1]);
    expect(table.columns).toEqual([
      { kind: "number", name: "a name", values: Float64Array.of(1.5) },
      { kind: "number", name: "its", values: Float64Array.of(-2) },
      { kind: "text", name: "it's too", values: ["x, 'y'"] },
      { kind: "nominal", name: "class", categories: ["yes", "no way", "maybe, so"], values: Int32Array.of(2) },
      { kind: "date", name: "day", values: Float64Array.of(Date.UTC(2001, 3, 3, 12, 59)) },
    ]);
  });
  test("missing values; a quoted question mark is none; values parted by white space", async () => {
    expect(await rows("?,?,?,?\n1 'b c'\t'?' 2020-01-01T00:00:00\r\n")).toEqual([
      [NaN, -1, undefined, NaN],
      [1, 1, "?", Date.UTC(2020, 0, 1)],
    ]);
  });
  test("rows in braces: what is not mentioned is 0, or the first category", async () => {
    expect(await rows("{2 s, 3 2020-01-01T00:00:00}\n{ 0 -1.5 , 1 d,2 ?,3 ? }\n")).toEqual([
      [0, 0, "s", Date.UTC(2020, 0, 1)],
      [-1.5, 2, undefined, NaN],
    ]);
    const empty = await read("@relation r\n@attribute x numeric\n@attribute y {a,b}\n@data\n{}\n{1 b}\n");
    expect(empty.columns.map(({ values }) => [...values])).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });
  test("no row at all", async () => expect((await read(HEAD)).count).toBe(0));
  test.each([
    ["dd.MM.yyyy", "03.04.2001", Date.UTC(2001, 3, 3)],
    ["yyyyMMdd'T'HHmmss", "20010403T125901", Date.UTC(2001, 3, 3, 12, 59, 1)],
    ["HH:mm:ss.SSS", "01:02:03.004", Date.UTC(1970, 0, 1, 1, 2, 3, 4)],
    ["yyyy 'o''clock' HH", "2001 o'clock 07", Date.UTC(2001, 0, 1, 7)],
  ])("dates of the form %s", async (form, date, moment) => {
    const text = `@relation r\n@attribute t date "${form}"\n@data\n"${date}"\n`;
    expect((await read(text)).columns[0]!.values[0]).toBe(moment);
  });
});

describe("refuses, with the line", () => {
  const cases: readonly [string, string, string][] = [
    ["nothing", "", "line 0: the file ends before @data"],
    ["no data", "@relation r\n@attribute x numeric\n", "line 2: the file ends before @data"],
    ["data without attributes", "@relation r\n@data\n", "line 2: @data comes before any @attribute"],
    ["another word", "relation r\n", "line 1: expected @relation, @attribute or @data, found 'relation'"],
    [
      "an unknown type",
      "@attribute x float\n",
      "line 1: unknown type 'float'; known: numeric, real, integer, string, date and",
    ],
    ["a relational attribute", "@attribute x relational\n", "line 1: 'x' is relational; read are"],
    ["an attribute twice", "@attribute x real\n@attribute x real\n", "line 2: there is an attribute 'x' already"],
    ["a category twice", "@attribute x {a,b,a}\n", "line 1: the category 'a' is there twice"],
    ["categories without end", "@attribute x {a,b\n", "line 1: the categories of 'x' have no }"],
    [
      "a form of date with names",
      "@attribute x date 'dd MMM yyyy'\n",
      "line 1: the form of date 'dd MMM yyyy' has 'MMM'",
    ],
    ["a quote that does not close", "@attribute 'x real\n", "line 1: the quote at column 12 does not close"],
    ["a short row", `${HEAD}1,a,s\n`, "line 7: expected 4 values, found 3"],
    ["an empty value", `${HEAD}1,,s,?\n`, "line 7: column 3: there is no value before the comma"],
    ["no number", `${HEAD}one,a,s,?\n`, "line 7: attribute 'x': expected a number, found 'one'"],
    ["another category", `${HEAD}1,b,s,?\n`, "line 7: attribute 'c': expected one of a, b c, d, found 'b'"],
    [
      "another date",
      `${HEAD}1,a,s,today\n`,
      "line 7: attribute 't': expected a date (yyyy-MM-dd'T'HH:mm:ss), found 'today'",
    ],
    ["a weight", `${HEAD}1,a,s,?, {5}\n`, "line 7: has a weight in braces"],
    [
      "numbers that do not ascend",
      `${HEAD}{1 a, 0 1}\n`,
      "line 7: expected the number of an attribute from 2 to 3, found '0'",
    ],
    [
      "a number of no attribute",
      `${HEAD}{4 a}\n`,
      "line 7: expected the number of an attribute from 0 to 3, found '4'",
    ],
    [
      "text that is not mentioned",
      `${HEAD}{0 1}\n`,
      "line 7: attribute 's' is a text, which a row in braces must give",
    ],
    ["a row behind a row", `${HEAD}{2 s, 3 ?} 1\n`, "line 7: column 12: expected nothing behind }, found '1'"],
  ];
  for (const [what, text, message] of cases)
    test(what, async () => await expect(read(text)).rejects.toThrow(`f.arff: ${message}`));
});

test("short rows in braces do not make us hold more than a limit", async () => {
  const attributes = Array.from({ length: 100 }, (_, k) => `@attribute x${k} real\n`).join("");
  const bytes = new TextEncoder().encode(`@relation r\n${attributes}@data\n${"{}\n".repeat(50)}`);
  expect((await readArff({ path: "f", bytes }, { maxValues: 5000 })).count).toBe(50);
  await expect(readArff({ path: "f", bytes }, { maxValues: 4999 })).rejects.toThrow(
    "f: line 152: too large: more than 4999 values",
  );
});

describe("EEG eye state", () => {
  const folder = `${dataFolder}/eeg-eye-state`;
  const bytes = () => new Uint8Array(readFileSync(`${folder}/EEG Eye State.arff`));
  test("8,257 samples open and 6,723 closed, as published; values against a reader that splits commas", async ({
    skip,
  }) => {
    skip(!hasData("eeg-eye-state"), NEEDS);
    const table = await readArff({ path: "eeg", bytes: bytes() });
    expect([table.count, table.columns.length]).toEqual([14_980, 15]);
    const { values, categories } = columnOf(table, "eyeDetection", "nominal");
    expect([categories, values.filter((v) => v === 0).length, values.filter((v) => v === 1).length]).toEqual([
      ["0", "1"],
      8257,
      6723,
    ]);
    const lines = new TextDecoder()
      .decode(bytes())
      .split(/\r?\n/)
      .filter((line) => /^\d/.test(line));
    lines.forEach((line, row) => {
      const meant = line.split(",").map(Number);
      if (meant.some((value, k) => value !== table.columns[k]!.values[row])) throw new Error(`row ${row}: ${line}`);
    });
    expect(lines.length).toBe(14_980);
  });
});
