import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import papa from "papaparse";
import { describe, expect, test } from "vitest";
import { type CsvOptions, readCsv, streamCsv } from "../../../src/data/format/csv.ts";
import { type CsvRow, csvRows } from "../../../src/data/format/csvRows.ts";
import { openFile } from "../../../src/data/format/pieces.ts";
import { columnOf, type Table } from "../../../src/data/format/table.ts";
import { withinMemory } from "../mutate.ts";
import { dataFolder, hasData, NEEDS } from "../shared.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const file = (text: string | Uint8Array) => ({ path: "f.csv", bytes: typeof text === "string" ? utf8(text) : text });
const read = (text: string, options?: CsvOptions): Promise<Table> => readCsv(file(text), options);
const plain = ({ columns }: Table): unknown[] => columns.map(({ name, kind, values }) => [name, kind, [...values]]);
const rowsOf = async (text: string, pieces: number, options = {}): Promise<CsvRow[]> => {
  const bytes = utf8(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces);
  }
  const rows: CsvRow[] = [];
  for await (const run of csvRows({ path: "f.csv", chunks: chunks() }, options)) rows.push(...run);
  return rows;
};

describe("rows", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", "é", "𝄞", " ", ",", '"', "\n", "\r\n", "0") });
  // A first cell that is never empty: a row of one empty cell is an empty line.
  const row = fc.tuple(fc.constant("x"), cell, cell);
  const written = (cells: readonly string[]): string => cells.map((c) => `"${c.replaceAll('"', '""')}"`).join(",");
  test("what RFC 4180 quotes comes back, however the bytes are cut, with the line each row begins in", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), async (rows, pieces) => {
        const text = rows.map((cells) => `${written(cells)}\n`).join("");
        const found = await rowsOf(text, pieces);
        expect(found.map(({ cells }) => cells)).toEqual(rows);
        let line = 1;
        for (const [k, cells] of rows.entries()) {
          expect(found[k]!.line).toBe(line);
          line += written(cells).split("\n").length;
        }
      }),
      { numRuns: 100 },
    );
  });
  test("any text in which papaparse finds nothing wrong means the same to it", async () => {
    const text = fc.string({
      unit: fc.constantFrom("a", ",", '"', '""', '",', '"\n', ',"', '\n"', "\n", "\r\n", " ", "é"),
    });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (text, pieces) => {
        const { data, errors } = papa.parse<string[]>(text, { delimiter: ",", newline: "\n" });
        // It passes over spaces between a closing quote and what follows, which RFC 4180 does not have.
        fc.pre(
          errors.length === 0 && !/"\s*[ \r]+\s*(,|$)/.test(text) && !/"[ \r]+\n/.test(text.replaceAll("\r\n", "\n")),
        );
        const meant = data.map((row) => [...row.slice(0, -1), row.at(-1)!.replace(/\r$/, "")]);
        const found = await rowsOf(text, pieces);
        const empty = (row: readonly string[]): boolean => row.length === 1 && row[0] === "";
        expect(found.map(({ cells }) => cells).filter((row) => !empty(row))).toEqual(
          meant.filter((row) => !empty(row)),
        );
        compared++;
      }),
      { numRuns: 1000 },
    );
    expect(compared).toBe(1000);
  });
  test("malformed quotes take time in proportion to the file", async () => {
    const text = `a,b\n"${`" x`.repeat(2 ** 17)}${" ".repeat(2 ** 18)},1\n`;
    const start = performance.now();
    await expect(rowsOf(text, 2 ** 16)).rejects.toThrow("line 2: a quoted cell must end with its quote");
    expect(performance.now() - start).toBeLessThan(1000); // papaparse takes a minute
  });
  test("the same with and without quotes, of any line ending, with or without a last one", async () => {
    for (const end of ["\n", "\r\n"])
      for (const last of ["", end])
        for (const text of [`a,b${end}1,2${last}`, `"a",b${end}1,"2"${last}`])
          for (const pieces of [1, 2, 3, 100])
            expect((await rowsOf(text, pieces)).map(({ cells }) => cells)).toEqual([
              ["a", "b"],
              ["1", "2"],
            ]);
  });
  test("comments and empty lines are passed over and counted; no quotes if there are none", async () => {
    expect(await rowsOf("# one\n\na,b\n# two\nc,d\n", 4, { comment: "#" })).toEqual([
      { line: 3, cells: ["a", "b"] },
      { line: 5, cells: ["c", "d"] },
    ]);
    expect(await rowsOf('"a\tb"c\n', 2, { separator: "\t", quote: "" })).toEqual([{ line: 1, cells: ['"a', 'b"c'] }]);
  });
  test("more comment than a row may have", async () => {
    const comment = `# ${"x".repeat(1000)}\n`;
    expect(await rowsOf(`${comment.repeat(1000)}1,2\n`, 2 ** 14, { comment: "#" })).toEqual([
      { line: 1001, cells: ["1", "2"] },
    ]);
  });
  test.each([
    ['a,"b\n1,2\n', "f.csv: line 1: a quote opens a cell and never closes"],
    ['a,b\n1,"2"3\n4,5\n', "f.csv: line 2: a quoted cell must end with its quote, and a quote inside it be doubled"],
  ])("refuses %j", async (text, message) => {
    await expect(rowsOf(text, 5)).rejects.toThrow(message);
  });
  test("a quote that never closes in a large file holds no more than a row's limit", async () => {
    const text = `a,b\n1,"${"x".repeat(2 ** 21)}`;
    await expect(withinMemory(2 ** 23, () => rowsOf(text, 2 ** 16))).rejects.toThrow(
      "line 2: a row of more than 1048576 characters; does a quote not close?",
    );
  });
  test.each<[CsvOptions, string]>([
    [{ separator: "" }, "separator: must be some text"],
    [{ separator: '"' }, "separator: must be some text without the quote"],
    [{ separator: "\n" }, "separator: must be some text"],
    [{ quote: "''" }, "quote: must be one character, or none"],
    [{ comment: "," }, "comment: must be some text other"],
  ])("refuses options %j", async (options, message) => {
    await expect(rowsOf("a,b\n", 9, options)).rejects.toThrow(`f.csv: ${message}`);
  });
});

