/**
 * Installs the packed tarball into an empty folder, as a user would, and looks at what they get: the files, the size
 * on disk, the command line and how fast it starts, every entry point, and the types without the DOM.
 * dist/ must be built.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { blocksOf, problemOf, programsOf, run } from "./snippets.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** MB on disk, with all required dependencies. */
const SIZE_LIMIT_MB = 30;
const HELP_LIMIT_MS = 120;
const HELP_RUNS = 15;

const problems: string[] = [];
function expect(holds: boolean, problem: string): void {
  if (!holds) problems.push(problem);
}

/** Runs what must succeed, or nothing after it makes sense. */
function must(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = run(cwd, command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: exit code ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Bytes of disk blocks, as `du` counts; the apparent size where the system has no blocks. */
function sizeOnDisk(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.blocks > 0 ? stat.blocks * 512 : stat.size), 0);
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

function pack(into: string): Packed {
  const [packed] = JSON.parse(
    must(ROOT, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", into),
  ) as Packed[];
  if (!packed) throw new Error("npm pack reports no package");
  const allowed = /^(dist\/.*\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/;
  const paths = packed.files.map((file) => file.path);
  for (const path of paths) expect(allowed.test(path), `the package holds '${path}'`);
  for (const path of ["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts", "dist/cli/main.js"])
    expect(paths.includes(path), `the package lacks '${path}'`);
  console.log(`package: ${paths.length} files, ${Math.round(packed.size / 1000)} kB packed`);
  return packed;
}

/** What the package imports it must declare: here nothing else is installed, so a forgotten dependency fails below. */
function install(folder: string, tarball: string): void {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  must(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", tarball);
  const modules = join(folder, "node_modules");
  const megabytes = sizeOnDisk(modules) / 1e6;
  expect(megabytes < SIZE_LIMIT_MB, `${megabytes.toFixed(1)} MB installed, the limit is ${SIZE_LIMIT_MB}`);
  const names = readdirSync(modules).filter((name) => !name.startsWith("."));
  console.log(`installed: ${megabytes.toFixed(1)} MB on disk (limit ${SIZE_LIMIT_MB}): ${names.join(", ")}`);
}

function checkCommandLine(folder: string): void {
  const help = run(folder, "npx", ["--no-install", "rheobase", "--help"]);
  expect(
    help.status === 0 && help.stdout.startsWith("Usage: rheobase"),
    `npx rheobase --help: ${help.stdout}${help.stderr}`,
  );
  const bad = run(folder, "npx", ["--no-install", "rheobase", "compare", "digits", "--epochs", "none"]);
  expect(bad.status === 2, `bad usage must exit with 2, not ${bad.status}`);
  expect(bad.stdout === "", `bad usage must leave stdout empty: ${bad.stdout}`);
}

function timeHelp(folder: string): void {
  const time = (...args: string[]): number => {
    const start = performance.now();
    must(folder, process.execPath, ...args);
    return performance.now() - start;
  };
  const main = join(folder, "node_modules/rheobase/dist/cli/main.js");
  const runs = Array.from({ length: HELP_RUNS }, () => ({ help: time(main, "--help"), node: time("-e", "0") }));
  const sorted = (name: "help" | "node"): number[] => runs.map((r) => r[name]).sort((a, b) => a - b);
  const [help, node] = [sorted("help"), sorted("node")];
  const text = (ms: readonly number[]): string =>
    `${ms[0]!.toFixed(0)} ms best, ${ms[HELP_RUNS >> 1]!.toFixed(0)} ms median`;
  console.log(`rheobase --help: ${text(help)} (node alone: ${text(node)}; limit ${HELP_LIMIT_MS} ms)`);
  // The best of many: on a shared machine the median measures the neighbours.
  expect(help[0]! < HELP_LIMIT_MS, `rheobase --help takes ${help[0]!.toFixed(0)} ms`);
}

/** Runs every program of the README, just as it stands there. */
function checkReadme(folder: string): number {
  const programs = programsOf(blocksOf(readFileSync(join(ROOT, "README.md"), "utf8")));
  programs.forEach((program, k) => {
    const problem = problemOf(program, folder, `readme${k}`);
    expect(problem === undefined, `the README's program in line ${program.line} ${problem}`);
  });
  console.log(`README: ${programs.length} programs run`);
  return programs.length;
}

/** Every entry point of `exports`, and nothing else. */
function checkImports(folder: string): void {
  const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const entries = Object.keys(exports).filter((key) => !key.endsWith(".json"));
  const specifiers = entries.map((key) => key.replace(/^\./, "rheobase"));
  const script = [
    ...specifiers.map((specifier, k) => `import * as m${k} from "${specifier}";`),
    `console.log(JSON.stringify([${specifiers.map((_, k) => `Object.keys(m${k}).length`).join(", ")}]));`,
  ].join("\n");
  writeFileSync(join(folder, "entries.mjs"), script);
  const counts = JSON.parse(must(folder, process.execPath, "entries.mjs")) as number[];
  console.log(`entry points: ${specifiers.map((s, k) => `${s} ${counts[k]}`).join(", ")}`);
  const programs = checkReadme(folder);
  expect(programs > 0 || counts[0] === 0, "the README shows no program that imports the package");
  const inner = run(folder, process.execPath, ["--input-type=module", "-e", 'import "rheobase/dist/base/errors.js"']);
  expect(inner.status !== 0, "inner files can be imported from outside");
  checkTypes(folder, specifiers);
}

/** A strict program without Node's and the browser's types must be able to use ours. */
function checkTypes(folder: string, specifiers: readonly string[]): void {
  const source = specifiers
    .map((specifier, k) => `import * as m${k} from "${specifier}";\nexport const n${k} = m${k};\n`)
    .join("");
  writeFileSync(join(folder, "types.ts"), source);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "es2022",
    module: "nodenext",
    lib: ["es2023", "esnext.disposable"],
    types: [],
    skipLibCheck: true,
    exactOptionalPropertyTypes: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
  const tsc = (...more: string[]): string =>
    run(folder, process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...more]).stdout;
  const errors = tsc("-p", "tsconfig.json").trim();
  expect(errors === "", `a user's type check fails:\n${errors}`);
  const foreign = new Set(tsc("-p", "tsconfig.json", "--skipLibCheck", "false").match(/Cannot find name '\w+'/g));
  if (foreign.size > 0) console.log(`types: not in plain ES2023: ${[...foreign].map((t) => t.slice(17)).join(", ")}`);
}

const temporary = mkdtempSync(join(tmpdir(), "rheobase-package-"));
try {
  const user = join(temporary, "user");
  mkdirSync(user);
  install(user, join(temporary, pack(temporary).filename));
  checkCommandLine(user);
  timeHelp(user);
  checkImports(user);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
for (const problem of problems) console.error(`package: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
