/**
 * Code blocks of Markdown pages as programs: which there are, what they say that they print, and whether they do.
 *
 * A block ```js or ```ts that imports "rheobase" is a program. The words behind the language say more:
 *
 *   js continues          goes on with the program before it on the page
 *   js throws             must end with an error, whose text holds the lines of the ```text block that follows
 *   js varies: REASON     prints what differs from machine to machine, and must not fail
 *   js not-run: REASON    is shown only
 *
 * What a program prints stands in comments `// prints: …`, one a line, or in a ```text block that follows it. `…` stands
 * for anything within a line, and alone on a line for any lines.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./package/process.ts";

export interface Block {
  readonly language: string;
  /** What stands behind the language. */
  readonly info: string;
  readonly text: string;
  /** Of the opening fence, counted from 1. */
  readonly line: number;
  /** Of the ```text block that is the next block and under the same heading. */
  readonly output?: string;
}

/** All fenced blocks of a page, in order. */
export function blocksOf(markdown: string): Block[] {
  const fences = /^( *)```([\w-]*)[ \t]*(.*)\n([\s\S]*?)^\1```[ \t]*$/gm;
  const found = [...markdown.matchAll(fences)].map((m) => ({
    language: m[2]!,
    info: m[3]!.trim(),
    text: m[4]!.replaceAll(new RegExp(`^${m[1]!}`, "gm"), ""),
    start: m.index,
    end: m.index + m[0].length,
    line: markdown.slice(0, m.index).split("\n").length,
  }));
  return found.map(({ start: _, end, ...block }, k) => {
    const next = found[k + 1];
    const follows = next?.language === "text" && !/^#/m.test(markdown.slice(end, next.start));
    return { ...block, ...(follows && { output: next.text }) };
  });
}

export interface Program {
  readonly language: "js" | "ts";
  readonly text: string;
  readonly line: number;
  /** Lines of stdout, where the page says them; with `throws`, lines of the error. */
  readonly output?: readonly string[];
  readonly throws: boolean;
  /** What it prints depends on the machine. */
  readonly varies: boolean;
}

const isCode = (b: Block): b is Block & { language: "js" | "ts" } => b.language === "js" || b.language === "ts";
const importsUs = (b: Block): boolean => /from "rheobase["/]/.test(b.text);
/** Why a block is only shown, if it says so. */
export const notRun = (b: Block): string | undefined => /^not-run: (.+)/.exec(b.info)?.[1];
const varies = (b: Block): boolean => /^varies: ./.test(b.info);

/** The programs of a page; what goes on with one is added to it. */
export function programsOf(blocks: readonly Block[]): Program[] {
  const programs: Program[] = [];
  for (const b of blocks.filter(isCode).filter((x) => notRun(x) === undefined)) {
    const before = b.info === "continues" ? programs.pop() : undefined;
    if (!before && !importsUs(b)) continue;
    const said = varies(b) ? undefined : saidOutput(b);
    const output = before?.output || said ? [...(before?.output ?? []), ...(said ?? [])] : undefined;
    programs.push({
      language: b.language,
      text: (before?.text ?? "") + b.text,
      line: before?.line ?? b.line,
      throws: b.info === "throws",
      varies: varies(b),
      ...(output && { output }),
    });
  }
  return programs;
}
function saidOutput(b: Block): string[] | undefined {
  const comments = [...b.text.matchAll(/\/\/ prints: (.*)$/gm)].map((m) => m[1]!);
  if (comments.length > 0) return comments;
  return b.output === undefined ? undefined : lines(b.output);
}

/** Blocks of code that are neither run nor marked as shown only. */
export const forgotten = (blocks: readonly Block[]): Block[] =>
  blocks.filter((b) => isCode(b) && notRun(b) === undefined && b.info !== "continues" && !importsUs(b));

const EXTENSIONS = { js: "mjs", ts: "ts" } as const;

/**
 * Runs a program as a file of a folder in which "rheobase" is installed.
 * @returns what is wrong, or nothing
 */
export function problemOf(program: Program, folder: string, name: string): string | undefined {
  const file = `${name}.${EXTENSIONS[program.language]}`;
  writeFileSync(join(folder, file), program.text);
  const loader = program.language === "ts" ? ["--import", import.meta.resolve("tsx")] : [];
  const { status, stdout, stderr } = run(folder, process.execPath, ...loader, file);
  if (program.throws) {
    if (status === 0) return "should end with an error, and does not";
    const missing = (program.output ?? []).find((line) => !stderr.includes(line));
    return missing === undefined ? undefined : `the error does not say\n${missing}\nbut\n${stderr}`;
  }
  if (status !== 0) return `fails:\n${stdout}${stderr}`;
  return program.output && difference(program.output, lines(stdout));
}

export const lines = (text: string): string[] => text.replace(/\s+$/, "").split("\n");

/** What differs between lines as a page says them and as they came, or nothing. */
export function difference(said: readonly string[], printed: readonly string[]): string | undefined {
  const source = said.map((line) => (line.trim() === "…" ? "(?:.*\n)*?" : `${pattern(line)}[ \t]*\n`)).join("");
  if (new RegExp(`^${source}$`).test(`${printed.map((x) => x.trimEnd()).join("\n")}\n`)) return undefined;
  return `prints\n${printed.join("\n")}\nand the page says\n${said.join("\n")}`;
}
const pattern = (line: string): string =>
  line
    .trimEnd()
    .split("…")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