describe("columns", () => {
  test("numbers, dates and text are told apart; a missing value is NaN or undefined", async () => {
    const text = "n,d,t,m\n1,2020-02-29,a,\n-2.5e3,2020-03-01 12:30:00,NA,NA\n,?,,\n";
    expect(plain(await read(text))).toEqual([
      ["n", "number", [1, -2500, NaN]],
      ["d", "date", [Date.UTC(2020, 1, 29), Date.UTC(2020, 2, 1, 12, 30), NaN]],
      ["t", "text", ["a", "NA", undefined]],
      ["m", "number", [NaN, NaN, NaN]],
    ]);
  });
  test("a number that turns into text far down makes the column text", async () => {
    const text = `x\n${"1\n".repeat(3000)}one\n`;
    const table = await read(text, { header: true });
    expect([table.count, columnOf(table, "x", "text").values.at(-1)]).toEqual([3001, "one"]);
  });
  test("kinds that are said: categories by order of appearance or as given, and text that looks like numbers", async () => {
    const kinds = { a: "nominal", b: ["no", "yes"], c: "text" } as const;
    const table = await read("a,b,c\nx,yes,01\ny,no,2\nx,,3\n", { header: true, kinds });
    expect(table.columns).toEqual([
      { kind: "nominal", name: "a", categories: ["x", "y"], values: Int32Array.of(0, 1, 0) },
      { kind: "nominal", name: "b", categories: ["no", "yes"], values: Int32Array.of(1, 0, -1) },
      { kind: "text", name: "c", values: ["01", "2", "3"] },
    ]);
  });
  test("decimal comma, semicolons, and no thousands", async () => {
    expect(plain(await read("a;b\n1,5;-,25e1\n", { separator: ";", decimal: "," }))).toEqual([
      ["a", "number", [1.5]],
      ["b", "number", [-2.5]],
    ]);
    expect((await read("a;b\n1.000,5;x\n", { separator: ";", decimal: ",", header: true })).columns[0]!.kind).toBe(
      "text",
    );
  });
  test.each([
    ["2021-02-29", undefined],
    ["2020-13-01", undefined],
    ["2020-01-01T24:00:00", undefined],
    ["2020-01-01T10:00:00.1234567Z", Date.UTC(2020, 0, 1, 10, 0, 0, 123)],
    ["2020-01-01 10:00:00+02:00", Date.UTC(2020, 0, 1, 8)],
    ["2020-01-01 10:00-0130", Date.UTC(2020, 0, 1, 11, 30)],
  ])("date %s", async (text, moment) => {
    const { columns } = await read(`d,n\n${text},1\n`, { header: true });
    expect([columns[0]!.kind, columns[0]!.values[0]]).toEqual(moment === undefined ? ["text", text] : ["date", moment]);
  });
  test.each(["0x10", "1_000", "1 2", "--1", "1e", ".", "e5", "١"])("%s is no number", async (text) => {
    expect((await read(`d,n\n${text},1\n`, { header: true })).columns[0]!.kind).toBe("text");
  });
});

