/**
 * Runs what the guide shows: every JavaScript and TypeScript block that imports the package, as a program against the
 * built package, and every `rheobase …` command; compares what they print with what the page says. `snippets.ts` tells
 * how a page marks its blocks. dist/ must be built.
 *
 *   npm run check:docs                 every page
 *   npm run check:docs -- training     pages whose name holds one of the words
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./package/process.ts";
import { type Block, blocksOf, difference, forgotten, lines, notRun, problemOf, programsOf } from "./snippets.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DOCS = join(ROOT, "docs");
const MAIN = join(ROOT, "dist/cli/main.js");

const asked = process.argv.slice(2);
/** The pages that we write: those of docs/api/ are generated. */
const pages = readdirSync(DOCS, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".md") && !/(^|[\\/])(node_modules|api|\.vitepress)[\\/]/.test(path))
  .filter((path) => asked.length === 0 || asked.some((word) => path.includes(word)))
  .sort();

/** A folder in which the package is installed, as far as a program can tell. */
function userFolder(parent: string, page: string): string {
  const folder = join(parent, page.replaceAll(/\W/g, "-"));
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(ROOT, join(folder, "node_modules/rheobase"), "junction");
  return folder;
}

/** Commands of a shell block: a comment, a continued line and an empty one are none. */
const commandsOf = (b: Block): string[] =>
  b.text
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");

/** @returns what is wrong, or nothing */
function shellProblem(b: Block, folder: string): string | undefined {
  let printed = "";
  for (const command of commandsOf(b)) {
    if (!/^rheobase( |$)/.test(command)) return `is no rheobase command, and not marked as not-run: ${command}`;
    const { status, stdout, stderr } = run(folder, process.execPath, MAIN, ...command.split(/\s+/).slice(1));
    if (status !== 0) return `'${command}' ends with ${status}:\n${stdout}${stderr}`;
    printed += stdout;
  }
  return b.output === undefined ? undefined : difference(lines(b.output), lines(printed));
}

interface Checked {
  readonly programs: number;
  readonly commands: number;
  readonly shown: number;
  readonly problems: readonly string[];
}

function check(page: string, parent: string): Checked {
  const blocks = blocksOf(readFileSync(join(DOCS, page), "utf8"));
  const folder = userFolder(parent, page);
  const problems: string[] = [];
  const report = (line: number, problem: string | undefined): void => {
    if (problem !== undefined) problems.push(`docs/${page}:${line}: ${problem}`);
  };
  for (const b of forgotten(blocks))
    report(b.line, `a ${b.language} block imports nothing of rheobase, and is not marked as 'not-run: REASON'`);
  const programs = programsOf(blocks);
  programs.forEach((program, k) => {
    report(program.line, problemOf(program, folder, `program${k}`));
    if (program.output === undefined && !program.varies && (program.throws || /console\.log/.test(program.text)))
      report(program.line, "prints or throws, and the page does not say what");
  });
  const shell = blocks.filter((b) => b.language === "sh" && notRun(b) === undefined);
  for (const b of shell) report(b.line, shellProblem(b, folder));
  const commands = shell.flatMap(commandsOf).length;
  return { programs: programs.length, commands, shown: blocks.filter(notRun).length, problems };
}

const parent = mkdtempSync(join(tmpdir(), "rheobase-docs-"));
try {
  let ran = 0;
  for (const page of pages) {
    const start = performance.now();
    const { programs, commands, shown, problems } = check(page, parent);
    ran += programs + commands;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`docs/${page}: ${programs} programs, ${commands} commands run, ${shown} shown only; ${seconds} s`);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
  }
  if (ran === 0) throw new Error("the guide shows no program: something is wrong with this check");
} finally {
  rmSync(parent, { recursive: true, force: true });
}
