/** Every entry point, at run time and for the type checker, and the programs of the README. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, problemOf, programsOf } from "../snippets.ts";
import { must, ROOT, run, type Subject } from "./process.ts";

/** What `exports` offers, as an import names it. */
export function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const entries = Object.keys(exports).filter((key) => !key.endsWith(".json"));
  return entries.map((key) => key.replace(/^\./, "rheobase"));
}

/** Prints how many names each entry point has, as JSON. */
const namesProgram = (specifiers: readonly string[]): string =>
  [
    ...specifiers.map((specifier, k) => `import * as m${k} from "${specifier}";`),
    `console.log(JSON.stringify([${specifiers.map((_, k) => `Object.keys(m${k}).length`).join(", ")}]));`,
  ].join("\n");

/** Every entry point of `exports`, and nothing else. */
export function checkImports(subject: Subject): void {
  const { user, expect } = subject;
  const specifiers = entryPoints();
  writeFileSync(join(user, "entries.mjs"), namesProgram(specifiers));
  const counts = JSON.parse(must(user, process.execPath, "entries.mjs")) as number[];
  console.log(`entry points: ${specifiers.map((s, k) => `${s} ${counts[k]}`).join(", ")}`);
  const inner = run(user, process.execPath, "--input-type=module", "-e", 'import "rheobase/dist/base/errors.js"');
  expect(inner.status !== 0, "inner files can be imported from outside");
  checkLazy(subject);
  checkReadme(subject);
  checkTypes(subject, specifiers);
}

/** Dependencies are loaded when they are needed: without them everything still loads. */
function checkLazy({ user, expect }: Subject): void {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const folders = Object.keys(dependencies).map((name) => join(user, "node_modules", name));
  for (const folder of folders) renameSync(folder, `${folder}.away`);
  const { status, stderr } = run(user, process.execPath, "entries.mjs");
  for (const folder of folders) renameSync(`${folder}.away`, folder);
  expect(status === 0, `an entry point loads a dependency at once:\n${stderr}`);
}

/** Runs every program of the README, just as it stands there. */
function checkReadme({ user, expect }: Subject): void {
  const programs = programsOf(blocksOf(readFileSync(join(ROOT, "README.md"), "utf8")));
  programs.forEach((program, k) => {
    const problem = problemOf(program, user, `readme${k}`);
    expect(problem === undefined, `the README's program in line ${program.line} ${problem}`);
  });
  console.log(`README: ${programs.length} programs run`);
  expect(programs.length > 0, "the README shows no program that imports the package");
}

const STRICT = {
  strict: true,
  noEmit: true,
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  types: [],
  skipLibCheck: true,
  exactOptionalPropertyTypes: true,
};
/** How a program's imports are resolved: as Node does, and as bundlers do. */
const RESOLUTIONS = [{ module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }] as const;

/** A strict program without Node's and the browser's types must be able to use ours. */
function checkTypes({ user, expect }: Subject, specifiers: readonly string[]): void {
  const source = specifiers
    .map((specifier, k) => `import * as m${k} from "${specifier}";\nexport const n${k} = m${k};\n`)
    .join("");
  writeFileSync(join(user, "types.ts"), source);
  const tsc = (...more: string[]): string =>
    run(user, process.execPath, join(ROOT, "node_modules/typescript/bin/tsc"), ...more).stdout;
  for (const resolution of RESOLUTIONS) {
    const compilerOptions = { ...STRICT, ...resolution };
    writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
    const errors = tsc("-p", "tsconfig.json").trim();
    expect(errors === "", `a user's type check fails with ${JSON.stringify(resolution)}:\n${errors}`);
  }
  const foreign = new Set(tsc("-p", "tsconfig.json", "--skipLibCheck", "false").match(/Cannot find name '\w+'/g));
  if (foreign.size > 0) console.log(`types: not in plain ES2023: ${[...foreign].map((t) => t.slice(17)).join(", ")}`);
}