describe("headers", () => {
  test("found where no cell of the first row is a number or date, and a column below is", async () => {
    expect((await read("a,b\n1,x\n")).columns.map((c) => c.name)).toEqual(["a", "b"]);
    expect((await read("1,x\n2,y\n")).columns.map((c) => c.name)).toEqual(["column 1", "column 2"]);
  });
  test("where both are possible, the user says", async () => {
    await expect(read("a,b\nx,y\n")).rejects.toThrow("f.csv: line 1 may be names or data, as no column holds numbers");
    expect((await read("a,b\nx,y\n", { header: true })).count).toBe(1);
    expect((await read("a,b\nx,y\n", { header: false })).count).toBe(2);
  });
  test("names for a file without, and instead of its own", async () => {
    expect((await read("1,2\n", { names: ["p", "q"] })).columns.map((c) => c.name)).toEqual(["p", "q"]);
    expect((await read("a,b\n1,2\n", { names: ["p", "q"] })).columns.map((c) => c.name)).toEqual(["p", "q"]);
  });
  test("one name fewer than cells: the first column is R's row names", async () => {
    expect(plain(await read('"a","b"\n"r1",1,2\n"r2",3,4\n'))).toEqual([
      ["", "text", ["r1", "r2"]],
      ["a", "number", [1, 3]],
      ["b", "number", [2, 4]],
    ]);
  });
});

describe("refuses", () => {
  test.each<[string, string, CsvOptions, string]>([
    ["nothing", "", {}, "f.csv: line 1: the file holds no row"],
    ["a short row", "a,b\n1,2\n\n3\n", {}, "f.csv: line 4: expected 2 cells, found 1"],
    ["a long row", "a,b\n1,2\n3,4,5\n", {}, "f.csv: line 3: expected 2 cells, found 3"],
    ["two columns of one name", "a,a\n1,2\n", {}, "f.csv: line 1: there are two columns 'a'"],
    ["a kind of no column", "a,b\n1,2\n", { kinds: { c: "number" } }, "f.csv: there is no column 'c'; known: a, b"],
    [
      "text in a number column",
      "a,b\n1,2\n3,x\n",
      { kinds: { b: "number" } },
      "f.csv: line 3, column 'b': expected a number, found 'x'",
    ],
    [
      "another category",
      "a,b\n1,x\n1,z\n",
      { kinds: { b: ["x", "y"] } },
      "line 3, column 'b': expected one of x, y, found 'z'",
    ],
    [
      "no date",
      "a,b\n1,1999\n",
      { kinds: { b: "date" } },
      "line 2, column 'b': expected a date (YYYY-MM-DD HH:MM:SS), found '1999'",
    ],
    ["an encoding that there is none of", "a,b\n1,2\n", { encoding: "utf-99" }, "cannot be read as 'utf-99'"],
  ])("%s", async (_, text, options, message) => {
    await expect(read(text, options)).rejects.toThrow(message);
  });
  test("text of another encoding, unless it is named", async () => {
    const bytes = Uint8Array.from([0x61, 0x2c, 0x62, 0x0a, 0xe9, 0x2c, 0x31, 0x0a]); // "a,b\né,1\n" in Latin-1
    await expect(readCsv(file(bytes))).rejects.toThrow("is not utf-8 text between bytes 0 and 8");
    expect(columnOf(await readCsv(file(bytes), { encoding: "latin1" }), "a", "text").values).toEqual(["é"]);
  });
  test("a gzipped file that holds more than it may", async () => {
    const bomb = gzipSync("1\n".repeat(2 ** 20));
    await expect(readCsv(file(new Uint8Array(bomb)), { maxBytes: 2 ** 16 })).rejects.toThrow(
      "too large: at most 65536",
    );
  });
  test("a column of another kind, or of no name", async () => {
    const table = await read("a,b\n1,x\n");
    expect(() => columnOf(table, "a", "text")).toThrow("f.csv: column 'a' must be a text column, it is a number one");
    expect(() => columnOf(table, "c", "text")).toThrow("f.csv: there is no column 'c'; known: a, b");
  });
});

