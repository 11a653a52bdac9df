/** Code blocks of pages: which are programs, what they are said to print, and that a false page is found out. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { blocksOf, difference, forgotten, notRun, problemOf, programsOf } from "../../scripts/snippets.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "snippets-"));
mkdirSync(join(folder, "node_modules"));
symlinkSync(ROOT, join(folder, "node_modules/rheobase"), "junction");
afterAll(() => rmSync(folder, { recursive: true }));

const page = (...blocks: readonly string[]): string => `# Page\n\n${blocks.join("\n\n")}\n`;
const fenced = (info: string, text: string): string => `\`\`\`${info}\n${text}\n\`\`\``;
const IMPORT = 'import * as r from "rheobase";';

describe("blocks", () => {
  test("language, words behind it, line, and the output that follows under the same heading", () => {
    const found = blocksOf(
      page(fenced("js throws", "a"), fenced("text", "1"), fenced("sh", "b"), "## Next", fenced("text", "2")),
    );
    expect(found.map(({ language, info, line, output }) => [language, info, line, output])).toEqual([
      ["js", "throws", 3, "1\n"],
      ["text", "", 7, undefined],
      ["sh", "", 11, undefined],
      ["text", "", 17, undefined],
    ]);
  });
  test("indented in a list: the indent is no part of it", () => {
    expect(blocksOf("- item\n\n  ```js\n  a\n    b\n  ```\n")[0]!.text).toBe("a\n  b\n");
  });
});

describe("programs", () => {
  test("one that goes on is the one before it and more", () => {
    const blocks = blocksOf(
      page(fenced("js", `${IMPORT}\nconst a = 1; // prints: x`), fenced("js continues", "a;"), fenced("text", "y")),
    );
    expect(programsOf(blocks)).toEqual([
      {
        language: "js",
        text: `${IMPORT}\nconst a = 1; // prints: x\na;\n`,
        line: 3,
        throws: false,
        varies: false,
        output: ["x", "y"],
      },
    ]);
  });
  test("what is neither run nor marked is found", () => {
    const blocks = blocksOf(page(fenced("js", "a"), fenced("js not-run: why", "b"), fenced("json", "{}")));
    expect(forgotten(blocks).map((b) => b.text)).toEqual(["a\n"]);
    expect(blocks.map(notRun)).toEqual([undefined, "why", undefined]);
    expect(programsOf(blocks)).toEqual([]);
  });
});

describe("what differs", () => {
  test.each<[string, string[], string[], boolean]>([
    ["the same", ["a", "b"], ["a", "b"], true],
    ["another line", ["a", "b"], ["a", "c"], false],
    ["one line more", ["a"], ["a", "b"], false],
    ["a gap within a line", ["a … c"], ["a bb c"], true],
    ["a gap within a line is no gap of lines", ["a … c"], ["a", "c"], false],
    ["any lines, none too", ["a", "…", "b", "…"], ["a", "x", "y", "b"], true],
    ["what is special to a pattern is not special here", ["(a+b)*.[c]"], ["(a+b)*.[c]"], true],
    ["spaces at the ends", ["a "], ["a   "], true],
  ])("%s", (_what, said, printed, same) => {
    expect(difference(said, printed) === undefined).toBe(same);
  });
});

describe("running", () => {
  const problem = (...blocks: readonly string[]) => problemOf(programsOf(blocksOf(page(...blocks)))[0]!, folder, "p");
  test("true output is no problem, false output is", () => {
    expect(problem(fenced("js", `${IMPORT}\nconsole.log(typeof r.lif); // prints: function`))).toBeUndefined();
    expect(problem(fenced("js", `${IMPORT}\nconsole.log(typeof r.lif); // prints: object`))).toContain(
      "prints\nfunction",
    );
  });
  test("what varies is run, and not compared", () => {
    expect(problem(fenced("js varies: a clock", `${IMPORT}\nconsole.log(Date.now());`), fenced("text", "1"))).toBe(
      undefined,
    );
    expect(problem(fenced("js varies: a clock", `${IMPORT}\nthrow Error("no");`))).toContain("fails");
  });
  test("TypeScript runs too", () => {
    expect(
      problem(fenced("ts", `${IMPORT}\nconst a: string = typeof r.lif; console.log(a); // prints: function`)),
    ).toBe(undefined);
  });
  test("an error must be there, and say what the page says", () => {
    const bad = `${IMPORT}\nr.neuron({ name: "cell", equations: "dv/dt = -v/tua : 1" });`;
    expect(problem(fenced("js throws", bad), fenced("text", "unknown name 'tua'"))).toBeUndefined();
    expect(problem(fenced("js throws", bad), fenced("text", "unknown name 'tau'"))).toContain("does not say");
    expect(problem(fenced("js throws", IMPORT), fenced("text", "x"))).toContain("should end with an error");
    expect(problem(fenced("js", bad))).toContain("fails");
  });
});
