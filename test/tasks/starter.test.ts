/**
 * The folder that `rheobase new` makes, and all that keeps it from making one. That the project installs, runs, and passes
 * its tests and types is checked with the packed tarball (`scripts/package/starter.ts`).
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { starter } from "../../src/tasks/starter.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

let within: string;
beforeEach(() => {
  within = mkdtempSync(join(tmpdir(), "rheobase-new-"));
});
afterEach(() => rmSync(within, { recursive: true, force: true }));
const inside = (path: string): string => readFileSync(join(within, path), "utf8");

test("every file of the template, the name in its place, tools in the versions of this package", async () => {
  const { document, text } = await starter({ name: "demo", within });
  const files = readdirSync(join(ROOT, "template"), { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  expect(document["files"]).toHaveLength(files.length + 1);
  for (const path of document["files"] as string[]) expect(inside(`demo/${path}`)).not.toContain("{{name}}");
  expect(inside("demo/README.md")).toMatch(/^# demo\n/);
  expect(inside("demo/.gitignore")).toBe("node_modules/\n");
  const made = JSON.parse(inside("demo/package.json"));
  expect(made.name).toBe("demo");
  expect(made.engines).toEqual(own.engines);
  for (const tool of ["tsx", "typescript", "@types/node"])
    expect(made.devDependencies[tool]).toBe(own.devDependencies[tool]);
  expect(readdirSync(within)).toEqual(["demo"]);
  expect(text).toMatch(/\n\nNext:\n {2}cd demo && npm install\n {2}npm start\n$/);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
});

describe("what it depends on", () => {
  const dependency = async (rheobase?: string): Promise<string> => {
    await starter({ name: "demo", within, ...(rheobase && { rheobase }) });
    return JSON.parse(inside("demo/package.json")).dependencies.rheobase;
  };
  test("in a clone: the clone", async () => {
    const spec = await dependency();
    expect(spec).toMatch(/^file:/);
    expect(resolve(within, "demo", spec.slice(5))).toBe(resolve(ROOT));
  });
  test.each(["^0.1.0", "latest", "npm:other@1", "github:me/rheobase"])("as given: %s", async (spec) => {
    expect(await dependency(spec)).toBe(spec);
  });
  test("a tarball: seen from the new folder, not from here", async () => {
    writeFileSync(join(within, "rheobase-0.1.0.tgz"), "");
    expect(await dependency(join(within, "rheobase-0.1.0.tgz"))).toBe("file:../rheobase-0.1.0.tgz");
  });
  test("a tarball that is not there", async () => {
    await expect(dependency("./none.tgz")).rejects.toThrow("./none.tgz: there is no such folder or tarball");
    expect(readdirSync(within)).toEqual([]);
  });
});

describe("names", () => {
  test.each([
    ["", "must be of lower-case letters"],
    ["Demo", "must be of lower-case letters"],
    ["my project", "must be of lower-case letters"],
    ["@me/demo", "must be of lower-case letters"],
    ["../demo", "must be of lower-case letters"],
    [".", "must be of lower-case letters"],
    ["_demo", "must be of lower-case letters"],
    ["demo.", "must be of lower-case letters"],
    ["-p", "must be of lower-case letters"],
    ["démo", "must be of lower-case letters"],
    ["a".repeat(215), "has 215 characters; npm allows 214"],
    ["fs", "is a module of Node's"],
    ["rheobase", "would be mistaken"],
    ["tsx", "would be mistaken"],
    ["node_modules", "would be mistaken"],
  ])("%s is refused, and nothing is written", async (name, problem) => {
    await expect(starter({ name, within })).rejects.toMatchObject({ name: "UsageError", code: "usage" });
    await expect(starter({ name, within })).rejects.toThrow(`name '${name}': ${problem}`);
    expect(readdirSync(within)).toEqual([]);
  });

  test("whatever is accepted stays below the working directory", async () => {
    const word = fc.string({ unit: fc.constantFrom("a", "Z", "7", ".", "/", "\\", "-", "_", "~", " ") });
    await fc.assert(
      fc.asyncProperty(word, async (name) => {
        const made = await starter({ name, within }).then(
          () => true,
          () => false,
        );
        expect(readdirSync(within)).toEqual(made ? [name] : []);
        rmSync(join(within, made ? name : "none"), { recursive: true, force: true });
      }),
      { numRuns: 60 },
    );
  });
});

describe("what is there already", () => {
  test("an empty folder is filled", async () => {
    mkdirSync(join(within, "demo"));
    await starter({ name: "demo", within });
    expect(existsSync(join(within, "demo/package.json"))).toBe(true);
  });
  const put: Readonly<Record<string, () => void>> = {
    full: () => {
      mkdirSync(join(within, "demo"));
      writeFileSync(join(within, "demo/.env"), "mine");
    },
    file: () => writeFileSync(join(within, "demo"), "mine"),
    link: () => {
      mkdirSync(join(within, "other"));
      symlinkSync("other", join(within, "demo"));
    },
  };
  test.each([
    ["a folder with something in it", "full", "is not empty"],
    ["a file", "file", "is not a folder"],
    ["a link to an empty folder", "link", "ENOTDIR"],
  ])("%s is left as it is", async (_, what, problem) => {
    put[what]!();
    const before = readdirSync(within, { recursive: true });
    const made = starter({ name: "demo", within });
    await expect(made).rejects.toMatchObject({ name: "DataError", code: "write-failed" });
    await expect(made).rejects.toThrow(problem);
    expect(readdirSync(within, { recursive: true })).toEqual(before);
  });
  test("no folder to write to", async () => {
    await expect(starter({ name: "demo", within: join(within, "none") })).rejects.toMatchObject({
      code: "write-failed",
    });
  });
});
