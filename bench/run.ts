/**
 * Runs one bench: `npm run bench -- NAME [--json] [--out PAGE]`. A table, or with --json one JSON document, on stdout; the
 * rest on stderr. What was measured along something is plotted below the table and, with --out, on a page. (`npm run --silent bench` keeps npm's own two lines off stdout.)
 */
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { writeBytes } from "../src/io/file.ts";
import type { Bench, Result } from "./measure.ts";
import { curvesOf, sweepPage, terminalPlots } from "./sweepPlot.ts";

const SUFFIX = ".bench.ts";
const here = new URL(".", import.meta.url);

function benchNames(): string[] {
  const files = readdirSync(here).filter((file) => file.endsWith(SUFFIX));
  return files.map((file) => basename(file, SUFFIX)).sort();
}

async function load(name: string): Promise<Bench> {
  const { bench } = (await import(new URL(`${name}${SUFFIX}`, here).href)) as { bench?: Bench };
  if (bench?.name !== name) throw new Error(`bench/${name}${SUFFIX} must export 'bench' with the name '${name}'`);
  return bench;
}

async function usage(problem: string): Promise<number> {
  console.error(`bench: ${problem}\n\nUsage: npm run bench -- NAME [--json] [--out PAGE.html]\n`);
  for (const name of benchNames()) console.error(`  ${name.padEnd(14)} ${(await load(name)).about}`);
  return 2;
}

/** Four significant digits. */
const number = (value: number): string => String(Number(value.toPrecision(4)));

/** Is less better, as of times and bytes? Then the limit is the least, and its share is turned over. */
const isLessBetter = (unit: string): boolean => /^(ns|µs|ms|s|min|[kMG]?B)$/.test(unit);

function share({ median, unit }: Result, than: number | undefined): string {
  if (than === undefined) return "";
  const ratio = isLessBetter(unit) ? than / median : median / than;
  return `${number(than)} (${ratio.toFixed(2)})`;
}

function table(results: readonly Result[]): string {
  const head = ["metric", "unit", "median", "min", "max", "n", "limit (share)", "peer (times)"];
  const rows = results.map((r) => [
    r.metric,
    r.unit,
    ...[r.median, r.min, r.max, r.n].map(number),
    share(r, r.limit),
    share(r, r.peer),
  ]);
  return aligned(head, rows, 2);
}

/** What results say that they do, metrics side by side: there are more counts than fit a line. */
function countsTable(results: readonly Result[]): string {
  const counted = results.filter((r) => r.counts);
  const names = [...new Set(counted.flatMap((r) => Object.keys(r.counts!)))];
  if (names.length === 0) return "";
  const rows = names.map((name) => [
    name,
    ...counted.map(({ counts }) => (counts![name] === undefined ? "" : number(counts![name]))),
  ]);
  return `\n\n${aligned(["counts", ...counted.map((r) => r.metric)], rows, 1)}`;
}

/** The first columns to the left, the others to the right. */
function aligned(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, k) => (k < left ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!)))
      .join("  ")
      .trimEnd();
  return [head, widths.map((w) => "-".repeat(w)), ...rows].map(line).join("\n");
}

async function main(args: readonly string[]): Promise<number> {
  let parsed: { values: { json?: boolean; out?: string }; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      options: { json: { type: "boolean" }, out: { type: "string" } },
      allowPositionals: true,
    });
  } catch (error) {
    return usage((error as Error).message);
  }
  const [name, ...rest] = parsed.positionals;
  if (name === undefined) return usage("which one?");
  if (rest.length > 0) return usage("one name only");
  if (!benchNames().includes(name)) return usage(`there is no bench '${name}'`);
  const bench = await load(name);
  if (parsed.values.out !== undefined && !bench.swept) return usage(`'${name}' measures nothing along a line to plot`);
  const results = await bench.run({ log: (text) => console.error(text) });
  const { json, out } = parsed.values;
  const plots = curvesOf(results).length > 0 ? `\n\n${terminalPlots(results)}` : "";
  console.log(json ? JSON.stringify({ name, results }, null, 2) : table(results) + countsTable(results) + plots);
  if (out !== undefined) await writeBytes(out, new TextEncoder().encode(sweepPage(name, bench.about, results)));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
