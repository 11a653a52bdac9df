/** Oracle: trees with one violation each, and the sentence that it must draw. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { checkLayers, type Report } from "../../scripts/check-layers.ts";

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

function check(files: Readonly<Record<string, string>>): Report {
  const root = mkdtempSync(join(tmpdir(), "layers-"));
  trees.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return checkLayers(root);
}

const empty = "export const nothing = 0;\n";

describe("a tree without fault", () => {
  test("downward, sideways within a layer, befriended, by package, and type cycles", () => {
    const { problems, warnings, files } = check({
      "base/errors.ts": empty,
      "ir/expr.ts": 'import { readFileSync } from "node:fs";\nimport { nothing } from "../base/errors.ts";\n',
      "ir/print.ts": 'import type { A } from "./tree.ts";\nexport interface B { a: A }\n',
      "ir/tree.ts": 'import { type B } from "./print.ts";\nexport interface A { b: B }\n',
      "quantize/format.ts": empty,
      "convert/relu.ts": 'import { nothing } from "../quantize/format.ts";\n',
      "cli/main.ts": 'const { nothing } = await import("../ir/expr.ts");\n',
      "ir/index.ts": 'export { nothing } from "./expr.ts";\nexport type { A } from "./tree.ts";\n',
      "index.ts": 'export { nothing } from "./ir/index.ts";\n',
    });
    expect([problems, warnings, files]).toEqual([[], [], 9]);
  });

  test("comments and strings are no imports", () => {
    const text = '// import { a } from "../cli/main.ts"\nexport const a = \'import { a } from "../cli/main.ts"\';\n';
    expect(check({ "base/a.ts": text }).problems).toEqual([]);
  });
});

describe("what is reported", () => {
  const up = "'../sim/run.ts': ir may not import sim, a layer above it";
  test.each([
    ["a value", 'import { nothing } from "../sim/run.ts";\n'],
    ["several lines", 'import {\n  nothing,\n} from "../sim/run.ts";\n'],
    ["a type", 'import type { nothing } from "../sim/run.ts";\n'],
    ["a type written inline", 'export type T = typeof import("../sim/run.ts");\n'],
    ["a dynamic import", 'export const f = () => import("../sim/run.ts");\n'],
    ["a template", "export const f = () => import(`../sim/run.ts`);\n"],
    ["a bare import", 'import "../sim/run.ts";\n'],
    ["a re-export", 'export { nothing } from "../sim/run.ts";\n'],
  ])("an import that points up: %s", (_, text) => {
    expect(check({ "ir/expr.ts": text, "sim/run.ts": empty }).problems).toEqual([`ir/expr.ts: ${up}`]);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "a stranger",
      { "learn/adam.ts": 'import { nothing } from "../data/idx.ts";\n', "data/idx.ts": empty },
      "learn/adam.ts: '../data/idx.ts': learn and data are strangers",
    ],
    [
      "a friendship the wrong way round",
      { "quantize/format.ts": 'import { nothing } from "../chips/loihi.ts";\n', "chips/loihi.ts": empty },
      "quantize/format.ts: '../chips/loihi.ts': quantize and chips are strangers",
    ],
    ["an unknown folder", { "utils/misc.ts": empty }, "utils/misc.ts: unknown layer 'utils'"],
    ["a loose file", { "helpers.ts": empty }, "helpers.ts: unknown layer 'helpers.ts'"],
    [
      "an index imported from inside",
      { "sim/run.ts": 'import { nothing } from "../ir/index.ts";\n', "ir/index.ts": "export {};\n" },
      "sim/run.ts: '../ir/index.ts': inner code never imports an index.ts; import the file that defines the name",
    ],
    [
      "a re-export outside an index",
      { "sim/run.ts": 'export { nothing } from "../ir/expr.ts";\n', "ir/expr.ts": empty },
      "sim/run.ts: '../ir/expr.ts': only an index.ts re-exports",
    ],
    ["code in an index", { "ir/index.ts": empty }, "ir/index.ts: an index.ts holds re-exports and nothing else"],
    [
      "a star in an index",
      { "ir/index.ts": 'export * from "./expr.ts";\n', "ir/expr.ts": empty },
      "ir/index.ts: 'export *': an index names what it exports",
    ],
    ["a default export", { "ir/expr.ts": "export default 1;\n" }, "ir/expr.ts: default export"],
    [
      "a missing file",
      { "ir/expr.ts": 'import { a } from "./a.js";\n', "ir/a.ts": empty },
      "ir/expr.ts: './a.js': no such file (write the whole name, with .ts)",
    ],
    [
      "a way out",
      { "base/a.ts": 'import { a } from "../../x.ts";\n' },
      "base/a.ts: '../../x.ts': leaves the source folder",
    ],
    [
      "an import that cannot be known",
      { "cli/a.ts": "export const f = (name: string) => import(name);\n" },
      "cli/a.ts: a dynamic import of something other than a literal cannot be checked",
    ],
  ])("%s", (_, files, problem) => {
    expect(check(files).problems).toEqual([problem]);
  });

  test("a file that does not parse", () => {
    expect(check({ "ir/expr.ts": "export const = ;\n" }).problems.join()).toMatch(/^ir\/expr\.ts: does not parse: /);
  });

  test.each([
    ["a value import", 'import { nothing } from "./a.ts";\n'],
    ["a type import that leaves an empty import behind", 'import { type nothing } from "./a.ts";\n'],
    ["a dynamic import", 'export const f = () => import("./a.ts");\n'],
  ])("a cycle closed by %s", (_, closing) => {
    const { problems } = check({
      "ir/a.ts": 'import { nothing } from "./b.ts";\n',
      "ir/b.ts": 'import { nothing } from "./c.ts";\n',
      "ir/c.ts": closing,
    });
    expect(problems).toEqual(["cycle: ir/a.ts -> ir/b.ts -> ir/c.ts -> ir/a.ts"]);
  });

  test("a long file is a warning, at 501 lines and not at 500", () => {
    const { problems, warnings } = check({ "ir/a.ts": "\n".repeat(500), "ir/b.ts": "\n".repeat(501) });
    expect(problems).toEqual([]);
    expect(warnings).toEqual(["ir/b.ts: 501 lines; above 500 a file wants to be two"]);
  });
});