describe("large files", () => {
  const LINES = 60_000;
  const text = `n,t\n${Array.from({ length: LINES }, (_, k) => `${k},"w ${k % 3}"`).join("\n")}\n`;
  test("in parts: all rows in order, of a file on disk, categories numbered alike throughout", async () => {
    const folder = mkdtempSync(`${tmpdir()}/rheobase-`);
    writeFileSync(`${folder}/f.csv`, text);
    const counts: number[] = [];
    let next = 0;
    for await (const table of streamCsv(openFile(`${folder}/f.csv`), { rows: 25_000, kinds: { t: "nominal" } })) {
      counts.push(table.count);
      const values = columnOf(table, "n", "number").values;
      const { categories, values: words } = columnOf(table, "t", "nominal");
      expect(categories).toEqual(["w 0", "w 1", "w 2"]);
      values.forEach((value, k) => {
        if (value !== next || words[k] !== next % 3) throw new Error(`row ${next}: ${value}, ${words[k]}`);
        next++;
      });
    }
    rmSync(folder, { recursive: true });
    expect([next, counts]).toEqual([LINES, [25_000, 25_000, 10_000]]);
  });
  test("in parts, no more is read than is asked for", async () => {
    let given = 0;
    async function* endless() {
      yield utf8("a,b\n");
      for (; ; given++) yield utf8("1,2\n".repeat(1000));
    }
    for await (const { count } of streamCsv({ path: "endless", chunks: endless() }, { rows: 500 })) {
      expect(count).toBe(500);
      if (given > 3) break;
    }
    expect(given).toBeLessThan(6);
  });
  test("a later cell that does not fit what the first rows are is an error, not another kind", async () => {
    const bytes = utf8(`n,t\n${"1,a\n".repeat(5000)}x,a\n`);
    const all = async () => {
      for await (const _ of streamCsv(file(bytes)));
    };
    await expect(all()).rejects.toThrow("line 5002, column 'n': expected a number, found 'x'");
  });
  test("a file that is not there", async () => {
    const all = async () => {
      for await (const _ of streamCsv(openFile("/nowhere/f.csv")));
    };
    await expect(all()).rejects.toThrow("/nowhere/f.csv: cannot be read");
  });
});

describe("the real files, against a reader that splits lines and commas", () => {
  const FILES: readonly [folder: string, path: string, options: CsvOptions, columns: number][] = [
    ["occupancy", "datatraining.txt", {}, 8],
    ["robot-wall-following", "sensor_readings_24.data", {}, 25],
    ["emg-myo", "12345-1/3.txt", {}, 9],
    ["nab", "data/realTraffic/TravelTime_451.csv", {}, 2],
    ["sms-spam", "SMSSpamCollection", { separator: "\t", quote: "", header: true }, 2],
  ];
  for (const [folder, path, options, width] of FILES)
    test(`${folder}/${path}`, async ({ skip }) => {
      skip(!hasData(folder), NEEDS);
      const bytes = new Uint8Array(readFileSync(`${dataFolder}/${folder}/${path}`));
      const { columns, count } = await readCsv({ path, bytes }, options);
      const lines = new TextDecoder()
        .decode(bytes)
        .split(/\r?\n/)
        .filter((line) => line !== "");
      const cells = lines
        .slice(folder === "emg-myo" ? 0 : 1)
        .map((line) =>
          line.split(options.separator ?? ",").map((c) => (options.quote === "" ? c : c.replaceAll('"', ""))),
        );
      expect([count, columns.length]).toEqual([cells.length, width]);
      columns.forEach(({ kind, values }, k) => {
        const meant = cells.map((row) => {
          if (kind === "number") return Number(row[k]);
          return kind === "date" ? Date.parse(`${row[k]!.replace(" ", "T")}Z`) : row[k];
        });
        expect([...values]).toEqual(meant);
      });
    });
});
