/** The set-up script in a small tree of its own, which borrows the dependencies of this one. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const tree = mkdtempSync(join(tmpdir(), "prepare-"));
const inTree = (path: string): string => join(tree, path);
afterAll(() => rmSync(tree, { recursive: true }));

for (const folder of ["scripts", "src/cli"]) mkdirSync(inTree(folder), { recursive: true });
for (const file of ["scripts/prepare.mjs", "package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"])
  copyFileSync(join(ROOT, file), inTree(file));
symlinkSync(join(ROOT, "node_modules"), inTree("node_modules"), "junction");

function prepare(...args: string[]): { code: number | null; out: string; err: string } {
  const script = inTree("scripts/prepare.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}
const BUILT = { code: 0, out: "", err: "prepare: building dist\n" };
const SILENT = { code: 0, out: "", err: "" };

test("builds once, again when a source changes, and never writes to stdout", () => {
  writeFileSync(inTree("src/cli/main.ts"), 'import { a } from "../a.ts";\nconsole.log(a);\n');
  writeFileSync(inTree("src/a.ts"), "export const a: number = 1;\n");
  expect(prepare()).toEqual(BUILT);
  expect(spawnSync(process.execPath, [inTree("dist/cli/main.js")], { encoding: "utf8" }).stdout).toBe("1\n");
  expect(existsSync(inTree("dist/a.d.ts"))).toBe(true);
  expect(prepare()).toEqual(SILENT);

  writeFileSync(inTree("src/cli/main.ts"), "console.log(2);\n");
  rmSync(inTree("src/a.ts"));
  expect(prepare()).toEqual(BUILT);
  expect(existsSync(inTree("dist/a.js"))).toBe(false); // nothing of yesterday stays
  rmSync(inTree("dist"), { recursive: true });
  expect(prepare()).toEqual(BUILT);
});

test("what does not parse stops it, and the last build stays", () => {
  writeFileSync(inTree("src/cli/main.ts"), "console.log(3);\n");
  prepare();
  writeFileSync(inTree("src/cli/main.ts"), "console.log(;\n");
  const { code, out, err } = prepare();
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("src/cli/main.ts(1,13): error");
  expect(existsSync(inTree("dist/cli/main.js"))).toBe(true);
});

test("a wrong type stops --build only", () => {
  writeFileSync(inTree("src/cli/main.ts"), 'export const x: number = "4";\n');
  expect(prepare()).toEqual(BUILT);
  const { code, out, err } = prepare("--build");
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain("error TS2322");
});
